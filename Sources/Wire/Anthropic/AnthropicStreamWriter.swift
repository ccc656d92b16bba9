import Bytes
import Conversation
import JSON

/// Writes Anthropic's event stream, so that its libraries accumulate it
/// (platform.claude.com/docs/en/build-with-claude/streaming).
///
/// Blocks come one after the other, and what is of another kind ends the block before: the libraries parse a call's
/// input when its block stops. While the open call's arguments are no whole object, what is not of it waits, 8 MiB at
/// most: providers may send the arguments of parallel calls by turns. What a model wrote as arguments is passed on as it
/// came, whole JSON or not, as Anthropic itself does with eager streaming.
package struct AnthropicStreamWriter: StreamWriter {
    private enum Block: Equatable { case none, text, thinking, tool(call: Int) }

    private let terms: AnswerTerms
    private var usage = TokenUsage()
    private var hasStarted = false
    private var isOver = false
    private var block = Block.none
    /// Of the block that is open, or will be next.
    private var blockIndex = 0
    /// The call's index and its block's.
    private var calls: [(call: Int, block: Int)] = []
    /// Of the call whose block is open.
    private var progress = ArgumentsProgress()
    private var held = HeldPieces()
    package private(set) var overflow: StaticString?
    private var hasRefusal = false
    private var finish: FinishReason?
    private var stopSequence: JSONString?

    package init(_ terms: AnswerTerms) { self.terms = terms }

    package mutating func write(_ delta: ChatDelta, of event: Span<UInt8>, to output: inout JSONWriter) {
        guard !isOver else { return }
        switch delta {
        case .started(let id, let model, _): start(id, model, event, &output)
        // Empty pieces, as OpenAI begins with, make no block: Anthropic takes none back.
        case .text(0, let text) where text.range.count > 0: say(.text, text, event, &output)
        case .refusal(0, let text) where text.range.count > 0:
            hasRefusal = true
            say(.text, text, event, &output)
        case .reasoning(0, let text) where text.range.count > 0: say(.thinking, text, event, &output)
        case .signature(0, let text) where text.range.count > 0: say(.signature, text, event, &output)
        case .redacted(0, let text) where text.range.count > 0: say(.redacted, text, event, &output)
        case .toolCall(0, let index, let id, let name):
            guard blockOf(index) == nil, !held.holds(call: index) else { return }
            if awaitsArguments {
                held.begin(call: index, id, name, event)
            } else {
                call(index, id, name, event, &output)
            }
        case .toolArguments(0, let index, let text): arguments(index, text, event, &output)
        case .finished(0, let reason, let sequence):
            finish = reason
            stopSequence = sequence.isAbsent ? nil : AnthropicStreamWriter.copy(sequence, event)
        case .usage(let tokens): usage.update(tokens)
        case .failed(let kind, let message, let type, _, _):
            var fault = ChatFault(kind: kind, status: 0, message: "the provider failed")
            if !message.isAbsent { fault.message = AnthropicStreamWriter.copy(message, event) }
            if !type.isAbsent { fault.type = AnthropicStreamWriter.copy(type, event) }
            fail(fault, to: &output)
        default: return
        }
        if let more = held.overflow { overflow = more }
    }

    package mutating func finish(to output: inout JSONWriter) {
        guard !isOver else { return }
        startIfNeeded(&output)
        releaseHeld(all: true, &output)
        close(&output)
        output.text("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":")
        output.string(AnthropicWords.stopReason(finish, hasCalls: !calls.isEmpty, hasRefusal: hasRefusal))
        output.text(",\"stop_sequence\":")
        if let stopSequence, finish == .stopSequence { output.string(stopSequence) } else { output.null() }
        output.text("},\"usage\":")
        AnthropicUsage.write(usage, to: &output)
        output.text("}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
        isOver = true
    }

    package mutating func fail(_ fault: ChatFault, to output: inout JSONWriter) {
        guard !isOver else { return }
        output.text("event: error\ndata: ")
        AnthropicFault.write(fault, requestID: terms.requestID, to: &output)
        output.text("\n\n")
        isOver = true
    }

    // MARK: The message

    private mutating func startIfNeeded(_ output: inout JSONWriter) {
        let nothing: [UInt8] = []
        if !hasStarted { start(.absent, .absent, nothing.span, &output) }
    }

    private mutating func start(
        _ id: DeltaText,
        _ model: DeltaText,
        _ event: Span<UInt8>,
        _ output: inout JSONWriter
    ) {
        guard !hasStarted else { return }
        hasStarted = true
        output.text("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":")
        if id.range.count > 0 {
            output.string(event.extracting(id.range.range), isSpelled: id.isSpelled)
        } else {
            output.string("msg_" + terms.requestID)
        }
        output.text(",\"type\":\"message\",\"role\":\"assistant\",\"model\":")
        if model.range.count > 0 {
            output.string(event.extracting(model.range.range), isSpelled: model.isSpelled)
        } else {
            output.string(terms.model)
        }
        output.text(",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":")
        AnthropicUsage.write(usage, to: &output)
        output.text("}}\n\n")
    }

    // MARK: Blocks

    /// The open block is a call that has not got all of its arguments.
    private var awaitsArguments: Bool { if case .tool = block { !progress.isComplete } else { false } }

    /// Writes a piece of what is no call, or holds it.
    private mutating func say(
        _ kind: StreamPiece,
        _ text: DeltaText,
        _ event: Span<UInt8>,
        _ output: inout JSONWriter
    ) {
        guard !awaitsArguments else { return held.append(kind, text, event) }
        put(kind, text, event, &output)
    }

    private mutating func put(
        _ kind: StreamPiece,
        _ text: DeltaText,
        _ event: Span<UInt8>,
        _ output: inout JSONWriter
    ) {
        switch kind {
        case .text:
            open(.text, &output)
            step(blockIndex, "text_delta\",\"text", text, event, &output)
        case .thinking:
            open(.thinking, &output)
            step(blockIndex, "thinking_delta\",\"thinking", text, event, &output)
        case .signature:
            open(.thinking, &output)
            step(blockIndex, "signature_delta\",\"signature", text, event, &output)
            // It seals the block: what is thought behind it is another.
            close(&output)
        case .redacted: redacted(text, event, &output)
        case .call(let index): put(arguments: text, of: index, event, &output)
        }
    }

    /// Writes what waited for the open call, up to the next that is not whole; `all` when nothing more will come.
    private mutating func releaseHeld(all: Bool, _ output: inout JSONWriter) {
        guard !held.isEmpty, all || !awaitsArguments else { return }
        let pieces = held.release()
        for (place, piece) in pieces.enumerated() {
            guard all || !awaitsArguments else { return held.restore(pieces[place...]) }
            let event = piece.id + piece.name + piece.text
            func part(_ start: Int, _ count: Int) -> DeltaText {
                DeltaText(TextRange(start: Int32(start), count: Int32(count)))
            }
            if case .call(let index) = piece.kind {
                call(index, part(0, piece.id.count), part(piece.id.count, piece.name.count), event.span, &output)
            }
            let text = part(piece.id.count + piece.name.count, piece.text.count)
            put(piece.kind, text, event.span, &output)
        }
    }

    private mutating func redacted(_ text: DeltaText, _ event: Span<UInt8>, _ output: inout JSONWriter) {
        startIfNeeded(&output)
        close(&output)
        beginBlock(&output)
        output.text("{\"type\":\"redacted_thinking\",\"data\":")
        output.string(event.extracting(text.range.range), isSpelled: text.isSpelled)
        output.text("}}\n\n")
        endBlock(&output)
    }

    private mutating func call(
        _ index: Int,
        _ id: DeltaText,
        _ name: DeltaText,
        _ event: Span<UInt8>,
        _ output: inout JSONWriter
    ) {
        guard calls.count < GatheredCalls.limitCalls else {
            overflow = GatheredCalls.tooManyCalls
            return
        }
        startIfNeeded(&output)
        close(&output)
        beginBlock(&output)
        output.text("{\"type\":\"tool_use\",\"id\":")
        if id.range.count > 0 {
            output.string(event.extracting(id.range.range), isSpelled: id.isSpelled)
        } else {
            output.string("toolu_\(terms.requestID)_\(index)")
        }
        output.text(",\"name\":")
        output.string(event.extracting(name.range.range), isSpelled: name.isSpelled)
        output.text(",\"input\":{}}}\n\n")
        block = .tool(call: index)
        progress = ArgumentsProgress()
        calls.append((index, blockIndex))
    }

    private mutating func arguments(
        _ index: Int,
        _ text: DeltaText,
        _ event: Span<UInt8>,
        _ output: inout JSONWriter
    ) {
        let isHeld = held.holds(call: index) || blockOf(index) == nil && awaitsArguments
        guard !isHeld else { return held.append(.call(index), text, event) }
        // A provider that sent no beginning: there is nothing to name the call with.
        if blockOf(index) == nil { call(index, .absent, .absent, event, &output) }
        put(arguments: text, of: index, event, &output)
        releaseHeld(all: false, &output)
    }

    private mutating func put(
        arguments text: DeltaText,
        of index: Int,
        _ event: Span<UInt8>,
        _ output: inout JSONWriter
    ) {
        guard text.range.count > 0, let place = blockOf(index) else { return }
        guard block == .tool(call: index) else {
            // White space behind the end of the object is nothing.
            let isBlank = text.isSpelled && JSONString(spelled: text.spelling(in: event)[...]).isBlank
            if !isBlank { overflow = "sent arguments for a call that was complete" }
            return
        }
        progress.take(text, event)
        step(place, "input_json_delta\",\"partial_json", text, event, &output)
    }

    private func blockOf(_ index: Int) -> Int? { calls.last { $0.call == index }?.block }

    /// Makes a block of this kind the open one.
    private mutating func open(_ kind: Block, _ output: inout JSONWriter) {
        guard block != kind else { return }
        startIfNeeded(&output)
        close(&output)
        beginBlock(&output)
        if kind == .text {
            output.text("{\"type\":\"text\",\"text\":\"\"}}\n\n")
        } else {
            output.text("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n")
        }
        block = kind
    }

    private mutating func close(_ output: inout JSONWriter) {
        if block != .none { endBlock(&output) }
        block = .none
    }

    private func beginBlock(_ output: inout JSONWriter) {
        output.text("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":")
        output.number(blockIndex)
        output.text(",\"content_block\":")
    }

    private mutating func endBlock(_ output: inout JSONWriter) {
        output.text("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":")
        output.number(blockIndex)
        output.text("}\n\n")
        blockIndex += 1
    }

    private func step(
        _ index: Int,
        _ kind: StaticString,
        _ text: DeltaText,
        _ event: Span<UInt8>,
        _ output: inout JSONWriter
    ) {
        output.text("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":")
        output.number(index)
        output.text(",\"delta\":{\"type\":\"")
        output.text(kind)
        output.text("\":")
        output.string(event.extracting(text.range.range), isSpelled: text.isSpelled)
        output.text("}}\n\n")
    }

    private static func copy(_ text: DeltaText, _ event: Span<UInt8>) -> JSONString {
        JSONString(spelled: text.spelling(in: event)[...])
    }
}
