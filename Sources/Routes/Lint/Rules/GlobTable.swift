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

    /// What stands before the first wildcard.
    static func literalHead(_ pattern: String) -> String {
        String(pattern.prefix { !"*?[{\\".contains($0) })
    }

    /// True when the text has no wildcard.
    static func isLiteral(_ pattern: String) -> Bool { literalHead(pattern).utf8.count == pattern.utf8.count }
}
