import Synchronization

/// Which row of the counters belongs to which name: rows outlive the route file, so that a reload resets no counter.
///
/// A name keeps its row as long as the process runs, in use or not. Any thread.
package final class CounterRows: Sendable {
    private struct Table {
        var rows: [String: Int] = [:]
        var names: [String] = []

        mutating func row(_ name: String) -> Int {
            if let row = rows[name] { return row }
            rows[name] = names.count
            names.append(name)
            return names.count - 1
        }
    }

    /// What was spent, by name as well.
    let books = Books()
    private let providerTable = Mutex(Table())
    private let routeTable = Mutex(Table())
    private let keyTable = Mutex(Table())

    /// No name yet but that of requests without a route, which is no name that a route may have.
    package init() { _ = route("none") }

    /// The row of requests that no route took.
    static let noRoute = 0

    /// The row of a provider's counters.
    func provider(_ name: String) -> Int { providerTable.withLock { $0.row(name) } }

    /// The row of a route's counters.
    func route(_ name: String) -> Int { routeTable.withLock { $0.row(name) } }

    /// The row of a key's counters.
    func key(_ name: String) -> Int { keyTable.withLock { $0.row(name) } }

    /// Keys by row.
    var keyNames: [String] { keyTable.withLock { $0.names } }

    /// Providers by row.
    var providerNames: [String] { providerTable.withLock { $0.names } }

    /// Routes by row.
    var routeNames: [String] { routeTable.withLock { $0.names } }
}
