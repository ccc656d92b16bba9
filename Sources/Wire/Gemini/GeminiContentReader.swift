import Conversation
import JSON

/// Reads turns, and gives calls without ids the ids by which their answers find them.
struct GeminiContentReader {
    /// Members of parts that only Gemini knows, by their place.
    var extras: [JSONNode.Member] = []
    private var calls = 0
    /// Calls nobody has answered yet.
    private var open: [(id: JSONString, name: JSONString)] = []

    init() {}

    /// Reads the system instruction: content, or plain text, which the protocol's reader does not take but some write.
    mutating func system(_ node: JSONNode) throws(ConversationFault) -> ChatMessage {
        if let text = node.string { return ChatMessage(role: .system, parts: [.text(text)]) }
        return ChatMessage(role: .system, parts: try parts(of: node, at: "systemInstruction"))
    }

    /// Reads a turn; turns of the model in a row become one message, answers of functions one of their own.
    mutating func turn(
        _ node: JSONNode,
        at path: String,
        into messages: inout [ChatMessage]
    ) throws(ConversationFault) {
        guard node.isObject else {
            throw ConversationFault("a turn should be an object with role and parts", parameter: path)
        }
        let role = try role(node, path)
        let parts = try parts(of: node, at: path)
        if role == .assistant, let last = messages.indices.last, messages[last].role == .assistant {
            messages[last].parts.append(contentsOf: parts)
            return
        }
        let results = parts.filter(\.isToolResult)
        if !results.isEmpty { messages.append(ChatMessage(role: .tool, parts: results)) }
        let rest = parts.filter { !$0.isToolResult }
        if !rest.isEmpty || results.isEmpty { messages.append(ChatMessage(role: role, parts: rest)) }
    }

    private func role(_ node: JSONNode, _ path: String) throws(ConversationFault) -> ChatMessage.Role {
        guard let role = node.field("role") else { return .user }
        switch role.string?.text {
        case "user", "function", "": return .user
        case "model": return .assistant
        case "system": return .system
        default: throw ConversationFault("write \"user\" or \"model\" as role", parameter: path + ".role")
        }
    }

    private mutating func parts(of node: JSONNode, at path: String) throws(ConversationFault) -> [ChatPart] {
        guard let list = node.field("parts") else { return [] }
        var result: [ChatPart] = []
        for (index, part) in (list.elements ?? [list]).enumerated() {
            let place = "\(path).parts[\(index)]"
            guard part.isObject else {
                throw ConversationFault("a part should be an object such as {\"text\": \"…\"}", parameter: place)
            }
            let before = result.count
            GeminiParts.append(part, to: &result)
            guard result.count > before else {
                throw ConversationFault("a part should have text, data, a call or an answer", parameter: place)
            }
            for name in ["videoMetadata", "mediaResolution"] {
                guard let value = part.field(name), let member = JSONNode.Member.made("\(place).\(name)", value)
                else { continue }
                extras.append(member)
            }
            for position in before..<result.count { name(&result[position]) }
        }
        return result
    }

    /// Gives a call its id, and an answer the id of the call it is about.
    private mutating func name(_ part: inout ChatPart) {
        switch part {
        case .toolCall(var call):
            if call.id.isEmpty {
                call.id = JSONString("call_\(calls)")
                part = .toolCall(call)
            }
            calls += 1
            open.append((call.id, call.name))
        case .toolResult(var result):
            if result.callID.isEmpty {
                let place = open.firstIndex { $0.name == result.name }
                result.callID = place.map { open[$0].id } ?? JSONString("call_\(calls)")
                if place == nil { calls += 1 }
                part = .toolResult(result)
            }
            if let place = open.firstIndex(where: { $0.id == result.callID }) { open.remove(at: place) }
        default: break
        }
    }

    /// Thoughts in a row become one, up to the seal that closes them, as they came from one stream.
    static func joined(_ parts: [ChatPart]) -> [ChatPart] {
        var result: [ChatPart] = []
        var texts: [UInt8] = []
        var isOpen = false
        func close(_ seal: JSONString?) {
            if isOpen {
                result.append(.reasoning(ReasoningPart(text: JSONString(spelled: texts[...]), signature: seal)))
            }
            texts = []
            isOpen = false
        }
        for part in parts {
            if case .reasoning(let thought) = part, thought.redacted == nil {
                texts += thought.text.spelled
                isOpen = true
                if thought.signature != nil { close(thought.signature) }
            } else {
                close(nil)
                result.append(part)
            }
        }
        close(nil)
        return result
    }
}

extension ChatPart {
    var isToolResult: Bool { if case .toolResult = self { true } else { false } }
}
