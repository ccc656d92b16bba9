import Report

/// A code of the catalogue (`routes.md` 4.2), with its page.
package struct Rule: Sendable {
    /// `HP` and three digits; never reused.
    package let code: String
    package let severity: Severity
    /// How far `lint --fix` can be trusted with it; nil when there is nothing to apply.
    package let fix: Problem.Fix?
    /// One line, without a full stop.
    package let rule: String
    /// What is found.
    package let what: String
    /// Why that is worth a word.
    package let why: String
    /// A piece of a route file that has it.
    package let bad: String
    /// The same piece without it.
    package let good: String

    init(
        _ code: String,
        _ severity: Severity,
        _ rule: String,
        fix: Problem.Fix? = nil,
        what: String,
        why: String,
        bad: String,
        good: String
    ) {
        self.code = code
        self.severity = severity
        self.rule = rule
        self.fix = fix
        self.what = what
        self.why = why
        self.bad = bad
        self.good = good
    }

    /// The family's name.
    package var family: String {
        switch code.dropFirst(2).first {
        case "0": "YAML and files"
        case "1": "schema and types"
        case "2": "names"
        case "3": "privacy"
        case "4": "routing"
        case "5": "resilience"
        case "6": "budgets and cost"
        case "7": "security"
        case "8": "cost of the compiled program"
        default: "style"
        }
    }

    /// How to live with it.
    package var silence: String {
        if severity == .error, Catalogue.isFirm(code) {
            return "As an error it cannot be silenced: the file cannot be served as it stands."
        }
        var text = "On the line, or alone on the line above:\n\n```yaml\n# hoosh: allow \(code) -- the reason\n```\n\n"
        text += "For the whole file: `lint: {\(code): none}`, or `warn`, or `info`."
        return text
    }

    /// The word for its severity in tables.
    package var severityWord: String {
        switch severity {
        case .error: "error"
        case .warning: "warning"
        case .note: "note"
        }
    }

    /// The word for its fix in tables.
    package var fixWord: String {
        switch fix {
        case .safe: "safe"
        case .unsafe: "unsafe"
        case nil: "–"
        }
    }

    /// The page of the code, as Markdown.
    package var page: String {
        let offered =
            switch fix {
            case .safe: "`hoosh-proxy lint --fix` makes the edit; the meaning stays the same."
            case .unsafe:
                "`hoosh-proxy lint --fix --unsafe-fixes` makes the edit where it is sure what to write; read it."
            case nil: "No edit is offered: only the author knows what was meant."
            }
        return """
            # \(code): \(rule)

            \(severityWord) · \(family) · fix: \(fixWord)

            ## What

            \(what)

            ## Why

            \(why)

            ## Example

            ```yaml
            \(bad)
            ```

            ## Fix

            ```yaml
            \(good)
            ```

            \(offered)

            ## How to silence

            \(silence)

            """
    }

    /// What formats for programs are told.
    package var info: RuleInfo { RuleInfo(code: code, rule: rule, severity: severity, page: page) }
}
