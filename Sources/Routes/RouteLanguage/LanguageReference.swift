/// The key table as the reference page shows it; a test compares the two.
package enum LanguageReference {
    /// One key.
    package struct Row: Sendable {
        package let path: String
        /// The top-level key it stands under; empty for those themselves.
        package let part: String
        package let hasEngine: Bool
        /// The row of the page's table.
        package let markdown: String
    }

    /// What stands above the rows of a table.
    package static let head = ["| Key | Type | Default | Codes | Meaning |", "|---|---|---|---|---|"]

    /// The top-level keys that have a table of their own, in the language's order.
    package static var parts: [String] {
        var parts: [String] = []
        for row in rows where !row.part.isEmpty && !parts.contains(row.part) { parts.append(row.part) }
        return parts
    }

    /// Every key of the language, in the table's order.
    package static var rows: [Row] { ([Schema.fragmentKey] + Schema.table).map(row) }

    private static func row(_ key: Key) -> Row {
        let standard = key.isRequired ? "required" : key.standard.isEmpty ? "–" : key.shownStandard
        let codes = key.codes.isEmpty ? "–" : key.codes.joined(separator: " ")
        let note: String
        switch key.engine {
        case .yes: note = key.note
        case .later: note = "*No engine.* \(key.note)"
        case .laterUnless(let word): note = "*No engine* but for `\(word)`. \(key.note)"
        }
        return Row(
            path: key.path,
            part: key.part,
            hasEngine: key.hasEngine,
            markdown: "| `\(key.path)` | \(key.type.text) | \(standard) | \(codes) | \(note) |"
        )
    }
}

extension Key {
    /// What the path begins with.
    fileprivate var part: String {
        let first = path.split(separator: ".").first.map(String.init) ?? ""
        let name = first.hasSuffix("[]") ? String(first.dropLast(2)) : first
        return path == name ? "" : name
    }

    /// A default in words or as it is written.
    fileprivate var shownStandard: String { standard.contains("`") ? standard : "`\(standard)`" }

    /// True when the build does what the key says.
    fileprivate var hasEngine: Bool {
        if case .yes = engine { true } else { false }
    }
}
