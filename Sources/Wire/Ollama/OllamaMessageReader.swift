import Conversation
import JSON

/// Reads messages, and gives calls without ids the ids by which their answers find them.
struct OllamaMessageReader {
    private var calls = 0
    /// Calls nobody has answered yet.
    private var open: [(id: JSONString, name: JSONString)] = []

    init() {}

    mutating func read(_ node: JSONNode, at path: String) throws(ConversationFault) -> ChatMessage {
        guard node.isObject else {
            throw ConversationFault("a message should be an object with role and content", parameter: path)
        }
        var parts: [ChatPart] = []
        if let thinking = node["thinking"]?.string, !thinking.isEmpty {
            parts.append(.reasoning(ReasoningPart(text: thinking)))
        }
        parts += try content(node, path)
        parts += try OllamaMessageReader.images(node, path)
        switch node["role"]?.string?.text {
        case "system": return ChatMessage(role: .system, parts: parts)
        case "developer": return ChatMessage(role: .developer, parts: parts)
        case "user": return ChatMessage(role: .user, parts: parts)
        case "assistant":
            for (index, call) in (node["tool_calls"]?.elements ?? []).enumerated() {
                parts.append(.toolCall(try self.call(call, "\(path).tool_calls[\(index)]")))
            }
            return ChatMessage(role: .assistant, parts: parts)
        case "tool": return ChatMessage(role: .tool, parts: [.toolResult(result(node, parts))])
        default:
            throw ConversationFault(
                "write \"system\", \"user\", \"assistant\" or \"tool\" as role",
                parameter: path + ".role"
            )
        }
    }

    private func content(_ node: JSONNode, _ path: String) throws(ConversationFault) -> [ChatPart] {
        guard let content = node["content"], !content.isNull else { return [] }
        guard let text = content.string else {
            throw ConversationFault("content should be a text", parameter: path + ".content")
        }
        return text.isEmpty ? [] : [.text(text)]
    }

    /// Reads the images of a message, or of the body, whose path is empty.
    static func images(_ node: JSONNode, _ path: String) throws(ConversationFault) -> [ChatPart] {
        let path = path.isEmpty ? "images" : path + ".images"
        guard let images = node["images"], !images.isNull else { return [] }
        guard let list = images.elements else {
            throw ConversationFault("images should be a list of base64 texts", parameter: path)
        }
        var parts: [ChatPart] = []
        for (index, image) in list.enumerated() {
            guard let base64 = image.string else {
                throw ConversationFault("an image should be a base64 text", parameter: "\(path)[\(index)]")
            }
            parts.append(.media(Media(kind: .image, source: .data(type: ImageType.of(base64), base64: base64))))
        }
        return parts
    }

    private mutating func call(_ node: JSONNode, _ path: String) throws(ConversationFault) -> ToolCall {
        guard let function = node["function"], let name = function["name"]?.string else {
            throw ConversationFault("a call should be an object with function.name", parameter: path)
        }
        var call = OllamaAnswer.call(node, function, name)
        if call.id.isEmpty { call.id = JSONString("call_\(calls)") }
        calls += 1
        open.append((call.id, call.name))
        return call
    }

    /// An answer says which call it is about by id, by name, or by its place alone.
    private mutating func result(_ node: JSONNode, _ parts: [ChatPart]) -> ToolResult {
        let name = node["tool_name"]?.string ?? node["name"]?.string
        var id = node["tool_call_id"]?.string ?? ""
        if id.isEmpty {
            let asked = name.map { name in open.firstIndex { $0.name == name } } ?? open.indices.first
            id = asked.map { open[$0].id } ?? JSONString("call_\(calls)")
            if asked == nil { calls += 1 }
        }
        let place = open.firstIndex { $0.id == id }
        let known = place.map { open.remove(at: $0).name }
        return ToolResult(callID: id, name: name ?? known, parts: parts)
    }
}
