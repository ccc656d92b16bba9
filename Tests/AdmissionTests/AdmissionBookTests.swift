import Admission
import Dispatch
import Synchronization
import Testing

@Suite struct AdmissionBookTests {
    private func book(_ limit: Int, depth: Int = 1_000, aging: Int64 = 100) -> AdmissionBook {
        let book = AdmissionBook()
        var settings = AdmissionBook.Settings()
        settings.maxDepth = depth
        settings.agingNanoseconds = aging
        book.apply(["one": limit], settings)
        return book
    }

    /// Who was called, in that order.
    private final class Calls: Sendable {
        let names = Mutex<[Int]>([])
        func note(_ name: Int) { names.withLock { $0.append(name) } }
        var all: [Int] { names.withLock { $0 } }
    }

    private func waiting(_ book: AdmissionBook) -> Int { book.lines.reduce(0) { $0 + $1.waiting.reduce(0, +) } }

    @Test func `a provider without a limit has room for all`() {
        let book = book(1)
        for _ in 0..<100 { #expect(book.enter("other", .batch, now: 0) {} == .admitted) }
        #expect(book.hasRoom("other") && book.hasRoom("one"))
        #expect(book.enter("one", .batch, now: 0) {} == .admitted)
        #expect(!book.hasRoom("one"))
    }

    @Test func `those of one level go in the order they came, and the more urgent first`() {
        let book = book(1)
        let calls = Calls()
        #expect(book.enter("one", .normal, now: 0) {} == .admitted)
        let order: [(Int, Urgency)] = [
            (0, .low), (1, .normal), (2, .critical), (3, .normal), (4, .critical), (5, .batch),
        ]
        for (name, urgency) in order { _ = book.enter("one", urgency, now: Int64(name)) { calls.note(name) } }
        for _ in order { book.leave("one") }
        #expect(calls.all == [2, 4, 1, 3, 0, 5])
        #expect(book.lines.map(\.running) == [1] && waiting(book) == 0)
    }

    @Test
    func `before a limit the first tries, the others are called in their turn, and lines go when nobody is there`() {
        let book = book(1, depth: 4)
        let calls = Calls()
        #expect(book.enter(door: "a", .normal, now: 0) {} == .admitted)
        #expect(book.isOccupied(door: "a") && !book.isOccupied(door: "b"))
        guard case .waits(let low) = book.enter(door: "a", .low, now: 1, called: { calls.note(1) }) else {
            Issue.record("it does not wait")
            return
        }
        _ = book.enter(door: "a", .critical, now: 2) { calls.note(2) }
        #expect(book.enter(door: "b", .batch, now: 3) {} == .admitted)
        #expect(book.enter(door: "c", .critical, now: 3) {} == .full, "the first of a line waits as well")
        #expect(book.waitingAtDoors == 4)
        book.leave(door: "b")
        #expect(!book.isOccupied(door: "b"))
        book.leave(door: "a")
        #expect(calls.all == [2])
        #expect(book.cancel(door: low) && !book.cancel(door: low))
        book.leave(door: "a")
        #expect(calls.all == [2] && book.waitingAtDoors == 0 && !book.isOccupied(door: "a"))
        #expect(book.lines.map(\.provider) == ["one"], "no client is named")
    }

    @Test func `who waits rises by a level with each aging`() {
        let book = book(1, aging: 100)
        let calls = Calls()
        _ = book.enter("one", .normal, now: 0) {}
        _ = book.enter("one", .batch, now: 0) { calls.note(0) }
        _ = book.enter("one", .critical, now: 399) { calls.note(1) }
        _ = book.enter("one", .critical, now: 401) { calls.note(2) }
        for _ in 0..<3 { book.leave("one") }
        #expect(calls.all == [1, 0, 2])
    }

    @Test func `nobody starves under a stream of more urgent requests`() {
        for seed in 0..<50 {
            var random = Generator(UInt64(seed))
            let aging = Int64.random(in: 1...200, using: &random)
            let book = book(1, aging: aging)
            let calls = Calls()
            _ = book.enter("one", .normal, now: 0) {}
            let urgencies: [Urgency] = (0..<400).map { _ in Urgency.allCases.randomElement(using: &random) ?? .low }
            var now: Int64 = 0
            var arrivals: [Int64] = []
            for (name, urgency) in urgencies.enumerated() {
                now += Int64.random(in: 0...20, using: &random)
                arrivals.append(now)
                _ = book.enter("one", urgency, now: now) { calls.note(name) }
                if Int.random(in: 0..<3, using: &random) == 0 { book.leave("one") }
            }
            while waiting(book) > 0 { book.leave("one") }
            let order = calls.all
            #expect(order.sorted() == Array(urgencies.indices), "each is called once")
            for (place, name) in order.enumerated() {
                for other in order[..<place] where other > name {
                    // Overtaken only by a more urgent one, and only within its advance.
                    let levels = Int64(urgencies[name].rawValue - urgencies[other].rawValue)
                    #expect(levels > 0 && arrivals[other] - arrivals[name] <= levels * aging)
                }
            }
        }
    }

    @Test func `as many wait as may`() {
        let book = book(1, depth: 2)
        _ = book.enter("one", .normal, now: 0) {}
        for _ in 0..<2 {
            guard case .waits = book.enter("one", .normal, now: 1, called: {}) else { return #expect(Bool(false)) }
        }
        #expect(book.enter("one", .critical, now: 2) {} == .full)
        book.leave("one")
        guard case .waits = book.enter("one", .normal, now: 3, called: {}) else { return #expect(Bool(false)) }
    }

    @Test func `who leaves the line is not called, and who was called has a place to give back`() {
        let book = book(1)
        let calls = Calls()
        _ = book.enter("one", .normal, now: 0) {}
        guard case .waits(let first) = book.enter("one", .normal, now: 1, called: { calls.note(1) }),
            case .waits(let second) = book.enter("one", .normal, now: 2, called: { calls.note(2) })
        else { return #expect(Bool(false)) }
        #expect(book.cancel(first) && !book.cancel(first))
        book.leave("one")
        #expect(calls.all == [2] && !book.cancel(second) && !book.hasRoom("one"))
        book.leave("one")
        #expect(book.hasRoom("one"))
        book.leave("one")
        #expect(book.lines[0].running == 0, "no place is given back twice")
    }

    @Test func `a higher limit calls at once, a lower one drives nobody out`() {
        let book = book(2)
        let calls = Calls()
        for _ in 0..<2 { _ = book.enter("one", .normal, now: 0) {} }
        for name in 0..<3 { _ = book.enter("one", .normal, now: 1) { calls.note(name) } }
        book.apply(["one": 4], book.settings)
        #expect(calls.all == [0, 1])
        book.apply(["one": 1], book.settings)
        for _ in 0..<3 { book.leave("one") }
        #expect(calls.all == [0, 1] && book.lines[0].running == 1)
        book.leave("one")
        #expect(calls.all == [0, 1, 2])
        book.apply([:], book.settings)
        #expect(book.hasRoom("one"))
    }

    @Test func `threads never hold more places than there are, and none is lost`() {
        let book = book(3, depth: 100_000)
        let counts = Counts()
        let group = DispatchGroup()
        DispatchQueue.concurrentPerform(iterations: 8) { part in
            for number in 0..<500 {
                group.enter()
                let work: @Sendable () -> Void = {
                    counts.began()
                    DispatchQueue.global().async {
                        counts.ended()
                        book.leave("one")
                        group.leave()
                    }
                }
                let urgency = Urgency.allCases[(part + number) % 5]
                if book.enter("one", urgency, now: Int64(number), called: work) == .admitted { work() }
            }
        }
        group.wait()
        #expect(counts.done == 4_000 && counts.most <= 3)
        #expect(book.lines[0].running == 0 && waiting(book) == 0)
    }
}

/// How many ran, and at a time.
private final class Counts: Sendable {
    private let state = Mutex((running: 0, most: 0, done: 0))
    func began() {
        state.withLock { state in
            state.running += 1
            state.most = max(state.most, state.running)
        }
    }
    func ended() {
        state.withLock { state in
            state.running -= 1
            state.done += 1
        }
    }
    var most: Int { state.withLock { $0.most } }
    var done: Int { state.withLock { $0.done } }
}

/// SplitMix64, so that a run can be repeated.
private struct Generator: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
