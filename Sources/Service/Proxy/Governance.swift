import Budgets
import Compiler
import Costs
import Decision
import Limits
import Providers
import RouteModel
import Routing
import Zones

/// What one snapshot says of budgets, limits and prices: names resolved to numbers of the books.
struct Governance: Sendable {
    /// A pool, with what its route needs to know of it.
    struct Pool: Sendable {
        let number: PoolNumber
        let name: String
        /// Tokens of an answer that has no `max_tokens`.
        let reservedOutput: Int
        /// Hundredths of a percent on top of the estimate.
        let margin: Int
        let accounting: RouteModel.Pool.Accounting
        /// When it is exhausted, local targets go on without it.
        let goesLocal: Bool
        /// When it is exhausted, requests wait for what becomes free (`on_exhausted: queue`).
        let waits: Bool
        /// It or a parent ends an answer that outgrows it.
        var cuts = false
        /// It or a parent counts tokens, or dollars.
        var countsTokens = false
        var countsMoney = false
        /// It and its parents, for a store that several proxies share.
        let chain: [PoolSettings]
    }

    /// Which budget pays for a route's requests; positions in `pools`.
    enum Choice: Sendable {
        case none
        case one(Int)
        case request(allowed: [String: Int], standard: Int?)
    }

    /// What a route's requests are bound by.
    struct Route: Sendable {
        var pool = Choice.none
        var limits: [LimitNumber] = []
        /// The same, for a store that several proxies share.
        var sharedLimits: [LimitSettings] = []
        var limitsTokens = false
        /// One of its limits or pools lets requests wait.
        var queues = false
        /// Who its limits tell apart.
        var subjects: [LimitSettings.Subject] = []

        var isFree: Bool {
            if case .none = pool { return limits.isEmpty }
            return false
        }
    }

    /// What a provider can take and asks for.
    struct Provider: Sendable {
        let limit: LimitNumber?
        let limitsTokens: Bool
        let prices: PriceTable
    }

    let books: Books
    let pools: [Pool]
    /// By name.
    let poolPositions: [String: Int]
    /// By position of the route in the program.
    let routes: [Route]
    /// By position.
    let providers: [Provider]
    /// Names of the limits that let requests wait (`on_limit: queue`).
    let queuedLimits: Set<String>
    /// Header fields that limits and pools tell clients apart by, in lower case.
    let countedFields: [String]
    /// Of targets that have prices of their own.
    private let targetPrices: [ObjectIdentifier: PriceTable]

    init(_ document: RouteDocument, _ program: Program, zones: [String: Zone], books: Books) {
        self.books = books
        // While a shared store does not answer, each proxy has its part (docs/state.md).
        let parts = document.state.onStoreError.value == .localShare ? document.state.replicas?.value ?? 1 : 1
        pools = Governance.pools(document, zones, books.pools, parts)
        poolPositions = Dictionary(pools.enumerated().map { ($1.name, $0) }) { first, _ in first }
        let positions = poolPositions
        let queuedLimits = Set(document.rateLimits.filter { $0.onLimit.value == .queue }.map(\.name.value))
        self.queuedLimits = queuedLimits
        let pools = self.pools
        let limits = Governance.limits(document, books.limits, parts)
        let byName = Dictionary(
            zip(zip(document.rateLimits, limits.routes), limits.shared).map { entry, shared in
                (entry.0.name.value, (number: entry.1, limit: entry.0, shared: shared))
            }
        ) { first, _ in first }
        routes = document.routes.filter(\.isEnabled).map { entry in
            var route = Route()
            let wanted = entry.settings.limits.compactMap { byName[$0.value] }
            route.limits = wanted.map(\.number)
            route.sharedLimits = wanted.map(\.shared)
            route.limitsTokens = wanted.contains { $0.limit.tokens != nil }
            route.queues = entry.settings.limits.contains { queuedLimits.contains($0.value) }
            route.subjects = wanted.map(\.limit).map { Governance.subject($0.by?.value ?? .global) }
            switch entry.settings.pool.value {
            case .none: break
            case .named(let name): route.pool = positions[name].map(Choice.one) ?? .none
            case .fromRequest(let allowed, let standard):
                let names = allowed.compactMap { name in positions[name.value].map { (name.value, $0) } }
                route.pool = .request(
                    allowed: Dictionary(names) { first, _ in first },
                    standard: standard.flatMap { positions[$0.value] }
                )
            }
            switch route.pool {
            case .none: break
            case .one(let pool): route.queues = route.queues || pools[pool].waits
            case .request(let allowed, let standard):
                let all = Array(allowed.values) + [standard].compactMap(\.self)
                route.queues = route.queues || all.contains { pools[$0].waits }
            }
            return route
        }
        providers = zip(document.providers, limits.providers).map { entry, number in
            Provider(limit: number, limitsTokens: entry.tokens != nil, prices: PriceTable(entry))
        }
        targetPrices = Governance.targetPrices(program, providers)
        countedFields = Governance.countedFields(document)
    }

    private static func countedFields(_ document: RouteDocument) -> [String] {
        var names: Set<String> = []
        for limit in document.rateLimits { if case .header(let name) = limit.by?.value { names.insert(name) } }
        for pool in document.pools { if case .header(let name) = pool.per.value { names.insert(name) } }
        return names.sorted()
    }

    /// The prices of a target, where they are not its provider's.
    func prices(of target: Target) -> PriceTable? {
        target.prices.isEmpty ? nil : targetPrices[ObjectIdentifier(target)]
    }

    /// What a model costs at a target; nil when nobody knows.
    func price(of target: Target, _ model: [UInt8]) -> Price? {
        (prices(of: target) ?? providers[target.provider].prices).price(of: model)
    }

    private static func targetPrices(_ program: Program, _ providers: [Provider]) -> [ObjectIdentifier: PriceTable] {
        var tables: [ObjectIdentifier: PriceTable] = [:]
        for route in program.routes {
            guard case .forward(let plans) = route.action else { continue }
            for target in plans.flatMap(\.tiers).flatMap(\.targets) where !target.prices.isEmpty {
                tables[ObjectIdentifier(target)] = providers[target.provider].prices.below(target.prices)
            }
        }
        return tables
    }

    // MARK: Settings of the books

    private static func pools(
        _ document: RouteDocument,
        _ zones: [String: Zone],
        _ book: PoolBook,
        _ parts: Int
    ) -> [Pool] {
        let settings = document.pools.map { pool in
            var settings = PoolSettings(pool.name.value)
            func allowance(_ rate: Located<Rate>?) -> PoolSettings.Allowance? {
                guard let rate = rate?.value else { return nil }
                let zone = zones[pool.zone.value] ?? .utc
                return PoolSettings.Allowance(
                    rate.amount,
                    Window(rate.unit, zone: zone, isSliding: pool.isSliding.value)
                )
            }
            settings.tokens = allowance(pool.tokens)
            settings.nanodollars = allowance(pool.usd)
            settings.requests = allowance(pool.requests)
            settings.per = pool.per.value
            settings.parent = pool.parent?.value
            settings.cuts = pool.overrun.value == .cut
            return settings
        }
        let byName = Dictionary(settings.map { ($0.name, $0) }) { first, _ in first }
        let own = settings.map { $0.part(of: parts) }
        return zip(document.pools, book.apply(own)).map { pool, number in
            var chain: [PoolSettings] = []
            var above: PoolSettings? = byName[pool.name.value]
            while let current = above, chain.count < PoolBook.depthLimit {
                chain.append(current)
                above = current.parent.flatMap { byName[$0] }
            }
            var made = Pool(
                number: number,
                name: pool.name.value,
                reservedOutput: pool.reservedOutput.value,
                margin: pool.reserveMargin.value,
                accounting: pool.accounting.value,
                goesLocal: pool.onExhausted.value == .local,
                waits: pool.onExhausted.value == .queue,
                chain: chain
            )
            for current in chain {
                made.cuts = made.cuts || current.cuts
                made.countsTokens = made.countsTokens || current.tokens != nil
                made.countsMoney = made.countsMoney || current.nanodollars != nil
            }
            return made
        }
    }

    /// Route limits have their names; providers' are told from them by a character that no name has.
    private static func limits(
        _ document: RouteDocument,
        _ book: LimitBook,
        _ parts: Int
    ) -> (routes: [LimitNumber], shared: [LimitSettings], providers: [LimitNumber?]) {
        func flow(_ rate: Located<Rate>?) -> LimitSettings.Flow? {
            rate.map { LimitSettings.Flow($0.value.amount, perSeconds: $0.value.unit.seconds) }
        }
        var settings = document.rateLimits.map { limit in
            var settings = LimitSettings(limit.name.value, by: subject(limit.by?.value ?? .global))
            settings.requests = flow(limit.requests)
            settings.tokens = flow(limit.tokens)
            settings.concurrent = limit.concurrent?.value
            settings.burst = limit.burst?.value
            settings.isSliding = limit.algorithm.value == .sliding
            return settings
        }
        let shared = settings
        settings = settings.map { $0.part(of: parts) }
        let count = settings.count
        var places: [Int?] = []
        for provider in document.providers {
            // How many it answers at a time is the queue's business (docs/queue.md).
            guard provider.requests != nil || provider.tokens != nil else {
                places.append(nil)
                continue
            }
            places.append(settings.count)
            var limit = LimitSettings(providerPrefix + provider.name.value, by: .global)
            limit.requests = flow(provider.requests)
            limit.tokens = flow(provider.tokens)
            settings.append(limit)
        }
        let numbers = book.apply(settings)
        return (Array(numbers.prefix(count)), shared, places.map { place in place.map { numbers[$0] } })
    }

    static let providerPrefix = "provider:"

    private static func subject(_ subject: RateLimit.Subject) -> LimitSettings.Subject {
        switch subject {
        case .key: .key
        case .tenant: .tenant
        case .ip: .ip
        case .global: .global
        case .header(let name): .header(name)
        }
    }
}
