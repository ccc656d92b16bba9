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
    package var isIncomplete: Bool { isPartial || effort.isIncomplete }
    private let isPartial: Bool
    private let effort: Effort
    /// Values of lists that no request needs, of routes that are alive.
    package let deadValues: [DeadValue]
    /// Which classes can come to which targets, for every route, tier and target in order.
    package let flows: [Flow]
    private let witnesses: [Int: [Request?]]
    private let live: [Int]
    private let engine: Flows

    /// Looks at a whole document.
    ///
    /// - Parameters:
    ///   - document: what to look at.
    ///   - effort: steps that may be spent on it, later questions included.
    ///   - patterns: matches `re:` texts.
    package init(_ document: RouteDocument, effort: Effort = Effort(), patterns: @escaping PatternMatcher) {
        self.document = document
        self.effort = effort
        interpreter = Interpreter(document, patterns: patterns)
        let world = World([document], [], effort, patterns: patterns)
        var builder = BoxBuilder(world.universe)
        let scene = Scene(document, interpreter, &builder)
        // What could not be numbered may look like something else.
        if builder.universe.isOverfull { effort.stop() }
        var reachability = Reachability(scene, Search(world, builder.universe))
        let reaches = reachability.reaches()
        self.reaches = reaches
        uncovered = reachability.uncovered()
        let live = reaches.indices.filter { if case .alive = reaches[$0] { true } else { false } }
        var values = DeadValues(scene, reachability.search)
        deadValues = live.flatMap { values.values($0, reaches[$0].witness) }
        var flows = Flows(scene, values.search)
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
        engine = flows
        isPartial = scene.isPartial
    }

    /// Which routes requests can come to, and nothing else of what an analysis tells.
    package static func reaches(_ document: RouteDocument, patterns: @escaping PatternMatcher) -> [Reach] {
        let world = World([document], [], Effort(), patterns: patterns)
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
