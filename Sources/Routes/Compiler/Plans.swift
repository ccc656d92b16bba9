import Decision
import RouteModel
import Routing

/// Makes the plans of routes: four each, one for a class, and no two that say the same.
struct Plans {
    private let document: RouteDocument
    private let deniedTags: [UInt64]
    private var known: [[Shape]: [Plan]] = [:]

    /// What of a tier tells two plans apart, but for header fields.
    private struct Shape: Hashable {
        let strategy: Strategy
        let places: [Int]
        let models: [String?]
    }

    init(_ document: RouteDocument, _ words: Words) {
        self.document = document
        deniedTags = document.providers.map { words.mask(of: $0.denyTags) }
    }

    /// What a route does.
    mutating func action(of entry: RouteEntry) -> Route.Action {
        switch entry.action {
        case .deny(let status, let message): return .deny(status: status, message: message)
        case .forward(let tiers): return .forward(Level.allCases.map { plan(entry, tiers, $0) })
        }
    }

    /// The plan for a class: only targets that are on and cleared for it (`routes.md` 2.7, privacy lattice).
    ///
    /// A tier that loses all its targets stays, so that tiers keep their numbers.
    private mutating func plan(_ entry: RouteEntry, _ tiers: [TierEntry], _ level: Level) -> Plan {
        let kept = tiers.map { tier in
            tier.targets.filter { target in
                let provider = document.providers[target.provider]
                return provider.isEnabled && level <= provider.clearance.value
            }
        }
        let shapes = zip(tiers, kept).map { tier, targets in
            Shape(
                strategy: tier.strategy.value,
                places: targets.flatMap { [$0.provider, $0.weight.value, $0.group == nil ? 0 : 1] },
                models: targets.map(\.model)
            )
        }
        let plan = Plan(
            tiers: zip(tiers, kept).map { tier, targets in
                Tier(targets: targets.map(target), strategy: tier.strategy.value)
            },
            timeouts: entry.settings.timeouts,
            retry: entry.settings.retry,
            failover: entry.settings.failover,
            latency: entry.settings.latency,
            setHeaders: entry.setHeaders,
            removedHeaders: entry.removedHeaders
        )
        if let same = known[shapes]?.first(where: { isSame($0, plan) }) { return same }
        known[shapes, default: []].append(plan)
        return plan
    }

    private func target(_ entry: TargetEntry) -> Target {
        Target(
            provider: entry.provider,
            model: entry.model,
            weight: entry.weight.value,
            headers: entry.headers,
            isFromGroup: entry.group != nil,
            deniedTags: deniedTags[entry.provider]
        )
    }

    private func isSame(_ left: Plan, _ right: Plan) -> Bool {
        left.timeouts == right.timeouts && left.retry == right.retry && left.failover == right.failover
            && left.latency == right.latency && left.setHeaders == right.setHeaders
            && left.removedHeaders == right.removedHeaders
            && zip(left.tiers, right.tiers).allSatisfy { one, other in
                zip(one.targets, other.targets).allSatisfy { $0.headers == $1.headers }
            }
    }
}
