import Report
import RouteModel

/// What patterns cost and whether they are needed: HP312, HP801, HP802, HP804.
enum PatternRules {
    static func check(_ survey: Survey, _ findings: inout [Problem]) {
        for rule in survey.document.privacy.rules {
            content(rule, &findings)
            examples(rule, survey, &findings)
            headers(rule.headers, survey, &findings)
        }
        for route in survey.document.routes where route.isEnabled {
            for match in Survey.matches(route.match) { headers(match.headers, survey, &findings) }
        }
        scan(survey, &findings)
    }

    // MARK: HP312, HP804

    private static func content(_ rule: PrivacyRule, _ findings: inout [Problem]) {
        guard let pattern = rule.pattern else { return }
        let tree = PatternTree(pattern.value, flags: rule.flags)
        if tree.mayExplode { slow(pattern, &findings) }
        guard !tree.hasRequiredByte else { return }
        findings.append(
            Problem(
                .warning,
                "HP804",
                "no byte is certain in what this pattern finds, so it runs over every request",
                at: pattern.spot,
                notes: ["a pattern with a digit, an `@` or a word in it is skipped where that is absent"],
                help: ["name something that is always there, for example  \\bID-\\w+"]
            )
        )
    }

    private static func slow(_ pattern: Located<String>, _ findings: inout [Problem]) {
        findings.append(
            Problem(
                .warning,
                "HP312",
                "this pattern can take very long: a repetition inside a repetition takes the same characters",
                at: pattern.spot,
                notes: ["where its limit of steps ends it, the text counts as found"],
                help: ["repeat once, or keep what was taken:  (?>…)  or  ++"]
            )
        )
    }

    // MARK: HP313

    private static func examples(_ rule: PrivacyRule, _ survey: Survey, _ findings: inout [Problem]) {
        guard let pattern = rule.pattern, rule.builtins.isEmpty else { return }
        let flags = rule.flags.isEmpty ? "" : "(?\(rule.flags))"
        // A header's matcher takes the whole value; here the pattern may stand anywhere.
        let search = "(?s:.*?)(?:\(flags)\(pattern.value))(?s:.*)"
        for (text, shouldMatch) in [(rule.example, true), (rule.counterexample, false)] {
            guard let text, survey.patterns(search, text.value) != shouldMatch else { continue }
            findings.append(
                Problem(
                    .error,
                    "HP313",
                    shouldMatch
                        ? "the rule does not find its own example" : "the rule finds what it says it should not",
                    at: text.spot,
                    labels: [Label(pattern.spot, shouldMatch ? "matches nothing in it" : "matches")],
                    help: ["correct the pattern, or the \(shouldMatch ? "example" : "counterexample")"]
                )
            )
        }
    }

    // MARK: HP801

    private static func headers(_ conditions: [HeaderCondition], _ survey: Survey, _ findings: inout [Problem]) {
        for matcher in conditions.flatMap(\.matchers) where matcher.value.hasPrefix("re:") {
            let tree = PatternTree(String(matcher.value.dropFirst(3)))
            if tree.mayExplode { slow(matcher, &findings) }
            guard let globs = tree.globs, !globs.isEmpty, !globs.contains("") else { continue }
            let list = globs.map { "\"\($0)\"" }.joined(separator: ", ")
            let isOne = globs.count == 1 && !list.contains("\\")
            findings.append(
                Problem(
                    .warning,
                    "HP801",
                    "`\(matcher.value)` is a regular expression where \(globs.count == 1 ? "a glob" : "a list") does",
                    at: matcher.spot,
                    notes: ["globs are looked up together; a regular expression is run by itself"],
                    help: [list],
                    fix: isOne ? .safe : nil,
                    edits: isOne ? survey.edits.replacing(matcher.spot, with: list) : []
                )
            )
        }
    }

    // MARK: HP802

    /// The first route whose match needs the content: from there on every request is scanned.
    private static func scan(_ survey: Survey, _ findings: inout [Problem]) {
        guard survey.document.privacy.rules.contains(where: \.hasContentSource) else { return }
        for (_, route) in survey.liveRoutes {
            let asking = Survey.matches(route.match).first { $0.tags != nil || $0.levels != nil }
            guard let spot = asking?.levels?.spot ?? asking?.tags?.spot else { continue }
            findings.append(
                Problem(
                    .note,
                    "HP802",
                    "`\(route.name.value)` needs the class or the tags, so the content of every request that comes this far is scanned",
                    at: spot,
                    help: ["routes that need no class are decided before the scan when they stand above"]
                )
            )
            return
        }
    }
}
