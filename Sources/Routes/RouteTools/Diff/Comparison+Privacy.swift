import Analysis
import RouteModel
import Routing

extension Comparison {
    /// One entry for all labels of a provider, and one for all providers with the same labels.
    mutating func mergeReaches() {
        var merged: [Reach] = []
        for reach in reaches {
            let known = merged.firstIndex { $0.isOpened == reach.isOpened && $0.providers == reach.providers }
            if let known { merged[known].labels += reach.labels } else { merged.append(reach) }
        }
        reaches = []
        for reach in merged {
            let known = reaches.firstIndex { $0.isOpened == reach.isOpened && $0.labels == reach.labels }
            if let known { reaches[known].providers += reach.providers } else { reaches.append(reach) }
        }
    }

    /// Decides requests made from both documents' labels, aliases and header words under both.
    mutating func comparePool(
        _ old: RouteDocument,
        _ new: RouteDocument,
        _ analyses: (Analysis, Analysis),
        _ explainer: Explainer,
        _ patterns: @escaping PatternMatcher
    ) {
        let pool = DifferencePool(old, new, patterns: patterns).findings(seeds(analyses))
        // With the same labels on both sides the proofs have seen every request.
        if !pool.isComplete, !Difference.isLabellingSame(old, new) {
            let limit = Words.grouped(DifferencePool.limit)
            gaps.append("the labels differ, and only the first \(limit) requests made to show it were asked about")
        }
        var groups: [DifferencePool.Group: [DifferencePool.Finding]] = [:]
        var order: [DifferencePool.Group] = []
        for finding in pool.all {
            if groups[finding.group] == nil { order.append(finding.group) }
            groups[finding.group, default: []].append(finding)
        }
        for group in order {
            let all = groups[group] ?? []
            let requests = pool.requests[group] ?? []
            if group.cause.isEmpty {
                let pairs = Dictionary(grouping: all.map(\.change)) { [$0.oldRoute, $0.newRoute] }
                var order: [[Int?]] = []
                for change in all.map(\.change) where !order.contains([change.oldRoute, change.newRoute]) {
                    order.append([change.oldRoute, change.newRoute])
                }
                for pair in order { addWay(pairs[pair] ?? [], [], old, new, explainer) }
            } else {
                addWay(all.map(\.change), requests, old, new, explainer)
            }
            let weaker = all.filter { $0.fell || !unknown($0).isEmpty }
            guard let first = weaker.first(where: { !$0.opened.isEmpty }) ?? weaker.first else { continue }
            loosenings.append(
                Loosening(
                    requests: requests,
                    oldClass: first.change.before.level.word,
                    newClass: first.change.after.level.word,
                    providers: Set(weaker.flatMap(unknown)).sorted(),
                    count: weaker.count,
                    before: Self.words(first.change.before, old),
                    after: Self.words(first.change.after, new),
                    witness: DiffWitness.words(first.change.witness, explainer, old, new)
                )
            )
        }
    }

    /// Requests that come to routes, of every class.
    private func seeds(_ analyses: (Analysis, Analysis)) -> [Request] {
        var seeds: [Request] = []
        for analysis in [analyses.0, analyses.1] {
            for route in analysis.document.routes.indices {
                for level in Level.allCases {
                    guard let seed = analysis.witness(of: route, level: level) else { continue }
                    if !seeds.contains(seed) { seeds.append(seed) }
                }
            }
        }
        return seeds
    }

    /// Providers that a finding opens, those aside that are told of by class and tag already.
    private func unknown(_ finding: DifferencePool.Finding) -> [String] {
        finding.opened.filter { name in
            finding.fell || !reaches.contains { $0.isOpened && $0.providers.contains(name) }
        }
    }

    /// One way for all that a cause sends elsewhere, those aside that the proofs have found.
    private mutating func addWay(
        _ changes: [Change],
        _ requests: [String],
        _ old: RouteDocument,
        _ new: RouteDocument,
        _ explainer: Explainer
    ) {
        let fresh = changes.filter { change in
            let (before, after) = (Self.words(change.before, old), Self.words(change.after, new))
            let shape = Self.shape(change, old, new)
            return before != after
                && !ways.contains { $0.before == before && $0.after == after || $0.shape == shape }
        }
        guard let first = fresh.first else { return }
        let witness = DiffWitness.words(first.witness, explainer, old, new)
        let isPlain = first.requests == ["every request"]
        touchedRoutes.formUnion(fresh.compactMap(\.newRoute).map { new.routes[$0].name.value })
        ways.append(
            Way(
                requests: !requests.isEmpty ? requests : isPlain ? first.requests : [witness],
                before: Self.words(first.before, old),
                after: Self.words(first.after, new),
                oldRoute: first.oldRoute.map { old.routes[$0].name.value },
                newRoute: first.newRoute.map { new.routes[$0].name.value },
                witness: witness,
                count: fresh.count
            )
        )
    }

    /// What rules replaced in the text of requests, and none does any more: it goes on as it is.
    static func unveilings(_ old: RouteDocument, _ new: RouteDocument) -> [String] {
        func sources(_ rule: PrivacyRule) -> [String] {
            rule.builtins.map { "`\($0.value)`" } + (rule.pattern.map { ["`\($0.value)` \(rule.flags)"] } ?? [])
        }
        let kept = Set(new.privacy.rules.filter { $0.replacement != nil }.flatMap(sources))
        let open = Set(new.routes.filter { $0.settings.scanResponses.value == .none }.map(\.name.value))
        let unread = old.routes.filter { $0.settings.scanResponses.value != .none && open.contains($0.name.value) }
        return unread.map { "answers of route `\($0.name.value)` are not read any more: less private" }
            + old.privacy.rules.compactMap { rule in
                guard let replacement = rule.replacement else { return nil }
                let lost = sources(rule).filter { !kept.contains($0) }.map {
                    $0.hasSuffix(" ") ? String($0.dropLast()) : $0
                }
                guard !lost.isEmpty else { return nil }
                return
                    "what \(lost.joined(separator: ", ")) finds goes on as it is (was: replaced by \(replacement)): less private"
            }
    }
}
