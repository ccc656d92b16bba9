import Bytes
import Conversation
import JSON

// The messages of a request. A user message with results of tools becomes a message of the role `tool` per result,
// in front of the user's own words, as other dialects have it.
extension AnthropicRequestReader {
    mutating func system(_ node: JSONNode?) throws(ConversationFault) {
        guard let node, !node.isNull else { return }
        request.messages.append(ChatMessage(role: .system, parts: try texts(node, "system")))
    }

    mutating func messages(_ node: JSONNode) throws(ConversationFault) {
        guard let elements = node.elements else {
            throw ConversationFault("\"messages\" should be a list of messages", parameter: "messages")
        }
        for (index, message) in elements.enumerated() { try self.message(message, "messages[\(index)]") }
    }

    private mutating func message(_ node: JSONNode, _ name: String) throws(ConversationFault) {
        guard let content = node["content"] else {
            let path = name + ".content"
            throw ConversationFault("\"\(path)\" should be a text or a list of blocks", parameter: path)
        }
        switch node["role"]?.string?.text {
        case "user": try user(content, name + ".content")
        case "assistant":
            let parts = try blocks(content, name + ".content")
            request.messages.append(ChatMessage(role: .assistant, parts: parts))
        // Between the turns, with newer models (build-with-claude/mid-conversation-system-messages).
        case "system":
            request.messages.append(ChatMessage(role: .system, parts: try texts(content, name + ".content")))
        default:
            let path = name + ".role"
            throw ConversationFault("\"\(path)\" should be \"user\" or \"assistant\"", parameter: path)
        }
    }

    private mutating func user(_ content: JSONNode, _ name: String) throws(ConversationFault) {
        var own: [ChatPart] = []
        var results = 0
        for part in try blocks(content, name) {
            if case .toolResult = part {
                results += 1
                request.messages.append(ChatMessage(role: .tool, parts: [part]))
            } else {
                own.append(part)
            }
        }
        if results == 0 || !own.isEmpty { request.messages.append(ChatMessage(role: .user, parts: own)) }
    }

    private mutating func texts(_ node: JSONNode, _ name: String) throws(ConversationFault) -> [ChatPart] {
        if let text = node.string { return [.text(text)] }
        var parts: [ChatPart] = []
        for block in try expect(node.elements, name, "a text or a list of text blocks") {
            guard block["type"]?.string == "text", let text = block["text"]?.string else {
                throw ConversationFault("\"\(name)\" should have text blocks only", parameter: name)
            }
            noteRest(block, "text", known: ["type", "text"])
            parts.append(.text(text))
        }
        return parts
    }

    private mutating func blocks(_ node: JSONNode, _ name: String) throws(ConversationFault) -> [ChatPart] {
        if let text = node.string { return [.text(text)] }
        var parts: [ChatPart] = []
        for (index, block) in try expect(node.elements, name, "a text or a list of blocks").enumerated() {
            parts.append(try part(block, "\(name)[\(index)]"))
        }
        return parts
    }

    private mutating func part(_ block: JSONNode, _ name: String) throws(ConversationFault) -> ChatPart {
        guard let type = block["type"]?.string?.text else {
            throw ConversationFault("\"\(name).type\" should be the kind of the block", parameter: name + ".type")
        }
        switch type {
        case "text":
            noteRest(block, "text", known: ["type", "text"])
            return .text(try expect(block["text"]?.string, name + ".text", "a text"))
        case "image": return .media(try image(block, name))
        case "document": return try document(block, name)
        case "tool_use":
            noteRest(block, "tool_use", known: ["type", "id", "name", "input"])
            return .toolCall(
                ToolCall(
                    id: try expect(block["id"]?.string, name + ".id", "the call's id"),
                    name: try expect(block["name"]?.string, name + ".name", "the tool's name"),
                    arguments: Array(block["input"]?.source ?? [0x7b, 0x7d])
                )
            )
        case "tool_result": return .toolResult(try result(block, name))
        case "thinking", "redacted_thinking":
            let member = type == "thinking" ? "thinking" : "data"
            return .reasoning(try expect(AnthropicRequest.reasoning(block), "\(name).\(member)", "a text"))
        default: return .other(kind: type, block)
        }
    }

    private mutating func result(_ block: JSONNode, _ name: String) throws(ConversationFault) -> ToolResult {
        let id = try expect(block["tool_use_id"]?.string, name + ".tool_use_id", "the id of the call")
        noteRest(block, "tool_result", known: ["type", "tool_use_id", "content", "is_error"])
        var parts: [ChatPart] = []
        if let content = block["content"], !content.isNull {
            parts = try blocks(content, name + ".content")
        }
        return ToolResult(callID: id, parts: parts, isError: block["is_error"]?.bool ?? false)
    }

    private mutating func image(_ block: JSONNode, _ name: String) throws(ConversationFault) -> Media {
        noteRest(block, "image", known: ["type", "source"])
        let path = name + ".source"
        guard let source = block["source"], let read = try source.media(path) else {
            let what = "\"base64\", \"url\" or \"file\""
            throw ConversationFault("\"\(path).type\" should be \(what)", parameter: path + ".type")
        }
        return Media(kind: .image, source: read)
    }

    private mutating func document(_ block: JSONNode, _ name: String) throws(ConversationFault) -> ChatPart {
        let path = name + ".source"
        guard let source = block["source"] else {
            throw ConversationFault("\"\(path)\" should say where the document is", parameter: path)
        }
        var media: Media
        if source["type"]?.string == "text" {
            let text = try expect(source["data"]?.string, path + ".data", "a text")
            media = Media(kind: .document, source: .text(text))
        } else if let read = try source.media(path) {
            media = Media(kind: .document, source: read)
        } else {
            // Made of blocks, or of a kind that is not known.
            return .other(kind: "document", block)
        }
        media.title = block["title"]?.string
        noteRest(block, "document", known: ["type", "source", "title"])
        return .media(media)
    }
}

extension JSONNode {
    /// What a `source` holds; nil for a type that images and documents do not share.
    fileprivate func media(_ name: String) throws(ConversationFault) -> Media.Source? {
        switch self["type"]?.string?.text {
        case "base64":
            guard let type = self["media_type"]?.string, let data = self["data"]?.string else {
                throw ConversationFault("\"\(name)\" should have a \"media_type\" and \"data\"", parameter: name)
            }
            return .data(type: type, base64: data)
        case "url":
            guard let url = self["url"]?.string else {
                throw ConversationFault("\"\(name).url\" should be a URL", parameter: name + ".url")
            }
            return .url(url)
        case "file":
            guard let file = self["file_id"]?.string else {
                throw ConversationFault("\"\(name).file_id\" should be a file's id", parameter: name + ".file_id")
            }
            return .file(file)
        default: return nil
        }
    }
}
