import Bytes
import Conversation
import JSON

/// Reads Anthropic's event stream (platform.claude.com/docs/en/build-with-claude/streaming).
///
/// Blocks that only Anthropic has (server tools and their results, citations) say nothing in other dialects and are
/// passed over. A `message_start` in the middle, where a gateway spliced two streams, does not begin the answer again.
package struct AnthropicStreamReader: StreamReader {
    private var usage = AnthropicUsage()
    private var hasStarted = false
    /// The block of each call, in the order they began.
    private var callBlocks: [Int] = []
    /// The call at the end came whole with its beginning.
    private var isLastCallWhole = false
    private var hasEnded = false
    private var hasFailed = false
    private var hasReason = false

    package init() {}

    /// Some servers leave `message_stop` out: the reason it stopped says as well that all has come.
    package var isComplete: Bool { hasEnded || hasFailed || hasReason }

    package mutating func read(
        name: Span<UInt8>,
        data: Span<UInt8>,
        into deltas: inout [ChatDelta]
    ) throws(EventFault) {
        if ASCII.equals(data, "[DONE]") { return end(&deltas) }
        do throws(JSONFault) {
            let event = try AnthropicEvent(data)
            let type = event.type.isAbsent ? name : data.extracting(event.type.range)
            try read(type, event, data, &deltas)
        } catch { throw EventFault(error) }
    }

    private mutating func read(
        _ type: Span<UInt8>,
        _ event: AnthropicEvent,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        if ASCII.equals(type, "content_block_delta") {
            if let delta = event.delta { try blockDelta(delta, event.index, data, &deltas) }
        } else if ASCII.equals(type, "content_block_start") {
            if let block = event.block { try blockStart(block, event.index, data, &deltas) }
        } else if ASCII.equals(type, "message_start") {
            if let message = event.message { try messageStart(message, data, &deltas) }
        } else if ASCII.equals(type, "message_delta") {
            try messageDelta(event, data, &deltas)
        } else if ASCII.equals(type, "message_stop") {
            end(&deltas)
        } else if ASCII.equals(type, "error") || event.type.isAbsent {
            if let error = event.error { try failure(error, data, &deltas) }
        }
    }

    private mutating func end(_ deltas: inout [ChatDelta]) {
        if !hasEnded { deltas.append(.ended) }
        hasEnded = true
    }

    // MARK: The message

    private mutating func messageStart(
        _ message: JSONPlace,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        var id = TextRange.absent
        var model = TextRange.absent
        var next = usage
        try JSONWalk.members(of: message, in: data) { key, value throws(JSONFault) in
            if JSONWalk.isKey(key, "id", in: data) {
                id = value.text
            } else if JSONWalk.isKey(key, "model", in: data) {
                model = value.text
            } else if JSONWalk.isKey(key, "usage", in: data) {
                try next.update(value, in: data)
            }
        }
        usage = next
        if !hasStarted { deltas.append(.started(id: DeltaText(id), model: DeltaText(model), created: nil)) }
        hasStarted = true
        let tokens = usage.tokens
        if !tokens.isEmpty { deltas.append(.usage(tokens)) }
    }

    private mutating func messageDelta(
        _ event: AnthropicEvent,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        if let said = event.usage {
            try usage.update(said, in: data)
            let tokens = usage.tokens
            if !tokens.isEmpty { deltas.append(.usage(tokens)) }
        }
        guard let delta = event.delta else { return }
        var reason = TextRange.absent
        var sequence = TextRange.absent
        var explanation = TextRange.absent
        try JSONWalk.members(of: delta, in: data) { key, value throws(JSONFault) in
            if JSONWalk.isKey(key, "stop_reason", in: data) {
                reason = value.text
            } else if JSONWalk.isKey(key, "stop_sequence", in: data) {
                sequence = value.text
            } else if JSONWalk.isKey(key, "stop_details", in: data), value.kind == .object {
                try JSONWalk.members(of: value, in: data) { key, value throws(JSONFault) in
                    if JSONWalk.isKey(key, "explanation", in: data) { explanation = value.text }
                }
            }
        }
        guard !reason.isAbsent else { return }
        hasReason = true
        let finish = AnthropicWords.finish(data.extracting(reason.range))
        if finish == .refusal, explanation.count > 0 { deltas.append(.refusal(choice: 0, DeltaText(explanation))) }
        deltas.append(.finished(choice: 0, finish, stopSequence: DeltaText(sequence)))
    }

    private mutating func failure(
        _ error: JSONPlace,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        hasFailed = true
        var type = TextRange.absent
        var message = error.text
        if error.kind == .object {
            try JSONWalk.members(of: error, in: data) { key, value throws(JSONFault) in
                if JSONWalk.isKey(key, "type", in: data) { type = value.text }
                if JSONWalk.isKey(key, "message", in: data) { message = value.text }
            }
        }
        let kind = AnthropicWords.kind(data.extracting(type.range)) ?? .server
        deltas.append(.failed(kind, message: DeltaText(message), type: DeltaText(type), code: .absent))
    }

    // MARK: Blocks

    private mutating func blockStart(
        _ place: JSONPlace,
        _ index: Int?,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        let block = try AnthropicBlockPlaces(place, data)
        let type = data.extracting(block.type.range)
        if ASCII.equals(type, "tool_use") {
            let call = callBlocks.count
            guard call < GatheredCalls.limitCalls else { return }
            callBlocks.append(index ?? -1)
            deltas.append(.toolCall(choice: 0, index: call, id: DeltaText(block.id), name: DeltaText(block.name)))
            isLastCallWhole = false
            // Some servers send the input with the beginning; Anthropic begins with {}.
            if let input = block.input, try AnthropicStreamReader.hasMembers(input, data) {
                isLastCallWhole = true
                deltas.append(
                    .toolArguments(choice: 0, index: call, DeltaText(input.range, isSpelled: false))
                )
            }
        } else if ASCII.equals(type, "text") {
            if block.text.count > 0 { deltas.append(.text(choice: 0, DeltaText(block.text))) }
        } else if ASCII.equals(type, "thinking") {
            if block.thinking.count > 0 { deltas.append(.reasoning(choice: 0, DeltaText(block.thinking))) }
            if block.signature.count > 0 { deltas.append(.signature(choice: 0, DeltaText(block.signature))) }
        } else if ASCII.equals(type, "redacted_thinking") {
            if block.data.count > 0 { deltas.append(.redacted(choice: 0, DeltaText(block.data))) }
        }
    }

    private static func hasMembers(_ place: JSONPlace, _ data: Span<UInt8>) throws(JSONFault) -> Bool {
        guard place.kind == .object else { return false }
        var count = 0
        try JSONWalk.members(of: place, in: data) { _, _ in count += 1 }
        return count > 0
    }

    private mutating func blockDelta(
        _ place: JSONPlace,
        _ index: Int?,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        let delta = try AnthropicBlockPlaces(place, data)
        let type = data.extracting(delta.type.range)
        if ASCII.equals(type, "text_delta") {
            if delta.text.count > 0 { deltas.append(.text(choice: 0, DeltaText(delta.text))) }
        } else if ASCII.equals(type, "input_json_delta") {
            // Of another block when it is none of ours: a server tool's.
            guard delta.partial.count > 0, let call = callBlocks.lastIndex(of: index ?? -1) else { return }
            if isLastCallWhole, call == callBlocks.count - 1 { return }
            deltas.append(.toolArguments(choice: 0, index: call, DeltaText(delta.partial)))
        } else if ASCII.equals(type, "thinking_delta") {
            if delta.thinking.count > 0 { deltas.append(.reasoning(choice: 0, DeltaText(delta.thinking))) }
        } else if ASCII.equals(type, "signature_delta") {
            if delta.signature.count > 0 { deltas.append(.signature(choice: 0, DeltaText(delta.signature))) }
        }
    }
}

/// The members of an event, in place.
private struct AnthropicEvent {
    var type = TextRange.absent
    var index: Int?
    var message: JSONPlace?
    var block: JSONPlace?
    var delta: JSONPlace?
    var usage: JSONPlace?
    var error: JSONPlace?

    init(_ data: Span<UInt8>) throws(JSONFault) {
        var event = AnthropicEvent()
        try JSONWalk.members(of: .whole(data), in: data) { key, value throws(JSONFault) in
            if JSONWalk.isKey(key, "type", in: data) {
                event.type = value.text
            } else if JSONWalk.isKey(key, "index", in: data) {
                event.index = JSONWalk.integer(value, in: data)
            } else if JSONWalk.isKey(key, "delta", in: data) {
                if value.kind == .object { event.delta = value }
            } else if JSONWalk.isKey(key, "content_block", in: data) {
                if value.kind == .object { event.block = value }
            } else if JSONWalk.isKey(key, "message", in: data) {
                if value.kind == .object { event.message = value }
            } else if JSONWalk.isKey(key, "usage", in: data) {
                if value.kind == .object { event.usage = value }
            } else if JSONWalk.isKey(key, "error", in: data) {
                event.error = value
            }
        }
        self = event
    }

    private init() {}
}

/// The members of a block, or of a step of it, in place; absent where they are no texts.
private struct AnthropicBlockPlaces {
    var type = TextRange.absent
    var id = TextRange.absent
    var name = TextRange.absent
    var input: JSONPlace?
    var text = TextRange.absent
    var thinking = TextRange.absent
    var signature = TextRange.absent
    var data = TextRange.absent
    var partial = TextRange.absent

    init(_ place: JSONPlace, _ data: Span<UInt8>) throws(JSONFault) {
        var block = AnthropicBlockPlaces()
        try JSONWalk.members(of: place, in: data) { key, value throws(JSONFault) in
            if JSONWalk.isKey(key, "type", in: data) {
                block.type = value.text
            } else if JSONWalk.isKey(key, "text", in: data) {
                block.text = value.text
            } else if JSONWalk.isKey(key, "partial_json", in: data) {
                block.partial = value.text
            } else if JSONWalk.isKey(key, "thinking", in: data) {
                block.thinking = value.text
            } else if JSONWalk.isKey(key, "signature", in: data) {
                block.signature = value.text
            } else if JSONWalk.isKey(key, "data", in: data) {
                block.data = value.text
            } else if JSONWalk.isKey(key, "id", in: data) {
                block.id = value.text
            } else if JSONWalk.isKey(key, "name", in: data) {
                block.name = value.text
            } else if JSONWalk.isKey(key, "input", in: data) {
                block.input = value
            }
        }
        self = block
    }

    private init() {}
}
