import Conversation
import JSON

/// Answers of Chat Completions.
///
/// <https://platform.openai.com/docs/api-reference/chat/object>
package enum OpenAIAnswer {
    /// Reads an answer; members nobody here knows are passed over.
    ///
    /// - Throws: that it is no answer at all.
    package static func read(_ body: JSONNode) throws(EventFault) -> ChatAnswer {
        guard body.isObject, let choices = body["choices"]?.elements else {
            throw EventFault("sent an answer without `choices`")
        }
        var answer = ChatAnswer()
        answer.id = body["id"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        answer.model = body["model"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        answer.created = body["created"]?.integer.flatMap { $0 == 0 ? nil : $0 }
        answer.usage = OpenAIUsage.read(body["usage"]) ?? OpenAIUsage.read(body["x_groq"]?["usage"])
        for (position, node) in choices.enumerated() where node.isObject {
            var choice = AnswerChoice()
            choice.index = node["index"]?.integer ?? position
            if let message = node["message"] { choice.parts = parts(of: message) }
            readEnd(of: node, into: &choice)
            if let logs = node["logprobs"], logs.isObject { choice.logProbabilities = logs }
            answer.choices.append(choice)
        }
        return answer
    }

    private static func readEnd(of node: JSONNode, into choice: inout AnswerChoice) {
        guard let word = node["finish_reason"]?.string, !word.isEmpty else { return }
        choice.finish = OpenAIFinish.reason(word.spelled.span)
        // vLLM names the sequence that ended it.
        if choice.finish == .stop, let text = node["stop_reason"]?.string {
            choice.finish = .stopSequence
            choice.stopSequence = text
        }
    }

    private static func parts(of message: JSONNode) -> [ChatPart] {
        var parts = OpenAIThinking.parts(of: message).map { ChatPart.reasoning($0) }
        parts += ContentReader.parts(ofAnswer: message["content"])
        if let text = message["refusal"]?.string, !text.isEmpty { parts.append(.refusal(text)) }
        parts += sound(message["audio"])
        // OpenRouter: https://openrouter.ai/docs/features/multimodal/image-generation
        parts += ContentReader.parts(ofAnswer: message["images"])
        if let list = message["annotations"], list.elements?.isEmpty == false {
            parts.append(.other(kind: "annotations", list))
        }
        for call in message["tool_calls"]?.elements ?? [] { parts += self.call(call).map { [$0] } ?? [] }
        // Snowflake always has one, which is empty.
        if let call = message["function_call"], let name = call["name"]?.string, !name.isEmpty {
            parts.append(.toolCall(ToolCall(id: "", name: name, arguments: OpenAICall.arguments(call["arguments"]))))
        }
        return parts
    }

    /// What the model says as sound is kept with what it says as its title, and as text for those who only read.
    private static func sound(_ node: JSONNode?) -> [ChatPart] {
        guard let node, let data = node["data"]?.string, !data.isEmpty else { return [] }
        let words = node["transcript"]?.string
        let media = Media(kind: .audio, source: .data(type: "audio/wav", base64: data), title: words)
        return (words.map { [.text($0)] } ?? []) + [.media(media)]
    }

    private static func call(_ node: JSONNode) -> ChatPart? {
        guard let function = node["function"] else {
            return node["type"]?.string.map { .other(kind: $0.text, node) }
        }
        return .toolCall(
            ToolCall(
                id: node["id"]?.string ?? "",
                name: function["name"]?.string ?? "",
                arguments: OpenAICall.arguments(function["arguments"]),
                signature: OpenAICall.signature(node)
            )
        )
    }
}
