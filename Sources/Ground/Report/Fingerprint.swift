/// Names a finding so that it is known again after lines above it came or went.
///
/// Made of the file, the code, the sentence and the text of the line, secrets masked; equal findings of one file are
/// told apart by their order.
package struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    private init(_ parts: [String]) {
        high = Self.hash(parts, 0xcbf2_9ce4_8422_2325)
        low = Self.hash(parts, 0x6c62_272e_07bb_0142)
    }

    /// 32 hexadecimal digits.
    package var description: String { Self.digits(high) + Self.digits(low) }

    /// FNV-1a, a zero byte after each part.
    private static func hash(_ parts: [String], _ seed: UInt64) -> UInt64 {
        var hash = seed
        for part in parts {
            for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = hash &* 0x100_0000_01b3
        }
        return hash
    }

    private static func digits(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// One for each finding, in the order given.
    package static func all(_ found: [Problem], in problems: Problems) -> [Fingerprint] {
        let redaction = Redaction(values: problems.secrets, spots: problems.secretSpots)
        var seen: [Fingerprint: Int] = [:]
        return found.map { problem in
            let spot = problem.spot
            let line = problems.sources[spot.path]?.line(spot.line) ?? ""
            let masked = redaction.masked(line: line, number: spot.line, path: spot.path)
            let words = masked.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            var path = spot.path
            while path.hasPrefix("./") { path.removeFirst(2) }
            let parts = [path, problem.code, redaction.masked(problem.sentence), words]
            let first = Fingerprint(parts)
            let count = seen[first, default: 0]
            seen[first] = count + 1
            return count == 0 ? first : Fingerprint(parts + [String(count)])
        }
    }
}
