import Bytes
import Conversation
import JSON

/// Writes a stream of Chat Completions.
///
/// Thinking is written as `reasoning_content` and, so that seals come back with their text, as `reasoning_details`, whose
/// `index` lets the official libraries put the pieces together.
package struct OpenAIStreamWriter: StreamWriter {
    let terms: AnswerTerms
    /// From `{"id"` to the opening bracket of the choices; empty before the first chunk.
    private var head: [UInt8] = []
    private var usage = TokenUsage()
    private var choices: [ChoiceState] = []
    private var hasEnded = false

    package init(_ terms: AnswerTerms) { self.terms = terms }

    package mutating func write(_ delta: ChatDelta, of event: Span<UInt8>, to output: inout JSONWriter) {
        guard !hasEnded else { return }
        switch delta {
        case .started(let id, let model, let created): start(id, model, created, event)
        case .text(let choice, let text): piece("content", choice, text, event, &output)
        case .refusal(let choice, let text):
            state(choice) { $0.hasRefusal = true }
            piece("refusal", choice, text, event, &output)
        case .reasoning, .signature, .redacted: thinking(delta, event, &output)
        case .toolCall, .toolArguments, .toolSignature: call(delta, event, &output)
        case .logProbabilities(let choice, let text):
            begin(choice, &output)
            open(choice, &output)
            output.beginObject()
            output.endObject()
            output.key("logprobs")
            output.raw(event.extracting(text.range.range))
            close(&output, finish: nil)
        case .finished(let choice, let reason, let sequence): finish(choice, reason, sequence, event, &output)
        case .usage(let later): usage.update(later)
        case .failed(let kind, let message, let type, let code, _):
            fail(StreamWords.fault(kind, message, type, code, event), to: &output)
        case .ended: break
        }
    }

    package mutating func finish(to output: inout JSONWriter) {
        guard !hasEnded else { return }
        if choices.isEmpty { begin(0, &output) }
        for choice in choices where !choice.isFinished {
            finish(choice.index, nil, .absent, [UInt8]().span, &output)
        }
        if terms.wantsStreamUsage, !usage.isEmpty {
            if head.isEmpty { start(.absent, .absent, nil, [UInt8]().span) }
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

    // MARK: Chunks

    private mutating func start(_ id: DeltaText, _ model: DeltaText, _ created: Int?, _ event: Span<UInt8>) {
        guard head.isEmpty else { return }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("id")
        if id.isAbsent { writer.string("chatcmpl-" + terms.requestID) } else { StreamWords.write(id, event, &writer) }
        writer.key("object")
        writer.string("chat.completion.chunk")
        writer.key("created")
        writer.number(created ?? terms.created)
        writer.key("model")
        if model.isAbsent { writer.string(terms.model) } else { StreamWords.write(model, event, &writer) }
        writer.key("choices")
        writer.text("[")
        head = writer.bytes
    }

    /// Everything of a chunk before its delta.
    private mutating func open(_ choice: Int, _ output: inout JSONWriter) {
        if head.isEmpty { start(.absent, .absent, nil, [UInt8]().span) }
        output.text("data: ")
        output.raw(head[...])
        output.text("")
        output.beginObject()
        output.key("index")
        output.number(choice)
        output.key("delta")
    }

    /// Everything of a chunk behind its delta.
    private func close(_ output: inout JSONWriter, finish: StaticString?) {
        output.key("finish_reason")
        if let finish { output.string(finish) } else { output.null() }
        output.endObject()
        if terms.wantsStreamUsage { output.text("],\"usage\":null}\n\n") } else { output.text("]}\n\n") }
    }

    /// The first chunk of a choice, which names the role.
    private mutating func begin(_ choice: Int, _ output: inout JSONWriter) {
        guard !choices.contains(where: { $0.index == choice }) else { return }
        choices.append(ChoiceState(index: choice))
        open(choice, &output)
        output.beginObject()
        output.key("role")
        output.string("assistant")
        output.key("content")
        output.string("")
        output.endObject()
        close(&output, finish: nil)
    }

    private mutating func piece(
        _ key: StaticString,
        _ choice: Int,
        _ text: DeltaText,
        _ event: Span<UInt8>,
        _ output: inout JSONWriter
    ) {
        begin(choice, &output)
        open(choice, &output)
        output.beginObject()
        output.key(key)
        StreamWords.write(text, event, &output)
        output.endObject()
        close(&output, finish: nil)
    }

    private mutating func state(_ choice: Int, _ change: (inout ChoiceState) -> Void) {
        guard let position = choices.firstIndex(where: { $0.index == choice }) else { return }
        change(&choices[position])
    }

    private func state(of choice: Int) -> ChoiceState {
        choices.first { $0.index == choice } ?? ChoiceState(index: choice)
    }

    // MARK: Thinking

    private mutating func thinking(_ delta: ChatDelta, _ event: Span<UInt8>, _ output: inout JSONWriter) {
        let choice: Int
        switch delta {
        case .reasoning(let index, _), .signature(let index, _), .redacted(let index, _): choice = index
        default: return
        }
        begin(choice, &output)
        var block = state(of: choice).block
        // What only the provider can read stands by itself.
        if case .redacted = delta, block.isOpen { block = ThinkingBlock(index: block.index + 1) }
        open(choice, &output)
        output.beginObject()
        if case .reasoning(_, let text) = delta {
            output.key("reasoning_content")
            StreamWords.write(text, event, &output)
        }
        output.key("reasoning_details")
        output.beginArray()
        output.beginObject()
        output.key("index")
        output.number(block.index)
        output.key("type")
        switch delta {
        case .reasoning(_, let text):
            output.string("reasoning.text")
            output.key("text")
            StreamWords.write(text, event, &output)
            block.isOpen = true
        case .signature(_, let text):
            output.string("reasoning.text")
            output.key("signature")
            StreamWords.write(text, event, &output)
            block = ThinkingBlock(index: block.index + 1)
        case .redacted(_, let text):
            output.string("reasoning.encrypted")
            output.key("data")
            StreamWords.write(text, event, &output)
            block = ThinkingBlock(index: block.index + 1)
        default: break
        }
        output.endObject()
        output.endArray()
        output.endObject()
        close(&output, finish: nil)
        state(choice) { $0.block = block }
    }

    // MARK: Calls

    private mutating func call(_ delta: ChatDelta, _ event: Span<UInt8>, _ output: inout JSONWriter) {
        let (choice, index): (Int, Int)
        switch delta {
        case .toolCall(let place, let number, _, _), .toolArguments(let place, let number, _),
            .toolSignature(let place, let number, _):
            (choice, index) = (place, number)
        default: return
        }
        begin(choice, &output)
        state(choice) { state in
            state.hasCalls = true
            if case .toolCall = delta { state.bareCalls.append(index) }
            if case .toolArguments = delta { state.bareCalls.removeAll { $0 == index } }
        }
        // There is one `function_call`: the first.
        if terms.wantsFunctionCall, index > 0 { return }
        open(choice, &output)
        output.beginObject()
        if terms.wantsFunctionCall {
            output.key("function_call")
            function(delta, event, &output)
        } else {
            output.key("tool_calls")
            output.beginArray()
            output.beginObject()
            output.key("index")
            output.number(index)
            if case .toolCall(_, _, let id, _) = delta {
                output.key("id")
                if id.isAbsent {
                    output.string(Said.callID(terms.requestID, choice: choice, index: index))
                } else {
                    StreamWords.write(id, event, &output)
                }
                output.key("type")
                output.string("function")
            }
            if case .toolSignature(_, _, let text) = delta {
                OpenAICall.writeSignature(StreamWords.text(text, event), to: &output)
            } else {
                output.key("function")
                function(delta, event, &output)
            }
            output.endObject()
            output.endArray()
        }
        output.endObject()
        close(&output, finish: nil)
    }

    private func function(_ delta: ChatDelta, _ event: Span<UInt8>, _ output: inout JSONWriter) {
        output.beginObject()
        if case .toolCall(_, _, _, let name) = delta {
            output.key("name")
            StreamWords.write(name, event, &output)
            output.key("arguments")
            output.string("")
        } else if case .toolArguments(_, _, let text) = delta {
            output.key("arguments")
            StreamWords.write(text, event, &output)
        }
        output.endObject()
    }

    private mutating func finish(
        _ choice: Int,
        _ reason: FinishReason?,
        _ sequence: DeltaText,
        _ event: Span<UInt8>,
        _ output: inout JSONWriter
    ) {
        begin(choice, &output)
        let state = state(of: choice)
        guard !state.isFinished else { return }
        let empty = Array("{}".utf8)
        for index in state.bareCalls {
            let text = DeltaText(TextRange(start: 0, count: 2))
            call(.toolArguments(choice: choice, index: index, text), empty.span, &output)
        }
        self.state(choice) { $0.isFinished = true }
        open(choice, &output)
        output.beginObject()
        output.endObject()
        if reason == .stopSequence, !sequence.isAbsent {
            output.key("stop_reason")
            StreamWords.write(sequence, event, &output)
        }
        let word = OpenAIFinish.word(
            reason,
            hasCalls: state.hasCalls,
            hasRefusal: state.hasRefusal,
            usesFunctions: terms.wantsFunctionCall
        )
        close(&output, finish: word)
    }
}

/// What is known of a choice that began.
private struct ChoiceState: Sendable {
    var index: Int
    var isFinished = false
    var hasCalls = false
    var hasRefusal = false
    /// Calls whose arguments have not come: if none come, they are an empty object, for clients read them as JSON.
    var bareCalls: [Int] = []
    var block = ThinkingBlock(index: 0)

    init(index: Int) { self.index = index }
}

/// The piece of thinking that is being written.
private struct ThinkingBlock: Sendable {
    var index: Int
    var isOpen = false

    init(index: Int) { self.index = index }
}

/// Texts of deltas, as writers need them.
enum StreamWords {
    static func write(_ text: DeltaText, _ event: Span<UInt8>, _ output: inout JSONWriter) {
        output.string(event.extracting(text.range.range), isSpelled: text.isSpelled)
    }

    /// A copy, spelled.
    static func text(_ text: DeltaText, _ event: Span<UInt8>) -> JSONString {
        let span = event.extracting(text.range.range)
        var bytes: [UInt8] = []
        Scan.append(span, to: &bytes)
        return text.isSpelled ? JSONString(spelled: bytes[...]) : JSONString(plain: bytes)
    }

    /// Adds to a text that is kept, spelled.
    static func append(_ text: DeltaText, _ event: Span<UInt8>, to bytes: inout [UInt8]) {
        let span = event.extracting(text.range.range)
        for index in span.indices {
            if text.isSpelled { bytes.append(span[index]) } else { JSONText.escape(span[index]) { bytes.append($0) } }
        }
    }

    /// An error that came in a stream.
    static func fault(
        _ kind: ChatFault.Kind,
        _ message: DeltaText,
        _ type: DeltaText,
        _ code: DeltaText,
        _ event: Span<UInt8>
    ) -> ChatFault {
        let words = message.isAbsent ? "the provider ended the answer with an error" : text(message, event)
        var fault = ChatFault(kind: kind, status: 0, message: words)
        if !type.isAbsent { fault.type = text(type, event) }
        if !code.isAbsent { fault.code = text(code, event) }
        return fault
    }
}
