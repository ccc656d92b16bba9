import Bytes
import Conversation
import JSON

/// Reads a stream of Chat Completions.
///
/// <https://platform.openai.com/docs/api-reference/chat-streaming/streaming>
///
/// Keeps where the calls stand and nothing of what is said.
package struct OpenAIStreamReader: StreamReader {
    private var hasStarted = false
    private var sawDone = false
    /// Choices that began and that ended, one bit each; those beyond 64 share the last.
    private var begun: UInt64 = 0
    private var ended: UInt64 = 0
    var calls = CallPlaces()

    package init() {}

    /// `[DONE]`, an error, or the end of every choice that began: some providers send no `[DONE]`.
    package var isComplete: Bool { sawDone || begun != 0 && begun == ended }

    package mutating func read(
        name: Span<UInt8>,
        data: Span<UInt8>,
        into deltas: inout [ChatDelta]
    ) throws(EventFault) {
        if OpenAIStreamReader.isDone(data) {
            sawDone = true
            deltas.append(.ended)
            return
        }
        do throws(JSONFault) {
            var scanner = JSONScanner()
            if scanner.isAtEnd(data) { return }
            try take(try Chunk(data), isError: ASCII.equals(name, "error"), data, &deltas)
        } catch { throw EventFault(error) }
    }

    private static func isDone(_ data: Span<UInt8>) -> Bool {
        var count = data.count
        while count > 0, data[count - 1] == 0x20 { count -= 1 }
        return ASCII.equals(data.extracting(..<count), "[DONE]")
    }

    private mutating func take(
        _ chunk: Chunk,
        isError: Bool,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        if isError || chunk.error != nil || chunk.isErrorObject {
            sawDone = true
            // What was counted until then is paid for.
            if let place = chunk.usage, let usage = try OpenAIUsage.read(place, in: data) {
                deltas.append(.usage(usage))
            }
            deltas.append(try StreamFault.delta(chunk.error ?? .whole(data), in: data))
            return
        }
        let id = DeltaText.filled(chunk.id)
        // Azure's first event is about its filter, and names neither id nor model.
        let begins = try hasStarted ? false : chunk.hasChoices(data)
        if !hasStarted, begins || !id.isAbsent || chunk.usage != nil {
            hasStarted = true
            let created = chunk.created.flatMap { JSONWalk.integer($0, in: data) }.flatMap { $0 == 0 ? nil : $0 }
            deltas.append(.started(id: id, model: DeltaText.filled(chunk.model), created: created))
        }
        if let choices = chunk.choices {
            var position = 0
            try JSONWalk.elements(of: choices, in: data) { place throws(JSONFault) in
                if place.kind == .object { try take(choice: place, position, data, &deltas) }
                position += 1
            }
        }
        if let place = chunk.usage, let usage = try OpenAIUsage.read(place, in: data) {
            deltas.append(.usage(usage))
        } else if let place = chunk.groq, let usage = try Chunk.usage(ofGroq: place, data) {
            deltas.append(.usage(usage))
        }
    }

    private mutating func take(
        choice place: JSONPlace,
        _ position: Int,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        let choice = try ChoicePlaces(place, position, data)
        begun |= OpenAIStreamReader.bit(choice.index)
        if let place = choice.logProbabilities {
            deltas.append(.logProbabilities(choice: choice.index, DeltaText(place.range, isSpelled: false)))
        }
        if let delta = choice.delta ?? choice.message {
            try calls.take(try MessagePlaces(delta, data), choice.index, data, &deltas)
        }
        if let error = choice.error {
            sawDone = true
            deltas.append(try StreamFault.delta(error, in: data))
            return
        }
        if let place = choice.finish {
            ended |= OpenAIStreamReader.bit(choice.index)
            var reason = OpenAIFinish.reason(data.extracting(place.text.range))
            var sequence = DeltaText.absent
            if reason == .stop, let stop = choice.stopReason {
                reason = .stopSequence
                sequence = DeltaText(stop.text)
            }
            deltas.append(.finished(choice: choice.index, reason, stopSequence: sequence))
        }
        if let place = choice.usage, let usage = try OpenAIUsage.read(place, in: data) {
            deltas.append(.usage(usage))
        }
    }

    private static func bit(_ choice: Int) -> UInt64 { 1 << UInt64(min(max(choice, 0), 63)) }
}

extension DeltaText {
    /// The text at a place; absent when it is no string, or empty.
    static func filled(_ place: JSONPlace?) -> DeltaText {
        guard let place, place.kind == .string, place.range.count > 2 else { return .absent }
        return DeltaText(place.text)
    }
}

/// The members of an event.
private struct Chunk {
    var id: JSONPlace?
    var model: JSONPlace?
    var created: JSONPlace?
    var choices: JSONPlace?
    var usage: JSONPlace?
    var groq: JSONPlace?
    var error: JSONPlace?
    /// vLLM's errors say `"object": "error"` and have their members beside it; others have `detail` alone.
    var isErrorObject = false

    init(_ data: Span<UInt8>) throws(JSONFault) {
        try JSONWalk.members(of: .whole(data), in: data) { key, value throws(JSONFault) in
            let word = data.extracting(key.range)
            switch value.kind {
            case .array: if ASCII.equals(word, "choices") { choices = value }
            case .string:
                if ASCII.equals(word, "id") {
                    id = value
                } else if ASCII.equals(word, "model") {
                    model = value
                } else if ASCII.equals(word, "object") {
                    isErrorObject = isErrorObject || ASCII.equals(data.extracting(value.text.range), "error")
                } else if ASCII.equals(word, "error") {
                    error = value
                } else if ASCII.equals(word, "detail") {
                    isErrorObject = true
                }
            case .object:
                if ASCII.equals(word, "usage") {
                    usage = value
                } else if ASCII.equals(word, "x_groq") {
                    groq = value
                } else if ASCII.equals(word, "error") {
                    error = value
                }
            case .number: if ASCII.equals(word, "created") { created = value }
            case .bool, .null: break
            }
        }
        if choices != nil { isErrorObject = false }
    }

    /// At least one choice stands between the brackets.
    func hasChoices(_ data: Span<UInt8>) throws(JSONFault) -> Bool {
        guard let choices else { return false }
        var found = false
        try JSONWalk.elements(of: choices, in: data) { _ throws(JSONFault) in found = true }
        return found
    }

    /// Groq tells the usage of a stream beside its own id.
    static func usage(ofGroq place: JSONPlace, _ data: Span<UInt8>) throws(JSONFault) -> TokenUsage? {
        var usage: TokenUsage?
        try JSONWalk.members(of: place, in: data) { key, value throws(JSONFault) in
            if JSONWalk.isKey(key, "usage", in: data) { usage = try OpenAIUsage.read(value, in: data) }
        }
        return usage
    }
}

/// The members of a choice.
private struct ChoicePlaces {
    var index: Int
    var delta: JSONPlace?
    /// Some providers send whole messages; those that send both repeat there what came before.
    var message: JSONPlace?
    var finish: JSONPlace?
    var stopReason: JSONPlace?
    var logProbabilities: JSONPlace?
    var usage: JSONPlace?
    var error: JSONPlace?

    init(_ place: JSONPlace, _ position: Int, _ data: Span<UInt8>) throws(JSONFault) {
        index = position
        try JSONWalk.members(of: place, in: data) { key, value throws(JSONFault) in
            let word = data.extracting(key.range)
            switch value.kind {
            case .number: if ASCII.equals(word, "index") { index = JSONWalk.integer(value, in: data) ?? position }
            case .string:
                if ASCII.equals(word, "finish_reason") {
                    if value.range.count > 2 { finish = value }
                } else if ASCII.equals(word, "stop_reason") {
                    stopReason = value
                }
            case .object:
                if ASCII.equals(word, "delta") {
                    delta = value
                } else if ASCII.equals(word, "message") {
                    message = value
                } else if ASCII.equals(word, "logprobs") {
                    logProbabilities = value
                } else if ASCII.equals(word, "usage") {
                    usage = value
                } else if ASCII.equals(word, "error") {
                    error = value
                }
            case .array, .bool, .null: break
            }
        }
    }
}
