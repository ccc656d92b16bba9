import Bytes
import Conversation
import JSON

/// Reads the events of `streamGenerateContent`, and the elements of its list form.
///
/// There is no event for the end: a stream may end when each of its candidates has its `finishReason`, or when the
/// prompt was blocked.
package struct GeminiStreamReader: StreamReader {
    /// As many candidates as Google gives at most; what is beyond shares the last place.
    private static let choiceLimit = 8

    private var hasStarted = false
    private var calls = [Int](repeating: 0, count: choiceLimit)
    /// As said so far: later events without a total need not repeat what earlier ones said.
    private var counts = GeminiCounts()
    private var seen: UInt8 = 0
    private var finished: UInt8 = 0

    package init() {}

    package static func logProbabilities(_ value: JSONNode) -> JSONNode? { GeminiLogProbabilities.standard(value) }

    package var isComplete: Bool { finished != 0 && finished == seen }

    package mutating func read(
        name: Span<UInt8>,
        data: Span<UInt8>,
        into deltas: inout [ChatDelta]
    ) throws(EventFault) {
        var start = JSONScanner()
        start.skipSpace(data)
        // Some servers answer with "[DONE]" behind Gemini's events, as others do.
        guard start.position < data.count, !ASCII.equals(data, "[DONE]") else { return }
        do throws(JSONFault) {
            if data[start.position] == 0x5b {
                try JSONWalk.elements(of: .whole(data), in: data) { (element) throws(JSONFault) in
                    if element.kind == .object { try object(element, data, &deltas) }
                }
            } else {
                try object(.whole(data), data, &deltas)
            }
        } catch { throw EventFault(error) }
    }

    private struct Members {
        var candidates: JSONPlace?
        var usage: JSONPlace?
        var feedback: JSONPlace?
        var error: JSONPlace?
        var model = TextRange.absent
        var id = TextRange.absent
    }

    private mutating func object(
        _ place: JSONPlace,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        var members = Members()
        try JSONWalk.members(of: place, in: data) { (key, value) throws(JSONFault) in
            if JSONWalk.isKey(key, "candidates", in: data) {
                members.candidates = value
            } else if JSONWalk.isKey(key, "usageMetadata", in: data) {
                members.usage = value
            } else if JSONWalk.isKey(key, "promptFeedback", in: data) {
                members.feedback = value
            } else if JSONWalk.isKey(key, "error", in: data) {
                members.error = value
            } else if JSONWalk.isKey(key, "modelVersion", in: data) {
                members.model = value.text
            } else if JSONWalk.isKey(key, "responseId", in: data) {
                members.id = value.text
            }
        }
        if let error = members.error { return try fail(error, data, &deltas) }
        if !hasStarted {
            hasStarted = true
            deltas.append(.started(id: DeltaText(members.id), model: DeltaText(members.model), created: nil))
        }
        if let candidates = members.candidates, candidates.kind == .array {
            try JSONWalk.elements(of: candidates, in: data) { (element) throws(JSONFault) in
                if element.kind == .object { try candidate(element, data, &deltas) }
            }
        }
        if let feedback = members.feedback, feedback.kind == .object { try block(feedback, data, &deltas) }
        if let usage = members.usage, usage.kind == .object { try count(usage, data, &deltas) }
    }

    private mutating func candidate(
        _ place: JSONPlace,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        var content: JSONPlace?
        var logs: JSONPlace?
        var reason = TextRange.absent
        var choice = 0
        try JSONWalk.members(of: place, in: data) { (key, value) throws(JSONFault) in
            if JSONWalk.isKey(key, "content", in: data) {
                content = value
            } else if JSONWalk.isKey(key, "finishReason", in: data) {
                reason = value.text
            } else if JSONWalk.isKey(key, "logprobsResult", in: data) {
                logs = value.kind == .object ? value : nil
            } else if JSONWalk.isKey(key, "index", in: data) {
                choice = JSONWalk.integer(value, in: data) ?? 0
            }
        }
        let slot = min(choice, GeminiStreamReader.choiceLimit - 1)
        seen |= 1 << slot
        if let logs { deltas.append(.logProbabilities(choice: choice, DeltaText(logs.range, isSpelled: false))) }
        if let content, content.kind == .object {
            try JSONWalk.members(of: content, in: data) { (key, value) throws(JSONFault) in
                guard JSONWalk.isKey(key, "parts", in: data), value.kind == .array else { return }
                try JSONWalk.elements(of: value, in: data) { (element) throws(JSONFault) in
                    if element.kind == .object { try part(element, choice, slot, data, &deltas) }
                }
            }
        }
        guard !reason.isAbsent, !JSONWalk.isKey(reason, "FINISH_REASON_UNSPECIFIED", in: data) else { return }
        finished |= 1 << slot
        let finish = GeminiFinish.read(data.extracting(reason.range), hasCall: calls[slot] > 0)
        deltas.append(.finished(choice: choice, finish, stopSequence: .absent))
    }

    private mutating func part(
        _ place: JSONPlace,
        _ choice: Int,
        _ slot: Int,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        var text = TextRange.absent
        var seal = TextRange.absent
        var call: JSONPlace?
        var isThought = false
        try JSONWalk.members(of: place, in: data) { (key, value) throws(JSONFault) in
            if JSONWalk.isKey(key, "text", in: data) {
                text = value.text
            } else if JSONWalk.isKey(key, "thoughtSignature", in: data) {
                seal = value.text
            } else if JSONWalk.isKey(key, "functionCall", in: data) {
                call = value.kind == .object ? value : nil
            } else if JSONWalk.isKey(key, "thought", in: data) {
                isThought = value.kind == .bool && data[Int(value.range.start)] == 0x74
            }
        }
        if let call {
            try self.call(call, seal, choice, calls[slot], data, &deltas)
            calls[slot] += 1
            return
        }
        if text.count > 0 {
            deltas.append(
                isThought ? .reasoning(choice: choice, DeltaText(text)) : .text(choice: choice, DeltaText(text))
            )
        }
        if !seal.isAbsent { deltas.append(.signature(choice: choice, DeltaText(seal))) }
    }

    private func call(
        _ place: JSONPlace,
        _ seal: TextRange,
        _ choice: Int,
        _ index: Int,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        var id = TextRange.absent
        var name = TextRange.absent
        var arguments: JSONPlace?
        try JSONWalk.members(of: place, in: data) { (key, value) throws(JSONFault) in
            if JSONWalk.isKey(key, "id", in: data) {
                id = value.text
            } else if JSONWalk.isKey(key, "name", in: data) {
                name = value.text
            } else if JSONWalk.isKey(key, "args", in: data) {
                arguments = value
            }
        }
        // Once as every dialect has it, once for those that have seals on calls: see `GeminiParts.append`.
        if !seal.isAbsent { deltas.append(.signature(choice: choice, DeltaText(seal))) }
        deltas.append(.toolCall(choice: choice, index: index, id: DeltaText(id), name: DeltaText(name)))
        if !seal.isAbsent { deltas.append(.toolSignature(choice: choice, index: index, DeltaText(seal))) }
        guard let arguments, arguments.kind == .object else { return }
        deltas.append(
            .toolArguments(choice: choice, index: index, DeltaText(arguments.range, isSpelled: false))
        )
    }

    private mutating func block(
        _ place: JSONPlace,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        var isBlocked = false
        try JSONWalk.members(of: place, in: data) { (key, value) throws(JSONFault) in
            if JSONWalk.isKey(key, "blockReason", in: data) { isBlocked = value.kind == .string }
        }
        guard isBlocked, seen == 0 else { return }
        seen = 1
        finished = 1
        deltas.append(.finished(choice: 0, .contentFilter, stopSequence: .absent))
    }

    private mutating func count(
        _ place: JSONPlace,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        var latest = GeminiCounts()
        try JSONWalk.members(of: place, in: data) { (key, value) throws(JSONFault) in
            guard let number = JSONWalk.integer(value, in: data) else { return }
            if JSONWalk.isKey(key, "promptTokenCount", in: data) {
                latest.prompt = number
            } else if JSONWalk.isKey(key, "candidatesTokenCount", in: data) {
                latest.candidates = number
            } else if JSONWalk.isKey(key, "responseTokenCount", in: data) {
                latest.candidates = latest.candidates ?? number
            } else if JSONWalk.isKey(key, "thoughtsTokenCount", in: data) {
                latest.thoughts = number
            } else if JSONWalk.isKey(key, "totalTokenCount", in: data) {
                latest.total = number
            } else if JSONWalk.isKey(key, "cachedContentTokenCount", in: data) {
                latest.cached = number
            } else if JSONWalk.isKey(key, "toolUsePromptTokenCount", in: data) {
                latest.toolPrompt = number
            }
        }
        counts.update(latest)
        let usage = counts.usage
        if !usage.isEmpty { deltas.append(.usage(usage)) }
    }

    private func fail(
        _ place: JSONPlace,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        var message = place.text
        var status = TextRange.absent
        var code = 0
        if place.kind == .object {
            try JSONWalk.members(of: place, in: data) { (key, value) throws(JSONFault) in
                if JSONWalk.isKey(key, "message", in: data) {
                    message = value.text
                } else if JSONWalk.isKey(key, "status", in: data) {
                    status = value.text
                } else if JSONWalk.isKey(key, "code", in: data) {
                    code = JSONWalk.integer(value, in: data) ?? 0
                }
            }
        }
        let word = status.isAbsent ? nil : JSONString(spelled: DeltaText(status).spelling(in: data)[...]).text
        let kind = GeminiStatus.kind(word) ?? (code == 0 ? .server : ChatFault.kind(ofStatus: code))
        deltas.append(.failed(kind, message: DeltaText(message), type: DeltaText(status), code: .absent, status: code))
    }
}
