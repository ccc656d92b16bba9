import Conversation
import JSON

/// `messages` of a request.
struct MessageReader {
    /// The calls of the last turn that have no result yet: some clients give neither calls nor results an id, and
    /// `function_call` has none.
    private var open: [(name: JSONString, id: JSONString)] = []
    private var madeIDs = 0

    static func messages(_ node: JSONNode, _ request: inout ChatRequest) throws(ConversationFault) -> [ChatMessage] {
        let elements = try Wanted.elements(node, "messages")
        guard !elements.isEmpty else {
            throw ConversationFault("`messages` is empty: at least one message is needed", parameter: "messages")
        }
        var reader = MessageReader()
        var messages: [ChatMessage] = []
        for (index, element) in elements.enumerated() {
            let path = "messages[\(index)]"
            messages.append(try reader.message(try Wanted.object(element, path), path, &request))
        }
        return messages
    }

    private mutating func message(
        _ node: JSONNode,
        _ path: String,
        _ request: inout ChatRequest
    ) throws(ConversationFault) -> ChatMessage {
        let role = try Wanted.required(node, "role", path)
        var name: JSONString?
        if let value = node["name"] { name = try Wanted.text(value, "\(path).name") }
        ContentReader.note("cache_control", of: node, in: &request)
        // Mistral and DeepSeek go on where the assistant's message ends.
        if node["prefix"]?.bool == true { ContentReader.note("prefix", of: node, in: &request) }
        switch role.text {
        case "system": return try ordinary(.system, node, name, path, &request)
        case "developer": return try ordinary(.developer, node, name, path, &request)
        case "user": return try ordinary(.user, node, name, path, &request)
        case "assistant": return try assistant(node, name, path, &request)
        case "tool":
            let id = try answered(node["tool_call_id"], name, "\(path).tool_call_id")
            let parts = try ContentReader.parts(node["content"], "\(path).content", &request)
            return ChatMessage(role: .tool, parts: [.toolResult(ToolResult(callID: id, name: name, parts: parts))])
        case "function":
            request.usesFunctions = true
            let name = try Wanted.required(node, "name", path)
            let id = try answered(nil, name, "\(path).name")
            let parts = try ContentReader.parts(node["content"], "\(path).content", &request)
            return ChatMessage(role: .tool, parts: [.toolResult(ToolResult(callID: id, name: name, parts: parts))])
        default:
            throw Wanted.wrong("\(path).role", "one of system, developer, user, assistant, tool")
        }
    }

    /// The id of the call that a result is for; without one, the first open call of that name, or of any.
    private mutating func answered(
        _ node: JSONNode?,
        _ name: JSONString?,
        _ path: String
    ) throws(ConversationFault) -> JSONString {
        if let node, let id = try Wanted.text(node, path), !id.isEmpty {
            open.removeAll { $0.id == id }
            return id
        }
        guard let position = open.firstIndex(where: { $0.name == name }) ?? open.indices.first else {
            throw ConversationFault(
                "`\(path)` is missing: it must be the id of the call this is the result of",
                parameter: path
            )
        }
        return open.remove(at: position).id
    }

    /// The id for a call that has none.
    private mutating func makeID() -> JSONString {
        defer { madeIDs += 1 }
        return JSONString("call_\(madeIDs)")
    }

    private func ordinary(
        _ role: ChatMessage.Role,
        _ node: JSONNode,
        _ name: JSONString?,
        _ path: String,
        _ request: inout ChatRequest
    ) throws(ConversationFault) -> ChatMessage {
        guard let content = node["content"], !content.isNull else {
            throw Wanted.wrong("\(path).content", "a text or a list of parts")
        }
        let parts = try ContentReader.parts(content, "\(path).content", &request)
        return ChatMessage(role: role, parts: parts, name: name)
    }

    private mutating func assistant(
        _ node: JSONNode,
        _ name: JSONString?,
        _ path: String,
        _ request: inout ChatRequest
    ) throws(ConversationFault) -> ChatMessage {
        var parts = OpenAIThinking.parts(of: node).map { ChatPart.reasoning($0) }
        parts += try ContentReader.parts(node["content"], "\(path).content", &request)
        if let refusal = node["refusal"], let text = try Wanted.text(refusal, "\(path).refusal"), !text.isEmpty {
            parts.append(.refusal(text))
        }
        if let audio = node["audio"], !audio.isNull { parts.append(.other(kind: "audio", audio)) }
        open.removeAll()
        if let calls = node["tool_calls"], !calls.isNull {
            for (index, call) in try Wanted.elements(calls, "\(path).tool_calls").enumerated() {
                parts.append(try self.call(call, "\(path).tool_calls[\(index)]"))
            }
        }
        if let call = node["function_call"], !call.isNull {
            request.usesFunctions = true
            let name = try Wanted.required(try Wanted.object(call, "\(path).function_call"), "name", path)
            let id = makeID()
            open.append((name, id))
            parts.append(.toolCall(ToolCall(id: id, name: name, arguments: OpenAICall.arguments(call["arguments"]))))
        }
        return ChatMessage(role: .assistant, parts: parts, name: name)
    }

    private mutating func call(_ node: JSONNode, _ path: String) throws(ConversationFault) -> ChatPart {
        let node = try Wanted.object(node, path)
        if let type = node["type"]?.string, type.text != "function" { return .other(kind: type.text, node) }
        guard let function = node["function"], function.isObject else {
            throw Wanted.wrong("\(path).function", "an object with `name` and `arguments`")
        }
        var call = ToolCall(
            id: "",
            name: try Wanted.required(function, "name", "\(path).function"),
            arguments: OpenAICall.arguments(function["arguments"])
        )
        if let id = node["id"] { call.id = try Wanted.text(id, "\(path).id") ?? "" }
        if call.id.isEmpty { call.id = makeID() }
        open.append((call.name, call.id))
        call.signature = OpenAICall.signature(node)
        return .toolCall(call)
    }
}

/// What calls of tools have in common, asked for and answered.
enum OpenAICall {
    /// The arguments are a text that holds JSON; some providers send the JSON itself.
    static func arguments(_ node: JSONNode?) -> [UInt8] {
        guard let node, !node.isNull else { return [] }
        return node.string?.plain ?? Array(node.source)
    }

    /// Where Google's OpenAI endpoint keeps the seal of a call.
    ///
    /// <https://ai.google.dev/gemini-api/docs/thought-signatures>
    static func signature(_ node: JSONNode) -> JSONString? {
        let text = node["extra_content"]?["google"]?["thought_signature"]?.string
        return text.flatMap { $0.isEmpty ? nil : $0 }
    }

    static func writeSignature(_ signature: JSONString, to output: inout JSONWriter) {
        output.key("extra_content")
        output.beginObject()
        output.key("google")
        output.beginObject()
        output.key("thought_signature")
        output.string(signature)
        output.endObject()
        output.endObject()
    }
}
