import Conversation
import JSON

/// Requests of OpenAI's Responses API, read for providers that do not have it.
///
/// <https://platform.openai.com/docs/api-reference/responses/create>
package enum ResponsesRequest {
    /// Reads a request.
    ///
    /// - Throws: what is wrong with it; and what only OpenAI itself can do, because it keeps conversations and runs tools.
    package static func read(_ body: JSONNode) throws(ConversationFault) -> ChatRequest {
        try Wanted.body(body)
        var request = ChatRequest()
        request.wantsStreamUsage = true
        var reader = ResponsesReader()
        for member in body.members { try reader.take(member, into: &request) }
        guard let input = body["input"], !input.isNull else {
            throw ConversationFault("`input` is missing: give a text or a list of items", parameter: "input")
        }
        if let node = body["instructions"], let text = try Wanted.text(node, "instructions"), !text.isEmpty {
            request.messages.append(ChatMessage(role: .system, parts: [.text(text)]))
        }
        var items = ItemReader()
        try items.take(input, &request)
        request.messages += items.messages
        reader.finish(&request)
        return request
    }

    /// What a provider must keep or run itself to have it.
    static func needsOpenAI(_ what: String, _ parameter: String) -> ConversationFault {
        ConversationFault(
            "\(what): only providers that have the Responses API themselves can do that, such as those of kind openai; "
                + "the one chosen for this request is spoken to in another dialect",
            parameter: parameter
        )
    }
}

/// The members beside `input` and `instructions`.
private struct ResponsesReader {
    private var allowed: [JSONString]?
    private var wantsLogProbabilities = false

    mutating func take(_ member: JSONNode.Member, into request: inout ChatRequest) throws(ConversationFault) {
        let value = member.value
        if value.isNull { return }
        let key = member.key
        switch key {
        case "input", "instructions", "stream_options": break
        case "model": request.model = try Wanted.text(value, key) ?? request.model
        case "stream": request.streams = try Wanted.bool(value, key) ?? false
        case "max_output_tokens": request.sampling.maxTokens = try Wanted.integer(value, key)
        case "temperature": request.sampling.temperature = try Wanted.number(value, key)
        case "top_p": request.sampling.topP = try Wanted.number(value, key)
        case "top_logprobs":
            if let count = try Wanted.integer(value, key), count > 0 { request.sampling.topLogProbabilities = count }
        case "user": request.user = try Wanted.text(value, key)
        case "parallel_tool_calls": request.allowsParallelCalls = try Wanted.bool(value, key)
        case "tools": try takeTools(value, into: &request)
        case "tool_choice": try takeChoice(value, into: &request)
        case "text": try takeText(value, into: &request)
        case "reasoning": try takeReasoning(value, into: &request)
        case "include": try takeInclude(value, into: &request)
        // The same members, with the same meaning, in Chat Completions.
        case "metadata", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention":
            request.extras.append(member)
        default: try takeKept(key, value, into: &request)
        }
    }

    /// What is kept at the provider, or run there.
    private func takeKept(
        _ key: String,
        _ value: JSONNode,
        into request: inout ChatRequest
    ) throws(ConversationFault) {
        switch key {
        case "previous_response_id":
            throw ResponsesRequest.needsOpenAI(
                "`previous_response_id` continues an answer that the provider keeps (give all items in `input` instead)",
                key
            )
        case "conversation":
            throw ResponsesRequest.needsOpenAI("`conversation` is kept by the provider", key)
        case "prompt": throw ResponsesRequest.needsOpenAI("`prompt` is kept by the provider", key)
        case "background":
            guard value.bool == true else { return }
            throw ResponsesRequest.needsOpenAI("`background` has the provider keep the answer", key)
        // Nothing is kept, which is what `false` asks for.
        case "store": if value.bool == true { request.dropped.append(key) }
        // Nothing is cut, which is what `disabled` asks for.
        case "truncation": if value.string?.text != "disabled" { request.dropped.append(key) }
        default: request.dropped.append(key)
        }
    }

    func finish(_ request: inout ChatRequest) {
        if wantsLogProbabilities || request.sampling.topLogProbabilities != nil {
            request.sampling.wantsLogProbabilities = true
        }
        if let allowed { request.tools.removeAll { tool in tool.builtIn == nil && !allowed.contains(tool.name) } }
    }

    // MARK: Tools

    private func takeTools(_ value: JSONNode, into request: inout ChatRequest) throws(ConversationFault) {
        for (index, node) in try Wanted.elements(value, "tools").enumerated() {
            let path = "tools[\(index)]"
            let type = try Wanted.required(try Wanted.object(node, path), "type", path)
            switch type.text {
            case "function":
                request.tools.append(try ToolReader.definition(node, path))
            // They only add to what the model knows: without them it answers from memory.
            case "web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11":
                request.tools.append(ToolDefinition(name: type, builtIn: node))
            default:
                throw ResponsesRequest.needsOpenAI("`\(path)` is the tool \"\(type.text)\", which is no function", path)
            }
        }
    }

    private mutating func takeChoice(_ value: JSONNode, into request: inout ChatRequest) throws(ConversationFault) {
        if let word = value.string {
            request.toolChoice = try RequestReader.choice(word)
            return
        }
        switch value["type"]?.string?.text {
        case "function": request.toolChoice = .function(try Wanted.required(value, "name", "tool_choice"))
        case "allowed_tools":
            request.toolChoice = try RequestReader.choice(value["mode"]?.string ?? "auto")
            allowed = (value["tools"]?.elements ?? []).compactMap { $0["name"]?.string }
        default:
            throw ResponsesRequest.needsOpenAI("`tool_choice` names a tool that is no function", "tool_choice")
        }
    }

    // MARK: Form, thinking, what comes along

    private func takeText(_ value: JSONNode, into request: inout ChatRequest) throws(ConversationFault) {
        let value = try Wanted.object(value, "text")
        if let node = value["verbosity"], !node.isNull, let member = JSONNode.Member.made("verbosity", node) {
            request.extras.append(member)
        }
        guard let format = value["format"], !format.isNull else { return }
        let path = "text.format"
        switch try Wanted.required(try Wanted.object(format, path), "type", path).text {
        case "text": request.format = .text
        case "json_object": request.format = .json
        case "json_schema": request.format = try FormatReader.schema(format, path)
        default: throw Wanted.wrong("text.format.type", "one of text, json_object, json_schema")
        }
    }

    private func takeReasoning(_ value: JSONNode, into request: inout ChatRequest) throws(ConversationFault) {
        let value = try Wanted.object(value, "reasoning")
        var reasoning = ReasoningRequest()
        if let node = value["effort"] { reasoning.effort = try Wanted.text(node, "reasoning.effort") }
        if let node = value["summary"] ?? value["generate_summary"], !node.isNull { reasoning.isShown = true }
        request.reasoning = reasoning
    }

    private mutating func takeInclude(
        _ value: JSONNode,
        into request: inout ChatRequest
    ) throws(ConversationFault) {
        for (index, node) in try Wanted.elements(value, "include").enumerated() {
            guard let word = try Wanted.text(node, "include[\(index)]") else { continue }
            switch word.text {
            // It comes unasked: without it thinking could not be given back.
            case "reasoning.encrypted_content": break
            case "message.output_text.logprobs": wantsLogProbabilities = true
            case let other: request.dropped.append("include: \(other)")
            }
        }
    }
}
