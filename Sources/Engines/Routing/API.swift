/// Which endpoint a request is for; what `match.api` tests.
package enum API: UInt8, CaseIterable, Sendable {
    case chat, completions, responses, messages, embeddings, models
    case transcriptions, translations, speech, images, moderations
    /// Any other path: matched by `path`, or by a route that does not test `api`.
    case other

    /// The word in a route file; nil for `other`, which has none.
    package var word: String? {
        switch self {
        case .chat: "chat"
        case .completions: "completions"
        case .responses: "responses"
        case .messages: "messages"
        case .embeddings: "embeddings"
        case .models: "models"
        case .transcriptions: "transcriptions"
        case .translations: "translations"
        case .speech: "speech"
        case .images: "images"
        case .moderations: "moderations"
        case .other: nil
        }
    }
}
