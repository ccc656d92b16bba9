import Bytes

/// How a client asks: the endpoint it means, in whose words, and what its path says beside that.
///
/// Routes know one path for an endpoint. A chat that comes by Ollama's or Gemini's path is routed as
/// `/v1/chat/completions`, whatever its format; so each proof about `/v1/` holds for it too.
package struct Surface: Sendable {
    /// What is wanted of the endpoint.
    package enum Action: Equatable, Sendable {
        /// Whatever it is, it passes to a provider that has it.
        case pass
        /// A chat, in `format`.
        case chat
        /// The size of a chat, in `format`.
        case countTokens
        /// Vectors of texts.
        case embed(EmbeddingFormat)
        /// Something done at a provider that keeps models.
        case manage(ModelCommand)
    }

    package var endpoint: EndpointName
    package var action = Action.pass
    /// The dialect of the client: of its chats, and of the errors it understands.
    package var format = ChatFormat.chat
    /// What stands in front of the path that OpenAI's libraries would ask: Groq's ask `/openai/v1/…`.
    package var dropped = 0
    /// The path routes know this by, when it is not in the client's.
    package var routedPath: StaticString?
    /// The model's place in the path; absent when the body names it.
    package var model = TextRange.absent
    /// Set when the path says whether the answer comes as a stream.
    package var streams: Bool?
    /// Gemini's streams are a list of JSON unless `alt=sse` is asked for.
    package var isVerb = false

    package init(endpoint: EndpointName) { self.endpoint = endpoint }

    /// True for paths that are not of OpenAI's API as it is written for everybody.
    package var isForeign: Bool { routedPath != nil || dropped > 0 }

    /// Something is to be done to the models of a provider.
    package var isCommand: Bool { if case .manage = action { true } else { false } }

    /// Recognises a path without its query.
    package static func recognise(path: Span<UInt8>) -> Surface {
        if let gemini = gemini(path) { return gemini }
        if ASCII.starts(path, with: "/api/") { return ollama(path) }
        let dropped = ASCII.starts(path, with: "/openai/v1/") ? 7 : 0
        let rest = path.extracting(dropped...)
        var surface = Surface(endpoint: EndpointName.recognise(path: rest))
        surface.dropped = dropped
        switch surface.endpoint {
        case .chat: surface.take(.chat, .chat)
        case .completions: surface.take(.chat, .completions)
        case .responses where ASCII.equals(rest, "/v1/responses"): surface.take(.chat, .responses)
        case .messages:
            surface.format = .messages
            if ASCII.equals(rest, "/v1/messages") { surface.action = .chat }
            if ASCII.equals(rest, "/v1/messages/count_tokens") { surface.action = .countTokens }
        case .embeddings: surface.action = .embed(.openAI)
        case .models, .other:
            for command in ModelCommand.allCases where ASCII.equals(rest, command.path) {
                surface.action = .manage(command)
            }
        default: break
        }
        if ASCII.equals(path, Surface.transcribe) {
            surface.endpoint = .transcriptions
            surface.routedPath = "/v1/audio/transcriptions"
        }
        return surface
    }

    /// hoosh's documentation names this; it is routed as the path that OpenAI has for the same.
    package static let transcribe: StaticString = "/v1/transcribe"
    /// The client asked by hoosh's name for transcriptions.
    package var isTranscribe: Bool { endpoint == .transcriptions && routedPath != nil }

    private mutating func take(_ action: Action, _ format: ChatFormat) {
        self.action = action
        self.format = format
    }

    private static func ollama(_ path: Span<UInt8>) -> Surface {
        var surface = Surface(endpoint: .other)
        surface.format = .ollama
        func means(_ endpoint: EndpointName, _ action: Action, _ routed: StaticString) {
            surface.endpoint = endpoint
            surface.action = action
            surface.routedPath = routed
        }
        if ASCII.equals(path, "/api/chat") { means(.chat, .chat, "/v1/chat/completions") }
        if ASCII.equals(path, "/api/generate") {
            means(.completions, .chat, "/v1/completions")
            surface.format = .generate
        }
        if ASCII.equals(path, "/api/embed") { means(.embeddings, .embed(.ollama), "/v1/embeddings") }
        if ASCII.equals(path, "/api/embeddings") { means(.embeddings, .embed(.ollamaOld), "/v1/embeddings") }
        if ASCII.equals(path, "/api/pull") { means(.models, .manage(.pull), ModelCommand.pull.path) }
        if ASCII.equals(path, "/api/delete") { means(.models, .manage(.delete), ModelCommand.delete.path) }
        return surface
    }

    /// `/v1beta/models/MODEL:VERB` (ai.google.dev/api/generate-content); `/v1/` and `/v1alpha/` are versions of it too.
    private static func gemini(_ path: Span<UInt8>) -> Surface? {
        let isBeta = ASCII.starts(path, with: "/v1beta/")
        let isAlpha = ASCII.starts(path, with: "/v1alpha/")
        guard isBeta || isAlpha || ASCII.starts(path, with: "/v1/models/") else { return nil }
        var surface = Surface(endpoint: .other)
        surface.format = .gemini
        let start = isBeta ? 8 : isAlpha ? 9 : 4
        guard let colon = lastColon(path), colon > start else { return isBeta || isAlpha ? surface : nil }
        let verb = path.extracting((colon + 1)...)
        let name = path.extracting(start..<colon)
        let prefix = ASCII.starts(name, with: "models/") ? 7 : 0
        surface.model = TextRange(start: Int32(start + prefix), count: Int32(name.count - prefix))
        surface.isVerb = true
        func means(_ endpoint: EndpointName, _ action: Action, _ routed: StaticString, streams: Bool? = nil) -> Surface
        {
            surface.endpoint = endpoint
            surface.action = action
            surface.routedPath = routed
            surface.streams = streams
            return surface
        }
        if ASCII.equals(verb, "generateContent") { return means(.chat, .chat, "/v1/chat/completions", streams: false) }
        if ASCII.equals(verb, "streamGenerateContent") {
            return means(.chat, .chat, "/v1/chat/completions", streams: true)
        }
        if ASCII.equals(verb, "countTokens") {
            return means(.chat, .countTokens, "/v1/chat/completions", streams: false)
        }
        if ASCII.equals(verb, "embedContent") {
            return means(.embeddings, .embed(.gemini), "/v1/embeddings", streams: false)
        }
        if ASCII.equals(verb, "batchEmbedContents") {
            return means(.embeddings, .embed(.geminiBatch), "/v1/embeddings", streams: false)
        }
        // A model's name may hold a colon: `/v1/models/llama3:8b`.
        guard isBeta || isAlpha else { return nil }
        surface.isVerb = false
        surface.model = .absent
        return surface
    }

    private static func lastColon(_ path: Span<UInt8>) -> Int? {
        var index = path.count - 1
        while index >= 0, path[index] != 0x2f {
            if path[index] == 0x3a { return index }
            index -= 1
        }
        return nil
    }
}
