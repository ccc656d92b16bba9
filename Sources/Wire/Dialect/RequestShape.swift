import Bytes
import JSON

/// Why a request's body cannot be routed.
package struct RequestFault: Error, CustomStringConvertible {
    /// A sentence for the client.
    package let description: String
    /// The body's field it is about.
    package let parameter: String?
}

/// What routing needs to know of an OpenAI-format request, as places in its body.
package struct RequestShape {
    /// The model between its quotes, as it is spelled; absent when the body names none.
    package private(set) var model = TextRange.absent
    /// The same with the quotes: what a rewrite replaces.
    package private(set) var modelWithQuotes = TextRange.absent
    /// `model` is spelled with escapes: compare it unescaped.
    package private(set) var modelIsEscaped = false
    /// Whether the answer shall come as events; nil when the body does not say, which Ollama takes for yes.
    package private(set) var saidStream: Bool?
    /// The answer shall come as events.
    package var stream: Bool { saidStream ?? false }
    /// `max_completion_tokens`, `max_output_tokens` or `max_tokens`, in this order.
    package private(set) var maxTokens: Int?
    /// The value of `stream_options`; absent when there is none.
    package private(set) var streamOptions = TextRange.absent
    /// `stream_options` stands there more than once: nobody can say which of them a provider reads.
    package private(set) var repeatsStreamOptions = false
    /// The text of the member `pool`, between its quotes; absent when there is none, or no text.
    package private(set) var pool = TextRange.absent
    /// That member, from its name's quote to its value's end; nil when there is none.
    package private(set) var poolMember: Range<Int>?
    /// It stands there more than once.
    package private(set) var repeatsPool = false

    /// Reads a whole body.
    ///
    /// A second top-level `model`, `stream` or token limit is refused: the proxy and the provider could read different
    /// ones.
    ///
    /// - Throws: why it is no JSON object that can be routed.
    package static func read(_ body: Span<UInt8>) throws(RequestFault) -> RequestShape {
        var shape = RequestShape()
        var seen = Seen()
        try ObjectFields.forEach(in: body, orElse: fault) { member throws(RequestFault) in
            let raw = body.extracting(member.key.range)
            if member.keyIsEscaped {
                // Only a name in disguise is of interest.
                let plain = JSONText.unescape(raw)
                try shape.take(plain.span, member, body, &seen)
            } else {
                try shape.take(raw, member, body, &seen)
            }
        }
        return shape
    }

    private static func fault(_ fault: JSONFault) -> RequestFault {
        RequestFault(
            description: "the body is not valid JSON: \(fault.message) (byte \(fault.offset))",
            parameter: nil
        )
    }

    private mutating func take(
        _ key: Span<UInt8>,
        _ member: ObjectFields.Member,
        _ body: Span<UInt8>,
        _ seen: inout Seen
    ) throws(RequestFault) {
        switch key.count {
        case 4 where ASCII.starts(key, with: "pool"):
            repeatsPool = poolMember != nil
            poolMember = Int(member.key.start) - 1..<member.value.range.upperBound
            guard member.kind == .string else { break }
            pool = TextRange(start: member.value.start + 1, count: member.value.count - 2)
        case 5 where ASCII.starts(key, with: "model"): try takeModel(member)
        case 6 where ASCII.starts(key, with: "stream"):
            try seen.once("stream", \.stream)
            switch member.kind {
            case .bool: saidStream = body[Int(member.value.start)] == 0x74
            case .null: break
            default: throw RequestFault(description: "`stream` must be true or false", parameter: "stream")
            }
        case 10 where ASCII.starts(key, with: "max_tokens"):
            try seen.once("max_tokens", \.maxTokens)
            if maxTokens == nil { maxTokens = number(member, body) }
        case 14 where ASCII.starts(key, with: "stream_options"):
            repeatsStreamOptions = !streamOptions.isAbsent
            streamOptions = member.value
        case 17 where ASCII.starts(key, with: "max_output_tokens"):
            try seen.once("max_output_tokens", \.maxOutputTokens)
            maxTokens = number(member, body) ?? maxTokens
        case 21 where ASCII.starts(key, with: "max_completion_tokens"):
            try seen.once("max_completion_tokens", \.maxCompletionTokens)
            maxTokens = number(member, body) ?? maxTokens
        default: break
        }
    }

    /// Which members have come already.
    private struct Seen {
        var stream = false
        var maxTokens = false
        var maxOutputTokens = false
        var maxCompletionTokens = false

        mutating func once(_ name: String, _ mark: WritableKeyPath<Seen, Bool>) throws(RequestFault) {
            guard !self[keyPath: mark] else { throw RequestShape.twice(name) }
            self[keyPath: mark] = true
        }
    }

    private mutating func takeModel(_ member: ObjectFields.Member) throws(RequestFault) {
        guard modelWithQuotes.isAbsent else { throw RequestShape.twice("model") }
        guard member.kind == .string else {
            throw RequestFault(description: "`model` must be a string", parameter: "model")
        }
        guard member.value.count <= 1_026 else {
            throw RequestFault(description: "`model` is longer than 1,024 bytes", parameter: "model")
        }
        modelWithQuotes = member.value
        model = TextRange(start: member.value.start + 1, count: member.value.count - 2)
        modelIsEscaped = member.valueIsEscaped
    }

    private func number(_ member: ObjectFields.Member, _ body: Span<UInt8>) -> Int? {
        member.kind == .number ? ObjectFields.integer(body.extracting(member.value.range)) : nil
    }

    private static func twice(_ name: String) -> RequestFault {
        RequestFault(description: "the body has `\(name)` twice", parameter: name)
    }
}
