/// A kept answer as proxies give it to one another, by way of a store (docs/cache.md).
///
/// Bytes with a version in front and a digest behind, which covers the name as well: what was damaged, cut, made by
/// another version or put under another name is none. It is no signature: who may write there may plant answers.
package enum StoredAnswer {
    /// What came of bytes that were read.
    package enum Reading: Sendable {
        case answer(CachedAnswer, ttlNanoseconds: Int64)
        /// Invalidated since it was kept.
        case outdated
        /// None of ours.
        case damaged
    }

    /// A longer value stays with the proxy that has it.
    package static let mostBytes = 256 << 10
    /// Nothing is kept in a store for longer.
    package static let longestMilliseconds: Int64 = 7 * 86_400_000
    /// The pause before any piece of a stream is no longer.
    private static let longestPause: Int64 = 86_400_000_000_000
    /// No text begins with the first byte; the last is the version.
    private static let mark: [UInt8] = [0xff, 0x68, 0x63, 0x01]
    private static let names = ["content-type", "content-encoding", "x-hoosh-dropped-params", "x-hoosh-context"]

    /// The bytes of an answer, for this name.
    ///
    /// * `stamps`: of its generations, as they were when the question was asked.
    package static func encode(
        _ answer: CachedAnswer,
        name: String,
        stamps: [[UInt8]],
        ttlMilliseconds: Int64
    ) -> [UInt8] {
        var bytes = mark
        bytes.reserveCapacity(answer.sizeBytes + 512)
        put(UInt64(max(ttlMilliseconds, 0)), to: &bytes)
        put(UInt64(max(answer.promptTokens, 0)), to: &bytes)
        put(UInt64(max(answer.completionTokens, 0)), to: &bytes)
        put(UInt64(stamps.count), to: &bytes)
        for part in stamps + [answer.fields, Array(answer.provider.utf8), answer.body] { put(part, to: &bytes) }
        put(UInt64(answer.marks.count), to: &bytes)
        for mark in answer.marks {
            put(UInt64(mark.end), to: &bytes)
            put(UInt64(max(mark.nanoseconds, 0)), to: &bytes)
        }
        return sealed(bytes, name: name)
    }

    /// Bytes with their digest behind them.
    package static func sealed(_ bytes: [UInt8], name: String) -> [UInt8] { bytes + digest(bytes[...], name) }

    /// The answer in some bytes.
    ///
    /// * `leftMilliseconds`: how long the store keeps it from `now` on; how old it is follows from that.
    /// * `stamps`: of its generations, as they are now.
    package static func decode(
        _ bytes: [UInt8],
        name: String,
        leftMilliseconds: Int64,
        stamps: [[UInt8]],
        now: Int64,
        owner: CacheQuestion.Owner,
        model: [UInt8]
    ) -> Reading {
        guard bytes.count >= mark.count + 32, bytes.count <= mostBytes, bytes.starts(with: mark) else {
            return .damaged
        }
        let end = bytes.count - 32
        guard bytes[end...].elementsEqual(digest(bytes[..<end], name)) else { return .damaged }
        var reader = Reader(bytes[mark.count..<end])
        guard let ttl = reader.number(upTo: longestMilliseconds), let prompt = reader.number(upTo: 1 << 48),
            let completion = reader.number(upTo: 1 << 48), let count = reader.number(upTo: 8)
        else { return .damaged }
        var kept: [[UInt8]] = []
        for _ in 0..<count {
            guard let stamp = reader.part() else { return .damaged }
            kept.append(stamp)
        }
        guard let fields = reader.part(), areFields(fields), let provider = reader.part(), isLine(provider),
            let body = reader.part(), let marks = reader.marks(upTo: body.count), reader.isAtEnd,
            leftMilliseconds > 0, leftMilliseconds <= ttl
        else { return .damaged }
        guard kept == stamps else { return .outdated }
        let answer = CachedAnswer(
            body: body,
            fields: fields,
            createdNanoseconds: now - (ttl - leftMilliseconds) * 1_000_000,
            marks: marks,
            owner: owner,
            model: model,
            provider: String(decoding: provider, as: UTF8.self),
            promptTokens: Int(prompt),
            completionTokens: Int(completion)
        )
        return .answer(answer, ttlNanoseconds: ttl * 1_000_000)
    }

    private static func digest(_ bytes: ArraySlice<UInt8>, _ name: String) -> [UInt8] {
        CacheKey.of(Array("\(name.utf8.count):\(name)".utf8) + bytes).bytes
    }

    private static func put(_ number: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift))) }
    }

    private static func put(_ part: [UInt8], to bytes: inout [UInt8]) {
        put(UInt64(part.count), to: &bytes)
        bytes += part
    }

    /// Lines of a head that an answer may bring, and nothing that would be more than that.
    private static func areFields(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let end = rest.firstIndex(of: 0x0d), end + 1 < rest.endIndex, rest[end + 1] == 0x0a,
                let colon = rest[..<end].firstIndex(of: 0x3a),
                names.contains(String(decoding: rest[..<colon], as: UTF8.self)), isLine(Array(rest[colon..<end]))
            else { return false }
            rest = rest[(end + 2)...]
        }
        return true
    }

    private static func isLine(_ bytes: [UInt8]) -> Bool {
        bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
    }

    /// Takes numbers and parts from bytes that may be anything.
    private struct Reader {
        private var rest: ArraySlice<UInt8>

        init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func number(upTo most: Int64) -> Int64? {
            guard rest.count >= 8 else { return nil }
            var number: UInt64 = 0
            for byte in rest.prefix(8).reversed() { number = number << 8 | UInt64(byte) }
            rest = rest.dropFirst(8)
            return number <= UInt64(most) ? Int64(number) : nil
        }

        mutating func part() -> [UInt8]? {
            guard let count = number(upTo: Int64(rest.count)), count <= rest.count else { return nil }
            defer { rest = rest.dropFirst(Int(count)) }
            return Array(rest.prefix(Int(count)))
        }

        mutating func marks(upTo end: Int) -> [CachedAnswer.Mark]? {
            guard let count = number(upTo: Int64(AnswerRecorder.mostMarks)) else { return nil }
            var marks: [CachedAnswer.Mark] = []
            for _ in 0..<count {
                guard let place = number(upTo: Int64(end)), let pause = number(upTo: StoredAnswer.longestPause),
                    place >= marks.last?.end ?? 0, pause >= marks.last?.nanoseconds ?? 0
                else { return nil }
                marks.append(CachedAnswer.Mark(end: Int(place), nanoseconds: pause))
            }
            return marks
        }
    }
}
