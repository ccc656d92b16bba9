import Budgets
import Costs
import Foundation
import Store
import Testing

private func record(
    _ pool: String,
    _ subject: String,
    _ quantity: Quantity = .tokens,
    used: Int,
    end: Int = 2_000,
    parts: [Int] = []
) -> SpentRecord {
    SpentRecord(
        pool: pool,
        per: subject.isEmpty ? "" : "key",
        subject: subject,
        quantity: quantity,
        used: used,
        startMilliseconds: 1_000,
        endMilliseconds: end,
        parts: parts
    )
}

private func name(_ record: SpentRecord) -> String { "\(record.pool)|\(record.subject)|\(record.quantity)" }

@Suite struct JournalTests {
    @Test func `whatever is written in whatever batches is there after opening anew`() throws {
        for seed in 0..<30 {
            var dice = Dice(seed + 1)
            let folder = try JournalFolder()
            var spent: [String: SpentRecord] = [:]
            var costs: [CostKey: CostSum] = [:]
            var since: Int?
            var journal = try StateJournal(opening: folder.file())
            for _ in 0..<Int.random(in: 1...12, using: &dice) {
                var batch = StateBatch()
                for _ in 0..<Int.random(in: 0...3, using: &dice) {
                    var records: [SpentRecord] = []
                    for _ in 0..<Int.random(in: 0...20, using: &dice) {
                        let next = record(
                            ["a", "b", "größe"].randomElement(using: &dice) ?? "",
                            ["", "k1", "k\0x", "名前", "it's \"so\""].randomElement(using: &dice) ?? "",
                            Quantity.allCases.randomElement(using: &dice) ?? .tokens,
                            used: Int.random(in: 1...(1 << 60), using: &dice),
                            end: Int.random(in: 1...4_000, using: &dice) * 10,
                            parts: (0..<Int.random(in: 0...3, using: &dice)).map { $0 }
                        )
                        records.append(next)
                        spent[name(next)] = next
                    }
                    batch.add(records)
                    if let changes = changes(&dice, &costs) {
                        batch.add(changes)
                        since = changes.sinceSeconds
                    }
                }
                #expect(batch.isEmpty == (batch.count == 0))
                try journal.write(batch)
                guard Bool.random(using: &dice) else { continue }
                journal.close()
                journal = try StateJournal(opening: folder.file())
            }
            journal.close()
            let kept = try StateJournal(opening: folder.file()).read(nowMilliseconds: 20_000)
            let wanted = spent.filter { $0.value.endMilliseconds > 20_000 }.mapValues { record in
                var record = record
                record.startMilliseconds = min(record.startMilliseconds, record.endMilliseconds)
                return record
            }
            #expect(Dictionary(kept.spent.map { (name($0), $0) }) { $1 } == wanted, "seed \(seed)")
            #expect(kept.spent.count == wanted.count)
            #expect(Dictionary(kept.costs.map { ($0.key, $0.sum) }) { $1 } == costs, "seed \(seed)")
            #expect(kept.costsSinceSeconds == since)
        }
    }

    private func changes(_ dice: inout Dice, _ costs: inout [CostKey: CostSum]) -> CostChanges? {
        guard Bool.random(using: &dice) else { return nil }
        var changes = CostChanges(sinceSeconds: Int.random(in: 0...99_999, using: &dice))
        if Int.random(in: 0..<6, using: &dice) == 0 {
            changes.isReset = true
            costs = [:]
        }
        for _ in 0..<Int.random(in: 1...15, using: &dice) {
            let key = CostKey(
                day: Int.random(in: 20_000...20_003, using: &dice),
                provider: ["openai", "ollama"].randomElement(using: &dice) ?? "",
                model: ["m", "n"].randomElement(using: &dice) ?? "",
                key: ["", "app"].randomElement(using: &dice) ?? "",
                pool: ["", "a"].randomElement(using: &dice) ?? ""
            )
            var sum: CostSum?
            if Int.random(in: 0..<5, using: &dice) > 0 {
                var made = CostSum()
                made.requests = Int.random(in: 1...1_000, using: &dice)
                made.input = Int.random(in: 0...(1 << 60), using: &dice)
                made.cached = Int.random(in: 0...100, using: &dice)
                made.cacheWrite = Int.random(in: 0...100, using: &dice)
                made.output = Int.random(in: 0...100, using: &dice)
                made.reasoning = Int.random(in: 0...100, using: &dice)
                made.nanodollars = Int.random(in: 0...(1 << 60), using: &dice)
                made.unpriced = Int.random(in: 0...9, using: &dice)
                sum = made
            }
            changes.sums.updateValue(sum, forKey: key)
            costs[key] = sum
        }
        return changes
    }

    @Test func `a file is for its owner alone, and so is what stands beside it`() throws {
        let folder = try JournalFolder()
        let journal = try StateJournal(opening: folder.file())
        var batch = StateBatch()
        batch.add([record("a", "k", used: 1)])
        try journal.write(batch)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let mode = try FileManager.default.attributesOfItem(atPath: folder.file(name))[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(name)")
        }
        try journal.checkPlace()
        try FileManager.default.removeItem(atPath: folder.file())
        let trouble = #expect(throws: StateTrouble.self) { try journal.checkPlace() }
        #expect(trouble?.message == "\(folder.file()) is gone")
    }

    @Test func `nobody else opens a file that is open`() throws {
        let folder = try JournalFolder()
        let journal = try StateJournal(opening: folder.file())
        let trouble = #expect(throws: StateTrouble.self) { try StateJournal(opening: folder.file()) }
        #expect(trouble?.message == "another process has \(folder.file()) open")
        journal.close()
        _ = try StateJournal(opening: folder.file())
    }

    @Test func `windows that are over are removed when asked`() throws {
        let folder = try JournalFolder()
        let journal = try StateJournal(opening: folder.file())
        var batch = StateBatch()
        batch.add([record("a", "k", used: 1, end: 500), record("a", "l", used: 2, end: 5_000)])
        try journal.write(batch)
        try journal.prune(beforeMilliseconds: 1_000)
        #expect(try journal.read(nowMilliseconds: 0).spent.map(\.subject) == ["l"])
    }
}
