/// Findings as text: for people, for editors, for programs.
package struct Render {
    /// How findings are written.
    package enum Format: String, CaseIterable, Sendable {
        /// Source lines with carets.
        case human
        /// One line each: `file:line:column: error[HP401]: sentence`.
        case short
        /// One object, schema `lint-v1`.
        case json
        /// One object of `lint-v1` a line.
        case jsonl
        /// SARIF 2.1.0 (OASIS).
        case sarif
        /// Workflow commands of GitHub Actions.
        case github
        /// A code quality report of GitLab.
        case gitlab
        /// JUnit's XML.
        case junit
        /// Reviewdog's diagnostic format.
        case rdjson
        /// One line each, help and places included, for programs that read prose.
        case agent
    }

    /// When colours are used.
    package enum Color: String, CaseIterable, Sendable {
        case auto, always, never

        /// Decides; `NO_COLOR` (no-color.org) counts when set to anything but nothing.
        package func isOn(isTerminal: Bool, noColor: String?) -> Bool {
            switch self {
            case .always: true
            case .never: false
            case .auto: isTerminal && (noColor ?? "").isEmpty
            }
        }
    }

    let problems: Problems
    let redaction: Redaction
    let rules: [RuleInfo]
    let version: String
    private let paint: Paint

    /// Prepares to write what was found.
    ///
    /// - Parameters:
    ///   - problems: the findings.
    ///   - isColored: colours for people.
    ///   - rules: what is known about codes; with it, people are told where to read more.
    ///   - version: the program's own.
    package init(_ problems: Problems, isColored: Bool = false, rules: [RuleInfo] = [], version: String = "0") {
        self.problems = problems
        self.rules = rules
        self.version = version
        redaction = Redaction(values: problems.secrets, spots: problems.secretSpots)
        paint = Paint(isOn: isColored)
    }

    /// The findings in a format, without a summary; empty when there are none, except in formats that are one document.
    ///
    /// - Parameters:
    ///   - format: how to write.
    ///   - files: those that were checked.
    /// - Returns: the text, line ends included.
    package func text(_ format: Format, files: [String] = []) -> String {
        switch format {
        case .human: human()
        case .short: short()
        case .json: json(files: files)
        case .jsonl: problems.all.map { "\(object($0).line)\n" }.joined()
        case .sarif: sarif(files: files)
        case .github: github()
        case .gitlab: gitlab()
        case .junit: junit(files: files)
        case .rdjson: rdjson()
        case .agent: agent()
        }
    }

    private func human() -> String {
        let (shown, more) = problems.shown
        let known = Set(rules.map(\.code))
        var told: Set<String> = []
        var blocks = shown.map { problem in
            let tellsMore = known.contains(problem.code) && told.insert(problem.code).inserted
            return Frame(
                problem: problem,
                sources: problems.sources,
                redaction: redaction,
                paint: paint,
                tellsMore: tellsMore
            ).lines().joined(separator: "\n")
        }
        blocks += more.map { "\($0.first.code): \($0.count) more in \(Columns.printable($0.first.spot.path))" }
        return blocks.map { $0 + "\n" }.joined(separator: "\n")
    }

    private func short() -> String {
        let (shown, more) = problems.shown
        var lines = shown.map { problem in
            "\(problem.spot): \(problem.severity.rawValue)[\(problem.code)]: \(redaction.masked(problem.sentence))"
        }
        // Placed as the others are, for programs that read line by line.
        lines += more.map { "\($0.first.spot): \($0.first.severity.rawValue)[\($0.first.code)]: \($0.count) more" }
        return lines.map { Columns.printable($0) + "\n" }.joined()
    }

    /// All findings, uncounted: whoever reads this can count.
    private func agent() -> String {
        problems.all.map { problem in
            var text = "\(problem.spot): \(problem.severity.rawValue)[\(problem.code)]: \(problem.sentence)"
            text += problem.labels.filter { !$0.text.isEmpty }.map { "; \($0.spot): \($0.text)" }.joined()
            text += problem.notes.map { "; note: \($0)" }.joined()
            text += problem.help.map { "; help: \($0)" }.joined()
            if !problem.edits.isEmpty, let fix = problem.fix { text += " [\(fix.rawValue) fix]" }
            let line = redaction.masked(text).split(whereSeparator: \.isNewline)
                .map { $0.drop(while: \.isWhitespace) }.joined(separator: " ")
            return Columns.printable(line) + "\n"
        }.joined()
    }

    /// The bytes of an edit as a text, and what replaces it; nil when showing it would show a secret.
    func shown(_ edits: [Edit]) -> [Edit]? {
        guard !edits.isEmpty else { return nil }
        for edit in edits {
            guard redaction.isHarmless(edit.replacement), problems.sources[edit.path] != nil else { return nil }
        }
        return edits
    }
}
