import Bytes
import Conversation
import JSON

/// Writes a stream of OpenAI's Completions; thinking and calls have no place in it.
package struct CompletionsStreamWriter: StreamWriter {
    private struct Choice: Sendable {
        var index: Int
        var isFinished = false
        /// Characters of the tokens whose probabilities were told.
        var offset = 0
    }

    private let terms: AnswerTerms
    /// From `{"id"` to the opening bracket of the choices; empty before the first chunk.
    private var head: [UInt8] = []
    private var usage = TokenUsage()
    private var choices: [Choice] = []
    private var hasEnded = false

    package init(_ terms: AnswerTerms) { self.terms = terms }

    package mutating func write(_ delta: ChatDelta, of event: Span<UInt8>, to output: inout JSONWriter) {
        guard !hasEnded else { return }
        switch delta {
        case .started(let id, let model, let created): start(id, model, created, event)
        case .text(let choice, let text), .refusal(let choice, let text):
            _ = position(of: choice)
            chunk(choice, finish: nil, &output) {
                $0.string(event.extracting(text.range.range), isSpelled: text.isSpelled)
            }
        case .logProbabilities(let choice, let text):
            var bytes: [UInt8] = []
            let span = event.extracting(text.range.range)
            Scan.append(span, to: &bytes)
            if let node = try? JSONNode.parse(bytes) { probabilities(choice, node, &output) }
        case .finished(let choice, let reason, _): finish(choice, reason, &output)
        case .usage(let later): usage.update(later)
        case .failed(let kind, let message, let type, let code, _):
            fail(StreamWords.fault(kind, message, type, code, event), to: &output)
        case .reasoning, .signature, .redacted, .toolCall, .toolArguments, .toolSignature, .ended: break
        }
    }

    package mutating func finish(to output: inout JSONWriter) {
        guard !hasEnded else { return }
        if choices.isEmpty { finish(0, nil, &output) }
        for choice in choices where !choice.isFinished { finish(choice.index, nil, &output) }
        if terms.wantsStreamUsage, !usage.isEmpty {
            output.text("data: ")
            output.raw(head[...])
            output.text("],\"usage\":")
            OpenAIUsage.write(usage, to: &output)
            output.text("}\n\n")
        }
        output.text("data: [DONE]\n\n")
        hasEnded = true
    }

    package mutating func fail(_ fault: ChatFault, to output: inout JSONWriter) {
        guard !hasEnded else { return }
        hasEnded = true
        output.text("data: ")
        output.beginObject()
        output.key("error")
        OpenAIFault.writeError(fault, to: &output)
        output.endObject()
        output.text("\n\n")
    }

    private mutating func start(_ id: DeltaText, _ model: DeltaText, _ created: Int?, _ event: Span<UInt8>) {
        guard head.isEmpty else { return }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("id")
        if id.isAbsent { writer.string("cmpl-" + terms.requestID) } else { StreamWords.write(id, event, &writer) }
        writer.key("object")
        writer.string("text_completion")
        writer.key("created")
        writer.number(created ?? terms.created)
        writer.key("model")
        if model.isAbsent { writer.string(terms.model) } else { StreamWords.write(model, event, &writer) }
        writer.key("choices")
        writer.text("[")
        head = writer.bytes
    }

    private mutating func position(of choice: Int) -> Int {
        if let position = choices.firstIndex(where: { $0.index == choice }) { return position }
        choices.append(Choice(index: choice))
        return choices.count - 1
    }

    private mutating func chunk(
        _ choice: Int,
        finish: StaticString?,
        probabilities: JSONNode? = nil,
        _ output: inout JSONWriter,
        text: (inout JSONWriter) -> Void
    ) {
        if head.isEmpty { start(.absent, .absent, nil, [UInt8]().span) }
        output.text("data: ")
        output.raw(head[...])
        output.text("")
        output.beginObject()
        output.key("text")
        text(&output)
        output.key("index")
        output.number(choice)
        output.key("logprobs")
        if let probabilities {
            let position = position(of: choice)
            CompletionsLogs.write(probabilities, offset: &choices[position].offset, to: &output)
        } else {
            output.null()
        }
        output.key("finish_reason")
        if let finish { output.string(finish) } else { output.null() }
        output.endObject()
        if terms.wantsStreamUsage { output.text("],\"usage\":null}\n\n") } else { output.text("]}\n\n") }
    }

    private mutating func probabilities(_ choice: Int, _ node: JSONNode, _ output: inout JSONWriter) {
        guard node["content"]?.elements?.isEmpty == false else { return }
        chunk(choice, finish: nil, probabilities: node, &output) { $0.string("") }
    }

    private mutating func finish(_ choice: Int, _ reason: FinishReason?, _ output: inout JSONWriter) {
        let position = position(of: choice)
        guard !choices[position].isFinished else { return }
        choices[position].isFinished = true
        chunk(choice, finish: CompletionsFinish.word(reason), &output) { $0.string("") }
    }
}
