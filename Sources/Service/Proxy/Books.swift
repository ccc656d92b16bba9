import Budgets
import Costs
import Limits

/// What must hold over all loops and reloads: what was spent, how fast each asks, what it cost.
///
/// Kept by names, outside of snapshots; the settings they go by are the newest that were read.
final class Books: Sendable {
    let pools = PoolBook()
    let limits = LimitBook()
    let costs: CostBook

    init() { costs = CostBook(sinceSeconds: Int(WallClock.seconds())) }
}
