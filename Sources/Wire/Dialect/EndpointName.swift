import Bytes

/// The endpoints of the OpenAI format, in the order of the routes' `api` words.
package enum EndpointName: UInt8, CaseIterable, Sendable {
    case chat, completions, responses, messages, embeddings, models
    case transcriptions, translations, speech, images, moderations
    case other

    /// Recognises a path without its query.
    package static func recognise(path: Span<UInt8>) -> EndpointName {
        guard ASCII.starts(path, with: "/v1/") else { return .other }
        let rest = path.extracting(4...)
        func isExactly(_ word: StaticString) -> Bool {
            rest.count == word.utf8CodeUnitCount && ASCII.starts(rest, with: word)
        }
        /// The word itself or something below it.
        func isUnder(_ word: StaticString) -> Bool {
            let count = word.utf8CodeUnitCount
            return ASCII.starts(rest, with: word) && (rest.count == count || rest[count] == 0x2f)
        }
        if isExactly("chat/completions") { return .chat }
        if isExactly("completions") { return .completions }
        if isUnder("responses") { return .responses }
        if isUnder("messages") { return .messages }
        if isExactly("embeddings") { return .embeddings }
        if isUnder("models") { return .models }
        if isExactly("audio/transcriptions") { return .transcriptions }
        if isExactly("audio/translations") { return .translations }
        if isExactly("audio/speech") { return .speech }
        if isUnder("images") { return .images }
        if isExactly("moderations") { return .moderations }
        return .other
    }
}
