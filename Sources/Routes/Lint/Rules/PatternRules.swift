import Content
import Report
import RouteModel
import Routing

/// What patterns cost and whether they are needed: HP312, HP313, HP801, HP802, HP804.
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

    // MARK: HP312, HP313, HP804

    private static func content(_ rule: PrivacyRule, _ findings: inout [Problem]) {
        // A pattern that cannot be read is HP113's.
        let pattern = rule.pattern.flatMap { try? ContentPattern(parsing: $0.value, flags: rule.flags) }
        if rule.pattern == nil || pattern != nil { examples(rule, pattern, &findings) }
        guard let written = rule.pattern, let pattern else { return }
        if let risk = PatternSafety.risk(of: pattern.tree) { slow(written, risk, &findings) }
        guard RequiredBytes(of: pattern.tree) == nil else { return }
        findings.append(
            Problem(
                .warning,
                "HP804",
                "no byte is certain in what this pattern finds, so it runs over every request",
                at: written.spot,
                notes: ["a pattern with a digit, an `@` or a word in it is skipped where that is absent"],
                help: ["name something that is always there, for example  \\bID-\\w+"]
            )
        )
    }

    private static func examples(_ rule: PrivacyRule, _ pattern: ContentPattern?, _ findings: inout [Problem]) {
        let builtins = rule.builtins.compactMap { Builtin(rawValue: $0.value) }
        let scanner = ContentScanner([ContentRule(builtins: builtins, pattern: pattern)])
        func fires(_ text: String) -> Bool { !scanner.scan(Array(text.utf8).span).isEmpty }
        let name = "rule `\(rule.tag.value)`"
        if let example = rule.example, !fires(example.value) {
            findings.append(Problem(.error, "HP313", "\(name) does not find its own example", at: example.spot))
        }
        if let example = rule.counterexample, fires(example.value) {
            findings.append(Problem(.error, "HP313", "\(name) finds its counterexample", at: example.spot))
        }
    }

    private static func slow(_ pattern: Located<String>, _ risk: PatternSafety.Risk, _ findings: inout [Problem]) {
        findings.append(
            Problem(
                .warning,
                "HP312",
                "this pattern can take very long: \(risk.sentence)",
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
            let pattern = String(matcher.value.dropFirst(3))
            if let tree = try? PatternTree(parsing: pattern), let risk = PatternSafety.risk(of: tree) {
                slow(matcher, risk, &findings)
            }
            guard let globs = PatternGlobs.equal(to: pattern), !globs.isEmpty, !globs.contains("") else { continue }
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
