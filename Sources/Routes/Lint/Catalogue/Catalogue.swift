import Report

/// Every code this program can report; the pages in `docs/rules` are made of it.
package enum Catalogue {
    /// By code; codes are never reused.
    package static let rules: [Rule] =
        files + schema + names + privacy + routingFirst + routingRest + resilience + budgets + security + program
        + style

    private static let byCode = Dictionary(rules.map { ($0.code, $0) }) { first, _ in first }

    /// The rule of a code.
    package static func rule(_ code: String) -> Rule? { byCode[code] }

    /// Found while the file is read: what is wrong there has no meaning that could be served in its place.
    private static let readingCodes: Set<String> = [
        "HP310", "HP409", "HP410", "HP420", "HP502", "HP701", "HP702", "HP704", "HP705", "HP706", "HP707", "HP708",
        "HP710", "HP717",
        "HP891",
    ]

    /// Sensitive content beyond its fence: `attest` accepts that, with a name behind it; a comment does not.
    private static let privacyCodes: Set<String> = ["HP300", "HP302"]

    /// True when an error of this code cannot be silenced.
    ///
    /// That holds for the families 0xx to 2xx, for what reading a value finds, and for leaks that nobody has attested.
    package static func isFirm(_ code: String) -> Bool {
        if let family = code.dropFirst(2).first, "012".contains(family) { return true }
        return readingCodes.contains(code) || privacyCodes.contains(code)
    }

    /// The code somebody probably meant.
    package static func nearest(_ code: String) -> String? {
        Suggestion.nearest(to: code.uppercased(), among: [code.uppercased()] + rules.map(\.code))
            ?? (byCode[code.uppercased()]?.code)
    }

    /// True when codes begin with it: `HP`, `HP4`, `HP401`.
    package static func hasPrefix(_ prefix: String) -> Bool {
        rules.contains { $0.code.hasPrefix(prefix) }
    }

    /// What formats for programs are told of every code.
    package static let infos = rules.map(\.info)

    /// The page that lists them all, as Markdown.
    package static var index: String {
        var text = """
            # Codes

            Every finding of `hoosh-proxy lint` has a code, and every code has a page; `hoosh-proxy rule HP401` prints it.
            An **error** also keeps the server from starting or reloading. A **safe** fix keeps the meaning (`lint --fix`); an
            **unsafe** one writes what was probably meant (`lint --fix --unsafe-fixes`). Made by the program itself; a test
            compares the two.

            | Code | Severity | Fix | Rule |
            |---|---|---|---|

            """
        for rule in rules {
            text += "| [\(rule.code)](\(rule.code).md) | \(rule.severityWord) | \(rule.fixWord) | \(rule.rule) |\n"
        }
        return text
    }
}
