import Content
import Report
import RouteModel
import Routing

/// What patterns cost and whether they are needed: HP312, HP801, HP802, HP804.
enum PatternRules {
    static func check(_ survey: Survey, _ findings: inout [Problem]) {
        for rule in survey.document.privacy.rules {
            content(rule, survey, &findings)
            examples(rule, survey.document.privacy.matchLimit.value, &findings)
            headers(rule.headers, survey, &findings)
        }
        for route in survey.document.routes where route.isEnabled {
            for match in Survey.matches(route.match) { headers(match.headers, survey, &findings) }
        }
        scan(survey, &findings)
    }

    // MARK: HP312, HP804

    private static func content(_ rule: PrivacyRule, _ survey: Survey, _ findings: inout [Problem]) {
        guard let pattern = rule.pattern,
            let compiled = try? ContentPattern(parsing: pattern.value, flags: rule.flags)
        else { return }
        if let risk = PatternSafety.risk(of: compiled.tree) { slow(pattern, risk, survey, &findings) }
        guard RequiredBytes(of: compiled.tree) == nil else { return }
        findings.append(
            Problem(
                .warning,
                "HP804",
                "nothing rare is certain in what this pattern finds, so it runs over every request",
                at: pattern.spot,
                notes: ["a pattern with an `@`, a run of digits or a rare word in it is skipped where that is absent"],
                help: ["name something that is always there, for example  \\bID-\\w+"]
            )
        )
    }

    private static func slow(
        _ pattern: Located<String>,
        _ risk: PatternSafety.Risk,
        _ survey: Survey,
        _ findings: inout [Problem]
    ) {
        var spot = pattern.spot
        // Inside quotes without escapes, bytes of ASCII are columns.
        if let text = survey.edits.text(pattern.spot), let value = survey.edits.value(pattern.spot),
            value.hasSuffix(pattern.value), value.utf8.allSatisfy({ $0 < 0x80 })
        {
            let ahead = (text.utf8.count - value.utf8.count) / 2 + value.utf8.count - pattern.value.utf8.count
            spot.column += ahead + risk.range.lowerBound
            spot.length = max(1, risk.range.count)
        }
        findings.append(
            Problem(
                .warning,
                "HP312",
                "this pattern can take very long: \(risk.sentence)",
                at: spot,
                notes: ["where its limit of steps ends it, the text counts as found"],
                help: ["repeat once, or keep what was taken:  (?>…)  or  ++"]
            )
        )
    }

    // MARK: HP313

    private static func examples(_ rule: PrivacyRule, _ matchLimit: Int, _ findings: inout [Problem]) {
        guard rule.hasContentSource, rule.example != nil || rule.counterexample != nil else { return }
        let builtins = rule.builtins.compactMap { Builtin(rawValue: $0.value) }
        let pattern = rule.pattern.flatMap { try? ContentPattern(parsing: $0.value, flags: rule.flags) }
        let scanner = ContentScanner([ContentRule(builtins: builtins, pattern: pattern)], matchLimit: matchLimit)
        for (text, shouldMatch) in [(rule.example, true), (rule.counterexample, false)] {
            guard let text, scanner.scan(Array(text.value.utf8).span).isEmpty == shouldMatch else { continue }
            let source = rule.pattern?.spot ?? rule.builtins.first?.spot
            findings.append(
                Problem(
                    .error,
                    "HP313",
                    shouldMatch
                        ? "the rule does not find its own example" : "the rule finds what it says it should not",
                    at: text.spot,
                    labels: source.map { [Label($0, shouldMatch ? "finds nothing in it" : "finds it")] } ?? [],
                    help: ["correct the rule, or the \(shouldMatch ? "example" : "counterexample")"]
                )
            )
        }
    }

    // MARK: HP801

    private static func headers(_ conditions: [HeaderCondition], _ survey: Survey, _ findings: inout [Problem]) {
        let matchers = conditions.flatMap { condition in condition.matchers.map { (condition.name.value, $0) } }
        for (name, matcher) in matchers where matcher.value.hasPrefix("re:") {
            let pattern = String(matcher.value.dropFirst(3))
            guard let tree = try? PatternTree(parsing: pattern) else { continue }
            if let risk = PatternSafety.risk(of: tree) {
                slow(Located(pattern, at: matcher.spot), risk, survey, &findings)
            }
            // The globs of a secret would be the secret in other words.
            guard !SecretField.holds(name), let globs = PatternGlobs.equal(to: pattern), !globs.isEmpty,
                !globs.contains("")
            else { continue }
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
