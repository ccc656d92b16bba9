import Bytes
import Conversation
import Dialect
import JSON

extension StreamTranslation {
    /// A whole answer as the stream the client asked for, for providers that answer so all the same.
    package static func replay(_ answer: ChatAnswer, _ translation: AnswerTranslation) -> [UInt8] {
        var steps = Steps()
        steps.add(answer)
        let stream = StreamTranslation(from: translation.upstream, to: translation.client, translation.terms)
        stream.say(steps.deltas, of: steps.bytes)
        return stream.taken()
    }

    /// An error alone, framed as an event of a format.
    package static func error(_ fault: ChatFault, as format: ChatFormat, requestID: String) -> [UInt8] {
        let terms = AnswerTerms(requestID: requestID, model: "", created: 0, wantsStreamUsage: false)
        let stream = StreamTranslation(from: .chat, to: format, terms)
        stream.fail(fault)
        return stream.taken()
    }

    /// The end of a stream in a format whose events stand by themselves.
    static func ending(_ cut: StreamCut, as format: ChatFormat) -> [UInt8] {
        let terms = AnswerTerms(
            requestID: cut.requestID,
            model: cut.model,
            created: cut.created,
            wantsStreamUsage: cut.wantsUsage
        )
        let stream = StreamTranslation(from: .chat, to: format, terms)
        stream.cut(cut)
        return stream.taken()
    }

    private func taken() -> [UInt8] {
        var result: [UInt8] = []
        withOutput { output in result = output.indices.map { output[$0] } }
        return result
    }
}

/// The deltas of a whole answer, and the bytes their texts are places in.
private struct Steps {
    var bytes: [UInt8] = []
    var deltas: [ChatDelta] = []

    mutating func add(_ answer: ChatAnswer) {
        deltas.append(.started(id: place(answer.id), model: place(answer.model), created: answer.created))
        for choice in answer.choices { add(choice) }
        if let usage = answer.usage { deltas.append(.usage(usage)) }
        deltas.append(.ended)
    }

    private mutating func add(_ choice: AnswerChoice) {
        var calls = 0
        if let logs = choice.logProbabilities, logs.isObject {
            let start = bytes.count
            bytes += logs.source
            let place = TextRange(start: Int32(start), count: Int32(logs.source.count))
            deltas.append(.logProbabilities(choice: choice.index, DeltaText(place, isSpelled: false)))
        }
        for part in choice.parts {
            switch part {
            case .text(let text): deltas.append(.text(choice: choice.index, place(text)))
            case .refusal(let text): deltas.append(.refusal(choice: choice.index, place(text)))
            case .reasoning(let part): add(part, choice.index)
            case .toolCall(let call):
                add(call, choice.index, calls)
                calls += 1
            case .media, .toolResult, .other: break
            }
        }
        let reason = choice.finish ?? .stop
        deltas.append(.finished(choice: choice.index, reason, stopSequence: place(choice.stopSequence)))
    }

    private mutating func add(_ part: ReasoningPart, _ choice: Int) {
        if !part.text.isEmpty { deltas.append(.reasoning(choice: choice, place(part.text))) }
        if let signature = part.signature { deltas.append(.signature(choice: choice, place(signature))) }
        if let redacted = part.redacted { deltas.append(.redacted(choice: choice, place(redacted))) }
    }

    private mutating func add(_ call: ToolCall, _ choice: Int, _ index: Int) {
        let id = call.id.isEmpty ? DeltaText.absent : place(call.id)
        deltas.append(.toolCall(choice: choice, index: index, id: id, name: place(call.name)))
        deltas.append(.toolArguments(choice: choice, index: index, place(JSONString(plain: call.arguments))))
        guard let signature = call.signature else { return }
        deltas.append(.toolSignature(choice: choice, index: index, place(signature)))
    }

    private mutating func place(_ text: JSONString?) -> DeltaText {
        guard let text else { return .absent }
        let start = bytes.count
        bytes += text.spelled
        return DeltaText(TextRange(start: Int32(start), count: Int32(text.spelled.count)))
    }
}
