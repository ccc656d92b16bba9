import Budgets
import Routing
import Testing

/// What holds of budgets whatever happens.
struct PoolBookProperties {
    private let midnight = 1_795_219_200_000

    private func settings(_ random: inout some RandomNumberGenerator) -> [PoolSettings] {
        (0..<4).map { number in
            var pool = PoolSettings("p\(number)")
            let window = Window(.hour, isSliding: Bool.random(using: &random))
            pool.tokens = PoolSettings.Allowance(Int.random(in: 50...500, using: &random), window)
            if Bool.random(using: &random) { pool.requests = PoolSettings.Allowance(20, window) }
            pool.per = [nil, .key, .tenant, .header("x-a")].randomElement(using: &random) ?? nil
            if number < 3, Bool.random(using: &random) { pool.parent = "p\(number + 1)" }
            pool.cuts = Bool.random(using: &random)
            return pool
        }
    }

    @Test func `nothing is reserved once all is settled, and no account goes below zero`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<60 {
            let book = PoolBook()
            var pools = book.apply(settings(&random))
            var open: [ReservationID] = []
            var now = midnight
            for _ in 0..<400 {
                now += Int.random(in: -2_000...90_000, using: &random)
                let who = "k\(Int.random(in: 0..<3, using: &random))"
                switch Int.random(in: 0..<12, using: &random) {
                case 0..<6:
                    let need = Amount(tokens: Int.random(in: 0...60, using: &random), requests: 1)
                    let outcome = book.reserve(pools.randomElement(using: &random) ?? pools[0], need, now: now) { _ in
                        who
                    }
                    if case .reserved(let id, _) = outcome { open.append(id) }
                case 6..<8:
                    guard let id = open.randomElement(using: &random) else { continue }
                    _ = book.extend(
                        id,
                        to: Amount(tokens: Int.random(in: 0...90, using: &random), requests: 1),
                        now: now
                    )
                case 8..<10:
                    guard let id = open.popLast() else { continue }
                    #expect(
                        book.commit(id, Amount(tokens: Int.random(in: 0...90, using: &random), requests: 1), now: now)
                    )
                    #expect(!book.commit(id, Amount(tokens: 1), now: now))
                case 10:
                    guard let id = open.popLast() else { continue }
                    #expect(book.release(id))
                default: pools = book.apply(settings(&random))
                }
                for pool in book.report(now: now) {
                    for line in pool.accounts.flatMap(\.lines) {
                        #expect(line.reserved >= 0)
                        #expect(line.used >= 0)
                    }
                }
            }
            for id in open { book.release(id) }
            #expect(book.openReservations == 0)
            for line in book.report(now: now).flatMap(\.accounts).flatMap(\.lines) { #expect(line.reserved == 0) }
        }
    }

    @Test func `threads together never get more than there is, and all that is committed is counted`() async {
        let book = PoolBook()
        var child = PoolSettings("child")
        child.tokens = PoolSettings.Allowance(1_000_000, Window(.month))
        child.per = .key
        child.parent = "top"
        var top = PoolSettings("top")
        top.tokens = PoolSettings.Allowance(20_000, Window(.month))
        let pool = book.apply([child, top])[0]
        let now = midnight
        let committed = await withTaskGroup(of: Int.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    var sum = 0
                    for turn in 0..<4_000 {
                        let outcome = book.reserve(pool, Amount(tokens: 10), now: now) { _ in "k\(worker)" }
                        guard case .reserved(let id, _) = outcome else { continue }
                        if turn % 5 == 0 {
                            book.release(id)
                        } else if book.commit(id, Amount(tokens: turn % 11), now: now) {
                            sum += turn % 11
                        }
                    }
                    return sum
                }
            }
            return await group.reduce(0, +)
        }
        let report = book.report(now: now)
        let line = report.first { $0.name == "top" }?.accounts.first?.lines.first
        #expect(line?.used == committed)
        #expect(line?.reserved == 0)
        #expect(committed <= 20_000)
        let below = report.first { $0.name == "child" }?.accounts.flatMap(\.lines).reduce(0) { $0 + $1.used }
        #expect(below == committed)
    }

    @Test func `what is spent beyond a budget is no more than answers outgrew their reserve by`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let book = PoolBook()
            var settings = PoolSettings("a")
            let capacity = Int.random(in: 100...1_000, using: &random)
            settings.tokens = PoolSettings.Allowance(capacity, Window(.month))
            let pool = book.apply([settings])[0]
            var open: [(id: ReservationID, need: Int)] = []
            var outgrown = 0
            for _ in 0..<300 {
                let need = Int.random(in: 1...50, using: &random)
                if case .reserved(let id, _) = book.reserve(
                    pool,
                    Amount(tokens: need),
                    now: midnight,
                    subject: { _ in "" }
                ) {
                    open.append((id, need))
                }
                if open.count > 5 {
                    let (id, need) = open.removeFirst()
                    let actual = Int.random(in: 0...70, using: &random)
                    book.commit(id, Amount(tokens: actual), now: midnight)
                    outgrown += max(actual - need, 0)
                }
            }
            for (id, _) in open { book.release(id) }
            let used = book.report(now: midnight)[0].accounts[0].lines[0].used
            #expect(used <= capacity + outgrown)
        }
    }
}
