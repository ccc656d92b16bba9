import Conversation
import Dialect

/// What a client calls the members that writers name as dropped: writers name them as OpenAI's chats do, whoever asks.
enum ClientNames {
    /// The names in the words of the dialect that the request was read from.
    ///
    /// Members that only the client's dialect has are kept by their own names, which stay.
    static func spelled(_ names: [String], of request: ChatRequest) -> [String] {
        var result: [String] = []
        let own = Set(request.extras.map(\.key) + request.dropped)
        for name in names {
            for word in own.contains(name) ? [name] : words(for: name, request) where !result.contains(word) {
                result.append(word)
            }
        }
        return result
    }

    private static func words(for name: String, _ request: ChatRequest) -> [String] {
        let common = aliases[name] ?? name
        if common == "reasoning_effort" || common == "thinking.budget_tokens" { return thinking(request) }
        if common == "reasoning.exclude", let member = request.reasoning?.shownMember { return [member] }
        for (prefix, word) in tables[request.origin] ?? [] {
            if common == prefix { return [word] }
            if common.hasPrefix(prefix + ".") { return [word + common.dropFirst(prefix.utf8.count)] }
        }
        return [common]
    }

    /// How much to think is said in one or two members.
    private static func thinking(_ request: ChatRequest) -> [String] {
        let asked = request.reasoning ?? ReasoningRequest()
        let hasEffort = asked.effort != nil && asked.isEnabled != false
        switch request.origin {
        case .chat, .completions: return [asked.member ?? "reasoning_effort"]
        case .responses: return ["reasoning.effort"]
        case .ollama: return ["think"]
        case .gemini:
            let place = "generationConfig.thinkingConfig"
            return [asked.effort == nil ? "\(place).thinkingBudget" : "\(place).thinkingLevel"]
        case .messages:
            let hasThinking = asked.isEnabled != nil || asked.budgetTokens != nil
            return (hasEffort ? ["output_config.effort"] : []) + (hasThinking || !hasEffort ? ["thinking"] : [])
        }
    }

    /// Other names that writers have for the same.
    private static let aliases: [String: String] = [
        "name": "messages.name", "strict": "tools.function.strict", "detail": "image_url.detail",
        "filename": "file.filename", "repeat_penalty": "repetition_penalty", "signature": "reasoning_details",
    ]

    /// By dialect, its words for OpenAI's; a longer name keeps what stands behind it.
    private static let tables: [ChatRequest.Origin: [(String, String)]] = [
        .chat: [("thought_signature", "extra_content.google.thought_signature")],
        .responses: [
            ("response_format.json_schema", "text.format"), ("response_format", "text.format"),
            ("tools.function", "tools"), ("image_url.detail", "input_image.detail"),
            ("file.filename", "input_file.filename"), ("reasoning_content", "input.reasoning"),
            ("reasoning_details", "input.reasoning.encrypted_content"),
            ("thought_signature", "input.reasoning.encrypted_content"), ("reasoning.exclude", "reasoning.summary"),
        ],
        .messages: [
            ("user", "metadata.user_id"), ("parallel_tool_calls", "tool_choice.disable_parallel_tool_use"),
            ("stop", "stop_sequences"), ("reasoning.exclude", "thinking.display"),
            ("reasoning_content", "messages.thinking"), ("reasoning_details", "messages.thinking.signature"),
            ("is_error", "tool_result.is_error"), ("file.filename", "document.title"),
            ("tools.function.parameters", "tools.input_schema"), ("tools.function", "tools"),
            ("response_format.json_schema", "output_config.format"), ("response_format", "output_config.format"),
        ],
        .gemini: [
            ("temperature", "generationConfig.temperature"), ("top_p", "generationConfig.topP"),
            ("top_k", "generationConfig.topK"), ("seed", "generationConfig.seed"),
            ("stop", "generationConfig.stopSequences"), ("n", "generationConfig.candidateCount"),
            ("presence_penalty", "generationConfig.presencePenalty"),
            ("frequency_penalty", "generationConfig.frequencyPenalty"),
            ("logprobs", "generationConfig.responseLogprobs"), ("top_logprobs", "generationConfig.logprobs"),
            ("response_format.json_schema.schema", "generationConfig.responseSchema"),
            ("response_format.json_schema", "generationConfig.responseSchema"),
            ("response_format", "generationConfig.responseMimeType"),
            ("tools.function.parameters", "tools.functionDeclarations.parameters"),
            ("tools.function", "tools.functionDeclarations"), ("tool_choice", "toolConfig.functionCallingConfig"),
            ("reasoning.exclude", "generationConfig.thinkingConfig.includeThoughts"),
            ("reasoning_content", "contents.parts.thought"), ("reasoning_details", "contents.parts.thoughtSignature"),
            ("thought_signature", "contents.parts.thoughtSignature"), ("is_error", "functionResponse.response.error"),
            ("file.filename", "contents.parts.inlineData.displayName"),
        ],
        .ollama: [
            ("temperature", "options.temperature"), ("top_p", "options.top_p"), ("top_k", "options.top_k"),
            ("min_p", "options.min_p"), ("seed", "options.seed"), ("stop", "options.stop"),
            ("presence_penalty", "options.presence_penalty"), ("frequency_penalty", "options.frequency_penalty"),
            ("repetition_penalty", "options.repeat_penalty"), ("reasoning_content", "messages.thinking"),
            ("response_format.json_schema", "format"), ("response_format", "format"), ("reasoning.exclude", "think"),
        ],
    ]
}

extension ChatRequest.Origin {
    /// The dialect of a client's format.
    init(_ format: ChatFormat) {
        switch format {
        case .chat: self = .chat
        case .completions: self = .completions
        case .responses: self = .responses
        case .messages: self = .messages
        case .gemini: self = .gemini
        case .ollama, .generate: self = .ollama
        }
    }
}
