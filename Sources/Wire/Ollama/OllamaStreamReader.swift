import Bytes
import Conversation
import JSON

/// Reads the lines of `/api/chat` and `/api/generate`; the last says `"done": true`.
package struct OllamaStreamReader: StreamReader {
    private var hasStarted = false
    private var calls = 0
    package private(set) var isComplete = false

    package init() {}

    /// Ollama has the tokens without an object around them (docs.ollama.com/api/chat, `logprobs`).
    package static func logProbabilities(_ value: JSONNode) -> JSONNode? {
        guard let tokens = value.elements, !tokens.isEmpty else { return nil }
        return .written { writer in
            writer.beginObject()
            writer.key("content")
            writer.node(value)
            writer.endObject()
        }
    }

    package mutating func read(
        name: Span<UInt8>,
        data: Span<UInt8>,
        into deltas: inout [ChatDelta]
    ) throws(EventFault) {
        guard !data.isEmpty else { return }
        do throws(JSONFault) { try line(data, &deltas) } catch { throw EventFault(error) }
    }

    private struct Members {
        var message: JSONPlace?
        var error: JSONPlace?
        var logs: JSONPlace?
        var model = TextRange.absent
        var created = TextRange.absent
        var response = TextRange.absent
        var thinking = TextRange.absent
        var reason = TextRange.absent
        var isDone = false
        var usage = TokenUsage()
    }

    private mutating func line(_ data: Span<UInt8>, _ deltas: inout [ChatDelta]) throws(JSONFault) {
        var members = Members()
        try JSONWalk.members(of: .whole(data), in: data) { (key, value) throws(JSONFault) in
            OllamaStreamReader.take(key, value, data, &members)
        }
        if let error = members.error { return try OllamaStreamReader.fail(error, data, &deltas) }
        if !hasStarted {
            hasStarted = true
            let created =
                members.created.isAbsent ? nil : OllamaTime.seconds(data.extracting(members.created.range))
            deltas.append(.started(id: .absent, model: DeltaText(members.model), created: created))
        }
        if let logs = members.logs {
            deltas.append(.logProbabilities(choice: 0, DeltaText(logs.range, isSpelled: false)))
        }
        append(members.thinking, isThought: true, &deltas)
        append(members.response, isThought: false, &deltas)
        if let message = members.message, message.kind == .object { try self.message(message, data, &deltas) }
        guard members.isDone else { return }
        isComplete = true
        let word = members.reason.isAbsent ? data.extracting(0..<0) : data.extracting(members.reason.range)
        let finish = OllamaFinish.read(word, hasCall: calls > 0)
        deltas.append(.finished(choice: 0, finish, stopSequence: .absent))
        if !members.usage.isEmpty { deltas.append(.usage(members.usage)) }
        deltas.append(.ended)
    }

    private static func take(_ key: TextRange, _ value: JSONPlace, _ data: Span<UInt8>, _ members: inout Members) {
        if JSONWalk.isKey(key, "message", in: data) {
            members.message = value
        } else if JSONWalk.isKey(key, "done", in: data) {
            members.isDone = value.kind == .bool && data[Int(value.range.start)] == 0x74
        } else if JSONWalk.isKey(key, "model", in: data) {
            members.model = value.text
        } else if JSONWalk.isKey(key, "created_at", in: data) {
            members.created = value.text
        } else if JSONWalk.isKey(key, "response", in: data) {
            members.response = value.text
        } else if JSONWalk.isKey(key, "thinking", in: data) {
            members.thinking = value.text
        } else if JSONWalk.isKey(key, "done_reason", in: data) {
            members.reason = value.text
        } else if JSONWalk.isKey(key, "prompt_eval_count", in: data) {
            members.usage.input = JSONWalk.integer(value, in: data)
        } else if JSONWalk.isKey(key, "eval_count", in: data) {
            members.usage.output = JSONWalk.integer(value, in: data)
        } else if JSONWalk.isKey(key, "logprobs", in: data) {
            members.logs = value.kind == .array && value.range.count > 2 ? value : nil
        } else if JSONWalk.isKey(key, "error", in: data), value.kind != .null {
            members.error = value
        }
    }

    private func append(_ text: TextRange, isThought: Bool, _ deltas: inout [ChatDelta]) {
        guard text.count > 0 else { return }
        deltas.append(isThought ? .reasoning(choice: 0, DeltaText(text)) : .text(choice: 0, DeltaText(text)))
    }

    private mutating func message(
        _ place: JSONPlace,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        var content = TextRange.absent
        var thinking = TextRange.absent
        var list: JSONPlace?
        try JSONWalk.members(of: place, in: data) { (key, value) throws(JSONFault) in
            if JSONWalk.isKey(key, "content", in: data) {
                content = value.text
            } else if JSONWalk.isKey(key, "thinking", in: data) {
                thinking = value.text
            } else if JSONWalk.isKey(key, "tool_calls", in: data) {
                list = value
            }
        }
        append(thinking, isThought: true, &deltas)
        append(content, isThought: false, &deltas)
        guard let list, list.kind == .array else { return }
        try JSONWalk.elements(of: list, in: data) { (element) throws(JSONFault) in
            if element.kind == .object { try call(element, data, &deltas) }
        }
    }

    private mutating func call(
        _ place: JSONPlace,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        var id = TextRange.absent
        var name = TextRange.absent
        var function: JSONPlace?
        var arguments: JSONPlace?
        try JSONWalk.members(of: place, in: data) { (key, value) throws(JSONFault) in
            if JSONWalk.isKey(key, "id", in: data) {
                id = value.text
            } else if JSONWalk.isKey(key, "function", in: data) {
                function = value.kind == .object ? value : nil
            }
        }
        guard let function else { return }
        try JSONWalk.members(of: function, in: data) { (key, value) throws(JSONFault) in
            if JSONWalk.isKey(key, "name", in: data) {
                name = value.text
            } else if JSONWalk.isKey(key, "arguments", in: data) {
                arguments = value
            }
        }
        deltas.append(.toolCall(choice: 0, index: calls, id: DeltaText(id), name: DeltaText(name)))
        if let arguments, arguments.kind != .null {
            let isText = arguments.kind == .string
            let text = DeltaText(isText ? arguments.text : arguments.range, isSpelled: isText)
            deltas.append(.toolArguments(choice: 0, index: calls, text))
        }
        calls += 1
    }

    private static func fail(
        _ place: JSONPlace,
        _ data: Span<UInt8>,
        _ deltas: inout [ChatDelta]
    ) throws(JSONFault) {
        var message = place.text
        if place.kind == .object {
            try JSONWalk.members(of: place, in: data) { (key, value) throws(JSONFault) in
                if JSONWalk.isKey(key, "message", in: data) { message = value.text }
            }
        }
        deltas.append(.failed(.server, message: DeltaText(message), type: .absent, code: .absent))
    }
}
