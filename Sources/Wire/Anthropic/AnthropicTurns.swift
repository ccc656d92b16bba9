import Bytes
import Conversation
import JSON

/// What one side says before the other speaks again.
struct Turn {
    let isUser: Bool
    /// Results of tools, which must stand first.
    var results: [(part: ChatPart, path: String)] = []
    var parts: [(part: ChatPart, path: String)] = []

    /// Whether the assistant's turn that goes on (its calls are answered, or it stands last) does not begin with
    /// thinking.
    static func lacksThinking(_ turns: [Turn]) -> Bool {
        guard let last = turns.last else { return false }
        if last.isUser, last.results.isEmpty || turns.count < 2 { return false }
        if case .reasoning = turns[turns.count - (last.isUser ? 2 : 1)].parts.first?.part { return false }
        return true
    }
}

extension AnthropicRequestWriter {
    /// Joins messages to turns that alternate, without what Anthropic refuses: blank texts, unsealed thinking.
    mutating func gather() throws(ConversationFault) -> [Turn] {
        var turns: [Turn] = []
        for (index, message) in request.messages.enumerated() {
            if message.name != nil { drop("messages.name") }
            let path = "messages[\(index)].content"
            if message.role == .system || message.role == .developer {
                try checkSystem(message, path)
                continue
            }
            let isUser = message.role != .assistant
            for (place, part) in message.parts.enumerated() where isSaid(part) {
                if turns.last?.isUser != isUser { turns.append(Turn(isUser: isUser)) }
                let placed = (part: part, path: "\(path)[\(place)]")
                if case .toolResult = part {
                    turns[turns.count - 1].results.append(placed)
                } else {
                    turns[turns.count - 1].parts.append(placed)
                }
            }
        }
        guard !turns.isEmpty else {
            let what = "this provider needs a message of the user: add one with the role \"user\" and some text"
            throw ConversationFault(what, parameter: "messages")
        }
        giveIDs(&turns)
        return turns
    }

    private func checkSystem(_ message: ChatMessage, _ path: String) throws(ConversationFault) {
        for (place, part) in message.parts.enumerated() {
            guard case .text = part else {
                let what = "this provider takes text only in a system message: put the rest into a message of the user"
                throw ConversationFault(what, parameter: "\(path)[\(place)]")
            }
        }
    }

    private mutating func isSaid(_ part: ChatPart) -> Bool {
        switch part {
        case .text(let text), .refusal(let text): return !text.isBlank
        case .reasoning(let part):
            // Anthropic takes its own thinking only, which it has sealed.
            let isSealed = part.signature.map { !Seal.isGoogles($0) } ?? (part.redacted != nil)
            if isSealed || !model.isClaude { return true }
            drop("reasoning_content")
            return false
        default: return true
        }
    }

    /// Gives calls without ids some, and the results the ids of the calls they answer: by name, else in order.
    private func giveIDs(_ turns: inout [Turn]) {
        var open: [(id: JSONString, name: JSONString)] = []
        var made = 0
        for turn in turns.indices {
            for place in turns[turn].parts.indices {
                guard case .toolCall(var call) = turns[turn].parts[place].part, call.id.isEmpty else { continue }
                call.id = JSONString("toolu_\(made)")
                made += 1
                open.append((call.id, call.name))
                turns[turn].parts[place].part = .toolCall(call)
            }
            for place in turns[turn].results.indices {
                guard case .toolResult(var result) = turns[turn].results[place].part, result.callID.isEmpty,
                    let match = open.firstIndex(where: { result.name == nil || $0.name == result.name })
                        ?? open.indices.first
                else { continue }
                result.callID = open.remove(at: match).id
                turns[turn].results[place].part = .toolResult(result)
            }
        }
    }

    mutating func write(_ turn: Turn) throws(ConversationFault) {
        output.beginObject()
        output.key("role")
        output.string(turn.isUser ? "user" : "assistant" as StaticString)
        output.key("content")
        if turn.results.isEmpty, turn.parts.count == 1, case .text(let text) = turn.parts[0].part {
            output.string(text)
        } else {
            output.beginArray()
            for placed in turn.results + turn.parts { try write(placed.part, placed.path, isUser: turn.isUser) }
            output.endArray()
        }
        output.endObject()
    }

    private mutating func write(_ part: ChatPart, _ path: String, isUser: Bool) throws(ConversationFault) {
        switch part {
        case .text(let text), .refusal(let text): AnthropicBlocks.text(text, &output)
        case .reasoning(let part): AnthropicBlocks.reasoning(part, &output)
        case .toolCall(var call):
            call.id = AnthropicWords.callID(call.id)
            if call.signature != nil { drop("thought_signature") }
            AnthropicBlocks.call(call, &output)
        case .toolResult(let result): try write(result, path)
        case .media(let media):
            guard isUser else {
                throw ConversationFault("this provider takes media from the user only", parameter: path)
            }
            try write(media, path)
        case .other(let kind, let node):
            guard AnthropicWords.isOwnBlock(kind) else {
                throw ConversationFault("this provider has no part of the kind \"\(kind)\"", parameter: path)
            }
            output.node(node)
        }
    }

    private mutating func write(_ result: ToolResult, _ path: String) throws(ConversationFault) {
        AnthropicBlocks.begin("tool_result", &output)
        output.key("tool_use_id")
        output.string(AnthropicWords.callID(result.callID))
        let parts = result.parts.filter { part in
            if case .text(let text) = part { !text.isBlank } else { true }
        }
        if parts.count == 1, case .text(let text) = parts[0] {
            output.key("content")
            output.string(text)
        } else if !parts.isEmpty {
            output.key("content")
            output.beginArray()
            for part in parts { try write(part, path, isUser: true) }
            output.endArray()
        }
        if result.isError {
            output.key("is_error")
            output.bool(true)
        }
        output.endObject()
    }
}
