import Bytes
import Conversation
import JSON

extension AnthropicRequest {
    /// Writes a request; what Anthropic, or the model that is asked, has no word for is named as dropped.
    ///
    /// - Throws: what cannot be said to Anthropic without changing the meaning.
    package static func write(
        _ request: ChatRequest,
        _ terms: RequestTerms
    ) throws(ConversationFault) -> WrittenRequest {
        var writer = AnthropicRequestWriter(request, terms)
        try writer.write()
        return WrittenRequest(body: writer.output.bytes, dropped: writer.dropped)
    }
}

/// Writes a request member by member.
struct AnthropicRequestWriter {
    let request: ChatRequest
    let terms: RequestTerms
    let model: ClaudeModel
    var output = JSONWriter()
    private(set) var dropped: [String] = []

    init(_ request: ChatRequest, _ terms: RequestTerms) {
        self.request = request
        self.terms = terms
        model = ClaudeModel(terms.model.text)
    }

    /// Names what is left out, once.
    mutating func drop(_ name: String) { if !dropped.contains(name) { dropped.append(name) } }

    mutating func write() throws(ConversationFault) {
        let turns = try gather()
        let plan = plan(turns)
        output.beginObject()
        output.key("model")
        output.string(terms.model)
        output.key("max_tokens")
        output.number(plan.maxTokens)
        system()
        output.key("messages")
        output.beginArray()
        for turn in turns { try write(turn) }
        output.endArray()
        tools()
        toolChoice()
        thinking(plan)
        outputConfig(plan)
        sampling(plan)
        stop()
        metadata()
        if terms.streams {
            output.key("stream")
            output.bool(true)
        }
        extras(plan)
        output.endObject()
        dropRest()
    }

    // MARK: System

    /// All system messages stand in front, wherever they were: only one model takes them between the turns.
    private mutating func system() {
        var texts: [JSONString] = []
        for message in request.messages where message.role == .system || message.role == .developer {
            for part in message.parts {
                if case .text(let text) = part, !text.isBlank { texts.append(text) }
            }
        }
        if let instruction = formatInstruction() { texts.append(instruction) }
        guard !texts.isEmpty else { return }
        output.key("system")
        if texts.count == 1 { return output.string(texts[0]) }
        output.beginArray()
        for text in texts { AnthropicBlocks.text(text, &output) }
        output.endArray()
    }

    /// What is said to a model that cannot be held to a form; it is dropped all the same, as nothing enforces it
    /// (test-and-evaluate/strengthen-guardrails/increase-consistency).
    private mutating func formatInstruction() -> JSONString? {
        let only = "Answer with JSON and nothing else: no words around it, no code fence."
        switch request.format {
        case .text, nil: return nil
        case .json:
            drop("response_format")
            return JSONString(only)
        case .schema(_, let schema, _):
            guard !model.knowsSchemas else { return nil }
            drop("response_format")
            return JSONString(only + " It must be valid against this JSON schema: ")
                + JSONString(plain: Array(schema.source))
        }
    }

    // MARK: Tools

    private mutating func tools() {
        var tools: [ToolDefinition] = []
        for (index, tool) in request.tools.enumerated() {
            if let builtIn = tool.builtIn, !AnthropicWords.isOwnTool(builtIn["type"]?.string?.text ?? "") {
                drop("tools[\(index)]")
            } else {
                tools.append(tool)
            }
        }
        guard !tools.isEmpty else { return }
        output.key("tools")
        output.beginArray()
        for tool in tools { write(tool) }
        output.endArray()
    }

    private mutating func write(_ tool: ToolDefinition) {
        if let builtIn = tool.builtIn { return output.node(builtIn) }
        let isStrict = tool.isStrict == true
        if isStrict, !model.knowsSchemas { drop("tools.function.strict") }
        output.beginObject()
        output.key("name")
        output.string(tool.name)
        if let description = tool.description {
            output.key("description")
            output.string(description)
        }
        output.key("input_schema")
        if isStrict, model.knowsSchemas, let parameters = tool.parameters, parameters.isObject {
            var schema = AnthropicSchema()
            schema.write(parameters, &output)
            for word in schema.left { drop("tools.function.parameters." + word) }
            output.key("strict")
            output.bool(true)
        } else {
            AnthropicSchema.input(tool.parameters, &output)
        }
        output.endObject()
    }

    private mutating func toolChoice() {
        var choice = request.toolChoice
        if request.tools.isEmpty, choice == .auto || choice == ToolChoice.none { choice = nil }
        let isSingle = request.allowsParallelCalls == false && !request.tools.isEmpty
        guard choice != nil || isSingle else { return }
        output.key("tool_choice")
        switch choice ?? .auto {
        case .auto: AnthropicBlocks.begin("auto", &output)
        case .required: AnthropicBlocks.begin("any", &output)
        case .none:
            AnthropicBlocks.begin("none", &output)
            return output.endObject()
        case .function(let name):
            AnthropicBlocks.begin("tool", &output)
            output.key("name")
            output.string(name)
        }
        if isSingle {
            output.key("disable_parallel_tool_use")
            output.bool(true)
        }
        output.endObject()
    }

    // MARK: Thinking and form

    private mutating func thinking(_ plan: ThinkingPlan) {
        switch plan.form {
        case .unsaid: return
        case .disabled:
            output.key("thinking")
            AnthropicBlocks.begin("disabled", &output)
        case .adaptive:
            output.key("thinking")
            AnthropicBlocks.begin("adaptive", &output)
        case .budget(let tokens):
            output.key("thinking")
            AnthropicBlocks.begin("enabled", &output)
            output.key("budget_tokens")
            output.number(tokens)
        }
        if plan.form != .disabled, let isShown = plan.isShown {
            output.key("display")
            output.string(isShown ? "summarized" : "omitted" as StaticString)
        }
        output.endObject()
    }

    private mutating func outputConfig(_ plan: ThinkingPlan) {
        let rest = request.extras.filter { $0.key.hasPrefix("output_config.") }
        var schema: JSONNode?
        if case .schema(_, let node, _) = request.format, model.knowsSchemas { schema = node }
        guard plan.effort != nil || schema != nil || !rest.isEmpty else { return }
        output.key("output_config")
        output.beginObject()
        if let effort = plan.effort {
            output.key("effort")
            output.string(effort)
        }
        if let schema {
            var writer = AnthropicSchema()
            output.key("format")
            AnthropicBlocks.begin("json_schema", &output)
            output.key("schema")
            writer.write(schema, &output)
            output.endObject()
            for word in writer.left { drop("response_format.json_schema.schema." + word) }
        }
        for member in rest {
            output.key(String(member.key.dropFirst("output_config.".count)))
            output.node(member.value)
        }
        output.endObject()
    }
}
