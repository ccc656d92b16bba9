import Bytes
import Conversation
import JSON

/// Writes the events of `streamGenerateContent?alt=sse`; `GeminiListWriter` writes its other form.
///
/// Calls are gathered and written whole before the end of their candidate, since Gemini has no pieces of arguments. A
/// call whose arguments are no object is not written: see `GeminiAnswer.write`.
package struct GeminiStreamWriter: StreamWriter {
    private enum Form { case events, list }

    private let terms: AnswerTerms
    private let form: Form
    private var id: JSONString?
    private var model: JSONString?
    private var usage = TokenUsage()
    private var calls = GatheredCalls()
    private var ends: [(choice: Int, finish: FinishReason)] = []
    private var logs = PendingLogs()
    private var hasWritten = false
    private var hasEnded = false

    package init(_ terms: AnswerTerms) {
        self.init(terms, .events)
    }

    private init(_ terms: AnswerTerms, _ form: Form) {
        self.terms = terms
        self.form = form
    }

    /// For `streamGenerateContent` without `alt=sse`, whose answer is one list.
    package static func list(_ terms: AnswerTerms) -> GeminiStreamWriter { GeminiStreamWriter(terms, .list) }

    package var overflow: StaticString? { calls.overflow }

    package mutating func write(_ delta: ChatDelta, of event: Span<UInt8>, to output: inout JSONWriter) {
        if calls.take(delta, of: event) { return }
        switch delta {
        case .started(let id, let model, _):
            if !id.isAbsent, id.range.count > 0 { self.id = JSONString(spelled: id.spelling(in: event)[...]) }
            if !model.isAbsent { self.model = JSONString(spelled: model.spelling(in: event)[...]) }
        case .text(let choice, let text), .refusal(let choice, let text):
            writeText(text, event, choice, isThought: false, &output)
        case .reasoning(let choice, let text): writeText(text, event, choice, isThought: true, &output)
        case .signature(let choice, let seal):
            writeSeal(JSONString(spelled: seal.spelling(in: event)[...]), choice, isThought: false, &output)
        case .redacted(let choice, let data):
            let seal = GeminiRedaction.seal(JSONString(spelled: data.spelling(in: event)[...]))
            if let seal { writeSeal(seal, choice, isThought: true, &output) }
        case .finished(let choice, let finish, _):
            ends.removeAll { $0.choice == choice }
            // Bounded by what Google allows as candidates, and by what an upstream can count to.
            if ends.count < 128 { ends.append((choice, finish)) }
        case .usage(let later): usage.update(later)
        case .failed(let kind, let message, let type, _, _):
            let text = JSONString(spelled: message.spelling(in: event)[...])
            var fault = ChatFault(kind: kind, status: 0, message: text)
            if !type.isAbsent { fault.type = JSONString(spelled: type.spelling(in: event)[...]) }
            fail(fault, to: &output)
        case .logProbabilities(let choice, let value):
            guard !hasEnded, logs.take(value, of: event, choice: choice) else { return }
            beginPart(&output)
            output.key("text")
            output.string("" as StaticString)
            endPart(choice, isThought: false, &output)
        case .toolCall, .toolArguments, .toolSignature, .ended: break
        }
    }

    package mutating func finish(to output: inout JSONWriter) {
        guard !hasEnded else { return }
        if ends.isEmpty { ends.append((0, .stop)) }
        begin(&output)
        output.beginObject()
        output.key("candidates")
        output.beginArray()
        for end in ends { writeEnd(end.choice, end.finish, &output) }
        output.endArray()
        if !usage.isEmpty {
            output.key("usageMetadata")
            GeminiCounts.write(usage, to: &output)
        }
        close(&output)
        end(&output)
    }

    package mutating func fail(_ fault: ChatFault, to output: inout JSONWriter) {
        guard !hasEnded else { return }
        begin(&output)
        let status = fault.status >= 400 ? fault.status : GeminiStatus.code(fault.kind)
        GeminiFault.write(fault, status: status, requestID: terms.requestID, to: &output)
        if form == .events { output.text("\r\n\r\n") }
        end(&output)
    }

    // MARK: Framing

    private mutating func begin(_ output: inout JSONWriter) {
        switch form {
        case .events: output.text("data: ")
        case .list: if hasWritten { output.text(",\n") } else { output.text("[") }
        }
        hasWritten = true
    }

    /// Ends an object with what all of them have.
    private func close(_ output: inout JSONWriter) {
        output.key("modelVersion")
        output.string(model ?? terms.model)
        output.key("responseId")
        if let id { output.string(id) } else { output.string(terms.requestID) }
        output.endObject()
        switch form {
        case .events: output.text("\r\n\r\n")
        case .list: output.text("\n")
        }
    }

    private mutating func end(_ output: inout JSONWriter) {
        hasEnded = true
        if form == .list { output.text("]\n") }
    }

    // MARK: Pieces

    private mutating func writeText(
        _ text: DeltaText,
        _ event: Span<UInt8>,
        _ choice: Int,
        isThought: Bool,
        _ output: inout JSONWriter
    ) {
        guard text.range.count > 0, !hasEnded else { return }
        beginPart(&output)
        output.key("text")
        output.string(event.extracting(text.range.range), isSpelled: text.isSpelled)
        endPart(choice, isThought: isThought, &output)
    }

    private mutating func writeSeal(
        _ seal: JSONString,
        _ choice: Int,
        isThought: Bool,
        _ output: inout JSONWriter
    ) {
        guard !hasEnded, SealText.isWhole(seal.plain) else { return }
        beginPart(&output)
        output.key("text")
        output.string("" as StaticString)
        output.key("thoughtSignature")
        output.string(seal)
        endPart(choice, isThought: isThought, &output)
    }

    private mutating func beginPart(_ output: inout JSONWriter) {
        begin(&output)
        output.beginObject()
        output.key("candidates")
        output.beginArray()
        output.beginObject()
        output.key("content")
        output.beginObject()
        output.key("parts")
        output.beginArray()
        output.beginObject()
    }

    private mutating func writeLogs(_ choice: Int, _ output: inout JSONWriter) {
        guard let tokens = logs.release(choice: choice), let node = try? JSONNode.parse(tokens) else { return }
        output.key("logprobsResult")
        GeminiLogProbabilities.write(tokens: node.elements ?? [], to: &output)
    }

    private mutating func endPart(_ choice: Int, isThought: Bool, _ output: inout JSONWriter) {
        if isThought {
            output.key("thought")
            output.bool(true)
        }
        output.endObject()
        output.endArray()
        output.key("role")
        output.string("model" as StaticString)
        output.endObject()
        output.key("index")
        output.number(choice)
        writeLogs(choice, &output)
        output.endObject()
        output.endArray()
        close(&output)
    }

    /// Writes a candidate's calls and its end.
    private mutating func writeEnd(_ choice: Int, _ finish: FinishReason, _ output: inout JSONWriter) {
        var broken: JSONString?
        var hasPart = false
        output.beginObject()
        output.key("content")
        output.beginObject()
        output.key("parts")
        output.beginArray()
        for call in calls.release(choice: choice) {
            guard let arguments = call.object else {
                broken = GeminiAnswer.broken(name: call.name, Array(call.text.prefix(2_000)))
                continue
            }
            hasPart = true
            GeminiParts.writeCall(
                id: call.id,
                name: call.name,
                arguments: arguments,
                seal: call.signature,
                to: &output
            )
        }
        if !hasPart { GeminiParts.writeText("", to: &output) }
        output.endArray()
        output.key("role")
        output.string("model" as StaticString)
        output.endObject()
        output.key("finishReason")
        output.string(GeminiFinish.word(finish, isBroken: broken != nil))
        if let broken {
            output.key("finishMessage")
            output.string(broken)
        }
        output.key("index")
        output.number(choice)
        writeLogs(choice, &output)
        output.endObject()
    }
}

/// Writes the list form of `streamGenerateContent`: `[{…},\n{…}]`.
package struct GeminiListWriter: StreamWriter {
    private var writer: GeminiStreamWriter

    package init(_ terms: AnswerTerms) { writer = .list(terms) }

    package mutating func write(_ delta: ChatDelta, of event: Span<UInt8>, to output: inout JSONWriter) {
        writer.write(delta, of: event, to: &output)
    }

    package var overflow: StaticString? { writer.overflow }

    package mutating func finish(to output: inout JSONWriter) { writer.finish(to: &output) }

    package mutating func fail(_ fault: ChatFault, to output: inout JSONWriter) { writer.fail(fault, to: &output) }
}
