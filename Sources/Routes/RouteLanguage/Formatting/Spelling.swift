/// How scalars are written: quotes only where they are needed, double ones where they are.
enum Spelling {
    /// True for a text that every YAML reader takes for the same text without quotes, in lists and mappings too.
    ///
    /// Narrow on purpose: globs and texts with spaces keep their quotes.
    static func isPlainText(_ text: String) -> Bool {
        guard let first = text.utf8.first, isWord(first) || first == UInt8(ascii: "/"), OldYAML.type(of: text) == nil,
            !looksLikeNumber(text)
        else { return false }
        return text.utf8.allSatisfy { isWord($0) || "./:-".utf8.contains($0) } && !text.hasSuffix(":")
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: "_")
    }

    /// Digits with points, colons, signs or an exponent: numbers, times and dates to some readers.
    private static func looksLikeNumber(_ text: String) -> Bool {
        ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
            || text.utf8.allSatisfy { $0 &- 0x30 < 10 || ".:-_xeob".utf8.contains($0) || ($0 | 0x20) &- 0x61 < 6 }
                && text.utf8.contains { $0 &- 0x30 < 10 }
    }

    /// A scalar on one line; nil when only the author's own spelling will do.
    static func oneLine(_ text: String, _ style: ScalarStyle, raw: String) -> String? {
        let isOneLine = !raw.contains { $0.isNewline }
        switch style {
        case .block: return nil
        case .plain: return isOneLine ? raw : text
        case .single, .double:
            if isPlainText(text) { return text }
            let isSimple = !text.unicodeScalars.contains {
                $0 == "\\" || $0 == "\"" || $0.value < 0x20 || $0.value == 0x7f
            }
            // An escape that the author wrote for a character that cannot be seen stays an escape.
            if isSimple, isOneLine, !(style == .double && raw.contains("\\")) { return "\"\(text)\"" }
            if isOneLine { return raw }
            return text.contains("\n") ? nil : "\"\(escaped(text))\""
        }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }
}
