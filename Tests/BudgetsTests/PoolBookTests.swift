import Budgets
import Routing
import Testing

/// Budgets of pools and their parents.
struct PoolBookTests {
    /// 2026-11-21 00:00:00 UTC.
    private let midnight = 1_795_219_200_000

    private func pool(
        _ name: String,
        tokens: Int? = nil,
        per: Subject? = nil,
        parent: String? = nil,
        cuts: Bool = false,
        window: Window = Window(.day)
    ) -> PoolSettings {
        var settings = PoolSettings(name)
        settings.tokens = tokens.map { PoolSettings.Allowance($0, window) }
        settings.per = per
        settings.parent = parent
        settings.cuts = cuts
        return settings
    }

    private func reserve(_ book: PoolBook, _ pool: PoolNumber, _ tokens: Int, _ who: String = "", at now: Int? = nil)
        -> ReservationID?
    {
        let outcome = book.reserve(pool, Amount(tokens: tokens, requests: 1), now: now ?? midnight) { _ in who }
        guard case .reserved(let id, _) = outcome else { return nil }
        return id
    }

    private func line(_ book: PoolBook, _ name: String, _ who: String = "", at now: Int? = nil) -> PoolReport.Line? {
        book.report(now: now ?? midnight).first { $0.name == name }?.accounts.first { $0.subject == who }?.lines.first
    }

    @Test func `what is reserved is charged as it was used, and the rest is free again`() throws {
        let book = PoolBook()
        let pools = book.apply([pool("a", tokens: 100)])
        let id = try #require(reserve(book, pools[0], 60))
        #expect(reserve(book, pools[0], 41) == nil)
        #expect(line(book, "a")?.reserved == 60)
        #expect(book.commit(id, Amount(tokens: 25), now: midnight))
        #expect(line(book, "a")?.used == 25)
        #expect(line(book, "a")?.reserved == 0)
        #expect(reserve(book, pools[0], 75) != nil)
        #expect(reserve(book, pools[0], 1) == nil)
    }

    @Test func `a subject that has spent nothing yet is told what it has, and nothing is kept of it`() throws {
        let book = PoolBook(subjectLimit: 1)
        let sliding = Window(.min, isSliding: true)
        _ = book.apply([
            pool("a", tokens: 100, per: .key), pool("b", tokens: 7, per: .key, window: sliding),
        ])
        for name in ["app", "web"] {
            let report = book.report(now: midnight) { _ in name }
            #expect(report.map(\.accounts.count) == [1, 1])
            let first = try #require(report.first?.accounts.first)
            #expect(first.subject == name)
            #expect(
                first.lines == [
                    PoolReport.Line(
                        quantity: .tokens,
                        capacity: 100,
                        used: 0,
                        reserved: 0,
                        resetsMilliseconds: midnight + 86_400_000
                    )
                ]
            )
            #expect(report.last?.accounts.first?.lines.first?.resetsMilliseconds == midnight + 60_000)
        }
        let kept = book.report(now: midnight).map(\.accounts.count)
        #expect(kept == [0, 0])
    }

    @Test func `committing or releasing twice does nothing`() throws {
        let book = PoolBook()
        let pools = book.apply([pool("a", tokens: 100)])
        let first = try #require(reserve(book, pools[0], 10))
        #expect(book.release(first))
        #expect(!book.release(first))
        #expect(!book.commit(first, Amount(tokens: 10), now: midnight))
        let second = try #require(reserve(book, pools[0], 10))
        #expect(!book.release(first))
        #expect(book.commit(second, Amount(tokens: 10), now: midnight))
        #expect(!book.commit(second, Amount(tokens: 10), now: midnight))
        #expect(line(book, "a")?.used == 10)
        #expect(book.openReservations == 0)
    }

    @Test func `a parent that is short leaves nothing reserved below it`() throws {
        let book = PoolBook()
        let pools = book.apply([
            pool("child", tokens: 1_000, per: .key, parent: "middle"),
            pool("middle", tokens: 500, per: .tenant, parent: "top"), pool("top", tokens: 100),
        ])
        #expect(reserve(book, pools[0], 90, "app") != nil)
        let outcome = book.reserve(pools[0], Amount(tokens: 20), now: midnight) { _ in "app" }
        guard case .exhausted(let lack) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(lack.pool == "top")
        #expect(lack.remaining == 10)
        #expect(lack.retryMilliseconds == midnight + 86_400_000)
        #expect(line(book, "child", "app")?.reserved == 90)
        #expect(line(book, "middle", "app")?.reserved == 90)
        #expect(line(book, "top")?.reserved == 90)
    }

    @Test func `what is more than the whole budget is told from what may be asked for later`() {
        let book = PoolBook()
        let pools = book.apply([pool("a", tokens: 100)])
        guard
            case .exhausted(let lack) = book.reserve(pools[0], Amount(tokens: 101), now: midnight, subject: { _ in "" })
        else {
            Issue.record("it was reserved")
            return
        }
        #expect(lack.isHopeless)
    }

    @Test func `what costs nothing goes on when the money is spent`() {
        let book = PoolBook()
        var settings = PoolSettings("money")
        settings.nanodollars = PoolSettings.Allowance(100, Window(.month))
        let pools = book.apply([settings])
        _ = book.debit(pools[0], Amount(tokens: 5, nanodollars: 500), now: midnight) { _ in "" }
        guard case .reserved = book.reserve(pools[0], Amount(tokens: 1_000), now: midnight, subject: { _ in "" }) else {
            Issue.record("a free request was refused")
            return
        }
        #expect(reserve(book, pools[0], 5) != nil)
        guard case .exhausted = book.reserve(pools[0], Amount(nanodollars: 1), now: midnight, subject: { _ in "" })
        else {
            Issue.record("a paid request was let in")
            return
        }
    }

    @Test func `a new day forgets what was used and keeps what is reserved`() throws {
        let book = PoolBook()
        let pools = book.apply([pool("a", tokens: 100)])
        let running = try #require(reserve(book, pools[0], 30))
        let done = try #require(reserve(book, pools[0], 70))
        book.commit(done, Amount(tokens: 70), now: midnight)
        let tomorrow = midnight + 86_400_000
        #expect(reserve(book, pools[0], 1, at: tomorrow - 1) == nil)
        #expect(reserve(book, pools[0], 71, at: tomorrow) == nil)
        #expect(reserve(book, pools[0], 70, at: tomorrow) != nil)
        book.commit(running, Amount(tokens: 30), now: tomorrow)
        #expect(line(book, "a", at: tomorrow)?.used == 30)
    }

    @Test func `a clock that is put back gives no budget back`() throws {
        let book = PoolBook()
        let pools = book.apply([pool("a", tokens: 100)])
        let id = try #require(reserve(book, pools[0], 100))
        book.commit(id, Amount(tokens: 100), now: midnight)
        #expect(reserve(book, pools[0], 1, at: midnight - 86_400_000) == nil)
        #expect(reserve(book, pools[0], 1, at: midnight - 1) == nil)
    }

    @Test func `an answer that outgrows its reserve is charged, or has to end where a pool cuts`() throws {
        let book = PoolBook()
        let pools = book.apply([
            pool("debit", tokens: 100), pool("cut", tokens: 100, cuts: true),
            pool("under", tokens: 1_000, parent: "cut"),
        ])
        let first = try #require(reserve(book, pools[0], 50))
        #expect(book.extend(first, to: Amount(tokens: 150), now: midnight) == .done)
        #expect(line(book, "debit")?.remaining == -50)
        book.commit(first, Amount(tokens: 160), now: midnight)
        #expect(line(book, "debit")?.used == 160)
        #expect(reserve(book, pools[0], 1) == nil)
        let second = try #require(reserve(book, pools[2], 50))
        #expect(book.extend(second, to: Amount(tokens: 100), now: midnight) == .done)
        guard case .exhausted(let lack) = book.extend(second, to: Amount(tokens: 101), now: midnight) else {
            Issue.record("it was not cut")
            return
        }
        #expect(lack.pool == "cut")
        #expect(line(book, "under")?.reserved == 100)
    }

    @Test func `a dearer target has to fit, a cheaper one gives back`() throws {
        let book = PoolBook()
        let pools = book.apply([pool("a", tokens: 100)])
        let id = try #require(reserve(book, pools[0], 50))
        #expect(book.resize(id, to: Amount(tokens: 20), now: midnight) == .done)
        #expect(line(book, "a")?.reserved == 20)
        #expect(book.resize(id, to: Amount(tokens: 101), now: midnight) != .done)
        #expect(line(book, "a")?.reserved == 20)
        book.release(id)
        #expect(book.resize(id, to: Amount(tokens: 1), now: midnight) == .gone)
    }

    @Test func `a reload keeps what was used and holds the new capacity at once`() throws {
        let book = PoolBook()
        let pools = book.apply([pool("a", tokens: 100, per: .key), pool("b", tokens: 5)])
        let id = try #require(reserve(book, pools[0], 60, "app"))
        book.commit(id, Amount(tokens: 60), now: midnight)
        let running = try #require(reserve(book, pools[0], 30, "app"))
        let next = book.apply([pool("a", tokens: 80, per: .key)])
        #expect(next[0] == pools[0])
        #expect(reserve(book, next[0], 1, "app") == nil)
        #expect(line(book, "a", "app")?.remaining == -10)
        book.commit(running, Amount(tokens: 30), now: midnight)
        _ = book.apply([pool("a", tokens: 91, per: .key), pool("b", tokens: 5)])
        #expect(reserve(book, pools[0], 1, "app") != nil)
        #expect(book.report(now: midnight).map(\.name) == ["a", "b"])
    }

    @Test func `when a pool changes whose it is, what runs is settled and nothing leaks`() throws {
        let book = PoolBook()
        let pools = book.apply([pool("a", tokens: 100)])
        let running = try #require(reserve(book, pools[0], 60))
        _ = book.apply([pool("a", tokens: 100, per: .key)])
        #expect(reserve(book, pools[0], 100, "app") != nil)
        #expect(book.commit(running, Amount(tokens: 60), now: midnight))
        #expect(line(book, "a", "app")?.used == 0)
        #expect(line(book, "a", "app")?.reserved == 100)
    }

    @Test func `subjects are bounded, and those with something to lose are kept`() throws {
        let book = PoolBook(subjectLimit: 4)
        let pools = book.apply([pool("a", tokens: 100, per: .header("x-team"))])
        let held = try #require(reserve(book, pools[0], 10, "held"))
        for name in ["b", "c"] { book.release(try #require(reserve(book, pools[0], 10, name))) }
        let spent = try #require(reserve(book, pools[0], 10, "spent"))
        book.commit(spent, Amount(tokens: 10), now: midnight)
        // b and c make room; held and spent stay.
        let later = midnight + 2_000
        let running = try ["e", "f"].map { try #require(reserve(book, pools[0], 1, $0, at: later)) }
        // Of what runs nobody knows the end.
        #expect(
            book.reserve(pools[0], Amount(tokens: 1), now: later + 2_000) { _ in "g" }
                == .crowded(pool: "a", retryMilliseconds: later + 62_000)
        )
        #expect(line(book, "a", "held", at: later)?.reserved == 10)
        #expect(line(book, "a", "spent", at: later)?.used == 10)
        for id in running + [held] { book.commit(id, Amount(tokens: 1), now: later + 2_000) }
        // All of them have something to lose until the day is over.
        let tomorrow = midnight + 86_400_000
        #expect(
            book.check(pools[0], Amount(tokens: 1), now: later + 3_000) { _ in "g" }
                == .failure(.crowded(pool: "a", retryMilliseconds: tomorrow))
        )
        #expect(reserve(book, pools[0], 1, "g", at: tomorrow) != nil)
    }

    @Test func `a client's reservation has a name of its own, an owner and an end`() throws {
        let book = PoolBook()
        let pools = book.apply([pool("a", tokens: 100)])
        func make(_ owner: String) -> String? {
            book.reserveNamed(
                pools[0],
                Amount(tokens: 40),
                owner: owner,
                expires: midnight + 1_000,
                now: midnight,
                subject: { _ in "" }
            ).name
        }
        let (first, second) = (try #require(make("app")), try #require(make("app")))
        #expect(first.utf8.count == 32 && first != second)
        #expect(make("app") == nil)
        #expect(book.settle(named: first, owner: "other", Amount(tokens: 1), now: midnight) == .unknown)
        #expect(
            book.settle(named: first, owner: "app", Amount(tokens: 7), now: midnight)
                == .done(pool: "a", charged: Amount(tokens: 7))
        )
        #expect(book.settle(named: first, owner: "app", Amount(tokens: 7), now: midnight) == .again(pool: "a"))
        #expect(line(book, "a")?.used == 7)
        #expect(line(book, "a", at: midnight + 1_000)?.reserved == 0)
        #expect(book.settle(named: second, owner: "app", nil, now: midnight + 1_000) == .unknown)
        #expect(book.report(now: midnight + 1_000).first?.counts.expired == 1)
        #expect(book.openReservations == 0)
    }

    @Test func `what a store was told of comes back after a restart`() throws {
        let settings = [pool("a", tokens: 100, per: .key), pool("b", tokens: 9)]
        let book = PoolBook()
        let pools = book.apply(settings)
        book.commit(try #require(reserve(book, pools[0], 60, "app")), Amount(tokens: 55), now: midnight)
        let records = book.takeChanges()
        #expect(records.map(\.used) == [55])
        #expect(book.takeChanges().isEmpty)
        let next = PoolBook()
        _ = next.apply(settings)
        next.restore(records, now: midnight + 5)
        #expect(line(next, "a", "app")?.used == 55)
        let stale = PoolBook()
        _ = stale.apply(settings)
        stale.restore(records, now: midnight + 86_400_000)
        #expect(line(stale, "a", "app", at: midnight + 86_400_000)?.used ?? 0 == 0)
    }
}
