import Budgets
import Routing
import Testing

/// What clients choose cannot make the books overflow, or take one for another.
struct PoolBookBoundTests {
    /// 2026-11-21 00:00:00 UTC.
    private let midnight = 1_795_219_200_000

    @Test func `however much is set aside at once, nothing overflows`() throws {
        let book = PoolBook()
        var settings = PoolSettings("few")
        settings.requests = PoolSettings.Allowance(10, Window(.day))
        let pool = book.apply([settings])[0]
        let most = Amount(tokens: .max, nanodollars: .max)
        var names: [(name: String, owner: String)] = []
        // More than fit into 64 bits together.
        for number in 0..<40_000 {
            let owner = "app-\(number / 4_000)"
            let made = book.reserveNamed(
                pool,
                most,
                owner: owner,
                expires: midnight + 1_000,
                now: midnight,
                subject: { _ in "" }
            )
            if let name = made.name { names.append((name, owner)) }
        }
        #expect(names.count == 40_000)
        for (name, owner) in names.dropLast(2) { _ = book.settle(named: name, owner: owner, nil, now: midnight) }
        // What it does not count before a reload it counts right after it.
        settings.tokens = PoolSettings.Allowance(5 * Amount.limit, Window(.day))
        _ = book.apply([settings])
        #expect(book.report(now: midnight)[0].accounts[0].lines[0].reserved == 2 * Amount.limit)
        for (name, owner) in names.suffix(2) { _ = book.settle(named: name, owner: owner, most, now: midnight) }
        let line = book.report(now: midnight)[0].accounts[0].lines[0]
        #expect(line.reserved == 0 && line.used == 2 * Amount.limit)
        #expect(book.openReservations == 0)
    }

    @Test func `one who reserves without end leaves room for others, and what is settled gives way`() throws {
        let book = PoolBook()
        var settings = PoolSettings("p")
        settings.tokens = PoolSettings.Allowance(1_000_000, Window(.day))
        let pool = book.apply([settings])[0]
        func reserve(_ owner: String) -> String? {
            let need = Amount(tokens: 1)
            let expires = midnight + 86_400_000
            return book.reserveNamed(pool, need, owner: owner, expires: expires, now: midnight, subject: { _ in "" })
                .name
        }
        let greedy = (0..<5_000).compactMap { _ in reserve("greedy") }
        #expect(greedy.count == PoolBook.namedLimitOfOwner)
        #expect(reserve("other") != nil)
        #expect(
            book.settle(named: greedy[0], owner: "greedy", nil, now: midnight)
                == .done(pool: "p", charged: Amount())
        )
        #expect(reserve("greedy") != nil && reserve("greedy") == nil)
        // An honest client that settles each at once is never out of them.
        for _ in 0..<70_000 {
            let name = try #require(reserve("busy"))
            _ = book.settle(named: name, owner: "busy", Amount(tokens: 0), now: midnight)
        }
    }

    @Test func `subjects with names alike are kept apart, those that went and came back too`() throws {
        let book = PoolBook(subjectLimit: 300)
        var settings = PoolSettings("each")
        settings.tokens = PoolSettings.Allowance(1_000, Window(.day))
        settings.per = .key
        let pool = book.apply([settings])[0]
        func spend(_ name: String, _ tokens: Int, at now: Int) throws {
            guard
                case .reserved(let id, _) = book.reserve(pool, Amount(tokens: tokens), now: now, subject: { _ in name })
            else {
                Issue.record("\(name) is not let in")
                return
            }
            book.commit(id, Amount(tokens: tokens), now: now)
        }
        // They begin and end alike, so that a short hash takes them for the same.
        let names = (0..<300).map { "team-\(1_000 + $0)-common-end" }
        for (number, name) in names.enumerated() { try spend(name, number + 1, at: midnight) }
        for (number, name) in names.enumerated().reversed() { try spend(name, 300 - number, at: midnight + 1) }
        let report = book.report(now: midnight + 2)[0]
        #expect(report.accounts.count == 300)
        #expect(report.accounts.allSatisfy { $0.lines[0].used == 301 && $0.lines[0].reserved == 0 })
        // A day later all make room for others, and come back with nothing spent.
        let later = midnight + 86_400_000
        try spend("somebody else", 5, at: later)
        try spend(names[7], 6, at: later + 1)
        let used = Dictionary(
            uniqueKeysWithValues: book.report(now: later + 2)[0].accounts.map { ($0.subject, $0.lines[0].used) }
        )
        #expect(used == ["somebody else": 5, names[7]: 6])
    }
}
