import Conversation
import JSON

extension OpenAIRequest {
    /// Writes a request that came in another dialect.
    ///
    /// - Throws: what cannot be said here and would change the meaning if it were left out.
    package static func write(
        _ request: ChatRequest,
        _ terms: RequestTerms
    ) throws(ConversationFault) -> WrittenRequest {
        var writer = RequestWriter(terms: terms, dropped: request.dropped)
        writer.output.beginObject()
        writer.output.key("model")
        writer.output.string(terms.model)
        try writer.messages(request.messages, behind: writer.schemaInstruction(request.format))
        writer.tools(request)
        writer.sampling(request.sampling)
        writer.format(request.format)
        writer.reasoning(request)
        writer.user(request.user)
        writer.streaming()
        writer.extras(request)
        writer.output.endObject()
        return WrittenRequest(body: writer.output.bytes, dropped: writer.dropped)
    }
}

/// Writes the members of a request one after the other.
struct RequestWriter {
    let terms: RequestTerms
    var output = JSONWriter()
    var dropped: [String]

    init(terms: RequestTerms, dropped: [String]) {
        self.terms = terms
        self.dropped = dropped
    }

    mutating func drop(_ name: String) { if !dropped.contains(name) { dropped.append(name) } }

    // MARK: Tools

    mutating func tools(_ request: ChatRequest) {
        var count = 0
        for (index, tool) in request.tools.enumerated() {
            if let node = tool.builtIn, !RequestWriter.isOurs(node) {
                drop("tools[\(index)]")
                continue
            }
            if count == 0 {
                output.key("tools")
                output.beginArray()
            }
            count += 1
            if let node = tool.builtIn { output.node(node) } else { write(tool) }
        }
        guard count > 0 else { return }
        output.endArray()
        // OpenAI refuses both without tools.
        if let choice = request.toolChoice { write(choice) }
        if let allows = request.allowsParallelCalls {
            output.key("parallel_tool_calls")
            output.bool(allows)
        }
    }

    /// Tools of Chat Completions that are no functions, and OpenRouter's own.
    private static func isOurs(_ node: JSONNode) -> Bool {
        guard let type = node["type"]?.string?.text else { return false }
        return type == "custom" && node["custom"] != nil || type.hasPrefix("openrouter:")
    }

    private mutating func write(_ tool: ToolDefinition) {
        output.beginObject()
        output.key("type")
        output.string("function")
        output.key("function")
        output.beginObject()
        output.key("name")
        output.string(tool.name)
        if let text = tool.description {
            output.key("description")
            output.string(text)
        }
        if let parameters = tool.parameters {
            output.key("parameters")
            output.node(parameters)
        } else if terms.words.needsParameters {
            output.key("parameters")
            output.raw("{\"type\":\"object\",\"properties\":{}}")
        }
        if let isStrict = tool.isStrict {
            output.key("strict")
            output.bool(isStrict)
        }
        output.endObject()
        output.endObject()
    }

    private mutating func write(_ choice: ToolChoice) {
        output.key("tool_choice")
        switch choice {
        case .auto: output.string("auto")
        case .none: output.string("none")
        case .required: output.string("required")
        case .function(let name):
            output.beginObject()
            output.key("type")
            output.string("function")
            output.key("function")
            output.beginObject()
            output.key("name")
            output.string(name)
            output.endObject()
            output.endObject()
        }
    }

    // MARK: Sampling

    mutating func sampling(_ sampling: Sampling) {
        if let limit = sampling.maxTokens {
            if terms.limitsCompletion { output.key("max_completion_tokens") } else { output.key("max_tokens") }
            output.number(limit)
        }
        number("temperature", sampling.temperature)
        number("top_p", sampling.topP)
        open("top_k", sampling.topK)
        open("min_p", sampling.minP)
        open("repetition_penalty", sampling.repeatPenalty)
        number("frequency_penalty", sampling.frequencyPenalty)
        number("presence_penalty", sampling.presencePenalty)
        if terms.words.hasRandomSeed {
            number("random_seed", sampling.seed)
        } else {
            number("seed", sampling.seed)
        }
        if !sampling.stop.isEmpty {
            output.key("stop")
            output.beginArray()
            for text in sampling.stop { output.string(text) }
            output.endArray()
        }
        if let count = sampling.count {
            if terms.words.takesCount {
                output.key("n")
                output.number(count)
            } else if count > 1 {
                drop("n")
            }
        }
        logProbabilities(sampling)
    }

    private mutating func logProbabilities(_ sampling: Sampling) {
        guard terms.words.takesLogProbabilities else {
            if sampling.wantsLogProbabilities == true { drop("logprobs") }
            if sampling.topLogProbabilities ?? 0 > 0 { drop("top_logprobs") }
            return
        }
        if let wants = sampling.wantsLogProbabilities {
            output.key("logprobs")
            output.bool(wants)
        }
        if let count = sampling.topLogProbabilities {
            output.key("top_logprobs")
            output.number(count)
        }
    }

    /// OpenAI cuts nothing off but answers 400 for longer ones, and Claude Code's have 159 characters.
    mutating func user(_ user: JSONString?) {
        guard let user else { return }
        switch terms.words.user {
        case .none: return drop("user")
        case .any:
            output.key("user")
            output.string(user)
        case .atMost(let longest):
            output.key("user")
            output.string(Digest.shortened(user, to: longest))
        }
    }

    private mutating func number(_ key: StaticString, _ value: ArraySlice<UInt8>?) {
        guard let value else { return }
        output.key(key)
        output.raw(value)
    }

    private mutating func open(_ key: StaticString, _ value: ArraySlice<UInt8>?) {
        guard let value else { return }
        if terms.knowsOpenSampling, !terms.limitsCompletion { number(key, value) } else { drop(key.description) }
    }

    // MARK: Form of the answer

    mutating func format(_ format: AnswerFormat?) {
        guard let format else { return }
        output.key("response_format")
        output.beginObject()
        output.key("type")
        switch format {
        case .schema where !terms.words.takesSchemas:
            // The schema itself is told in words (`schemaInstruction`).
            output.string("json_object")
            drop("response_format.json_schema")
        case .text: output.string("text")
        case .json: output.string("json_object")
        case .schema(let name, let schema, let isStrict):
            output.string("json_schema")
            output.key("json_schema")
            output.beginObject()
            output.key("name")
            output.string(name ?? "answer")
            output.key("schema")
            output.node(schema)
            if let isStrict {
                output.key("strict")
                output.bool(isStrict)
            }
            output.endObject()
        }
        output.endObject()
    }

    /// What a provider without schemas is told instead: JSON by a schema in words.
    ///
    /// DeepSeek wants the word JSON in the conversation, too (<https://api-docs.deepseek.com/guides/json_mode>).
    func schemaInstruction(_ format: AnswerFormat?) -> JSONString? {
        guard !terms.words.takesSchemas, case .schema(_, let schema, _) = format else { return nil }
        return JSONString(
            "Answer with JSON and nothing else: no words around it, no code fence. It must be valid against this JSON "
                + "schema: "
        ) + JSONString(plain: Array(schema.source))
    }

    mutating func streaming() {
        guard terms.streams else { return }
        output.key("stream")
        output.bool(true)
        guard terms.wantsStreamUsage else { return }
        output.key("stream_options")
        output.beginObject()
        output.key("include_usage")
        output.bool(true)
        output.endObject()
    }

    // MARK: Extras

    mutating func extras(_ request: ChatRequest) {
        for member in request.extras {
            guard RequestWriter.knows(member), terms.words.extras?.contains(member.key) ?? true,
                member.key != "response_format" || request.format == nil
            else {
                drop(member.key)
                continue
            }
            output.key(member.key)
            if let text = member.value.string, member.key == "prompt_cache_key" || member.key == "safety_identifier" {
                output.string(Digest.shortened(text, to: terms.words.longestKey))
            } else {
                output.node(member.value)
            }
        }
    }

    /// The members that mean here what they mean where they came from: other dialects use some of the names, too.
    private static func knows(_ member: JSONNode.Member) -> Bool {
        switch member.key {
        // OpenAI's own.
        case "audio", "logit_bias", "modalities", "moderation", "prediction", "prompt_cache_key",
            "prompt_cache_options", "prompt_cache_retention", "response_format", "safety_identifier", "verbosity",
            "web_search_options":
            return true
        // Of vLLM, llama.cpp, OpenRouter, Mistral, Groq and others, whose names nobody else has.
        case "chat_template_kwargs", "guided_json", "guided_regex", "guided_choice", "guided_grammar",
            "structured_outputs", "best_of", "length_penalty", "ignore_eos", "min_tokens", "stop_token_ids",
            "skip_special_tokens", "add_generation_prompt", "continue_final_message", "grammar", "json_schema",
            "cache_prompt", "models", "provider", "transforms", "plugins", "route", "safe_prompt",
            "prompt_mode", "search_domain_filter", "search_recency_filter", "return_images",
            "return_related_questions", "search_parameters", "enable_search", "top_a", "typical_p",
            "mirostat":
            return true
        case "store": return member.value.bool != nil
        case "metadata":
            return member.value.isObject && member.value.members.allSatisfy { $0.value.string != nil }
        case "service_tier":
            let words = ["auto", "default", "flex", "scale", "priority", "fast", "on_demand", "performance"]
            return member.value.string.map { words.contains($0.text) } ?? false
        default: return false
        }
    }
}
