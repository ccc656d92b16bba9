import Anthropic
import Bytes
import Conversation
import EventStream
import Foundation
import JSON
import Testing

func node(_ text: String) throws -> JSONNode { try JSONNode.parse(Array(text.utf8)) }

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

/// Foundation's reading of some JSON, to compare with regardless of order and spelling.
func object(_ bytes: [UInt8]) throws -> NSDictionary {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary)
}

func object(_ text: String) throws -> NSDictionary { try object(Array(text.utf8)) }

func terms(_ model: String = "claude-sonnet-4-5", streams: Bool = false) -> RequestTerms {
    RequestTerms(model: JSONString(model), streams: streams)
}

let answerTerms = AnswerTerms(requestID: "r1", model: "asked", created: 1, wantsStreamUsage: true)

/// What a stream said, put together.
struct Heard: Equatable {
    struct Call: Equatable {
        var id: String
        var name: String
        var arguments: String
    }
    var id: String?
    var model: String?
    var text = ""
    var reasoning = ""
    var signatures: [String] = []
    var redacted: [String] = []
    var refusal = ""
    var calls: [Call] = []
    var finish: FinishReason?
    var stopSequence: String?
    var usage: TokenUsage?
    var fault: String?
    var hasEnded = false
    var starts = 0

    mutating func take(_ deltas: [ChatDelta], _ event: [UInt8]) {
        for delta in deltas { take(delta, event) }
    }

    private mutating func take(_ delta: ChatDelta, _ event: [UInt8]) {
        func plain(_ piece: DeltaText) -> String {
            let bytes = event[piece.range.range]
            return piece.isSpelled ? JSONString(spelled: bytes).text : String(decoding: bytes, as: UTF8.self)
        }
        switch delta {
        case .started(let id, let model, _):
            starts += 1
            self.id = id.isAbsent ? nil : plain(id)
            self.model = model.isAbsent ? nil : plain(model)
        case .text(_, let piece): text += plain(piece)
        case .reasoning(_, let piece): reasoning += plain(piece)
        case .signature(_, let piece): signatures.append(plain(piece))
        case .redacted(_, let piece): redacted.append(plain(piece))
        case .refusal(_, let piece): refusal += plain(piece)
        case .toolCall(_, _, let id, let name): calls.append(Call(id: plain(id), name: plain(name), arguments: ""))
        case .toolArguments(_, let index, let piece): calls[index].arguments += plain(piece)
        case .finished(_, let reason, let sequence):
            finish = reason
            stopSequence = sequence.isAbsent ? nil : plain(sequence)
        case .usage(let tokens): usage = tokens
        case .failed(let kind, let message, let type, _, _): fault = "\(kind) \(plain(type)): \(plain(message))"
        case .ended: hasEnded = true
        case .toolSignature, .logProbabilities: break
        }
    }
}

/// Feeds a stream in pieces through the framer and the reader.
func hear(_ pieces: [ArraySlice<UInt8>]) throws -> Heard {
    var framer = EventFramer()
    var reader = AnthropicStreamReader()
    var heard = Heard()
    for piece in pieces {
        try framer.take(piece.span, tooLarge: EventFault("too large")) { name, data throws(EventFault) in
            var deltas: [ChatDelta] = []
            try reader.read(name: name, data: data, into: &deltas)
            if !deltas.isEmpty { heard.take(deltas, copy(data)) }
        }
    }
    #expect(reader.isComplete == (heard.hasEnded || heard.fault != nil || heard.finish != nil))
    return heard
}

func hear(_ stream: [UInt8]) throws -> Heard { try hear([stream[...]]) }

func hear(_ stream: String) throws -> Heard { try hear(Array(stream.utf8)) }

func copy(_ span: Span<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(span.count)
    for index in span.indices { bytes.append(span[index]) }
    return bytes
}

/// Reads a stream and writes it again.
func rewrite(_ stream: [UInt8], terms: AnswerTerms = answerTerms) throws -> [UInt8] {
    var framer = EventFramer()
    var reader = AnthropicStreamReader()
    var writer = AnthropicStreamWriter(terms)
    var output = JSONWriter()
    try framer.take(stream.span, tooLarge: EventFault("too large")) { name, data throws(EventFault) in
        var deltas: [ChatDelta] = []
        try reader.read(name: name, data: data, into: &deltas)
        for delta in deltas { writer.write(delta, of: data, to: &output) }
    }
    if reader.isComplete { writer.finish(to: &output) }
    return output.bytes
}

/// Writes a stream from deltas whose texts are given beside them.
struct Script {
    private var writer: AnthropicStreamWriter
    private(set) var output = JSONWriter()

    init(_ terms: AnswerTerms = answerTerms) { writer = AnthropicStreamWriter(terms) }

    mutating func say(_ texts: String..., delta: ([DeltaText]) -> ChatDelta) { say(texts, isSpelled: true, delta) }

    mutating func sayValue(_ value: String, delta: (DeltaText) -> ChatDelta) {
        say([value], isSpelled: false) { delta($0[0]) }
    }

    mutating func say(_ delta: ChatDelta) { say([], isSpelled: true) { _ in delta } }

    private mutating func say(_ texts: [String], isSpelled: Bool, _ delta: ([DeltaText]) -> ChatDelta) {
        var event: [UInt8] = Array("....".utf8)
        var places: [DeltaText] = []
        for text in texts {
            let spelled = isSpelled ? Array(JSONString(text).spelled) : Array(text.utf8)
            let range = TextRange(start: Int32(event.count), count: Int32(spelled.count))
            places.append(DeltaText(range, isSpelled: isSpelled))
            event += spelled
        }
        writer.write(delta(places), of: event.span, to: &output)
    }

    mutating func finish() -> [UInt8] {
        writer.finish(to: &output)
        return output.bytes
    }

    mutating func fail(_ fault: ChatFault) { writer.fail(fault, to: &output) }
}

/// The events of a stream as Foundation reads them, with their names.
func events(_ stream: [UInt8]) throws -> [(name: String, data: NSDictionary)] {
    try String(decoding: stream, as: UTF8.self).components(separatedBy: "\n\n").filter { !$0.isEmpty }.map { event in
        let lines = event.components(separatedBy: "\n")
        try #require(lines.count == 2 && lines[0].hasPrefix("event: ") && lines[1].hasPrefix("data: "))
        return (String(lines[0].dropFirst(7)), try object(String(lines[1].dropFirst(6))))
    }
}

/// The same dice for the same seed.
struct Dice {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
    mutating func roll(_ sides: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(sides))
    }
    mutating func chance(_ percent: Int) -> Bool { roll(100) < percent }
    mutating func pick<Value>(_ values: [Value]) -> Value { values[roll(values.count)] }
    mutating func words() -> String {
        let words = ["sun", "Zürich", "\"quoted\"", "back\\slash", "new\nline", "tab\t", "\u{1}", "日本", "🙂", "{}", "/"]
        return (0...roll(4)).map { _ in pick(words) }.joined(separator: " ")
    }
}
