import Analysis
import Report

/// Every rule that looks at a whole configuration.
package enum Rules {
    /// What the rules find, in no order.
    ///
    /// - Parameters:
    ///   - unit: the file.
    ///   - effort: what the proofs about it may cost.
    /// - Returns: the findings; HP890 among them when the effort did not suffice.
    package static func all(_ unit: LintUnit, effort: Effort = Effort()) -> [Problem] {
        let sources = Dictionary(unit.loaded.files.map { ($0.path, $0.source) }) { first, _ in first }
        let analysis = Analysis(unit.document, effort: effort, patterns: unit.patterns)
        let dead = analysis.reaches.indices.filter { position in
            switch analysis.reaches[position] {
            case .dead, .empty: true
            case .alive, .disabled, .unknown: false
            }
        }
        let survey = Survey(
            unit.document,
            sources: sources,
            resolves: unit.resolves,
            dead: Set(dead)
        )
        var found: [Problem] = []
        NameRules.check(survey, &found)
        PrivacySettingRules.check(survey, &found)
        ClearanceRules.check(survey, analysis, &found)
        MatchRules.check(survey, &found)
        ReachRules.check(survey, analysis, &found)
        FlowRules.check(survey, analysis, &found)
        ReachRules.checkCompleteness(survey, analysis, &found)
        ModelRules.check(survey, &found)
        ResilienceRules.check(survey, &found)
        BudgetRules.check(survey, &found)
        PatternRules.check(survey, &found)
        StyleRules.check(survey, &found)
        SecurityRules.check(survey, &found)
        ResolveRules.check(survey, &found)
        DefaultRules.check(unit.loaded.files, survey, &found)
        return Aftermath(unit.loaded, unit.document).kept(found)
    }
}
