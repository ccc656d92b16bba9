import Bytes
import Conversation
import JSON

/// Anthropic's whole answers (platform.claude.com/docs/en/api/messages).
package enum AnthropicAnswer {
    /// Reads an answer's body.
    ///
    /// - Throws: why it is none.
    package static func read(_ body: JSONNode) throws(EventFault) -> ChatAnswer {
        guard body.isObject else { throw EventFault("sent an answer that is no object") }
        guard let content = body["content"]?.elements else {
            // Some gateways send errors with status 200.
            guard let error = body["error"] else { throw EventFault("sent an answer without \"content\"") }
            let words = AnthropicFault.read(status: 0, body: Array(body.source)).message.text
            throw EventFault(
                "sent an error in place of an answer: \(error.isNull ? "null" : String(words.prefix(400)))"
            )
        }
        var answer = ChatAnswer()
        answer.id = body["id"]?.string
        answer.model = body["model"]?.string
        var choice = AnswerChoice()
        for block in content { if let part = part(block) { choice.parts.append(part) } }
        if let reason = body["stop_reason"]?.string {
            choice.finish = AnthropicWords.finish(reason.spelled.span)
            if choice.finish == .refusal, let explanation = body["stop_details"]?["explanation"]?.string {
                choice.parts.append(.refusal(explanation))
            }
        }
        choice.stopSequence = body["stop_sequence"]?.string
        answer.choices = [choice]
        answer.usage = try usage(body)
        return answer
    }

    private static func usage(_ body: JSONNode) throws(EventFault) -> TokenUsage? {
        guard let node = body["usage"], node.isObject else { return nil }
        var usage = AnthropicUsage()
        do throws(JSONFault) {
            try usage.update(.whole(node.source.span), in: node.source.span)
        } catch { throw EventFault(error) }
        return usage.tokens
    }

    private static func part(_ block: JSONNode) -> ChatPart? {
        guard let type = block["type"]?.string?.text else { return nil }
        switch type {
        case "text": return block["text"]?.string.map(ChatPart.text)
        case "tool_use":
            return .toolCall(
                ToolCall(
                    id: block["id"]?.string ?? "",
                    name: block["name"]?.string ?? "",
                    arguments: Array(block["input"]?.source ?? [0x7b, 0x7d])
                )
            )
        case "thinking", "redacted_thinking": return AnthropicRequest.reasoning(block).map(ChatPart.reasoning)
        default: return .other(kind: type, block)
        }
    }

    /// Writes an answer; of several choices the first, since Anthropic's answers have one.
    package static func write(_ answer: ChatAnswer, _ terms: AnswerTerms) -> [UInt8] {
        let choice = answer.choices.min { $0.index < $1.index } ?? AnswerChoice()
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("id")
        if let id = answer.id, !id.isEmpty { writer.string(id) } else { writer.string("msg_" + terms.requestID) }
        writer.key("type")
        writer.string("message" as StaticString)
        writer.key("role")
        writer.string("assistant" as StaticString)
        writer.key("model")
        if let model = answer.model, !model.isEmpty { writer.string(model) } else { writer.string(terms.model) }
        let (hasCalls, hasRefusal) = content(choice, terms, &writer)
        writer.key("stop_reason")
        writer.string(AnthropicWords.stopReason(choice.finish, hasCalls: hasCalls, hasRefusal: hasRefusal))
        writer.key("stop_sequence")
        if let sequence = choice.stopSequence, choice.finish == .stopSequence {
            writer.string(sequence)
        } else {
            writer.null()
        }
        writer.key("usage")
        AnthropicUsage.write(answer.usage ?? TokenUsage(), to: &writer)
        writer.endObject()
        return writer.bytes
    }

    private static func content(
        _ choice: AnswerChoice,
        _ terms: AnswerTerms,
        _ writer: inout JSONWriter
    ) -> (hasCalls: Bool, hasRefusal: Bool) {
        var calls = 0
        var hasRefusal = false
        writer.key("content")
        writer.beginArray()
        for part in choice.parts {
            switch part {
            // Anthropic takes no empty block back.
            case .text(let text): if !text.isEmpty { AnthropicBlocks.text(text, &writer) }
            case .refusal(let text):
                hasRefusal = true
                AnthropicBlocks.text(text, &writer)
            case .reasoning(let part): AnthropicBlocks.reasoning(part, &writer)
            case .toolCall(var call):
                if call.id.isEmpty { call.id = JSONString("toolu_\(terms.requestID)_\(calls)") }
                calls += 1
                AnthropicBlocks.call(call, &writer)
            case .other(let kind, let node) where AnthropicWords.isOwnBlock(kind): writer.node(node)
            case .other, .media, .toolResult: continue
            }
        }
        writer.endArray()
        return (calls > 0, hasRefusal)
    }
}
