import Decision
import Dialect
import Health
import RouteModel
import Routing

/// How things stand when a request comes: what a running proxy knows, or what a test says.
package struct Situation {
    /// Names of providers that count as down.
    package var down: Set<String> = []
    /// Average latency by provider, microseconds.
    package var latencies: [String: Int] = [:]
    /// Requests that a provider is serving.
    package var inFlight: [String: Int] = [:]
    /// What is used of pools.
    var used: [String: Budget.Amount] = [:]
    /// Rate limits without room.
    var spentLimits: Set<String> = []
}

/// What a client would get, and from where.
struct Prediction: Equatable {
    var status: Int
    /// The `error.code` of an answer that the proxy gives itself.
    var error: String?
    /// Tier and place in it of the target that is asked first.
    var first: Chosen?

    struct Chosen: Equatable {
        var tier: Int
        var member: Int
    }

    static func refused(_ status: Int, _ error: String) -> Prediction { Prediction(status: status, error: error) }
}

/// Foretells the answer to an explained request with the engines that the proxy itself uses.
struct Predictor {
    let explanation: Explanation
    let situation: Situation

    private var document: RouteDocument { explanation.document }

    /// What would happen, in the order of work of `routes.md` 2.7.
    func predict() -> Prediction {
        let model = explanation.request.model ?? ""
        if model.isEmpty, wantsModel { return .refused(400, "missing_model") }
        if let error = refusalOfKey { return .refused(403, error) }
        switch explanation.verdict.outcome {
        case .noRoute: return .refused(404, model.isEmpty ? "no_route" : "model_not_found")
        case .deny(let status, _): return .refused(status, "route_forbidden")
        case .forward: break
        }
        guard let route = explanation.route else { return .refused(404, "no_route") }
        // One that lets requests wait refuses them with the same word when nothing became free in time.
        if route.settings.limits.contains(where: { situation.spentLimits.contains($0.value) }) {
            return .refused(429, "rate_limit_exceeded")
        }
        guard explanation.hasTarget else { return refusalWithoutTarget() }
        return charge(route)
    }

    /// What the caller's key may not ask for or send (docs/identity.md).
    private var refusalOfKey: String? {
        let request = explanation.request
        guard document.auth.isBearer.value,
            let key = document.auth.keys.first(where: { $0.name.value == request.key })
        else { return nil }
        let isQuestion = request.api == .models && ["GET", "HEAD"].contains(request.method)
        if let models = key.models, !isQuestion {
            let names = [request.model, explanation.resolvedModel].compactMap { $0.map { Array($0.utf8) } }
            let globs = models.compactMap { try? Glob(parsing: $0.value) }
            let isAllowed = names.contains { name in !name.isEmpty && globs.contains { $0.matches(name.span) } }
            if !isAllowed { return "model_not_allowed" }
        }
        if let highest = key.maxLevel?.value, explanation.verdict.level > highest { return "class_not_allowed" }
        return nil
    }

    /// The server asks no route about a request that must name a model and does not.
    private var wantsModel: Bool {
        let request = explanation.request
        return request.method == "POST" && EndpointName(rawValue: request.api.rawValue)?.needsModel == true
    }

    /// 403 when privacy alone left no target; else nobody serves what is asked for.
    private func refusalWithoutTarget() -> Prediction {
        let kinds = explanation.tiers.joined().map { Set($0.obstacles.map(\.kind)) }
        // As the server does: some target would answer, were it not for class and tags.
        let isPrivate = kinds.contains { !$0.isEmpty && $0.isSubset(of: [.clearance, .tags]) }
        if isPrivate { return .refused(403, "privacy_no_target") }
        return .refused(404, (explanation.request.model ?? "").isEmpty ? "no_route" : "model_not_found")
    }

    private func charge(_ route: RouteEntry) -> Prediction {
        let budget = Budget(document: document)
        let planned = choose(localOnly: false)
        let target = planned.map { explanation.tiers[$0.tier][$0.member].target }
        for pool in budget.chain(of: route, requested: explanation.subject.draft.pool) {
            let amount = budget.reservation(explanation.subject, route, target, pool)
            let used = situation.used[pool.name.value] ?? Budget.Amount()
            if Budget.fits(amount, beside: used, in: pool) { continue }
            switch pool.onExhausted.value {
            case .deny, .queue: return .refused(429, "budget_exceeded")
            case .local:
                guard let local = choose(localOnly: true) else { return .refused(429, "budget_exceeded") }
                return Prediction(status: 200, first: local)
            }
        }
        guard let planned else { return .refused(503, "no_healthy_upstream") }
        return Prediction(status: 200, first: planned)
    }

    // MARK: The first target

    /// Tier by tier, as the proxy does; when all are down, once more without asking for health.
    private func choose(localOnly: Bool) -> Prediction.Chosen? {
        for ignoresHealth in [false, true] {
            if ignoresHealth, explanation.route?.settings.failover.panicTries != true { return nil }
            for tier in explanation.tiers.indices {
                let member = pick(tier) { member in
                    let provider = document.providers[member.target.provider]
                    let name = provider.name.value
                    if !member.obstacles.isEmpty || (localOnly && !provider.isLocal) { return false }
                    if let limit = provider.concurrent?.value, situation.inFlight[name, default: 0] >= limit {
                        return false
                    }
                    return ignoresHealth || !situation.down.contains(name) || strategy(tier) == .direct
                }
                if let member { return Prediction.Chosen(tier: tier, member: member) }
            }
        }
        return nil
    }

    private func strategy(_ tier: Int) -> Strategy {
        explanation.route?.tiers[tier].strategy.value ?? .priority
    }

    private func pick(_ tier: Int, _ isCandidate: (Explanation.Member) -> Bool) -> Int? {
        let members = explanation.tiers[tier]
        let open = members.indices.filter { isCandidate(members[$0]) }
        guard let first = open.first, open.count > 1, let route = explanation.route else { return open.first }
        if strategy(tier) == .cost { return cheapest(open, members, route) ?? first }
        let settings = route.settings.latency
        let plan = Tier(
            targets: members.map { member in
                Target(
                    provider: member.target.provider,
                    model: member.target.model,
                    weight: member.target.weight.value,
                    headers: [],
                    isFromGroup: member.target.group != nil
                )
            },
            strategy: strategy(tier)
        )
        var picker = TierPicker(targets: members.count)
        let candidates = open.map { index in
            TierPicker.Candidate(index: index, health: health(of: members[index], settings), cell: 0)
        }
        // Above every share of `explore`, so that the choice is the regular one.
        return picker.pick(plan, candidates, settings: settings, now: Self.now, dice: 9_999)
    }

    /// Any moment: everything was measured just now.
    private static let now: Int64 = 1_000_000_000

    private func health(of member: Explanation.Member, _ settings: LatencySettings) -> ProviderHealth {
        let name = document.providers[member.target.provider].name.value
        let health = ProviderHealth(
            ProviderHealth.Settings(
                passive: false,
                probes: false,
                unhealthyAfter: 1,
                healthyAfter: 1,
                restMilliseconds: 0
            )
        )
        for _ in 0..<min(situation.inFlight[name] ?? 0, 100_000) { health.began() }
        if let latency = situation.latencies[member.name] ?? situation.latencies[name] {
            health.latency.record(cell: 0, microseconds: Int64(latency), now: Self.now, settings: settings)
        }
        return health
    }

    private func cheapest(_ open: [Int], _ members: [Explanation.Member], _ route: RouteEntry) -> Int? {
        let pool = Pool(name: Located("", at: route.spot))
        let budget = Budget(document: document)
        let costs = open.map { index in
            (index, budget.reservation(explanation.subject, route, members[index].target, pool))
        }
        // A target without a price is no bargain.
        return costs.filter(\.1.isPriced).min { $0.1.nanoDollars < $1.1.nanoDollars }?.0
    }
}
