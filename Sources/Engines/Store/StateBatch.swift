import Budgets
import Costs

/// What has changed since a store was last written: of each line only how it stands now.
package struct StateBatch: Sendable {
    struct SpentKey: Hashable {
        let pool: String
        let subject: String
        let quantity: Quantity
    }

    private(set) var spent: [SpentKey: SpentRecord] = [:]
    /// Nil for a line that is no more.
    private(set) var costs: [CostKey: CostSum?] = [:]
    /// All lines of costs that were written before are no more.
    private(set) var isCostReset = false
    private(set) var costsSinceSeconds: Int?

    package init() {}

    /// Lines in it.
    package var count: Int { spent.count + costs.count + (isCostReset ? 1 : 0) }
    package var isEmpty: Bool { count == 0 }

    /// Puts newer lines in the place of older ones.
    package mutating func add(_ records: [SpentRecord]) {
        for record in records {
            spent[SpentKey(pool: record.pool, subject: record.subject, quantity: record.quantity)] = record
        }
    }

    /// Puts newer lines in the place of older ones.
    package mutating func add(_ changes: CostChanges) {
        if changes.isReset {
            isCostReset = true
            costs = [:]
        }
        costs.merge(changes.sums) { _, newer in newer }
        costsSinceSeconds = changes.sinceSeconds
    }
}
