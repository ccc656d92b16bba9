import Budgets
import Costs
import Foundation
import Routing
import Store
import Testing
import Zones

private let start = 1_760_000_000_000

private func settings(_ random: inout Dice) -> [PoolSettings] {
    let periods: [Period] = [.min, .hour, .day, .month]
    return ["a", "b", "c"].enumerated().map { index, name in
        var pool = PoolSettings(name)
        pool.per = index == 0 ? nil : index == 1 ? .key : .header("x-team")
        func allowance() -> PoolSettings.Allowance {
            let window = Window(periods.randomElement(using: &random) ?? .day, isSliding: Bool.random(using: &random))
            return PoolSettings.Allowance(1_000_000, window)
        }
        pool.tokens = allowance()
        pool.requests = allowance()
        if index > 0 { pool.parent = "a" }
        return pool
    }
}

/// What all accounts have spent, those of subjects that have not come back yet as well.
private func lines(_ book: PoolBook, _ numbers: [PoolNumber], _ now: Int) -> [String] {
    for number in numbers {
        for subject in 0..<4 { _ = book.check(number, Amount(), now: now, subject: { _ in "s\(subject)" }) }
    }
    return book.report(now: now).flatMap { pool in
        pool.accounts.flatMap { account in
            account.lines.map {
                "\(pool.name) \(account.subject) \($0.quantity) \($0.used) \($0.reserved) \($0.resetsMilliseconds)"
            }
        }
    }
}

@Suite struct BookTests {
    @Test func `a budget that is written and taken back at any moment stands as one that ran on`() throws {
        for seed in 0..<25 {
            var dice = Dice(seed + 100)
            let folder = try JournalFolder()
            let pools = settings(&dice)
            let steady = PoolBook()
            let numbers = steady.apply(pools)
            var book = PoolBook()
            _ = book.apply(pools)
            let journal = try StateJournal(opening: folder.file())
            var now = start
            for step in 0..<80 {
                now += Int.random(in: 0...([1_000, 400_000, 5_000_000].randomElement(using: &dice) ?? 1), using: &dice)
                let pool = try #require(numbers.randomElement(using: &dice))
                let who = "s\(Int.random(in: 0..<4, using: &dice))"
                let need = Amount(tokens: Int.random(in: 1...500, using: &dice), requests: 1)
                for one in [steady, book] {
                    guard case .reserved(let id, _) = one.reserve(pool, need, now: now, subject: { _ in who }) else {
                        continue
                    }
                    one.commit(id, need, now: now)
                }
                guard Int.random(in: 0..<5, using: &dice) == 0 else { continue }
                var batch = StateBatch()
                batch.add(book.takeChanges())
                try journal.write(batch)
                book = PoolBook()
                // At times the pools come only with a reload.
                let comesLater = Bool.random(using: &dice)
                if !comesLater { #expect(book.apply(pools) == numbers) }
                now += Int.random(in: 0...100_000, using: &dice)
                book.restore(try journal.read(nowMilliseconds: now).spent, now: now)
                if comesLater { #expect(book.apply(pools) == numbers) }
                #expect(lines(book, numbers, now) == lines(steady, numbers, now), "seed \(seed), step \(step)")
            }
        }
    }

    @Test func `costs that are written and taken back at any moment stand as costs that ran on`() throws {
        for seed in 0..<25 {
            var dice = Dice(seed + 200)
            let folder = try JournalFolder()
            let journal = try StateJournal(opening: folder.file())
            let steady = CostBook(sinceSeconds: start / 1_000, lineLimit: 40)
            var costs = CostBook(sinceSeconds: start / 1_000, lineLimit: 40)
            costs.follow()
            var now = start
            for step in 0..<200 {
                now += Int.random(in: 0...2_000_000, using: &dice)
                let day = now / 86_400_000
                let model = "m\(Int.random(in: 0..<20, using: &dice))"
                let key = CostKey(day: day, provider: "p", model: model, key: "k\(step % 3)")
                let tokens = SpentTokens(input: step, output: Int.random(in: 0...9, using: &dice))
                for one in [steady, costs] {
                    one.record(key, tokens, nanodollars: step % 7 == 0 ? nil : step)
                    if step % 90 == 89 { one.reset(nowSeconds: now / 1_000) }
                }
                guard Int.random(in: 0..<9, using: &dice) == 0 else { continue }
                var batch = StateBatch()
                if Int.random(in: 0..<9, using: &dice) == 0 { costs.markAllChanged() }
                if let changes = costs.takeChanges() { batch.add(changes) }
                try journal.write(batch)
                let kept = try journal.read(nowMilliseconds: now)
                costs = CostBook(sinceSeconds: now / 1_000, lineLimit: 40)
                costs.restore(kept.costs, sinceSeconds: try #require(kept.costsSinceSeconds))
                costs.follow()
                #expect(costs.report().records == steady.report().records, "seed \(seed), step \(step)")
                #expect(costs.report().sinceSeconds == steady.report().sinceSeconds)
                #expect(costs.takeChanges() == nil)
            }
        }
    }

    @Test func `what was spent by other kinds of subjects is nobody's`() throws {
        var pool = PoolSettings("a")
        pool.per = .key
        pool.tokens = PoolSettings.Allowance(100, Window(.day))
        let book = PoolBook()
        let number = try #require(book.apply([pool]).first)
        _ = book.debit(number, Amount(tokens: 40), now: start, subject: { _ in "app" })
        let records = book.takeChanges()
        #expect(records.map(\.used) == [40] && records.map(\.per) == ["key"])
        for per in [Subject.tenant, nil] {
            pool.per = per
            let next = PoolBook()
            let number = try #require(next.apply([pool]).first)
            next.restore(records, now: start)
            let standing = try next.check(number, Amount(), now: start, subject: { _ in "app" }).get()
            #expect(standing.tokens == 100)
        }
    }

    @Test func `all that is known can be asked for once more`() throws {
        let book = PoolBook()
        var pool = PoolSettings("a")
        pool.tokens = PoolSettings.Allowance(100, Window(.day))
        let number = try #require(book.apply([pool]).first)
        _ = book.debit(number, Amount(tokens: 40), now: start, subject: { _ in "" })
        #expect(book.takeChanges().count == 1)
        // Who asks what is left changes nothing.
        _ = book.report(now: start)
        #expect(book.takeChanges().isEmpty)
        book.markAllChanged()
        #expect(book.takeChanges().map(\.used) == [40])
    }

    @Test(arguments: [Int.min, -1, 0, 1 << 40, 1 << 60, Int.max - 1, Int.max])
    func `whatever numbers stand in the file, sums of them do not overflow`(number: Int) throws {
        let folder = try JournalFolder()
        let journal = try StateJournal(opening: folder.file())
        var batch = StateBatch()
        let parts = [number] + [Int](repeating: 0, count: 16) + [5]
        batch.add([
            record("day", used: number, from: number, to: Int.max),
            record("slide", used: 5, from: start - 1_000, to: start - 1_000 + Slide.reach(60_000), parts: parts),
            record("wide", used: 5, from: number, to: Int.max, parts: [Int](repeating: number, count: 18)),
        ])
        var sum = CostSum()
        (sum.requests, sum.input, sum.output, sum.nanodollars) = (number, number, number, number)
        (sum.cached, sum.cacheWrite, sum.reasoning, sum.unpriced) = (number, number, number, number)
        var changes = CostChanges(sinceSeconds: number)
        for model in ["a", "b", "c"] { changes.sums[CostKey(day: number, provider: "p", model: model)] = sum }
        batch.add(changes)
        try journal.write(batch)
        let kept = try journal.read(nowMilliseconds: start)
        #expect(kept.costs.allSatisfy { (0...2_932_896).contains($0.key.day) })
        #expect((kept.costsSinceSeconds ?? -1) >= 0)
        var total = CostSum()
        for record in kept.costs { total.add(record.sum) }
        #expect(total.requests >= 0 && total.nanodollars >= 0)
        let book = PoolBook()
        let windows = [
            ("day", Window(.day)), ("slide", Window(.min, isSliding: true)),
            ("wide", Window(.min, isSliding: true)),
        ]
        let numbers = book.apply(
            windows.map { name, window in
                var pool = PoolSettings(name)
                pool.tokens = PoolSettings.Allowance(100, window)
                return pool
            }
        )
        book.restore(kept.spent, now: start)
        for now in [start, start + 30_000, start + 10_000_000] {
            for number in numbers {
                _ = book.reserve(number, Amount(tokens: 1_000), now: now) { _ in "" }
                _ = book.debit(number, Amount(tokens: Amount.limit), now: now) { _ in "" }
            }
            for pool in book.report(now: now) { for line in pool.accounts.flatMap(\.lines) { #expect(line.used >= 0) } }
        }
    }

    private func record(_ pool: String, used: Int, from: Int, to: Int, parts: [Int] = []) -> SpentRecord {
        SpentRecord(
            pool: pool,
            per: "",
            subject: "",
            quantity: .tokens,
            used: used,
            startMilliseconds: from,
            endMilliseconds: to,
            parts: parts
        )
    }
}
