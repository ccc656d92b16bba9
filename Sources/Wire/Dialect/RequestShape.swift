import Bytes
import JSON

/// Why a request's body cannot be routed.
package struct RequestFault: Error, CustomStringConvertible {
    /// A sentence for the client.
    package let description: String
    /// The body's field it is about.
    package let parameter: String?
    /// Two readers could take two models from the body.
    package var hidesModel = false
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
    /// The most tokens of one answer that the body asks for by any of the names that providers know (`TokenLimit.isName`);
    /// nil when by none, or when one says that there is no limit (as 0 does).
    ///
    /// Of two that differ the larger: a provider may know only that one. What is no whole number is rounded up.
    package var maxTokens: Int? { saysNoLimit ? nil : largestLimit }
    private var largestLimit: Int?
    private var saysNoLimit = false
    /// How many answers it asks for, 1 or more: `n`, `best_of` or `candidateCount`, for each prompt of a list.
    package var answers: Int { RequestShape.product(max(choices, 1), max(prompts, 1)) }
    private var choices = 1
    private var prompts = 1
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
    /// A second top-level `model`, `stream` or token limit is refused, and so is `Model`: the proxy and the provider
    /// could read different ones.
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
            try seen.onceStream()
            switch member.kind {
            case .bool: saidStream = body[Int(member.value.start)] == 0x74
            case .null: break
            default: throw RequestFault(description: "`stream` must be true or false", parameter: "stream")
            }
        case 14 where ASCII.starts(key, with: "stream_options"):
            repeatsStreamOptions = !streamOptions.isAbsent
            streamOptions = member.value
        case 1 where ASCII.starts(key, with: "n"), 7 where ASCII.starts(key, with: "best_of"): takeChoices(member, body)
        case 6 where ASCII.starts(key, with: "prompt"): takePrompts(member, body)
        default:
            if TokenLimit.isName(key) {
                try seen.once(limit: key)
                takeLimit(member, body)
            } else if TokenLimit.isObjectName(key) {
                try takeInner(member, body)
            } else if let plain = GovernedName.plain(of: key, isInner: false) {
                throw RequestShape.disguised(key, plain)
            }
        }
    }

    /// Which members have come already.
    private struct Seen {
        private var stream = false
        /// A bit for each name's length: no two names are as long.
        private var limits: UInt32 = 0

        mutating func onceStream() throws(RequestFault) {
            guard !stream else { throw RequestShape.twice("stream") }
            stream = true
        }

        mutating func once(limit key: Span<UInt8>) throws(RequestFault) {
            let bit: UInt32 = 1 << UInt32(key.count)
            guard limits & bit == 0 else {
                throw RequestShape.twice(String(decoding: RequestShape.bytes(key), as: UTF8.self))
            }
            limits |= bit
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

    // MARK: How much is asked for

    /// A product that stays a number of tokens, however large its factors.
    package static func product(_ left: Int, _ right: Int) -> Int {
        let (product, overflows) = left.multipliedReportingOverflow(by: right)
        return overflows ? 1 << 40 : min(product, 1 << 40)
    }

    /// No answer has more tokens, and sums of such numbers do not overflow.
    private static let mostCount = 1 << 31

    private mutating func takeLimit(_ member: ObjectFields.Member, _ body: Span<UInt8>) {
        guard member.kind != .null else { return }
        // Ollama takes 0 for no limit, too.
        guard let asked = RequestShape.count(member, body), asked > 0 else {
            saysNoLimit = true
            return
        }
        largestLimit = max(largestLimit ?? 0, asked)
    }

    private mutating func takeChoices(_ member: ObjectFields.Member, _ body: Span<UInt8>) {
        choices = max(choices, RequestShape.count(member, body) ?? 1)
    }

    /// A list of texts, or of lists of token ids, is as many prompts.
    private mutating func takePrompts(_ member: ObjectFields.Member, _ body: Span<UInt8>) {
        guard member.kind == .array else { return }
        let list = body.extracting(member.value.range)
        var scanner = JSONScanner(at: 1)
        var count = 0
        while true {
            scanner.skipSpace(list)
            guard let kind = try? scanner.skipValue(list) else { break }
            if kind == .string || kind == .array { count += 1 }
            scanner.skipSpace(list)
            guard scanner.position < list.count, list[scanner.position] == 0x2c else { break }
            scanner = JSONScanner(at: scanner.position + 1)
        }
        prompts = max(prompts, count)
    }

    /// Gemini's and Ollama's: the numbers stand in an object of their own.
    private mutating func takeInner(_ member: ObjectFields.Member, _ body: Span<UInt8>) throws(RequestFault) {
        guard member.kind == .object else { return }
        let inner = body.extracting(member.value.range)
        try ObjectFields.forEach(in: inner, orElse: RequestShape.fault) { member throws(RequestFault) in
            let raw = inner.extracting(member.key.range)
            let key = member.keyIsEscaped ? JSONText.unescape(raw) : Self.bytes(raw)
            if TokenLimit.isName(key.span) {
                takeLimit(member, inner)
            } else if ASCII.equals(key.span, "candidateCount") || ASCII.equals(key.span, "candidate_count") {
                takeChoices(member, inner)
            } else if let plain = GovernedName.plain(of: key.span, isInner: true) {
                throw RequestShape.disguised(key.span, plain)
            }
        }
    }

    private static func bytes(_ span: Span<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        Scan.append(span, to: &bytes)
        return bytes
    }

    /// A number of tokens or answers, rounded up; nil for what is none or below 0, which local servers take for "no limit".
    private static func count(_ member: ObjectFields.Member, _ body: Span<UInt8>) -> Int? {
        guard member.kind == .number else { return nil }
        let text = body.extracting(member.value.range)
        if let whole = ObjectFields.integer(text) { return min(whole, mostCount) }
        guard let number = Double(String(decoding: bytes(text), as: UTF8.self)), number >= 0 else { return nil }
        return number < Double(mostCount) ? Int(number.rounded(.up)) : mostCount
    }

    private static func disguised(_ key: Span<UInt8>, _ plain: String) -> RequestFault {
        let name = String(decoding: bytes(key), as: UTF8.self)
        return RequestFault(
            description: "the body has `\(name)`: spell it `\(plain)`",
            parameter: name,
            hidesModel: plain == "model"
        )
    }

    private static func twice(_ name: String) -> RequestFault {
        RequestFault(description: "the body has `\(name)` twice", parameter: name, hidesModel: name == "model")
    }
}
