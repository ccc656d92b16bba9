import Conversation
import JSON

extension RequestWriter {
    /// Writes `messages`.
    ///
    /// Results of tools are messages of their own here and must follow the calls at once; what else stands in the same
    /// turn, and what results hold beside text, comes in a message of the user behind them.
    /// An instruction stands in front of them.
    mutating func messages(
        _ messages: [ChatMessage],
        behind instruction: JSONString?
    ) throws(ConversationFault) {
        output.key("messages")
        output.beginArray()
        if let instruction { try content(of: .system, [.text(instruction)], nil, "messages") }
        var images: [ChatPart] = []
        for (index, message) in messages.enumerated() {
            let path = "messages[\(index)]"
            let results = message.parts.compactMap { if case .toolResult(let result) = $0 { result } else { nil } }
            if results.isEmpty, !images.isEmpty {
                try content(of: .user, images, nil, path)
                images.removeAll()
            }
            for result in results { images += write(result) }
            let rest = message.parts.filter { if case .toolResult = $0 { false } else { true } }
            if message.role == .assistant {
                try assistant(rest, message.name, path)
            } else if !rest.isEmpty || results.isEmpty {
                if results.isEmpty {
                    try content(of: message.role == .tool ? .user : message.role, rest, message.name, path)
                } else {
                    try content(of: .user, images + rest, message.name, path)
                    images.removeAll()
                }
            }
        }
        if !images.isEmpty { try content(of: .user, images, nil, "messages[\(messages.count - 1)]") }
        output.endArray()
    }

    /// Writes a result; answers what it holds beside text.
    private mutating func write(_ result: ToolResult) -> [ChatPart] {
        var texts: [JSONString] = []
        var others: [ChatPart] = []
        for part in result.parts {
            switch part {
            case .text(let text), .refusal(let text): texts.append(text)
            case .other(_, let node): texts.append(JSONString(plain: Array(node.source)))
            default: others.append(part)
            }
        }
        if result.isError { drop("is_error") }
        output.beginObject()
        output.key("role")
        output.string("tool")
        output.key("tool_call_id")
        let id = callID(result.callID)
        output.string(id)
        output.key("content")
        if texts.isEmpty, !others.isEmpty {
            output.string("The result follows in the next message.")
        } else {
            write(texts)
        }
        output.endObject()
        guard !others.isEmpty else { return [] }
        return [.text(JSONString("The result of ") + id + ":")] + others
    }

    /// Writes texts as one, or as a list where the provider takes lists.
    private mutating func write(_ texts: [JSONString]) {
        guard texts.count > 1, terms.knowsTextLists else {
            output.string(RequestWriter.joined(texts))
            return
        }
        output.beginArray()
        for text in texts { write(text) }
        output.endArray()
    }

    private static func joined(_ texts: [JSONString]) -> JSONString {
        JSONString.joined(texts, by: "\n\n")
    }

    private mutating func write(_ text: JSONString) {
        output.beginObject()
        output.key("type")
        output.string("text")
        output.key("text")
        output.string(text)
        output.endObject()
    }

    fileprivate static func unknown(_ kind: String, _ path: String) -> ConversationFault {
        ConversationFault(
            "`\(path)` has the type \"\(kind)\", which the provider chosen for this request does not have",
            parameter: path
        )
    }

    // MARK: System, developer, user

    private mutating func content(
        of role: ChatMessage.Role,
        _ parts: [ChatPart],
        _ name: JSONString?,
        _ path: String
    ) throws(ConversationFault) {
        output.beginObject()
        output.key("role")
        switch role {
        case .system: output.string("system")
        case .developer: if terms.knowsDeveloper { output.string("developer") } else { output.string("system") }
        case .user, .tool, .assistant: output.string("user")
        }
        write(name: name)
        output.key("content")
        let texts = parts.compactMap { if case .text(let text) = $0 { text } else { nil } }
        if texts.count == parts.count {
            write(texts)
        } else {
            output.beginArray()
            for (index, part) in parts.enumerated() { try write(part, of: role, "\(path).content[\(index)]") }
            output.endArray()
        }
        output.endObject()
    }

    private mutating func write(
        _ part: ChatPart,
        of role: ChatMessage.Role,
        _ path: String
    ) throws(ConversationFault) {
        switch part {
        case .text(let text), .refusal(let text): write(text)
        case .media(let media):
            guard role == .user || role == .tool else {
                throw ConversationFault(
                    "`\(path)` is no text: the model takes images, sound and documents from the user only",
                    parameter: path
                )
            }
            try write(media, path)
        case .reasoning: drop("reasoning_content")
        case .other(let kind, _): throw RequestWriter.unknown(kind, path)
        case .toolCall, .toolResult:
            throw ConversationFault("`\(path)` is a tool call outside of the assistant's turn", parameter: path)
        }
    }

    // MARK: Assistant

    private mutating func assistant(
        _ parts: [ChatPart],
        _ name: JSONString?,
        _ path: String
    ) throws(ConversationFault) {
        var turn = AssistantTurn()
        for (index, part) in parts.enumerated() { try turn.take(part, "\(path).content[\(index)]") }
        output.beginObject()
        output.key("role")
        output.string("assistant")
        write(name: name)
        if let refusal = turn.refusal, !terms.limitsCompletion {
            // A member of OpenAI's alone; the words matter to everyone.
            turn.texts.append(refusal)
        }
        output.key("content")
        if terms.thinking == .parts, turn.reasoning.contains(where: { !$0.text.isEmpty }) {
            writeThinkingParts(turn)
        } else if turn.texts.isEmpty, !turn.calls.isEmpty || turn.refusal != nil || turn.audio != nil {
            output.null()
        } else {
            write(turn.texts)
        }
        if let refusal = turn.refusal, terms.limitsCompletion {
            output.key("refusal")
            output.string(refusal)
        }
        if let audio = turn.audio {
            output.key("audio")
            output.node(audio)
        }
        write(turn.reasoning)
        if !turn.calls.isEmpty || !turn.others.isEmpty {
            output.key("tool_calls")
            output.beginArray()
            for call in turn.calls { write(call) }
            for other in turn.others { output.node(other) }
            output.endArray()
        }
        output.endObject()
    }

    private mutating func write(_ reasoning: [ReasoningPart]) {
        guard !reasoning.isEmpty else { return }
        switch terms.thinking {
        case .none: drop("reasoning_content")
        case .reasoningContent, .reasoning:
            if let text = OpenAIThinking.text(reasoning) {
                if terms.thinking == .reasoning { output.key("reasoning") } else { output.key("reasoning_content") }
                output.string(text)
            }
            if OpenAIThinking.needsDetails(reasoning) { drop("reasoning_details") }
        case .details: OpenAIThinking.writeDetails(reasoning, to: &output)
        case .parts: if OpenAIThinking.needsDetails(reasoning) { drop("reasoning_details") }
        }
    }

    private mutating func writeThinkingParts(_ turn: AssistantTurn) {
        output.beginArray()
        for part in turn.reasoning where !part.text.isEmpty {
            output.beginObject()
            output.key("type")
            output.string("thinking")
            output.key("thinking")
            output.beginArray()
            write(part.text)
            output.endArray()
            output.endObject()
        }
        for text in turn.texts { write(text) }
        output.endArray()
    }

    private mutating func write(_ call: ToolCall) {
        output.beginObject()
        output.key("id")
        output.string(callID(call.id))
        output.key("type")
        output.string("function")
        output.key("function")
        output.beginObject()
        output.key("name")
        output.string(call.name)
        output.key("arguments")
        if call.arguments.isEmpty { output.string("{}") } else { output.string(JSONString(plain: call.arguments)) }
        output.endObject()
        if let signature = call.signature {
            if terms.words.takesCallSeals {
                OpenAICall.writeSignature(signature, to: &output)
            } else {
                drop("thought_signature")
            }
        }
        output.endObject()
    }

    /// The id of a call, and of its result.
    ///
    /// Mistral answers 400 for others: "Tool call id was toolu_01 but must be a-z, A-Z, 0-9, with a length of 9".
    private func callID(_ id: JSONString) -> JSONString {
        guard terms.words.hasShortCallIDs else { return id }
        let isShort = id.spelled.count == 9 && id.spelled.allSatisfy(RequestWriter.isPlain)
        return isShort ? id : Digest.letters(9, of: id)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }

    private mutating func write(name: JSONString?) {
        guard let name else { return }
        guard terms.words.takesNames else { return drop("messages.name") }
        output.key("name")
        output.string(name)
    }
}

/// The assistant's turn, sorted as OpenAI has it.
private struct AssistantTurn {
    var texts: [JSONString] = []
    var reasoning: [ReasoningPart] = []
    var calls: [ToolCall] = []
    var others: [JSONNode] = []
    var refusal: JSONString?
    var audio: JSONNode?

    mutating func take(_ part: ChatPart, _ path: String) throws(ConversationFault) {
        switch part {
        case .text(let text): texts.append(text)
        case .reasoning(let part): reasoning.append(part)
        case .toolCall(let call): calls.append(call)
        case .refusal(let text): refusal = refusal.map { $0 + text } ?? text
        case .other("audio", let node): audio = node
        case .other("custom", let node): others.append(node)
        case .other(let kind, _): throw RequestWriter.unknown(kind, path)
        case .media:
            throw ConversationFault(
                "`\(path)` is an image, sound or document of the assistant: only the user can give one",
                parameter: path
            )
        case .toolResult: break
        }
    }
}
