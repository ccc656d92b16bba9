/// What formats for programs say about a code, apart from any finding.
package struct RuleInfo: Sendable {
    package let code: String
    /// One line: what the code stands for.
    package let rule: String
    /// How bad a finding is unless the file says otherwise.
    package let severity: Severity
    /// The page of the code, in Markdown.
    package let page: String

    /// Describes a code.
    package init(code: String, rule: String, severity: Severity, page: String) {
        self.code = code
        self.rule = rule
        self.severity = severity
        self.page = page
    }
}

extension RuleInfo {
    /// A JSON list of objects whose members are texts or nothing.
    package static func json(_ rows: [[(String, String?)]]) -> String {
        let list = rows.map { row in
            JSONValue.object(row.map { name, text in (name, text.map { .text($0) } ?? .null) })
        }
        return JSONValue.list(list).page() + "\n"
    }
}
