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

    /// Looks at a whole document.
    package init(_ document: RouteDocument, patterns: @escaping PatternMatcher) {
        self.document = document
        interpreter = Interpreter(document, patterns: patterns)
        let world = World([document], patterns: patterns)
        var builder = BoxBuilder(world.universe)
        let scene = Scene(document, interpreter, &builder)
        var reachability = Reachability(scene, Search(world, builder.universe))
        reaches = reachability.reaches()
        uncovered = reachability.uncovered()
        isIncomplete = reachability.search.isIncomplete || scene.isPartial || builder.universe.isOverfull
        deadValues = []
        flows = []
    }

    /// Classes that requests of a route can have, given `privacy` and the routes before it.
    package func levels(of route: Int) -> LevelSet { .all }

    /// A request of that class that comes to the route.
    package func witness(of route: Int, level: Level) -> Request? { nil }

    /// A request with that tag that may be sent to the provider.
    package func witness(tag: String, provider: Int) -> Request? { nil }

    /// Requests that `deny_tags` leaves without a target, at most one for each route.
    package var starvations: [Starvation] { [] }

    /// Whether the target can serve any model and endpoint that its route can match; nil when that cannot be told.
    package func serves(route: Int, tier: Int, target: Int) -> Bool? { nil }

    /// Upstream tries at most for one request of the route: retries, tiers and hedges under `failover.max_tries`.
    package func worstTries(of route: Int) -> Int { 0 }

    /// The same before `failover.max_tries` cuts it.
    package func unboundedTries(of route: Int) -> Int { 0 }

    /// Time after which the last tier has had its first try, when every earlier one timed out.
    package func timeoutSumMilliseconds(of route: Int) -> Int { 0 }

    /// Decides a claim.
    package func prove(_ claim: Claim) -> Proof { .unknown }
}

/// What changes for requests between two documents, by effect (`routes.md` 5.2).
package enum Difference {
    /// The changes, in the order of the new document's routes; nil when there is too much to look at.
    package static func between(
        old: RouteDocument,
        new: RouteDocument,
        patterns: @escaping PatternMatcher
    ) -> [Change]? { nil }
}
