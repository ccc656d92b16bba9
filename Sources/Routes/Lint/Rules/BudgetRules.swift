import Report
import RouteModel
import Routing

/// Money and counts: HP601, HP602, HP603, HP604, HP605, HP606, HP608, HP609, HP610, HP611.
enum BudgetRules {
    static func check(_ survey: Survey, _ findings: inout [Problem]) {
        let pools = Dictionary(survey.document.pools.map { ($0.name.value, $0) }) { first, _ in first }
        unbounded(survey, &findings)
        shapes(survey, pools, &findings)
        for (_, route) in survey.liveRoutes where !route.tiers.isEmpty {
            prices(route, survey, pools, &findings)
            outage(route, survey, pools, &findings)
            reservation(route, survey, pools, &findings)
        }
        LimitRules.check(survey, &findings)
    }

    // MARK: HP601

    /// One finding for each provider: the file lacks a bound for it, however many routes lead there.
    private static func unbounded(_ survey: Survey, _ findings: inout [Problem]) {
        var free: [Int: TargetEntry] = [:]
        for (_, route) in survey.liveRoutes {
            guard case .none = route.settings.pool.value else { continue }
            for (target, provider) in survey.targets(route)
            where free[target.provider] == nil && Prices.isPaid(provider) { free[target.provider] = target }
        }
        for (position, provider) in survey.document.providers.enumerated() {
            guard let target = free[position] else { continue }
            let pool = survey.document.pools.first?.name.value
            findings.append(
                Problem(
                    .warning,
                    "HP601",
                    "nothing bounds what `\(provider.name.value)` may cost",
                    at: provider.name.spot,
                    labels: [Label(target.spot, "sent here without a pool")],
                    help: pool.map { ["draw on a pool, for all routes:  defaults: {pool: \($0)}"] }
                        ?? ["pools: {budget: {usd: 100/month}}  and  defaults: {pool: budget}"]
                )
            )
        }
    }

    // MARK: HP602, HP603, HP606 of the pool itself, HP609

    private static func shapes(_ survey: Survey, _ pools: [String: Pool], _ findings: inout [Problem]) {
        for pool in survey.document.pools {
            if pool.tokens == nil, pool.usd == nil, pool.requests == nil {
                findings.append(
                    Problem(
                        .error,
                        "HP602",
                        "the pool `\(pool.name.value)` bounds nothing",
                        at: pool.name.spot,
                        help: ["give it a quantity:  \(pool.name.value): {tokens: 2M/day}"]
                    )
                )
            }
            if let parent = pool.parent, let above = pools[parent.value] { larger(pool, above, &findings) }
            if let tokens = pool.tokens, pool.reservedOutput.value > tokens.value.amount {
                findings.append(
                    Problem(
                        .warning,
                        "HP606",
                        "one request reserves \(Words.count(pool.reservedOutput.value)) tokens, more than the whole pool",
                        at: pool.reservedOutput.spot ?? tokens.spot,
                        labels: pool.reservedOutput.spot == nil ? [] : [Label(tokens.spot, "all there is")],
                        notes: ["a request that names no `max_tokens` could never be admitted"],
                        help: ["reserve: {output: \(Words.count(max(1, tokens.value.amount / 10)))}"]
                    )
                )
            }
        }
        for limit in survey.document.rateLimits
        where limit.requests == nil && limit.tokens == nil && limit.concurrent == nil {
            findings.append(
                Problem(
                    .error,
                    "HP602",
                    "the rate limit `\(limit.name.value)` bounds nothing",
                    at: limit.name.spot,
                    help: ["give it a quantity:  \(limit.name.value): {by: key, requests: 600/min}"]
                )
            )
        }
        subjects(survey, &findings)
    }

    private static func larger(_ pool: Pool, _ parent: Pool, _ findings: inout [Problem]) {
        for (own, above, noun) in [
            (pool.tokens, parent.tokens, "tokens"), (pool.usd, parent.usd, "money"),
            (pool.requests, parent.requests, "requests"),
        ] {
            guard let own, let above else { continue }
            // a/u > b/v, without fractions.
            let (left, leftOver) = own.value.amount.multipliedReportingOverflow(by: above.value.unit.seconds)
            let (right, rightOver) = above.value.amount.multipliedReportingOverflow(by: own.value.unit.seconds)
            guard !leftOver, !rightOver, left > right else { continue }
            findings.append(
                Problem(
                    .warning,
                    "HP603",
                    "`\(pool.name.value)` has more \(noun) than its parent `\(parent.name.value)`, which runs out first",
                    at: own.spot,
                    labels: [Label(above.spot, "the parent's")],
                    help: ["keep the child's share within the parent's"]
                )
            )
        }
    }

    private static func subjects(_ survey: Survey, _ findings: inout [Problem]) {
        let auth = survey.document.auth
        guard !auth.isBearer.value else { return }
        var shared: [(spot: Spot, word: String)] = []
        for pool in survey.document.pools {
            guard let spot = pool.per.spot, let subject = pool.per.value else { continue }
            if subject == .key || subject == .tenant && auth.tenantHeader == nil {
                shared.append((spot, "per: \(subject.word)"))
            }
        }
        for limit in survey.document.rateLimits {
            guard let by = limit.by else { continue }
            if by.value == .key { shared.append((by.spot, "by: key")) }
            if by.value == .tenant, auth.tenantHeader == nil { shared.append((by.spot, "by: tenant")) }
        }
        for entry in shared {
            findings.append(
                Problem(
                    .warning,
                    "HP609",
                    "`\(entry.word)` is one for everyone: requests carry no key here",
                    at: entry.spot,
                    labels: auth.isBearer.spot.map { [Label($0, "nobody is asked who they are")] } ?? [],
                    help: ["give clients keys:  auth: {keys: {app: {token: env:APP_TOKEN}}}"]
                )
            )
        }
    }

    // MARK: HP604, HP605

    private static func prices(
        _ route: RouteEntry,
        _ survey: Survey,
        _ pools: [String: Pool],
        _ findings: inout [Problem]
    ) {
        for tier in route.tiers where tier.strategy.value == .cost && tier.targets.count > 1 {
            for target in tier.targets {
                guard let provider = survey.provider(target), provider.isEnabled,
                    !Prices.isKnown(target, provider, route, survey)
                else { continue }
                findings.append(
                    Problem(
                        .warning,
                        "HP604",
                        "`cost` cannot compare `\(survey.name(target))`: its price is not known",
                        at: target.spot,
                        labels: tier.strategy.spot.map { [Label($0, "the cheapest is picked")] } ?? [],
                        help: ["tell it, in USD per million tokens:  price: {input: 0.5, output: 1.5}"]
                    )
                )
            }
        }
        guard let money = money(of: route, pools) else { return }
        for (target, provider) in survey.targets(route) where !Prices.isKnown(target, provider, route, survey) {
            findings.append(
                Problem(
                    .error,
                    "HP605",
                    "`\(money.pool.name.value)` counts dollars, but the price of `\(survey.name(target))` is not known",
                    at: target.spot,
                    labels: [Label(money.usd.spot, "what it uses could not be charged here")],
                    help: [
                        "tell it, in USD per million tokens:  \(provider.name.value): {price: {input: 0.5, output: 1.5}}"
                    ]
                )
            )
        }
    }

    /// The first pool of a route's chain that counts money.
    private static func money(
        of route: RouteEntry,
        _ pools: [String: Pool]
    ) -> (pool: Pool, usd: Located<Rate>)? {
        guard case .named(var name) = route.settings.pool.value else { return nil }
        for _ in 0...pools.count {
            guard let pool = pools[name] else { return nil }
            if let usd = pool.usd { return (pool, usd) }
            guard let parent = pool.parent else { return nil }
            name = parent.value
        }
        return nil
    }

    // MARK: HP606 of a route, HP611

    private static func reservation(
        _ route: RouteEntry,
        _ survey: Survey,
        _ pools: [String: Pool],
        _ findings: inout [Problem]
    ) {
        guard case .named(let name) = route.settings.pool.value, let pool = pools[name],
            let most = route.settings.maxTokens.value, let spot = route.settings.maxTokens.spot,
            most / 16 > pool.reservedOutput.value
        else { return }
        findings.append(
            Problem(
                .warning,
                "HP606",
                "`\(name)` reserves \(Words.count(pool.reservedOutput.value)) tokens for answers that may have "
                    + Words.count(most),
                at: spot,
                labels: [Label(pool.reservedOutput.spot ?? pool.name.spot, "far less is set aside")],
                notes: ["requests in flight together may overdraw the pool by that much each"],
                help: ["reserve: {output: \(Words.count(most / 4))}"]
            )
        )
    }

    /// A shared budget that runs out takes every tier with it: none of them stands outside.
    private static func outage(
        _ route: RouteEntry,
        _ survey: Survey,
        _ pools: [String: Pool],
        _ findings: inout [Problem]
    ) {
        guard case .named(let name) = route.settings.pool.value, let pool = pools[name] else { return }
        let targets = survey.targets(route)
        if pool.onExhausted.value == .local {
            if let last = targets.last, !targets.contains(where: \.provider.isLocal) {
                findings.append(
                    Problem(
                        .warning,
                        "HP611",
                        "when `\(name)` is used up, `\(route.name.value)` has no local target to go on with",
                        at: last.target.spot,
                        labels: pool.onExhausted.spot.map { [Label($0, "asks for one")] } ?? [],
                        help: ["add the group:  local"]
                    )
                )
            }
            return
        }
        guard pool.onExhausted.spot == nil, pool.per.value == nil, route.tiers.count > 1, let last = targets.last
        else { return }
        findings.append(
            Problem(
                .warning,
                "HP611",
                "when `\(name)` is used up, every fallback of `\(route.name.value)` stops with it",
                at: last.target.spot,
                labels: [Label(pool.name.spot, "shared by everyone")],
                help: [
                    "go on with what costs nothing:  on_exhausted: local",
                    "or say that it is meant:  on_exhausted: deny",
                ]
            )
        )
    }
}
