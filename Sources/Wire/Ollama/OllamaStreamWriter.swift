import Bytes
import Conversation
import JSON

/// Writes the lines of `/api/chat`.
///
/// Calls are gathered and written whole before the last line, since Ollama has no pieces of arguments. Ollama has one
/// choice: what belongs to others is left out.
package struct OllamaStreamWriter: StreamWriter {
    private var lines: OllamaLines

    package init(_ terms: AnswerTerms) { lines = OllamaLines(terms, isChat: true) }

    package mutating func write(_ delta: ChatDelta, of event: Span<UInt8>, to output: inout JSONWriter) {
        lines.write(delta, of: event, to: &output)
    }

    package var overflow: StaticString? { lines.overflow }

    package mutating func finish(to output: inout JSONWriter) { lines.finish(to: &output) }

    package mutating func fail(_ fault: ChatFault, to output: inout JSONWriter) { lines.fail(fault, to: &output) }
}

/// What the streams of `/api/chat` and `/api/generate` have in common.
struct OllamaLines: Sendable {
    private let terms: AnswerTerms
    private let isChat: Bool
    private let created: String
    private var model: JSONString?
    private var finish: FinishReason?
    private var usage = TokenUsage()
    private var calls = GatheredCalls()
    private var logs = PendingLogs()
    private var hasEnded = false

    var overflow: StaticString? { calls.overflow }

    init(_ terms: AnswerTerms, isChat: Bool) {
        self.terms = terms
        self.isChat = isChat
        created = OllamaTime.text(terms.created)
    }

    mutating func write(_ delta: ChatDelta, of event: Span<UInt8>, to output: inout JSONWriter) {
        guard !hasEnded, !calls.take(delta, of: event) else { return }
        switch delta {
        case .started(_, let model, _):
            if !model.isAbsent { self.model = JSONString(spelled: model.spelling(in: event)[...]) }
        case .text(0, let text), .refusal(0, let text): writeText(text, event, isThought: false, &output)
        case .reasoning(0, let text): writeText(text, event, isThought: true, &output)
        case .logProbabilities(0, let value):
            if logs.take(value, of: event, choice: 0) {
                line([UInt8]().span, isSpelled: true, isThought: false, &output)
            }
        case .finished(0, let finish, _): self.finish = finish
        case .usage(let later): usage.update(later)
        case .failed(let kind, let message, _, _, _):
            let text = JSONString(spelled: message.spelling(in: event)[...])
            fail(ChatFault(kind: kind, status: 0, message: text), to: &output)
        default: break
        }
    }

    mutating func finish(to output: inout JSONWriter) {
        guard !hasEnded else { return }
        hasEnded = true
        writeCalls(&output)
        begin(&output)
        if isChat {
            output.key("message")
            output.raw("{\"role\":\"assistant\",\"content\":\"\"}")
        } else {
            output.key("response")
            output.string("" as StaticString)
        }
        OllamaTail.write(finish, usage, to: &output)
        writeLogs(&output)
        end(&output)
    }

    mutating func fail(_ fault: ChatFault, to output: inout JSONWriter) {
        guard !hasEnded else { return }
        hasEnded = true
        OllamaFault.write(fault, to: &output)
        output.text("\n")
    }

    private func begin(_ output: inout JSONWriter) {
        output.beginObject()
        output.key("model")
        output.string(model ?? terms.model)
        output.key("created_at")
        output.string(created)
    }

    private func end(_ output: inout JSONWriter) {
        output.endObject()
        output.text("\n")
    }

    private mutating func writeText(
        _ text: DeltaText,
        _ event: Span<UInt8>,
        isThought: Bool,
        _ output: inout JSONWriter
    ) {
        guard text.range.count > 0 else { return }
        line(event.extracting(text.range.range), isSpelled: text.isSpelled, isThought: isThought, &output)
    }

    private mutating func writeLogs(_ output: inout JSONWriter) {
        guard let tokens = logs.release(choice: 0) else { return }
        output.key("logprobs")
        output.raw(tokens[...])
    }

    private mutating func line(
        _ piece: Span<UInt8>,
        isSpelled: Bool,
        isThought: Bool,
        _ output: inout JSONWriter
    ) {
        begin(&output)
        if isChat {
            output.key("message")
            output.beginObject()
            output.key("role")
            output.string("assistant" as StaticString)
        }
        if isChat { output.key("content") } else { output.key("response") }
        if isThought {
            output.string("" as StaticString)
            output.key("thinking")
        }
        output.string(piece, isSpelled: isSpelled)
        if isChat { output.endObject() }
        output.key("done")
        output.bool(false)
        writeLogs(&output)
        end(&output)
    }

    /// Writes the calls in one line, and what the model wrote for those that are broken as text.
    private mutating func writeCalls(_ output: inout JSONWriter) {
        let released = calls.release(choice: 0)
        guard !released.isEmpty else { return }
        var text: JSONString = ""
        var whole: [(call: GatheredCalls.Call, arguments: [UInt8])] = []
        for call in released {
            if isChat, let arguments = call.object {
                whole.append((call, arguments))
            } else {
                text = text + OllamaAnswerPieces.broken(call.name, call.text)
            }
        }
        begin(&output)
        if isChat {
            output.key("message")
            output.beginObject()
            output.key("role")
            output.string("assistant" as StaticString)
            output.key("content")
            output.string(text)
            if !whole.isEmpty { writeWhole(whole, &output) }
            output.endObject()
        } else {
            output.key("response")
            output.string(text)
        }
        output.key("done")
        output.bool(false)
        end(&output)
    }

    private func writeWhole(_ calls: [(call: GatheredCalls.Call, arguments: [UInt8])], _ output: inout JSONWriter) {
        output.key("tool_calls")
        output.beginArray()
        for (index, item) in calls.enumerated() {
            OllamaAnswer.writeCall(
                id: item.call.id,
                index: index,
                name: item.call.name,
                arguments: item.arguments,
                to: &output
            )
        }
        output.endArray()
    }
}
