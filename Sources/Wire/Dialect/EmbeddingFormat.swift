/// A format of embeddings, as an endpoint speaks it.
package enum EmbeddingFormat: String, CaseIterable, Sendable {
    /// `/v1/embeddings`.
    case openAI = "openai"
    /// Ollama, `/api/embed`.
    case ollama
    /// Ollama of old, `/api/embeddings`: one text, one vector.
    case ollamaOld = "ollama-old"
    /// Gemini, `:embedContent`: one text.
    case gemini
    /// Gemini, `:batchEmbedContents`.
    case geminiBatch = "gemini-batch"

    /// The dialect that its errors are said in.
    package var errors: ChatFormat {
        switch self {
        case .openAI: .chat
        case .ollama, .ollamaOld: .ollama
        case .gemini, .geminiBatch: .gemini
        }
    }

    /// Its requests are written by this build too: any number of texts at once.
    package var canBeAsked: Bool { self == .openAI || self == .ollama || self == .geminiBatch }
}
