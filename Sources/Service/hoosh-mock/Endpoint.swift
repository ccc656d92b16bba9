/// What a request asks for, by method and path.
enum Endpoint {
    case chat, completions, responses, embeddings, models, health, echo, unknown
    case messages, countTokens, generateContent, streamGenerateContent, geminiCountTokens, geminiEmbed, geminiEmbedBatch
    case inference, synthesize
    case ollamaChat, ollamaGenerate, ollamaEmbed, tags
    case mcp
    case record, counters, usage, reset, defaults

    /// True for what is about the mock itself and is not recorded.
    var isOurs: Bool {
        switch self {
        case .record, .counters, .usage, .reset, .defaults: true
        default: false
        }
    }

    init(_ head: RequestHead) {
        self = head.bytes.withUnsafeBytes { raw in
            let target = part(raw, head.target)
            let end = target.firstIndex(of: UInt8(ascii: "?")) ?? target.count
            return Endpoint(isPOST: isSame(part(raw, head.method), "POST"), path: part(target, 0..<end))
        }
    }

    private static let prefixes: [StaticString] = ["/v1beta/openai/", "/openai/v1/", "/api/v1/", "/v1/", "/"]

    private init(isPOST: Bool, path: UnsafeRawBufferPointer) {
        var tail = path
        for prefix in Endpoint.prefixes where hasPrefixIgnoringCase(path, prefix) {
            tail = part(path, prefix.utf8CodeUnitCount..<path.count)
            break
        }
        if isPOST {
            if isSame(tail, "chat/completions") {
                self = .chat
            } else if isSame(tail, "completions") {
                self = .completions
            } else if isSame(tail, "responses") {
                self = .responses
            } else if isSame(tail, "embeddings") {
                self = .embeddings
            } else if isSame(tail, "mock/reset") {
                self = .reset
            } else if isSame(tail, "mock/defaults") {
                self = .defaults
            } else {
                self = Endpoint.ofOtherFormat(tail) ?? .echo
            }
        } else if isSame(tail, "models") || hasPrefixIgnoringCase(tail, "models/") {
            self = .models
        } else if isSame(tail, "health") {
            self = .health
        } else if isSame(tail, "api/tags") {
            self = .tags
        } else if isSame(tail, "mock/requests") {
            self = .record
        } else if isSame(tail, "mock/counters") {
            self = .counters
        } else if isSame(tail, "mock/usage") {
            self = .usage
        } else {
            self = .unknown
        }
    }

    private static let others: [(tail: StaticString, endpoint: Endpoint)] = [
        ("messages", .messages), ("messages/count_tokens", .countTokens), ("api/chat", .ollamaChat),
        ("api/generate", .ollamaGenerate), ("api/embed", .ollamaEmbed), ("inference", .inference),
        ("audio/transcriptions", .inference), ("audio/translations", .inference), ("synthesize", .synthesize),
        ("", .synthesize),
        ("mcp", .mcp),
    ]
    private static let verbs: [(verb: StaticString, endpoint: Endpoint)] = [
        ("generateContent", .generateContent), ("streamGenerateContent", .streamGenerateContent),
        ("countTokens", .geminiCountTokens), ("embedContent", .geminiEmbed), ("batchEmbedContents", .geminiEmbedBatch),
    ]

    /// The formats of Anthropic and Ollama by path, Gemini's by what stands after the model's colon.
    private static func ofOtherFormat(_ tail: UnsafeRawBufferPointer) -> Endpoint? {
        if let other = others.first(where: { isSame(tail, $0.tail) }) { return other.endpoint }
        guard let colon = tail.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let verb = part(tail, (colon + 1)..<tail.count)
        return verbs.first { isSame(verb, $0.verb) }?.endpoint
    }
}
