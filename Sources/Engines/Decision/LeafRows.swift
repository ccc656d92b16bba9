import Routing

/// Works out the rows of a leaf of many entries.
struct LeafRows {
    private let items: [ProgramBuilder.Item]
    private let tables: ConditionTables
    private let words: Int
    /// For each condition that is open somewhere, the entries that have it open.
    private var users: [Int: [Int]] = [:]

    /// Entries that must share a condition before a row is kept for it.
    private static let sharers = 3

    init(_ items: [ProgramBuilder.Item], _ tables: ConditionTables, _ builder: ProgramBuilder) {
        self.items = items
        self.tables = tables
        words = (items.count + 63) / 64
        for (entry, item) in items.enumerated() {
            var found: [Int] = []
            builder.forEachOpen(item) { condition, _ in found.append(condition) }
            for condition in found { users[condition, default: []].append(entry) }
        }
    }

    /// Writes the rows, as far as the budget of words goes.
    mutating func leaf(_ entries: FlatRange, _ code: inout ProgramCode, _ budget: inout Int) -> BitLeaf {
        var leaf = BitLeaf()
        leaf.entries = entries
        leaf.words = UInt32(words)
        leaf.apis = rows(.api, API.allCases.count, &code, &budget)
        leaf.streams = rows(.stream, 2, &code, &budget)
        leaf.levels = rows(.level, Level.allCases.count, &code, &budget)
        let start = code.eliminations.count
        for condition in users.keys.sorted() {
            let sharing = users[condition] ?? []
            switch tables.conditions[condition].kind {
            case .api, .stream, .level: continue
            default: break
            }
            guard sharing.count >= Self.sharers, budget >= words else { continue }
            budget -= words
            code.eliminations.append(Elimination(condition: UInt32(condition), row: UInt32(code.words.count)))
            var row = [UInt64](repeating: 0, count: words)
            for entry in sharing { row[entry / 64] |= 1 << UInt64(entry % 64) }
            code.words += row
        }
        leaf.eliminations = FlatRange(start..<code.eliminations.count)
        return leaf
    }

    /// One row for each value: entries that the value does not rule out.
    private func rows(
        _ kind: Condition.Kind,
        _ values: Int,
        _ code: inout ProgramCode,
        _ budget: inout Int
    ) -> UInt32 {
        let asking = users.filter { tables.conditions[$0.key].kind == kind }
        guard !asking.isEmpty, budget >= values * words else { return BitLeaf.none }
        budget -= values * words
        let start = UInt32(code.words.count)
        for value in 0..<values {
            var row = [UInt64](repeating: .max, count: words)
            for (condition, sharing) in asking where tables.conditions[condition].first & (1 << UInt64(value)) == 0 {
                for entry in sharing { row[entry / 64] &= ~(1 << UInt64(entry % 64)) }
            }
            code.words += row
        }
        return start
    }
}
