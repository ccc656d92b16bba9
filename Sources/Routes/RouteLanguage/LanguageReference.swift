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

    /// Every key of the language, in the table's order.
    package static var rows: [Row] {
        Schema.table.map { key in
            let standard = key.isRequired ? "required" : key.standard.isEmpty ? "–" : "`\(key.standard)`"
            return Row(
                path: key.path,
                part: key.part,
                hasEngine: key.hasEngine,
                markdown: "| `\(key.path)` | \(key.type.text) | \(standard) | \(key.note) |"
            )
        }
    }
}

extension Key {
    /// What the path begins with.
    fileprivate var part: String {
        let first = path.split(separator: ".").first.map(String.init) ?? ""
        let name = first.hasSuffix("[]") ? String(first.dropLast(2)) : first
        return path == name ? "" : name
    }

    /// True when the build does what the key says, or takes it in one form.
    fileprivate var hasEngine: Bool {
        if case .yes = engine { true } else { !note.isEmpty }
    }
}
