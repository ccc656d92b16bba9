import Conversation
import JSON

/// Reads requests of `/api/generate` (https://docs.ollama.com/api/generate): one question without history.
package enum OllamaGenerateRequest {
    /// Reads a body; `system` and `prompt` become the conversation.
    ///
    /// - Throws: what the client should have written.
    package static func read(_ body: JSONNode) throws(ConversationFault) -> ChatRequest {
        var request = try OllamaCommonReader.read(
            body,
            own: ["prompt", "system", "images", "suffix", "raw", "template", "context"]
        )
        try refuseUnsayable(body)
        if let system = try text(body, "system"), !system.isEmpty {
            request.messages.append(ChatMessage(role: .system, parts: [.text(system)]))
        }
        var parts: [ChatPart] = []
        if let prompt = try text(body, "prompt"), !prompt.isEmpty { parts.append(.text(prompt)) }
        parts += try OllamaMessageReader.images(body, "")
        if !parts.isEmpty { request.messages.append(ChatMessage(role: .user, parts: parts)) }
        return request
    }

    /// What only a server that is given the model's own text can do: without it another question would be asked.
    private static func refuseUnsayable(_ body: JSONNode) throws(ConversationFault) {
        let asked = [
            ("suffix", "fill in before a `suffix`", body["suffix"]?.string?.isEmpty == false),
            ("raw", "leave the prompt as it is (`raw`)", body["raw"]?.bool == true),
            ("template", "fill in another `template`", body["template"]?.string?.isEmpty == false),
            (
                "context", "go on from the tokens of a `context`: use /api/chat",
                body["context"]?.elements?.isEmpty == false
            ),
        ]
        for (name, what, isAsked) in asked where isAsked {
            throw ConversationFault(
                "the provider chosen for this request is asked in a chat, which cannot \(what)",
                parameter: name
            )
        }
    }

    private static func text(_ body: JSONNode, _ name: String) throws(ConversationFault) -> JSONString? {
        guard let value = body[name], !value.isNull else { return nil }
        guard let text = value.string else {
            throw ConversationFault("\(name) should be a text", parameter: name)
        }
        return text
    }
}

/// Writes answers of `/api/generate` that come whole.
package enum OllamaGenerateAnswer {
    /// Writes a whole answer; calls, for which it has no words, stand in the text.
    package static func write(_ answer: ChatAnswer, _ terms: AnswerTerms) -> [UInt8] {
        let choice = answer.choices.first ?? AnswerChoice()
        var pieces = OllamaAnswerPieces()
        var text: JSONString = ""
        for part in choice.parts {
            if case .toolCall(let call) = part {
                text = text + OllamaAnswerPieces.broken(call.name, call.arguments)
            } else {
                pieces.add(part)
            }
        }
        var writer = JSONWriter()
        writer.beginObject()
        OllamaHead.write(answer.model ?? terms.model, answer.created ?? terms.created, to: &writer)
        writer.key("response")
        writer.string(pieces.text + text)
        if !pieces.thinking.isEmpty {
            writer.key("thinking")
            writer.string(pieces.thinking)
        }
        OllamaTail.write(choice.finish, answer.usage, to: &writer)
        if let probabilities = choice.logProbabilities?["content"] {
            writer.key("logprobs")
            writer.node(probabilities)
        }
        writer.endObject()
        return writer.bytes
    }
}

/// Writes the lines of `/api/generate`.
package struct OllamaGenerateStreamWriter: StreamWriter {
    private var lines: OllamaLines

    package init(_ terms: AnswerTerms) { lines = OllamaLines(terms, isChat: false) }

    package mutating func write(_ delta: ChatDelta, of event: Span<UInt8>, to output: inout JSONWriter) {
        lines.write(delta, of: event, to: &output)
    }

    package var overflow: StaticString? { lines.overflow }

    package mutating func finish(to output: inout JSONWriter) { lines.finish(to: &output) }

    package mutating func fail(_ fault: ChatFault, to output: inout JSONWriter) { lines.fail(fault, to: &output) }
}

/// Answers requests without a question, which only ask to load or unload a model: there is nothing to ask upstream.
package enum OllamaLoad {
    /// Whether a request asks for nothing but that.
    package static func isAsked(_ request: ChatRequest) -> Bool {
        request.messages.allSatisfy { $0.role == .system && $0.parts.isEmpty }
    }

    /// Writes the answer of `/api/chat`, or of `/api/generate`; it is one line as a stream, too.
    package static func answer(isChat: Bool, _ terms: AnswerTerms) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        OllamaHead.write(terms.model, terms.created, to: &writer)
        if isChat {
            writer.key("message")
            writer.raw("{\"role\":\"assistant\",\"content\":\"\"}")
        } else {
            writer.key("response")
            writer.string("" as StaticString)
        }
        writer.key("done")
        writer.bool(true)
        writer.key("done_reason")
        writer.string("load" as StaticString)
        writer.endObject()
        return writer.bytes
    }
}
