import Compiler
import Decision
import Routing

/// A request that the proxy makes on behalf of another, on the way of every request: what was decided about that one
/// holds for it as well.
///
/// So class and tags of whoever is asked are compared with those of the request it is made for, whatever its own text
/// would come to.
final class Errand: Sendable {
    /// Its positions are this snapshot's, and of no use in another.
    let snapshot: Snapshot
    let route: Int
    let planNumber: Int
    /// Who is asked.
    let plan: Plan
    let level: Level
    let tags: UInt64
    /// Position of the budget that pays.
    let pool: Int?

    init(for request: RoutedRequest, _ snapshot: Snapshot, plan: Plan, pool: Int?) {
        self.snapshot = snapshot
        route = request.route
        planNumber = request.planNumber
        self.plan = plan
        level = request.level
        tags = request.tags
        self.pool = pool
    }
}
