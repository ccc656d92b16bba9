import Decision
import RouteModel
import Routing

/// Makes the plans of routes: four each, one for a class, and no two that say the same.
struct Plans {
    private let deniedTags: [UInt64]
    /// The highest class that each provider may have; nil for one that is off.
    private let highest: [Level?]
    /// The most tokens of an answer that each provider lets be asked for.
    private let maxTokens: [Int?]
    /// For each class the position of an earlier one that the same providers may have.
    private let likeEarlier: [Int?]
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
        let prices: [TargetPrice]
    }

    init(_ document: RouteDocument, _ words: Words) {
        let highest = document.providers.map { $0.isEnabled ? $0.clearance.value : nil }
        self.highest = highest
        maxTokens = document.providers.map { $0.maxTokens?.value }
        let limits = Set(highest.compactMap(\.self))
        likeEarlier = Level.allCases.indices.map { position in
            // Between two neighbours nothing changes where no provider's clearance ends at the lower one.
            position > 0 && !limits.contains(Level.allCases[position - 1]) ? position - 1 : nil
        }
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
                removedHeaders: entry.removedHeaders,
                usage: entry.settings.usage,
                context: entry.settings.context
            )
            let number = settings.lastIndex { Self.isSame($0, draft) } ?? settings.count
            if number == settings.count { settings.append(draft) }
            let most = entry.settings.maxTokens.value
            var plans: [Plan] = []
            for (level, alike) in zip(Level.allCases, likeEarlier) {
                plans.append(alike.map { plans[$0] } ?? plan(tiers, number, level, most))
            }
            return .forward(plans)
        }
    }

    /// The plan for a class: only targets that are on and cleared for it (`routes.md` 2.7, privacy lattice).
    ///
    /// A tier that loses all its targets stays, so that tiers keep their numbers.
    private mutating func plan(_ tiers: [TierEntry], _ number: Int, _ level: Level, _ most: Int?) -> Plan {
        let shape = shape(tiers, number, level, most)
        if let same = known[shape]?.first(where: { hasHeaders($0, tiers, level) }) { return same }
        let draft = settings[number]
        let plan = Plan(
            tiers: tiers.map { tier in
                Tier(
                    targets: tier.targets.filter { isOpen($0.provider, level) }.map { target($0, most) },
                    strategy: tier.strategy.value
                )
            },
            timeouts: draft.timeouts,
            retry: draft.retry,
            failover: draft.failover,
            latency: draft.latency,
            setHeaders: draft.setHeaders,
            removedHeaders: draft.removedHeaders,
            usage: draft.usage,
            context: draft.context
        )
        known[shape, default: []].append(plan)
        return plan
    }

    private func isOpen(_ provider: Int, _ level: Level) -> Bool { highest[provider].map { level <= $0 } ?? false }

    private func shape(_ tiers: [TierEntry], _ number: Int, _ level: Level, _ most: Int?) -> Shape {
        var places: [Int] = []
        var prices: [TargetPrice] = []
        var models: [String?] = []
        for tier in tiers {
            let start = places.count
            places.append(0)
            for target in tier.targets where isOpen(target.provider, level) {
                places[start] += 1
                places.append(target.provider)
                places.append(target.weight.value)
                places.append(target.group == nil ? 0 : 1)
                places.append(limit(target, most) ?? 0)
                places.append(target.prices.count)
                prices += target.prices.map(\.ofTarget)
                models.append(target.model)
            }
        }
        return Shape(
            settings: number,
            strategies: tiers.map(\.strategy.value),
            places: places,
            models: models,
            prices: prices
        )
    }

    /// The least of what target, route and provider let an answer have.
    private func limit(_ entry: TargetEntry, _ most: Int?) -> Int? {
        [entry.maxTokens?.value, most, maxTokens[entry.provider]].compactMap(\.self).min()
    }

    private func target(_ entry: TargetEntry, _ most: Int?) -> Target {
        Target(
            provider: entry.provider,
            model: entry.model,
            weight: entry.weight.value,
            headers: entry.headers,
            isFromGroup: entry.group != nil,
            deniedTags: deniedTags[entry.provider],
            maxTokens: limit(entry, most),
            prices: entry.prices.map(\.ofTarget)
        )
    }

    private static func isSame(_ left: Plan, _ right: Plan) -> Bool {
        left.timeouts == right.timeouts && left.failover == right.failover && left.latency == right.latency
            && left.setHeaders == right.setHeaders && left.removedHeaders == right.removedHeaders
            && left.retry == right.retry && left.usage == right.usage
            && left.context == right.context
    }

    private func hasHeaders(_ plan: Plan, _ tiers: [TierEntry], _ level: Level) -> Bool {
        zip(plan.tiers, tiers).allSatisfy { tier, entry in
            let kept = entry.targets.lazy.filter { isOpen($0.provider, level) }
            return zip(tier.targets, kept).allSatisfy { $0.headers == $1.headers }
        }
    }
}

extension ProviderEntry.Price {
    /// The same in a plan.
    fileprivate var ofTarget: TargetPrice {
        TargetPrice(
            pattern: pattern?.value,
            input: input,
            output: output,
            cached: cached,
            cacheWrite: cacheWrite,
            reasoning: reasoning
        )
    }
}
