import Budgets
import Glibc
import Limits
import Loop
import Routing
import SharedPools
import TestKit
import Testing

/// The script in a real Redis does what the books of one process do, and forgets what the dead held.
@Suite(.serialized, .enabled(if: RedisServer.isInstalled, "\(RedisServer.missing)"))
struct SharedStoreTests {
    private struct Open {
        var name: String
        var id: ReservationID
        var pool: Int
        var who: String
        var payment: SharedPayment
    }

    private func settings(_ random: inout some RandomNumberGenerator) -> [PoolSettings] {
        (0..<4).map { number in
            var pool = PoolSettings("p\(number)")
            let period = [Period.sec, .min, .hour, .day, .week, .month].randomElement(using: &random) ?? .day
            // The parts of a second are so short that a moment later is another.
            let window = Window(period, isSliding: period != .sec && Bool.random(using: &random))
            pool.tokens = PoolSettings.Allowance(Int.random(in: 50...500, using: &random), window)
            if Bool.random(using: &random) { pool.requests = PoolSettings.Allowance(20, window) }
            if Bool.random(using: &random) { pool.nanodollars = PoolSettings.Allowance(1 << 50, Window(.month)) }
            pool.per = [nil, .key].randomElement(using: &random) ?? nil
            if number < 3, Bool.random(using: &random) { pool.parent = "p\(number + 1)" }
            pool.cuts = Bool.random(using: &random)
            return pool
        }
    }

    private func chain(_ pools: [PoolSettings], _ position: Int) -> [PoolSettings] {
        var chain: [PoolSettings] = []
        var next: Int? = position
        while let current = next {
            chain.append(pools[current])
            next = pools[current].parent.flatMap { name in pools.firstIndex { $0.name == name } }
        }
        return chain
    }

    private func amount(_ most: Int, _ random: inout some RandomNumberGenerator) -> Amount {
        Amount(
            tokens: Int.random(in: 0...most, using: &random),
            nanodollars: Int.random(in: 0...1 << 45, using: &random),
            requests: 1
        )
    }

    @Test func `whatever is asked, it answers as the book of one process does`() throws {
        let server = try RedisServer()
        var random = SystemRandomNumberGenerator()
        var sorts: Set<String> = []
        for _ in 0..<12 {
            _ = try server.command("FLUSHALL")
            let station = try StoreStation(server)
            let pools = settings(&random)
            let book = PoolBook()
            let numbers = book.apply(pools)
            var open: [Open] = []
            for _ in 0..<250 {
                switch Int.random(in: 0..<12, using: &random) {
                case 0..<6:
                    let pool = Int.random(in: 0..<4, using: &random)
                    let who = "k\(Int.random(in: 0..<3, using: &random))"
                    let need = amount(60, &random)
                    let name = StoreStation.newName()
                    let payment = station.payment(chain(pools, pool), who: who)
                    let found = station.reserve(name, payment, need)
                    let now = station.store.serverMilliseconds
                    let wanted = book.reserve(numbers[pool], need, now: now) { _ in who }
                    switch (found, wanted) {
                    case (.reserved(let mine, _), .reserved(let id, let theirs)):
                        #expect(mine == theirs)
                        sorts.insert("reserved")
                        open.append(Open(name: name, id: id, pool: pool, who: who, payment: payment))
                    case (.exhausted(let mine, _), .exhausted(let theirs)):
                        #expect(mine == theirs)
                        sorts.insert("exhausted")
                    default: Issue.record("\(found) is not \(wanted)")
                    }
                case 6..<8:
                    guard let one = open.randomElement(using: &random) else { continue }
                    let need = amount(90, &random)
                    let mustFit = Bool.random(using: &random)
                    let found = station.resize(one.name, one.payment, [need], mustFit: mustFit)
                    let now = station.store.serverMilliseconds
                    let wanted =
                        mustFit ? book.resize(one.id, to: need, now: now) : book.extend(one.id, to: need, now: now)
                    switch (found, wanted) {
                    case (.done(0), .done): sorts.insert("resized")
                    case (.exhausted(let mine), .exhausted(let theirs)):
                        #expect(mine == theirs)
                        sorts.insert("not resized")
                    default: Issue.record("\(found) is not \(wanted)")
                    }
                case 8..<11:
                    guard let one = open.popLast() else { continue }
                    let actual = Bool.random(using: &random) ? amount(90, &random) : nil
                    station.store.settle(one.name, one.payment, actual, tokens: 0)
                    // Twice is once.
                    if Bool.random(using: &random) { station.store.settle(one.name, one.payment, actual, tokens: 0) }
                    station.settle()
                    if let actual {
                        #expect(book.commit(one.id, actual, now: station.store.serverMilliseconds))
                    } else {
                        #expect(book.release(one.id))
                    }
                default:
                    let pool = Int.random(in: 0..<4, using: &random)
                    let found = station.check(station.payment(chain(pools, pool), who: "k0"))
                    let now = station.store.serverMilliseconds
                    let wanted = book.check(numbers[pool], Amount(), now: now, subject: { _ in "k0" })
                    #expect(found == (try? wanted.get()))
                }
            }
            for one in open { station.store.settle(one.name, one.payment, nil, tokens: 0) }
            station.settle()
            #expect(try server.command("ZCARD", "{hoosh}:x") == "0\n")
            #expect(station.health.waiting.load(ordering: .relaxed) == 0)
        }
        #expect(sorts == ["reserved", "exhausted", "resized", "not resized"])
    }

    @Test func `two proxies together never get more than there is`() throws {
        let server = try RedisServer()
        let stations = [try StoreStation(server), try StoreStation(server)]
        var top = PoolSettings("top")
        top.tokens = PoolSettings.Allowance(5_000, Window(.month))
        var child = PoolSettings("child")
        child.tokens = PoolSettings.Allowance(1_000_000, Window(.month))
        child.per = .key
        var (reserved, answered, asked) = (0, 0, 0)
        for turn in 0..<1_000 {
            let station = stations[turn % 2]
            asked += 1
            station.store.reserve(
                StoreStation.newName(),
                station.payment([child, top], who: "k\(turn % 3)"),
                Amount(tokens: 10),
                goesOn: false
            ) { outcome in
                answered += 1
                if case .reserved = outcome { reserved += 1 }
            }
            if turn % 50 == 0 { for station in stations { station.loop.turn() } }
        }
        for _ in 0..<100_000 where answered < asked {
            for station in stations where !station.store.isQuiet { station.loop.turn() }
        }
        #expect(answered == 1_000)
        #expect(reserved == 500)
        #expect(stations[0].check(stations[0].payment([top]))?.tokens == 0)
    }

    @Test func `what a dead proxy held is free when its lease is over, and a late settlement is charged once`() throws {
        let server = try RedisServer()
        var pool = PoolSettings("a")
        pool.tokens = PoolSettings.Allowance(100, Window(.month))
        var limit = LimitSettings("l", by: .global)
        limit.concurrent = 1
        let living = try StoreStation(server)
        let payment = living.payment([pool], limits: [limit], tokens: 0)
        do {
            let dying = try StoreStation(server, lease: 300)
            guard case .reserved = dying.reserve("dead", payment, Amount(tokens: 80)) else {
                Issue.record("nothing reserved")
                return
            }
            // While it lives, its lease goes on.
            let end = dying.loop.now + 900_000_000
            while dying.loop.now < end { dying.loop.turn() }
            #expect(living.check(living.payment([pool]))?.tokens == 20)
        }
        usleep(400_000)
        guard case .reserved(let standing, _) = living.reserve("next", payment, Amount(tokens: 80)) else {
            Issue.record("the dead one's place and tokens are not free")
            return
        }
        #expect(standing.tokens == 20)
        living.store.settle("dead", payment, Amount(tokens: 15), tokens: 0)
        living.settle()
        living.store.settle("dead", payment, Amount(tokens: 15), tokens: 0)
        living.settle()
        #expect(living.check(living.payment([pool]))?.tokens == 5)
    }

    @Test func `a server that is held is not waited for, and what comes late is given back`() throws {
        let server = try RedisServer()
        let station = try StoreStation(server, timeout: 50)
        station.turn { station.store.isReady }
        var pool = PoolSettings("a")
        pool.tokens = PoolSettings.Allowance(100, Window(.month))
        let payment = station.payment([pool])
        server.hold()
        var faults: [StoreFault] = []
        for _ in 0..<8 {
            if case .failed(let fault) = station.reserve(StoreStation.newName(), payment, Amount(tokens: 10)) {
                faults.append(fault)
            }
        }
        #expect(faults.count == 8)
        #expect(faults.prefix(5) == [.late, .late, .late, .late, .late])
        #expect(faults.last == .unreachable)
        #expect(!station.health.isUp)
        server.goOn()
        station.turn { station.health.isUp && station.store.isQuiet }
        #expect(station.check(payment)?.tokens == 100)
        server.stop()
        guard case .failed = station.reserve("gone", payment, Amount(tokens: 10)) else {
            Issue.record("nobody answered")
            return
        }
        station.store.owe("owed", payment, Amount(tokens: 30), tokens: 0)
        try server.startAgain()
        #expect(station.turn { station.health.isUp && station.store.isQuiet })
        #expect(station.check(payment)?.tokens == 70)
    }

    @Test func `what is given back before the store has answered is not kept alive`() throws {
        let server = try RedisServer()
        let station = try StoreStation(server)
        station.turn { station.store.isReady }
        var pool = PoolSettings("p")
        pool.tokens = PoolSettings.Allowance(1_000, Window(.day))
        let payment = station.payment([pool])
        let (gone, kept) = (StoreStation.newName(), StoreStation.newName())
        station.store.reserve(gone, payment, Amount(tokens: 10, requests: 1), goesOn: false) { _ in }
        station.store.withdraw(gone, payment)
        guard case .reserved = station.reserve(kept, payment, Amount(tokens: 10, requests: 1)) else {
            return #expect(Bool(false))
        }
        station.settle()
        #expect(station.store.heldCount == 1)
        #expect(station.check(payment)?.tokens == 990)
        // One that cannot be had is not held either.
        let large = station.reserve(StoreStation.newName(), payment, Amount(tokens: 9_999, requests: 1))
        if case .exhausted = large {} else { #expect(Bool(false)) }
        station.store.settle(kept, payment, Amount(tokens: 10, requests: 1), tokens: 10)
        station.settle()
        #expect(station.store.heldCount == 0)
    }

    @Test func `a server that refuses everything is of no use, and says why`() throws {
        let server = try RedisServer()
        let station = try StoreStation(server)
        station.turn { station.store.isReady }
        var pool = PoolSettings("p")
        pool.tokens = PoolSettings.Allowance(1_000, Window(.day))
        let payment = station.payment([pool])
        _ = try server.command("REPLICAOF", "127.0.0.1", "1")
        var words: [String] = []
        for _ in 0..<6 {
            guard case .failed(let fault) = station.reserve(StoreStation.newName(), payment, Amount(tokens: 1)) else {
                return #expect(Bool(false))
            }
            words.append(fault.word)
        }
        // What it may have counted is withdrawn, which is refused as well.
        #expect(words.first == "error" && words.last == "unreachable", "\(words)")
        #expect(!station.health.isUp)
        _ = try server.command("REPLICAOF", "NO", "ONE")
        // It finds out by itself.
        var isIn = false
        station.turn {
            if case .reserved = station.reserve(StoreStation.newName(), payment, Amount(tokens: 1)) { isIn = true }
            return isIn
        }
        #expect(isIn && station.health.isUp)
    }

    /// Always has something to do, and takes its time.
    private final class Busy: Watcher {
        override func ready(_ readiness: Readiness) { usleep(400) }
    }

    @Test func `what a busy loop has no time for is not held against the store`() throws {
        let server = try RedisServer()
        let station = try StoreStation(server, timeout: 50)
        station.turn { station.store.isReady }
        var pool = PoolSettings("p")
        pool.tokens = PoolSettings.Allowance(1_000_000, Window(.day))
        let payment = station.payment([pool])
        let need = Amount(tokens: 1, requests: 1)
        // The turn in which it asks takes longer than an answer may.
        var first: SharedReservation?
        station.store.reserve(StoreStation.newName(), payment, need, goesOn: false) { first = $0 }
        usleep(200_000)
        station.turn { first != nil }
        guard case .reserved? = first else { return #expect(Bool(false), "\(String(describing: first))") }
        // More connections have something to say than a turn takes, and the store's is one of them.
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0 && write(ends[1], "x", 1) == 1)
        defer { for end in ends { close(end) } }
        let busy = (0..<800).map { _ in (watcher: Busy(), number: dup(ends[0])) }
        for (watcher, number) in busy { #expect(station.loop.watchLevel(number, watcher, read: true, write: false)) }
        var late = 0
        for _ in 0..<6 {
            var found: SharedReservation?
            station.store.reserve(StoreStation.newName(), payment, need, goesOn: false) { found = $0 }
            station.turn { found != nil }
            if case .failed? = found { late += 1 }
        }
        #expect(late == 0)
        for (watcher, number) in busy {
            station.loop.forget(watcher, number, closing: false)
            close(number)
        }
    }

    @Test func `a password is needed where the server asks for one, and is never told`() throws {
        let server = try RedisServer(password: "s3cret")
        for (login, works) in [("", false), (":wrong@", false), (":s3cret@", true), ("default:s3cret@", true)] {
            let loop = EventLoop()
            var said: String?
            let box = Said()
            let health = StoreHealth { box.take($0) }
            let address = try RedisAddress("redis://\(login)127.0.0.1:\(server.port)/3")
            let store = SharedStore(SharedStore.Settings(address), loop: loop, health: health)
            store.start()
            for _ in 0..<2_000 where !store.isReady && said == nil {
                loop.turn()
                said = box.last
            }
            #expect(store.isReady == works)
            if !works { #expect(said?.contains("it answers") == true) }
            #expect(said?.contains("s3cret") != true && said?.contains("wrong@") != true)
            store.stop()
        }
    }

    /// What a loop of this thread was told.
    private final class Said: @unchecked Sendable {
        // One thread only: the loop runs in the test's own.
        private(set) var last: String?
        func take(_ reason: String?) { last = reason }
    }
}
