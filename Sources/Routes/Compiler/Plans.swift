import Decision
import RouteModel
import Routing

/// Makes the plans of routes: four each, one for a class, and no two that say the same.
struct Plans {
    private let document: RouteDocument
    private let deniedTags: [UInt64]
    private var known: [Shape: [Plan]] = [:]
    /// One plan for each of the settings seen so far: most routes have the same.
    private var settings: [Plan] = []

    /// What tells two plans apart, but for header fields.
    private struct Shape: Hashable {
        let settings: Int
        let strategies: [Strategy]
        /// For each tier the number of its targets, then provider, weight and origin of each.
        let places: [Int]
        let models: [String?]
    }

    init(_ document: RouteDocument, _ words: Words) {
        self.document = document
        deniedTags = document.providers.map { words.mask(of: $0.denyTags) }
    }

    /// What a route does.
    mutating func action(of entry: borrowing RouteEntry) -> Route.Action {
        switch entry.action {
        case .deny(let status, let message): return .deny(status: status, message: message)
        case .forward(let tiers):
            let draft = Plan(
                tiers: [],
                timeouts: entry.settings.timeouts,
                retry: entry.settings.retry,
                failover: entry.settings.failover,
                latency: entry.settings.latency,
                setHeaders: entry.setHeaders,
                removedHeaders: entry.removedHeaders
            )
            let number = settings.lastIndex { Self.isSame($0, draft) } ?? settings.count
            if number == settings.count { settings.append(draft) }
            return .forward(Level.allCases.map { plan(tiers, number, $0) })
        }
    }

    /// The plan for a class: only targets that are on and cleared for it (`routes.md` 2.7, privacy lattice).
    ///
    /// A tier that loses all its targets stays, so that tiers keep their numbers.
    private mutating func plan(_ tiers: [TierEntry], _ number: Int, _ level: Level) -> Plan {
        var places: [Int] = []
        var models: [String?] = []
        var kept: [[TargetEntry]] = []
        for tier in tiers {
            let targets = tier.targets.filter { target in
                let provider = target.provider
                return document.providers[provider].isEnabled
                    && level <= document.providers[provider].clearance.value
            }
            places.append(targets.count)
            for target in targets {
                places += [target.provider, target.weight.value, target.group == nil ? 0 : 1]
                models.append(target.model)
            }
            kept.append(targets)
        }
        let shape = Shape(
            settings: number,
            strategies: tiers.map(\.strategy.value),
            places: places,
            models: models
        )
        if let same = known[shape]?.first(where: { hasHeaders($0, kept) }) { return same }
        let draft = settings[number]
        let plan = Plan(
            tiers: zip(tiers, kept).map { tier, targets in
                Tier(targets: targets.map(target), strategy: tier.strategy.value)
            },
            timeouts: draft.timeouts,
            retry: draft.retry,
            failover: draft.failover,
            latency: draft.latency,
            setHeaders: draft.setHeaders,
            removedHeaders: draft.removedHeaders
        )
        known[shape, default: []].append(plan)
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

    private static func isSame(_ left: Plan, _ right: Plan) -> Bool {
        left.timeouts == right.timeouts && left.failover == right.failover && left.latency == right.latency
            && left.setHeaders == right.setHeaders && left.removedHeaders == right.removedHeaders
            && left.retry == right.retry
    }

    private func hasHeaders(_ plan: Plan, _ kept: [[TargetEntry]]) -> Bool {
        zip(plan.tiers, kept).allSatisfy { tier, targets in
            zip(tier.targets, targets).allSatisfy { $0.headers == $1.headers }
        }
    }
}
