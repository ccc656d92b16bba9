/// A pattern over a whole string, as route files write them (`routes.md` 2.4).
///
/// `*` is any run, `?` one character, `[a-z]` and `[!a-z]` one character of a class, `{a,b}` either, `\` takes the next
/// character as it is. Case matters. Matching walks bytes, allocates nothing and never takes more than
/// length times stars steps.
package struct Glob: Sendable, CustomStringConvertible {
    /// The pattern as written.
    package let text: String
    let pool: GlobPool

    /// Why a text is not a glob, and where.
    package struct Fault: Error, Equatable {
        /// One sentence without a full stop.
        package let sentence: String
        /// Byte offset into the text.
        package let offset: Int
        /// Bytes that are at fault.
        package let count: Int
        /// What to write instead, when that is certain.
        package let replacement: String?
    }

    /// Longest pattern, in bytes.
    package static let lengthLimitBytes = 256
    /// Most stars in one pattern.
    package static let starLimit = 8
    /// Most alternatives that `{a,b}` may expand to.
    package static let expansionLimit = 64

    /// Reads a pattern.
    ///
    /// - Throws: the fault with its offset.
    package init(parsing text: String) throws(Fault) {
        self.text = text
        var parser = GlobParser(Array(text.utf8))
        var pool = GlobPool()
        for tokens in try parser.alternatives() { pool.append(tokens) }
        self.pool = pool
    }

    /// The pattern that fits one text and no other.
    package init(exactly text: String) {
        var escaped = ""
        for character in text {
            if "*?[]{},\\".contains(character) { escaped.append("\\") }
            escaped.append(character)
        }
        self.text = escaped
        var pool = GlobPool()
        pool.append(text.utf8.map { .byte($0) })
        self.pool = pool
    }

    /// True when it fits only the texts it spells out: `exactTexts` are all of them.
    package var isLiteral: Bool { pool.alternatives.allSatisfy { $0.form == .exact } }

    /// True when the whole of `subject` fits the pattern.
    package func matches(_ subject: Span<UInt8>) -> Bool {
        pool.matches(0..<pool.alternatives.count, subject)
    }

    /// True when the pattern has no wildcard and no choice: the only string it matches.
    package var exactText: String? {
        guard pool.alternatives.count == 1, pool.alternatives[0].form == .exact else { return nil }
        return String(decoding: pool.literal(of: pool.alternatives[0]), as: UTF8.self)
    }

    /// The strings it matches when these are finitely many literals, as `{a,b}` has.
    package var exactTexts: [String] {
        pool.alternatives.filter { $0.form == .exact }.map { String(decoding: pool.literal(of: $0), as: UTF8.self) }
    }

    /// True for a pattern that every string matches.
    package var matchesEverything: Bool {
        pool.alternatives.contains { $0.form == .prefix && $0.literalCount == 0 }
    }

    /// The pattern as written.
    package var description: String { text }
}

/// One step of a pattern.
enum GlobToken: Equatable, Sendable {
    case byte(UInt8)
    case anyCharacter
    case anyRun
    /// One character inside (or outside) the ranges, which are code points.
    case oneOf([ClosedRange<UInt32>], isNegated: Bool)
}

/// Text to tokens, with offsets for faults.
private struct GlobParser {
    private let bytes: [UInt8]
    private var offset = 0
    private var stars = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func alternatives() throws(Glob.Fault) -> [[GlobToken]] {
        if bytes.count > Glob.lengthLimitBytes {
            throw fault("a glob has at most \(Glob.lengthLimitBytes) bytes", at: Glob.lengthLimitBytes, 1)
        }
        let result = try sequence(isNested: false)
        if offset < bytes.count { throw fault("`}` without `{`: write `\\}` for the character", at: offset, 1) }
        return result
    }

    private func fault(_ sentence: String, at offset: Int, _ count: Int, _ fix: String? = nil) -> Glob.Fault {
        Glob.Fault(sentence: sentence, offset: offset, count: count, replacement: fix)
    }

    /// Reads up to the end, or inside braces up to `,` or `}`.
    private mutating func sequence(isNested: Bool) throws(Glob.Fault) -> [[GlobToken]] {
        var results: [[GlobToken]] = [[]]
        while offset < bytes.count {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "}"): return results
            case UInt8(ascii: ",") where isNested: return results
            case UInt8(ascii: "{"):
                let opening = offset
                let choices = try braces()
                if results.count * choices.count > Glob.expansionLimit {
                    throw fault("braces expand to more than \(Glob.expansionLimit) patterns", at: opening, 1)
                }
                results = results.flatMap { head in choices.map { head + $0 } }
            default:
                let token = try self.token(byte)
                for index in results.indices { results[index].append(token) }
            }
        }
        return results
    }

    private mutating func token(_ byte: UInt8) throws(Glob.Fault) -> GlobToken {
        switch byte {
        case UInt8(ascii: "*"):
            if offset + 1 < bytes.count, bytes[offset + 1] == byte {
                throw fault("`**` means no more than `*`", at: offset, 2, "*")
            }
            stars += 1
            if stars > Glob.starLimit { throw fault("a glob has at most \(Glob.starLimit) stars", at: offset, 1) }
            offset += 1
            return .anyRun
        case UInt8(ascii: "?"):
            offset += 1
            return .anyCharacter
        case UInt8(ascii: "["): return try characterClass()
        case UInt8(ascii: "\\"):
            guard offset + 1 < bytes.count else {
                throw fault("`\\` at the end takes nothing", at: offset, 1)
            }
            offset += 2
            return .byte(bytes[offset - 1])
        default:
            offset += 1
            return .byte(byte)
        }
    }

    private mutating func braces() throws(Glob.Fault) -> [[GlobToken]] {
        let opening = offset
        offset += 1
        var choices: [[GlobToken]] = []
        while true {
            choices += try sequence(isNested: true)
            if choices.count > Glob.expansionLimit {
                throw fault("braces expand to more than \(Glob.expansionLimit) patterns", at: opening, 1)
            }
            guard offset < bytes.count else { throw fault("`{` is not closed", at: opening, 1) }
            offset += 1
            if bytes[offset - 1] == UInt8(ascii: "}") { return choices }
        }
    }

    private mutating func characterClass() throws(Glob.Fault) -> GlobToken {
        let opening = offset
        offset += 1
        var isNegated = false
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "!") {
            isNegated = true
            offset += 1
        } else if offset < bytes.count, bytes[offset] == UInt8(ascii: "^") {
            throw fault("a class is negated by `!`, not by `^`", at: offset, 1, "!")
        }
        var ranges: [ClosedRange<UInt32>] = []
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "]") {
            let start = offset
            let low = try classCharacter(opening)
            var high = low
            if offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "-"), bytes[offset + 1] != UInt8(ascii: "]") {
                offset += 1
                high = try classCharacter(opening)
            }
            if high < low { throw fault("the range runs backwards", at: start, offset - start) }
            ranges.append(low...high)
        }
        guard offset < bytes.count else { throw fault("`[` is not closed", at: opening, 1) }
        if ranges.isEmpty { throw fault("an empty class matches nothing", at: opening, offset - opening + 1) }
        offset += 1
        return .oneOf(ranges, isNegated: isNegated)
    }

    private mutating func classCharacter(_ opening: Int) throws(Glob.Fault) -> UInt32 {
        if bytes[offset] == UInt8(ascii: "\\") {
            offset += 1
            guard offset < bytes.count else { throw fault("`[` is not closed", at: opening, 1) }
        }
        let (scalar, count) = UTF8Step.decode(bytes.span, offset)
        offset += count
        return scalar
    }
}

/// Steps over one character of UTF-8.
enum UTF8Step {
    /// The code point at `offset` and its length; a byte that is not UTF-8 counts as one character above all code points.
    static func decode(_ bytes: Span<UInt8>, _ offset: Int) -> (scalar: UInt32, count: Int) {
        let first = UInt32(bytes[offset])
        if first < 0x80 { return (first, 1) }
        let count = first >= 0xF0 && first < 0xF8 ? 4 : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xC2 ? 2 : 1
        let broken = (0x11_0000 + first, 1)
        guard count > 1, first < 0xF8, offset + count <= bytes.count else { return broken }
        var scalar = first & (0x7F >> UInt32(count))
        for index in 1..<count {
            let byte = UInt32(bytes[offset + index])
            guard byte & 0xC0 == 0x80 else { return broken }
            scalar = scalar << 6 | (byte & 0x3F)
        }
        return (scalar, count)
    }
}
