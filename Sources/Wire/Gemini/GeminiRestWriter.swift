import Conversation
import JSON

/// Writes what stands beside the turns: tools, their choice, `generationConfig` and Gemini's own members.
struct GeminiRestWriter {
    private let request: ChatRequest
    private let terms: RequestTerms
    /// Members that were left out.
    private(set) var dropped: [String]

    init(_ request: ChatRequest, _ terms: RequestTerms, dropped: [String]) {
        self.request = request
        self.terms = terms
        self.dropped = dropped
    }

    mutating func write(to writer: inout JSONWriter) throws(ConversationFault) {
        try tools(&writer)
        choice(&writer)
        generation(&writer)
        for member in request.extras {
            if GeminiRequest.ownMembers.contains(member.key) {
                writer.key(member.key)
                writer.node(member.value)
            } else if !member.key.hasPrefix("generationConfig."), !member.key.hasPrefix("toolConfig.") {
                dropped.append(member.key)
            }
        }
        if request.user != nil { dropped.append("user") }
        if request.allowsParallelCalls == false { dropped.append("parallel_tool_calls") }
    }

    // MARK: Tools

    private mutating func tools(_ writer: inout JSONWriter) throws(ConversationFault) {
        guard !request.tools.isEmpty else { return }
        let functions = request.tools.filter { $0.builtIn == nil }
        writer.key("tools")
        writer.beginArray()
        if !functions.isEmpty {
            writer.beginObject()
            writer.key("functionDeclarations")
            writer.beginArray()
            for function in functions { declaration(function, &writer) }
            writer.endArray()
            writer.endObject()
        }
        for (index, tool) in request.tools.enumerated() {
            guard let builtIn = tool.builtIn else { continue }
            // Gemini's have one member, which is named after the tool; everybody else's have a type.
            guard builtIn.members.count == 1, builtIn["type"] == nil else {
                throw ConversationFault(
                    "Gemini does not have the tool \"\(tool.name.text)\"; leave it out for this model",
                    parameter: "tools[\(index)]"
                )
            }
            writer.node(builtIn)
        }
        writer.endArray()
    }

    private mutating func declaration(_ tool: ToolDefinition, _ writer: inout JSONWriter) {
        if tool.isStrict == true { drop("strict") }
        writer.beginObject()
        writer.key("name")
        writer.string(tool.name)
        if let description = tool.description {
            writer.key("description")
            writer.string(description)
        }
        // Whole JSON Schema goes here; `parameters` would take a part of OpenAPI's schema only.
        if let parameters = tool.parameters, parameters.isObject, !parameters.members.isEmpty {
            writer.key("parametersJsonSchema")
            writer.node(parameters)
        }
        writer.endObject()
    }

    private mutating func choice(_ writer: inout JSONWriter) {
        let prefix = "toolConfig."
        let own = request.extras.filter { $0.key.hasPrefix(prefix) }
        let kept = own.last { $0.key == "toolConfig.functionCallingConfig" }
        guard !own.isEmpty || request.toolChoice != nil else { return }
        writer.key("toolConfig")
        writer.beginObject()
        for member in own where member.key != "toolConfig.functionCallingConfig" {
            writer.key(String(member.key.dropFirst(prefix.count)))
            writer.node(member.value)
        }
        if let kept {
            writer.key("functionCallingConfig")
            writer.node(kept.value)
        } else if let choice = request.toolChoice {
            mode(choice, &writer)
        }
        writer.endObject()
    }

    private func mode(_ choice: ToolChoice, _ writer: inout JSONWriter) {
        writer.key("functionCallingConfig")
        writer.beginObject()
        writer.key("mode")
        switch choice {
        case .auto: writer.string("AUTO" as StaticString)
        case .none: writer.string("NONE" as StaticString)
        case .required: writer.string("ANY" as StaticString)
        case .function(let name):
            writer.string("ANY" as StaticString)
            writer.key("allowedFunctionNames")
            writer.beginArray()
            writer.string(name)
            writer.endArray()
        }
        writer.endObject()
    }

    // MARK: Generation

    private mutating func generation(_ writer: inout JSONWriter) {
        writer.key("generationConfig")
        writer.beginObject()
        sampling(&writer)
        switch request.format {
        case nil: break
        case .text: mimeType("text/plain", &writer)
        case .json: mimeType("application/json", &writer)
        case .schema(_, let schema, _):
            mimeType("application/json", &writer)
            writer.key("responseJsonSchema")
            writer.node(schema)
        }
        if let reasoning = request.reasoning {
            GeminiThinking.write(reasoning, isLate: GeminiModels.isLate(terms.model), to: &writer)
        }
        let prefix = "generationConfig."
        for member in request.extras where member.key.hasPrefix(prefix) {
            writer.key(String(member.key.dropFirst(prefix.count)))
            writer.node(member.value)
        }
        writer.endObject()
    }

    private func mimeType(_ type: StaticString, _ writer: inout JSONWriter) {
        writer.key("responseMimeType")
        writer.string(type)
    }

    private mutating func sampling(_ writer: inout JSONWriter) {
        let sampling = request.sampling
        whole("maxOutputTokens", sampling.maxTokens, &writer)
        number("temperature", sampling.temperature, &writer)
        number("topP", sampling.topP, &writer)
        number("topK", sampling.topK, &writer)
        number("seed", sampling.seed, &writer)
        number("presencePenalty", sampling.presencePenalty, &writer)
        number("frequencyPenalty", sampling.frequencyPenalty, &writer)
        whole("candidateCount", sampling.count, &writer)
        if !sampling.stop.isEmpty {
            writer.key("stopSequences")
            writer.beginArray()
            for sequence in sampling.stop { writer.string(sequence) }
            writer.endArray()
        }
        if let wants = sampling.wantsLogProbabilities {
            writer.key("responseLogprobs")
            writer.bool(wants)
        }
        whole("logprobs", sampling.topLogProbabilities, &writer)
        if sampling.minP != nil { dropped.append("min_p") }
        if sampling.repeatPenalty != nil { dropped.append("repeat_penalty") }
    }

    private func whole(_ name: StaticString, _ value: Int?, _ writer: inout JSONWriter) {
        guard let value else { return }
        writer.key(name)
        writer.number(value)
    }

    private func number(_ name: StaticString, _ value: ArraySlice<UInt8>?, _ writer: inout JSONWriter) {
        guard let value else { return }
        writer.key(name)
        writer.raw(value)
    }

    private mutating func drop(_ name: String) { if !dropped.contains(name) { dropped.append(name) } }
}

/// Writes how much to think: by level since generation 3, by budget before.
///
/// See https://ai.google.dev/gemini-api/docs/thinking; budgets for levels are those of Google's own OpenAI compatibility
/// (https://ai.google.dev/gemini-api/docs/openai#thinking).
enum GeminiThinking {
    static func write(_ reasoning: ReasoningRequest, isLate: Bool, to writer: inout JSONWriter) {
        let isOff = reasoning.isEnabled == false || reasoning.budgetTokens == 0
        let effort = isOff ? "none" : reasoning.effort?.text.lowercased()
        guard effort != nil || reasoning.budgetTokens != nil || reasoning.isShown != nil else { return }
        writer.key("thinkingConfig")
        writer.beginObject()
        if let shown = reasoning.isShown {
            writer.key("includeThoughts")
            writer.bool(shown)
        }
        // Both at once are refused; late models take budgets for the sake of older clients.
        if let effort, isLate {
            level(effort, &writer)
        } else if let tokens = reasoning.budgetTokens, !isOff {
            writer.key("thinkingBudget")
            writer.number(tokens)
        } else if let effort {
            budget(effort, &writer)
        }
        writer.endObject()
    }

    /// Late models cannot be kept from thinking: the least is `minimal`.
    private static func level(_ effort: String, _ writer: inout JSONWriter) {
        writer.key("thinkingLevel")
        switch effort {
        case "none", "minimal": writer.string("minimal" as StaticString)
        case "xhigh", "max": writer.string("high" as StaticString)
        default: writer.string(effort)
        }
    }

    private static func budget(_ effort: String, _ writer: inout JSONWriter) {
        writer.key("thinkingBudget")
        switch effort {
        case "none": writer.number(0)
        case "minimal", "low": writer.number(1_024)
        case "medium": writer.number(8_192)
        case "high", "xhigh", "max": writer.number(24_576)
        default: writer.number(-1)
        }
    }
}
