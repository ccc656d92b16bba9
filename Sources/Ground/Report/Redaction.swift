/// True when a text looks like a key of a well-known service.
package func looksLikeKey(_ text: String) -> Bool { Redaction.isKnownKey(text) }

/// Keeps secrets out of what people are shown.
///
/// Three nets, because a secret may stand where none belongs and the file may be too broken to know: values and places
/// that the reader named, words that begin as known keys do, and whatever stands behind a field that is called `key`.
struct Redaction {
    /// Values to replace wherever they appear, longest first.
    private let values: [[Unicode.Scalar]]
    private let spots: [Spot]

    /// Values shorter than this are only masked in their place: they would blank out ordinary words.
    static let shortestValue = 6

    init(values: Set<String>, spots: [Spot]) {
        self.values = values.filter { $0.unicodeScalars.count >= Self.shortestValue }
            .sorted { $0.unicodeScalars.count > $1.unicodeScalars.count }
            .map { Array($0.unicodeScalars) }
        self.spots = spots
    }

    /// A sentence, a note, a label.
    func masked(_ text: String) -> String {
        var letters = Array(text.unicodeScalars)
        maskValues(&letters)
        maskTokens(&letters)
        maskUserInfo(&letters)
        maskQuery(&letters)
        return Self.text(letters)
    }

    /// A line of a file; the number of code points stays the same, so columns do too.
    func masked(line: String, number: Int, path: String) -> String {
        var letters = Array(line.unicodeScalars)
        for spot in spots where spot.path == path && spot.line == number {
            let start = min(max(spot.column - 1, 0), letters.count)
            for index in start..<min(start + max(spot.length, 0), letters.count) { letters[index] = "*" }
        }
        maskValues(&letters)
        maskTokens(&letters)
        maskUserInfo(&letters)
        maskQuery(&letters)
        maskFields(&letters)
        return Self.text(letters)
    }

    /// True when a text of several lines of a file shows no secret.
    func isHarmless(_ text: String) -> Bool {
        guard masked(text) == text else { return false }
        return text.split(whereSeparator: \.isNewline).allSatisfy { line in
            masked(line: String(line), number: 0, path: "") == line
        }
    }

    private static func text(_ letters: [Unicode.Scalar]) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: letters)
        return String(text)
    }

    private func maskValues(_ letters: inout [Unicode.Scalar]) {
        for value in values where value.count <= letters.count {
            var start = 0
            while start + value.count <= letters.count {
                if letters[start] == value[0], Array(letters[start..<(start + value.count)]) == value {
                    for index in start..<(start + value.count) { letters[index] = "*" }
                    start += value.count
                } else {
                    start += 1
                }
            }
        }
    }

    /// How keys of well-known services begin.
    private static let prefixes = [
        "sk-", "sk_", "pk-lf-", "gsk_", "xai-", "hf_", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "AKIA", "ASIA",
        "AIza", "eyJ", "xoxb-", "xoxp-", "r8_", "nvapi-", "Bearer ", "bearer ",
    ].map { Array($0.unicodeScalars) }

    /// True when a word looks like a key of a well-known service.
    static func isKnownKey(_ text: String) -> Bool {
        var letters = Array(text.unicodeScalars)
        let before = letters
        Redaction(values: [], spots: []).maskTokens(&letters)
        return letters != before
    }

    private func maskTokens(_ letters: inout [Unicode.Scalar]) {
        var start = 0
        while start < letters.count {
            let isWordStart = start == 0 || !Self.isTokenLetter(letters[start - 1])
            guard isWordStart, let prefix = Self.prefixes.first(where: { Self.hasPrefix($0, letters, start) }) else {
                start += 1
                continue
            }
            var end = start + prefix.count
            while end < letters.count, Self.isTokenLetter(letters[end]) { end += 1 }
            if end - start - prefix.count >= 8 {
                for index in start..<end { letters[index] = "*" }
            }
            start = max(end, start + 1)
        }
    }

    private static func hasPrefix(_ prefix: [Unicode.Scalar], _ letters: [Unicode.Scalar], _ start: Int) -> Bool {
        guard start + prefix.count <= letters.count else { return false }
        for index in prefix.indices where letters[start + index] != prefix[index] { return false }
        return true
    }

    private static func isTokenLetter(_ letter: Unicode.Scalar) -> Bool {
        letter.properties.isAlphabetic || ("0"..."9").contains(letter) || letter == "-" || letter == "_"
            || letter == "." || letter == "/" || letter == "+" || letter == "="
    }

    /// Masks the first part of `scheme://user:password@host`.
    private func maskUserInfo(_ letters: inout [Unicode.Scalar]) {
        guard letters.count > 3 else { return }
        for start in 0..<(letters.count - 3) where letters[start] == ":" {
            guard letters[start + 1] == "/", letters[start + 2] == "/" else { continue }
            var end = start + 3
            var at: Int?
            while end < letters.count, letters[end] != " ", letters[end] != "/", letters[end] != "\"" {
                if letters[end] == "@" { at = end }
                end += 1
            }
            if let at { for index in (start + 3)..<at { letters[index] = "*" } }
        }
    }

    /// Masks what stands behind the `?` of `scheme://host/path?query`: keys are handed over there, too.
    private func maskQuery(_ letters: inout [Unicode.Scalar]) {
        guard letters.count > 3 else { return }
        for start in 0..<(letters.count - 3) where letters[start] == ":" {
            guard letters[start + 1] == "/", letters[start + 2] == "/" else { continue }
            var isQuery = false
            for index in (start + 3)..<letters.count {
                if letters[index].properties.isWhitespace || ["\"", "'", "`"].contains(letters[index]) { break }
                if isQuery { letters[index] = "*" }
                if letters[index] == "?" { isQuery = true }
            }
        }
    }

    /// Field names whose value is a secret unless it is a reference.
    private static let fields = [
        "key", "token", "secret", "password", "authorization", "x-api-key", "api_key", "apikey", "api-key",
    ]

    /// Keys of the language have no hyphen: what has one is a header field, or a name of the author's.
    private static func isHeader(_ name: String) -> Bool {
        name == "cookie" || name.contains("-") && SecretField.holds(name)
    }

    /// `key: value`, where the value is no reference and no structure.
    private func maskFields(_ letters: inout [Unicode.Scalar]) {
        for colon in letters.indices where letters[colon] == ":" {
            var start = colon
            while start > 0, Self.isTokenLetter(letters[start - 1]) || letters[start - 1] == "\"" { start -= 1 }
            let name = Self.text(Array(letters[start..<colon])).lowercased().filter { $0 != "\"" }
            guard Self.fields.contains(name) || Self.isHeader(name) else { continue }
            var value = colon + 1
            while value < letters.count, letters[value] == " " { value += 1 }
            guard value < letters.count, value > colon + 1 else { continue }
            let rest = Self.text(Array(letters[value...]))
            let isQuoted = rest.hasPrefix("\"") || rest.hasPrefix("'")
            let bare = isQuoted ? String(rest.dropFirst()) : rest
            if bare.hasPrefix("env:") || bare.hasPrefix("file:") { continue }
            if !isQuoted, let first = rest.first, "{[&*|>#".contains(first) { continue }
            let end = isQuoted ? Self.endOfQuoted(letters, value) : Self.endOfPlain(letters, value)
            for index in value..<end where letters[index] != " " { letters[index] = "*" }
        }
    }

    /// Behind the quote that closes what opens at `start`; the end of the line when it goes on below.
    private static func endOfQuoted(_ letters: [Unicode.Scalar], _ start: Int) -> Int {
        let quote = letters[start]
        var end = start + 1
        while end < letters.count {
            if letters[end] == quote {
                // Two single quotes are one that is meant (YAML 1.1, 5.7).
                guard quote == "'", end + 1 < letters.count, letters[end + 1] == "'" else { return end + 1 }
                end += 1
            } else if quote == "\"", letters[end] == "\\" {
                end += 1
            }
            end += 1
        }
        return letters.count
    }

    private static func endOfPlain(_ letters: [Unicode.Scalar], _ start: Int) -> Int {
        var end = start
        while end < letters.count {
            if letters[end] == "," || letters[end] == "}" { break }
            if letters[end] == "#", letters[end - 1] == " " { break }
            end += 1
        }
        return end
    }
}
