import Analysis
import Report
import RouteModel
import Routing

/// What classes leave of a route: HP301 and HP303.
enum ClearanceRules {
    static func check(_ survey: Survey, _ analysis: Analysis, _ findings: inout [Problem]) {
        let privacy = survey.document.privacy
        let classes = Classes(privacy)
        for (position, route) in survey.liveRoutes where !route.tiers.isEmpty {
            let proved = analysis.levels(of: position)
            // A class that was not found is no proof that it does not come.
            let least =
                analysis.isIncomplete ? .public : Level.allCases.first { proved.contains(LevelSet($0)) } ?? .public
            let lowest = max(privacy.standard.value, classes.lowest(route.match), least)
            let targets = survey.targets(route)
            for (target, provider) in targets where target.group == nil && provider.clearance.value < lowest {
                useless(target, provider, route, lowest, survey, &findings)
            }
            guard let most = targets.map(\.provider.clearance.value).max() else { continue }
            let upper = route.match?.levels?.value.upperBound ?? .restricted
            let refused = classes.possible.filter {
                $0 > most && $0 >= lowest && $0 <= upper && proved.contains(LevelSet($0))
            }
            // Where the lowest class is refused, every target has been reported.
            guard let first = refused.first, most >= lowest || targets.contains(where: { $0.target.group != nil })
            else { continue }
            let isStandard = first == privacy.standard.value
            findings.append(
                Problem(
                    isStandard ? .warning : .note,
                    "HP303",
                    "\(Words.levels(refused)) requests to `\(route.name.value)` always end in 403",
                    at: route.actionSpot,
                    notes: ["its targets are cleared for \(most.word) content at most"]
                        + (isStandard ? ["\(first.word) is what requests are unless a rule says otherwise"] : []),
                    help: isStandard ? ["add a target that is cleared for \(first.word) content"] : []
                )
            )
        }
    }

    private static func useless(
        _ target: TargetEntry,
        _ provider: ProviderEntry,
        _ route: RouteEntry,
        _ lowest: Level,
        _ survey: Survey,
        _ findings: inout [Problem]
    ) {
        var labels: [Label] = []
        if let spot = route.match?.levels?.spot ?? route.match?.tags?.spot ?? survey.document.privacy.standard.spot {
            labels.append(Label(spot, "every request here is at least \(lowest.word)"))
        }
        if let spot = provider.clearance.spot { labels.append(Label(spot, "what it may see")) }
        let edits = survey.edits.removingItem(target.spot)
        findings.append(
            Problem(
                .error,
                "HP301",
                "`\(survey.name(target))` can never be used here: it is cleared for \(provider.clearance.value.word) content",
                at: target.spot,
                labels: labels,
                help: [
                    "remove it from this route, or clear the provider:  clearance: \(lowest.word)  with an `attest`"
                ],
                fix: edits.isEmpty ? nil : .unsafe,
                edits: edits
            )
        )
    }
}

/// The classes that requests may have, as far as a file tells.
struct Classes {
    /// In ascending order.
    let possible: [Level]
    private let lowestByTag: [String: Level]

    init(_ privacy: Privacy) {
        var lowest: [String: Level] = [:]
        var found: Set<Level> = [privacy.standard.value]
        for rule in privacy.rules {
            let level = rule.level?.value ?? .public
            lowest[rule.tag.value] = min(lowest[rule.tag.value] ?? .restricted, level)
            found.insert(level)
        }
        if privacy.rules.contains(where: \.hasContentSource) {
            found.formUnion([privacy.scanOver.value, privacy.scanOnError.value, privacy.scanOpaque.value])
        }
        lowestByTag = lowest
        // A client may raise its class to any.
        possible = Level.allCases.filter {
            $0 >= privacy.standard.value && (privacy.header.value != nil || found.contains($0))
        }
    }

    /// A class that every request a match takes has at least.
    func lowest(_ match: Match?) -> Level {
        guard let match else { return .public }
        var level = match.levels?.value.lowerBound ?? .public
        if let tags = match.tags {
            for tag in tags.all { level = max(level, lowestByTag[tag.value] ?? .public) }
            if let least = tags.any.map({ lowestByTag[$0.value] ?? .public }).min() { level = max(level, least) }
        }
        if let least = match.any?.map({ lowest($0) }).min() { level = max(level, least) }
        return level
    }
}
