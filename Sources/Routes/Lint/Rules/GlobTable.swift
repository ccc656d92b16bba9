import Decision

/// Globs by their text, each read once.
final class GlobTable {
    private var globs: [String: Glob?] = [:]

    /// The glob; nil for a text that is none, which reading has reported.
    subscript(_ text: String) -> Glob? {
        if let known = globs[text] { return known }
        let glob = try? Glob(parsing: text)
        globs[text] = .some(glob)
        return glob
    }

    /// True when the pattern takes the whole text.
    func matches(_ pattern: String, _ text: String) -> Bool {
        self[pattern]?.matches(Array(text.utf8).span) ?? false
    }

    /// True when one of the patterns takes the whole text.
    func matches(anyOf patterns: [String], _ text: String) -> Bool {
        patterns.contains { matches($0, text) }
    }

    /// True when the first pattern surely takes all that the second takes: known for texts, `p*`, `*s` and `p*s`.
    func covers(_ wide: String, _ narrow: String) -> Bool {
        if wide == narrow || self[wide]?.matchesEverything == true { return true }
        if Self.isLiteral(narrow) { return matches(wide, narrow) }
        guard let star = Self.oneStar(wide), let inner = Self.oneStar(narrow) else { return false }
        return inner.head.hasPrefix(star.head) && inner.tail.hasSuffix(star.tail)
    }

    /// The literals around the only star of a pattern without other wildcards.
    private static func oneStar(_ pattern: String) -> (head: String, tail: String)? {
        let head = literalHead(pattern)
        let rest = pattern.dropFirst(head.count)
        guard rest.first == "*" else { return nil }
        let tail = String(rest.dropFirst())
        return isLiteral(tail) ? (head, tail) : nil
    }

    /// What stands before the first wildcard.
    static func literalHead(_ pattern: String) -> String {
        let end = pattern.utf8.firstIndex { byte in
            switch byte {
            case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "\\"): true
            default: false
            }
        }
        return end.map { String(pattern[..<$0]) } ?? pattern
    }

    /// True when the text has no wildcard.
    static func isLiteral(_ pattern: String) -> Bool { literalHead(pattern).utf8.count == pattern.utf8.count }
}
