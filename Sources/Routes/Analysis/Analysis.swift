import Interpreter
import RouteModel
import Routing

/// Proofs about a document: what holds for every request that could come (`routes.md` 3.8).
///
/// Universal claims are decided over a superset of the requests that can come, so they are never wrong; examples are
/// replayed through the interpreter, so they are never imagined.
package struct Analysis: Sendable {
    package let document: RouteDocument
    package let interpreter: Interpreter
    /// One for each of `document.routes`.
    package let reaches: [Reach]
    /// A request that no route takes; nil when there is none, or it could not be told.
    package let uncovered: Request?
    /// True when a limit was hit and something is `unknown` (HP890).
    package let isIncomplete: Bool
    /// Values of lists that no request needs, of routes that are alive.
    package let deadValues: [DeadValue]
    /// Which classes can come to which targets, for every route, tier and target in order.
    package let flows: [Flow]
    private let witnesses: [Int: [Request?]]
    private let live: [Int]
    private let engine: Flows

    /// Looks at a whole document.
    package init(_ document: RouteDocument, patterns: @escaping PatternMatcher) {
        self.document = document
        interpreter = Interpreter(document, patterns: patterns)
        let world = World([document], patterns: patterns)
        var builder = BoxBuilder(world.universe)
        let scene = Scene(document, interpreter, &builder)
        var reachability = Reachability(scene, Search(world, builder.universe))
        let reaches = reachability.reaches()
        self.reaches = reaches
        uncovered = reachability.uncovered()
        let live = reaches.indices.filter { if case .alive = reaches[$0] { true } else { false } }
        var search = Self.fresh(reachability.search)
        var values = DeadValues(scene, search)
        deadValues = live.flatMap { values.values($0, reaches[$0].witness) }
        search = Self.fresh(values.search)
        var flows = Flows(scene, search)
        var witnesses: [Int: [Request?]] = [:]
        var all: [Flow] = []
        for route in live {
            let found = flows.witnesses(route, reaches[route].witness)
            witnesses[route] = found
            all += flows.flows(route, found)
        }
        self.flows = all
        self.witnesses = witnesses
        self.live = live
        flows.search = Self.fresh(flows.search)
        engine = flows
        isIncomplete = flows.search.isIncomplete || scene.isPartial || builder.universe.isOverfull
    }

    /// Which routes requests can come to, and nothing else of what an analysis tells.
    package static func reaches(_ document: RouteDocument, patterns: @escaping PatternMatcher) -> [Reach] {
        let world = World([document], patterns: patterns)
        var builder = BoxBuilder(world.universe)
        let scene = Scene(document, Interpreter(document, patterns: patterns), &builder)
        var reachability = Reachability(scene, Search(world, builder.universe))
        return reachability.reaches()
    }

    /// Classes that requests of a route can have, given `privacy` and the routes before it.
    package func levels(of route: Int) -> LevelSet {
        zip(Level.allCases, witnesses[route] ?? []).reduce(into: []) { set, pair in
            if pair.1 != nil { set.insert(LevelSet(pair.0)) }
        }
    }

    /// A request of that class that comes to the route.
    package func witness(of route: Int, level: Level) -> Request? { witnesses[route]?[Int(level.rawValue)] }

    /// A request with that tag that may be sent to the provider.
    package func witness(tag: String, provider: Int) -> Request? {
        var engine = engine
        return engine.witness(tag: tag, provider: provider)
    }

    /// Requests that `deny_tags` leaves without a target, at most one for each route.
    package var starvations: [Starvation] {
        var engine = engine
        return live.compactMap { engine.starvation($0) }
    }

    /// Whether the target can serve any model and endpoint that its route can match; nil when that cannot be told.
    package func serves(route: Int, tier: Int, target: Int) -> Bool? {
        guard case .alive = reaches[route] else { return nil }
        let entry = document.routes[route].tiers[tier].targets[target]
        // One that is known to be sent there needs no search.
        if let known = witnesses[route],
            known.contains(where: { $0.map { interpreter.serves(entry, $0) } ?? false })
        {
            return true
        }
        var engine = engine
        return engine.serves(route, entry)
    }

    /// Upstream tries at most for one request of the route: retries, tiers and hedges under `failover.max_tries`.
    package func worstTries(of route: Int) -> Int {
        min(unboundedTries(of: route), document.routes[route].settings.failover.maxTries)
    }

    /// The same before `failover.max_tries` cuts it.
    package func unboundedTries(of route: Int) -> Int {
        Tries.most(document.routes[route], tiers: document.routes[route].tiers.map(\.targets.count))
    }

    /// Time after which the last tier has had its first try, when every earlier one timed out.
    package func timeoutSumMilliseconds(of route: Int) -> Int {
        let entry = document.routes[route]
        return entry.tiers.count * entry.settings.timeouts.firstByteMilliseconds
    }

    /// The work of one question does not count for the next.
    private static func fresh(_ search: Search) -> Search {
        var search = search
        search.work = 0
        return search
    }
}

/// How often a request can be tried.
enum Tries {
    /// Tries over tiers with so many targets each; a tier without any is passed over.
    static func most(_ route: RouteEntry, tiers: [Int]) -> Int {
        let hedges = route.settings.hedge.value?.max ?? 1
        return zip(route.tiers, tiers).reduce(0) { sum, pair in
            if pair.1 == 0 { return sum }
            return sum + (pair.0.strategy.value == .direct ? 1 : (route.settings.retry.attempts + 1) * hedges)
        }
    }
}
