/// A format that chats are asked and answered in, as an endpoint speaks it; the raw value is the word in a route file.
package enum ChatFormat: String, CaseIterable, Sendable {
    /// OpenAI, `/v1/chat/completions`.
    case chat
    /// OpenAI, `/v1/completions`; clients only.
    case completions
    /// OpenAI, `/v1/responses`; clients only: no provider is asked in it that was not asked so by the client.
    case responses
    /// Anthropic, `/v1/messages`.
    case messages
    /// Gemini, `generateContent` and `streamGenerateContent?alt=sse`.
    case gemini
    /// Ollama, `/api/chat`.
    case ollama
    /// Ollama, `/api/generate`; clients only.
    case generate

    /// Streams are lines of JSON; else they are server-sent events.
    package var streamsLines: Bool { self == .ollama || self == .generate }

    /// The Content-Type of its streams.
    package var streamType: StaticString { streamsLines ? "application/x-ndjson" : "text/event-stream" }

    /// Its requests are written by this build too, so providers can be asked in it.
    package var canBeAsked: Bool {
        switch self {
        case .chat, .messages, .gemini, .ollama: true
        case .completions, .responses, .generate: false
        }
    }
}
