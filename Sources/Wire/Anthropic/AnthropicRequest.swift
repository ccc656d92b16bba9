import Bytes
import Conversation
import JSON

/// Anthropic's requests (platform.claude.com/docs/en/api/messages).
///
/// What only Anthropic has a word for becomes an extra, so that other dialects name it as dropped: members of the
/// request by their own name, members of blocks and tools by their path (`document.citations`). All `cache_control`
/// marks become one extra `cache_control`, which Anthropic takes as a mark on the last block.
package enum AnthropicRequest {
    /// Reads a request's body; `max_tokens` may be missing, as in those of `count_tokens`.
    ///
    /// - Throws: what is wrong with it.
    package static func read(_ body: JSONNode) throws(ConversationFault) -> ChatRequest {
        guard body.isObject else { throw ConversationFault("write the request as a JSON object") }
        var reader = AnthropicRequestReader()
        guard let model = body["model"]?.string else {
            throw ConversationFault("\"model\" should be the name of a model", parameter: "model")
        }
        reader.request.model = model
        for member in body.members { try reader.member(member) }
        guard let messages = body["messages"] else {
            throw ConversationFault("\"messages\" is missing: write a list of messages", parameter: "messages")
        }
        try reader.system(body["system"])
        try reader.messages(messages)
        return reader.request
    }

    /// A block of thinking; an empty signature is none.
    static func reasoning(_ block: JSONNode) -> ReasoningPart? {
        if let data = block["data"]?.string { return ReasoningPart(text: "", redacted: data) }
        guard let text = block["thinking"]?.string else { return nil }
        let signature = block["signature"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        return ReasoningPart(text: text, signature: signature)
    }

    /// What `thinking` asks for; nil for a type that is not known.
    static func thinking(_ node: JSONNode) -> ReasoningRequest? {
        var reasoning = ReasoningRequest()
        switch node["type"]?.string?.text {
        case "enabled":
            reasoning.isEnabled = true
            reasoning.budgetTokens = node["budget_tokens"]?.integer
        case "adaptive":
            reasoning.isEnabled = true
            reasoning.budgetTokens = -1
        case "disabled": reasoning.isEnabled = false
        default: return nil
        }
        switch node["display"]?.string?.text {
        case "summarized": reasoning.isShown = true
        case "omitted": reasoning.isShown = false
        default: break
        }
        return reasoning
    }
}

/// Reads a request member by member.
struct AnthropicRequestReader {
    var request = ChatRequest()

    mutating func member(_ member: JSONNode.Member) throws(ConversationFault) {
        let (key, value) = (member.key, member.value)
        // A null is as if it were not there.
        if value.isNull { return }
        switch key {
        case "model", "messages", "system": return
        case "max_tokens": request.sampling.maxTokens = try expect(value.integer, key, "a whole number")
        case "temperature": request.sampling.temperature = try expect(value.number, key, "a number")
        case "top_p": request.sampling.topP = try expect(value.number, key, "a number")
        case "top_k": request.sampling.topK = try expect(value.number, key, "a number")
        case "stream": request.streams = try expect(value.bool, key, "true or false")
        case "stop_sequences": try stop(value)
        case "tools": try tools(value)
        case "tool_choice": try toolChoice(value)
        case "metadata": try metadata(value)
        case "thinking": try thinking(member)
        case "output_config": try outputConfig(member)
        case "output_format": try format(value, key)
        default: request.extras.append(member)
        }
    }

    func expect<Value>(_ value: Value?, _ name: String, _ what: String) throws(ConversationFault) -> Value {
        guard let value else { throw ConversationFault("\"\(name)\" should be \(what)", parameter: name) }
        return value
    }

    private mutating func stop(_ node: JSONNode) throws(ConversationFault) {
        for element in try expect(node.elements, "stop_sequences", "a list of texts") {
            request.sampling.stop.append(try expect(element.string, "stop_sequences", "a list of texts"))
        }
    }

    private mutating func metadata(_ node: JSONNode) throws(ConversationFault) {
        for member in node.members {
            if member.key == "user_id" {
                request.user = member.value.string
            } else {
                note("metadata." + member.key, member.value)
            }
        }
    }

    private mutating func thinking(_ member: JSONNode.Member) throws(ConversationFault) {
        guard member.value.isObject else {
            throw ConversationFault("\"thinking\" should be an object with a \"type\"", parameter: "thinking")
        }
        guard let asked = AnthropicRequest.thinking(member.value) else { return request.extras.append(member) }
        var reasoning = asked
        reasoning.effort = request.reasoning?.effort
        request.reasoning = reasoning
    }

    private mutating func outputConfig(_ member: JSONNode.Member) throws(ConversationFault) {
        guard member.value.isObject else {
            throw ConversationFault("\"output_config\" should be an object", parameter: "output_config")
        }
        for inner in member.value.members where !inner.value.isNull {
            switch inner.key {
            case "effort":
                var reasoning = request.reasoning ?? ReasoningRequest()
                reasoning.effort = try expect(inner.value.string, "output_config.effort", "a text")
                request.reasoning = reasoning
            case "format": try format(inner.value, "output_config.format")
            default: note("output_config." + inner.key, inner.value)
            }
        }
    }

    private mutating func format(_ node: JSONNode, _ name: String) throws(ConversationFault) {
        guard node["type"]?.string == "json_schema", let schema = node["schema"], schema.isObject else {
            let what = "an object with \"type\": \"json_schema\" and a \"schema\""
            throw ConversationFault("\"\(name)\" should be \(what)", parameter: name)
        }
        request.format = .schema(name: nil, schema: schema, isStrict: true)
    }

    // MARK: Tools

    private mutating func tools(_ node: JSONNode) throws(ConversationFault) {
        for (index, tool) in try expect(node.elements, "tools", "a list of tools").enumerated() {
            let name = "tools[\(index)]"
            let type = tool["type"]?.string?.text
            if let type, type != "custom" {
                request.tools.append(ToolDefinition(name: tool["name"]?.string ?? JSONString(type), builtIn: tool))
                continue
            }
            guard let toolName = tool["name"]?.string else {
                throw ConversationFault("\"\(name).name\" should be the tool's name", parameter: name + ".name")
            }
            guard let schema = tool["input_schema"], schema.isObject else {
                let path = name + ".input_schema"
                throw ConversationFault("\"\(path)\" should be a JSON schema", parameter: path)
            }
            request.tools.append(
                ToolDefinition(
                    name: toolName,
                    description: tool["description"]?.string,
                    parameters: schema,
                    isStrict: tool["strict"]?.bool
                )
            )
            noteRest(tool, "tools", known: ["type", "name", "description", "input_schema", "strict"])
        }
    }

    private mutating func toolChoice(_ node: JSONNode) throws(ConversationFault) {
        switch node["type"]?.string?.text {
        case "auto": request.toolChoice = .auto
        case "any": request.toolChoice = .required
        case "none": request.toolChoice = ToolChoice.none
        case "tool":
            request.toolChoice = .function(try expect(node["name"]?.string, "tool_choice.name", "the tool's name"))
        default:
            let what = "\"auto\", \"any\", \"tool\" or \"none\""
            throw ConversationFault("\"tool_choice.type\" should be \(what)", parameter: "tool_choice.type")
        }
        if let isForbidden = node["disable_parallel_tool_use"]?.bool { request.allowsParallelCalls = !isForbidden }
    }

    // MARK: What only Anthropic has

    /// Keeps members that are not among the known as extras.
    mutating func noteRest(_ node: JSONNode, _ place: String, known: [String]) {
        for member in node.members where !member.value.isNull && !known.contains(member.key) {
            if member.key == "cache_control" {
                if !request.extras.contains(where: { $0.key == member.key }) { request.extras.append(member) }
            } else {
                note(place + "." + member.key, member.value)
            }
        }
    }

    /// Keeps a value as an extra by its path, once.
    private mutating func note(_ path: String, _ value: JSONNode) {
        guard !request.extras.contains(where: { $0.key == path }) else { return }
        guard let member = JSONNode.Member.made(path, value) else { return }
        request.extras.append(member)
    }
}
