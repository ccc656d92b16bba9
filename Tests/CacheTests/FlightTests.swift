import Bytes
import Cache
import Synchronization
import Testing

/// Equal questions at the same time are asked once.
@Suite struct FlightTests {
    /// What each of those who wait was told.
    private final class Desk: Sendable {
        let answers = Mutex<[Int: CachedAnswer]>([:])
        let flights = Mutex<[Int: CacheFlight]>([:])
        let alone = Mutex<Set<Int>>([])
        var told: Int {
            answers.withLock { $0.count } + flights.withLock { $0.count } + alone.withLock { $0.count }
        }

        func teller(_ who: Int) -> CacheShelf.Teller {
            { news in
                switch news {
                case .answer(let answer), .alike(let answer, _): self.answers.withLock { $0[who] = answer }
                case .lead(let flight): self.flights.withLock { $0[who] = flight }
                case .alone: self.alone.withLock { _ = $0.insert(who) }
                }
            }
        }
    }

    private let shelf = CacheShelf(CacheLimits(entries: 100, bytes: 1 << 20))

    private func flight(_ key: CacheKey) throws -> CacheFlight {
        guard case .lead(let flight) = shelf.ask(key, CacheWish(), ttl: .max, now: 0, teller: { _ in }) else {
            throw Unexpected()
        }
        return flight
    }

    private struct Unexpected: Error {}

    private func wait(_ key: CacheKey, _ desk: Desk, _ who: Int) throws -> CacheTicket {
        guard case .wait(let ticket) = shelf.ask(key, CacheWish(), ttl: .max, now: 0, teller: desk.teller(who)) else {
            throw Unexpected()
        }
        return ticket
    }

    @Test func `one asks and all get its answer`() throws {
        let (key, desk) = (try ShelfTests.key(1), Desk())
        let first = try flight(key)
        for who in 0..<50 { _ = try wait(key, desk, who) }
        #expect(desk.told == 0)
        let answer = ShelfTests.answer(10)
        first.finish(answer, ttl: .max)
        #expect(desk.answers.withLock { $0.values.filter { $0 === answer }.count } == 50)
        let report = shelf.report(now: 0)
        #expect(report.counts.misses == 1 && report.counts.shared == 50 && report.counts.stores == 1)
        #expect(report.inFlight == 0 && report.waiting == 0)
        first.fail()
        #expect(desk.told == 50)
    }

    @Test func `when it fails one of those who wait goes on for the rest`() throws {
        let (key, desk) = (try ShelfTests.key(1), Desk())
        let first = try flight(key)
        for who in 0..<5 { _ = try wait(key, desk, who) }
        first.fail()
        #expect(desk.flights.withLock { Array($0.keys) } == [0] && desk.told == 1)
        // Let go of without a word it has failed as well.
        var next = desk.flights.withLock { $0.removeValue(forKey: 0) }
        #expect(next != nil)
        next = nil
        #expect(desk.flights.withLock { Array($0.keys) } == [1] && desk.told == 1)
        let second = desk.flights.withLock { $0.removeValue(forKey: 1) }
        second?.finish(ShelfTests.answer(1), ttl: .max)
        #expect(desk.answers.withLock { $0.keys.sorted() } == [2, 3, 4])
    }

    @Test func `who leaves is neither told nor sent ahead, and takes nothing from others`() throws {
        let (key, desk) = (try ShelfTests.key(1), Desk())
        let first = try flight(key)
        let tickets = try (0..<4).map { try wait(key, desk, $0) }
        tickets[0].leave()
        tickets[2].leave()
        first.fail()
        #expect(desk.flights.withLock { Array($0.keys) } == [1])
        desk.flights.withLock { $0.removeValue(forKey: 1) }?.finish(ShelfTests.answer(1), ttl: .max)
        #expect(desk.answers.withLock { Array($0.keys) } == [3])
        #expect(desk.alone.withLock { $0.isEmpty })
    }

    @Test func `an answer that cannot be shared sends each on its own way`() throws {
        let (key, desk) = (try ShelfTests.key(1), Desk())
        let first = try flight(key)
        for who in 0..<3 { _ = try wait(key, desk, who) }
        first.release()
        #expect(desk.alone.withLock { $0.count } == 3 && desk.told == 3)
        #expect(shelf.report(now: 0).inFlight == 0)
        _ = try flight(key)
    }

    @Test func `who wants it fresh waits for nobody and keeps nobody waiting`() throws {
        let (key, desk) = (try ShelfTests.key(1), Desk())
        let first = try flight(key)
        _ = try wait(key, desk, 0)
        var fresh = CacheWish()
        fresh.mayRead = false
        guard case .lead(let second) = shelf.ask(key, fresh, ttl: .max, now: 0, teller: { _ in }) else {
            throw Unexpected()
        }
        second.fail()
        #expect(desk.told == 0)
        first.finish(ShelfTests.answer(1), ttl: .max)
        #expect(desk.told == 1)
    }

    @Test func `whatever becomes of them nobody is forgotten or told twice`() throws {
        var dice = Dice(5)
        for _ in 0..<300 {
            let (key, desk) = (try ShelfTests.key(dice.roll(1 << 30)), Desk())
            var flight: CacheFlight? = try flight(key)
            var waiting: [Int: CacheTicket] = [:]
            var told: Set<Int> = []
            for who in 0..<20 { waiting[who] = try wait(key, desk, who) }
            var isOver = false
            while !isOver {
                if dice.roll(2) == 0, let who = waiting.keys.sorted().randomElement(using: &dice) {
                    waiting.removeValue(forKey: who)?.leave()
                    continue
                }
                switch dice.roll(6) {
                case 0:
                    flight?.finish(ShelfTests.answer(1), ttl: .max)
                    isOver = true
                case 1:
                    flight?.release()
                    isOver = true
                case 2, 3: flight?.fail()
                default: flight = nil
                }
                if let next = desk.flights.withLock({ $0.first }) {
                    flight = next.value
                    desk.flights.withLock { $0 = [:] }
                    #expect(told.insert(next.key).inserted && waiting.removeValue(forKey: next.key) != nil)
                } else if waiting.isEmpty {
                    isOver = true
                }
            }
            flight = nil
            let rest = desk.answers.withLock { Set($0.keys) }.union(desk.alone.withLock { $0 })
            #expect(rest == Set(waiting.keys))
            #expect(rest.isDisjoint(with: told))
            #expect(shelf.report(now: 0).inFlight == 0)
        }
    }

    @Test func `over many threads one key is asked once`() async throws {
        let key = try ShelfTests.key(9)
        let counts = Counts()
        let shelf = shelf
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<64 { group.addTask { Self.visit(shelf, key, counts) } }
        }
        #expect(counts.asked.load(ordering: .relaxed) == 1)
        #expect(counts.given.load(ordering: .relaxed) == 64)
    }

    private final class Counts: Sendable {
        let asked = Atomic(0)
        let given = Atomic(0)
    }

    private static func visit(_ shelf: CacheShelf, _ key: CacheKey, _ counts: Counts) {
        let outcome = shelf.ask(key, CacheWish(), ttl: .max, now: 0) { _ in
            counts.given.add(1, ordering: .relaxed)
        }
        switch outcome {
        case .lead(let flight):
            counts.asked.add(1, ordering: .relaxed)
            flight.finish(ShelfTests.answer(1), ttl: .max)
            counts.given.add(1, ordering: .relaxed)
        case .hit: counts.given.add(1, ordering: .relaxed)
        case .wait, .none: break
        }
    }
}
