import Conversation
import JSON

/// A message of a stream of the Responses API that is being written.
struct OpenMessage: Sendable {
    let index: Int
    let id: JSONString
    /// What the open part is; nil while none is.
    var isRefusal: Bool?
    /// Of the open part.
    var text: [UInt8] = []
    /// Of the open part: probabilities of its tokens, with commas between them.
    private(set) var logs: [UInt8] = []
    /// Parts that are done.
    private(set) var partCount = 0
    private var parts: [UInt8] = []

    init(index: Int, id: JSONString) {
        self.index = index
        self.id = id
    }

    mutating func append(_ piece: DeltaText, _ event: Span<UInt8>) { StreamWords.append(piece, event, to: &text) }

    /// Takes a list of tokens.
    mutating func append(logs list: [UInt8]) {
        if !logs.isEmpty { logs.append(0x2c) }
        logs += list.dropFirst().dropLast()
    }

    mutating func endPart() {
        guard let isRefusal else { return }
        var writer = JSONWriter()
        OpenMessage.write(part: text, isRefusal: isRefusal, logs: logs, to: &writer)
        if !parts.isEmpty { parts.append(0x2c) }
        parts += writer.bytes
        partCount += 1
        text = []
        logs = []
        self.isRefusal = nil
    }

    /// The members of the item.
    func write(_ status: StaticString, to output: inout JSONWriter) {
        output.key("id")
        output.string(id)
        output.key("type")
        output.string("message")
        output.key("role")
        output.string("assistant")
        output.key("status")
        output.string(status)
        output.key("content")
        output.beginArray()
        if !parts.isEmpty { output.raw(parts[...]) }
        output.endArray()
    }

    static func write(part text: [UInt8], isRefusal: Bool, logs: [UInt8], to output: inout JSONWriter) {
        output.beginObject()
        output.key("type")
        if isRefusal {
            output.string("refusal")
            output.key("refusal")
            output.string(JSONString(spelled: text[...]))
        } else {
            output.string("output_text")
            output.key("text")
            output.string(JSONString(spelled: text[...]))
            output.key("annotations")
            output.beginArray()
            output.endArray()
            write(logs: logs, to: &output)
        }
        output.endObject()
    }

    /// Writes probabilities, which every text of this API has, be it none.
    static func write(logs: [UInt8], to output: inout JSONWriter) {
        output.key("logprobs")
        output.beginArray()
        if !logs.isEmpty { output.raw(logs[...]) }
        output.endArray()
    }
}

/// Thinking that is being written.
struct OpenThinking: Sendable {
    let index: Int
    let id: JSONString
    var text: [UInt8] = []
    var seal: [UInt8] = []

    init(index: Int, id: JSONString) {
        self.index = index
        self.id = id
    }

    mutating func append(_ piece: DeltaText, _ event: Span<UInt8>) { StreamWords.append(piece, event, to: &text) }
}

/// A call that is being written.
struct OpenCall: Sendable {
    /// Among the calls.
    let index: Int
    /// Among the items.
    let place: Int
    let id: JSONString
    let callID: JSONString
    let name: JSONString
    var arguments: [UInt8] = []
    var seal: JSONString?

    init(index: Int, place: Int, id: JSONString, callID: JSONString, name: JSONString) {
        self.index = index
        self.place = place
        self.id = id
        self.callID = callID
        self.name = name
    }

    /// A call without arguments has an empty object of them.
    var whole: JSONString { arguments.isEmpty ? "{}" : JSONString(spelled: arguments[...]) }

    func write(_ status: StaticString, to output: inout JSONWriter) {
        let isOpen = status.utf8CodeUnitCount == 11
        ItemWriter.call(
            id: id,
            callID: callID,
            name: name,
            arguments: isOpen ? "" : whole,
            status: status,
            to: &output
        )
    }
}
