import Bytes
import Conversation
import EventStream
import Foundation
import JSON
import OpenAI

/// What a stream said, put together from its deltas.
struct Heard: Equatable {
    struct Call: Equatable {
        var id = ""
        var name = ""
        var arguments = ""
        var signature = ""
    }
    struct Choice: Equatable {
        var text = ""
        var reasoning = ""
        var signature = ""
        var redacted: [String] = []
        var refusal = ""
        var calls: [Int: Call] = [:]
        var finish: FinishReason?
        var stopSequence: String?
        var logs: [String] = []
    }
    struct Failure: Equatable {
        var kind: ChatFault.Kind
        var message: String
        var type: String
        var code: String
    }
    var id: String?
    var model: String?
    var created: Int?
    var starts = 0
    var choices: [Int: Choice] = [:]
    var usage: TokenUsage?
    var failure: Failure?
    var hasEnded = false

    mutating func take(_ delta: ChatDelta, _ event: Span<UInt8>) {
        func plain(_ text: DeltaText) -> String {
            let span = event.extracting(text.range.range)
            return String(decoding: text.isSpelled ? JSONText.unescape(span) : bytes(span), as: UTF8.self)
        }
        func bytes(_ span: Span<UInt8>) -> [UInt8] { span.indices.map { span[$0] } }
        switch delta {
        case .started(let id, let model, let created):
            starts += 1
            self.id = id.isAbsent ? nil : plain(id)
            self.model = model.isAbsent ? nil : plain(model)
            self.created = created
        case .text(let choice, let text): choices[choice, default: Choice()].text += plain(text)
        case .reasoning(let choice, let text): choices[choice, default: Choice()].reasoning += plain(text)
        case .signature(let choice, let text): choices[choice, default: Choice()].signature += plain(text)
        case .redacted(let choice, let text): choices[choice, default: Choice()].redacted.append(plain(text))
        case .refusal(let choice, let text): choices[choice, default: Choice()].refusal += plain(text)
        case .toolCall(let choice, let index, let id, let name):
            choices[choice, default: Choice()].calls[index] = Call(
                id: id.isAbsent ? "" : plain(id),
                name: name.isAbsent ? "" : plain(name)
            )
        case .toolArguments(let choice, let index, let text):
            choices[choice]?.calls[index]?.arguments += plain(text)
        case .toolSignature(let choice, let index, let text):
            choices[choice]?.calls[index]?.signature += plain(text)
        case .logProbabilities(let choice, let text): choices[choice, default: Choice()].logs.append(plain(text))
        case .finished(let choice, let reason, let sequence):
            choices[choice, default: Choice()].finish = reason
            choices[choice]?.stopSequence = sequence.isAbsent ? nil : plain(sequence)
        case .usage(let later):
            var all = usage ?? TokenUsage()
            all.update(later)
            usage = all
        case .failed(let kind, let message, let type, let code, _):
            failure = Failure(
                kind: kind,
                message: message.isAbsent ? "" : plain(message),
                type: type.isAbsent ? "" : plain(type),
                code: code.isAbsent ? "" : plain(code)
            )
        case .ended: hasEnded = true
        }
    }
}

/// Feeds streams to the reader.
enum Listening {
    /// Reads a stream that comes in pieces; answers what it said and whether it may end there.
    static func hear(_ pieces: [[UInt8]]) throws -> (heard: Heard, isComplete: Bool) {
        var reader = OpenAIStreamReader()
        var framer = EventFramer()
        var heard = Heard()
        var deltas: [ChatDelta] = []
        for piece in pieces {
            try framer.take(piece.span, tooLarge: EventFault("too large")) { name, data throws(EventFault) in
                deltas.removeAll(keepingCapacity: true)
                try reader.read(name: name, data: data, into: &deltas)
                for delta in deltas { heard.take(delta, data) }
            }
        }
        return (heard, reader.isComplete)
    }

    static func hear(_ text: String) throws -> Heard { try hear([Array(text.utf8)]).heard }

    /// Writes what a stream of Chat Completions says with another writer.
    static func rewrite<Writer: StreamWriter>(_ text: String, _ writer: Writer) throws -> String {
        var writer = writer
        var reader = OpenAIStreamReader()
        var framer = EventFramer()
        var output = JSONWriter()
        var deltas: [ChatDelta] = []
        try framer.take(Array(text.utf8).span, tooLarge: EventFault("too large")) { name, data throws(EventFault) in
            deltas.removeAll(keepingCapacity: true)
            try reader.read(name: name, data: data, into: &deltas)
            for delta in deltas { writer.write(delta, of: data, to: &output) }
        }
        writer.finish(to: &output)
        return String(decoding: output.bytes, as: UTF8.self)
    }
}

/// The data of the events of a stream, as JSON; `[DONE]` is left out.
func events(_ stream: String) throws -> [[String: Any]] {
    try stream.split(separator: "\n").filter { $0.hasPrefix("data:") && !$0.contains("[DONE]") }.map { line in
        let data = Data(line.dropFirst(5).utf8)
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }
}

func parse(_ text: String) throws -> JSONNode { try JSONNode.parse(Array(text.utf8)) }

func json(_ bytes: [UInt8]) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] ?? [:]
}

extension AnswerTerms {
    static let sample = AnswerTerms(requestID: "r1", model: "asked", created: 1_700_000_000, wantsStreamUsage: true)
}
