import Limits
import Testing

/// Limits of speed.
struct LimitBookTests {
    private let second = 1_000_000_000
    private let start = 50_000_000_000_000

    private func limit(
        _ name: String = "a",
        by subject: LimitSettings.Subject = .key,
        requests: LimitSettings.Flow? = nil,
        tokens: LimitSettings.Flow? = nil,
        concurrent: Int? = nil,
        burst: Int? = nil,
        sliding: Bool = false
    ) -> LimitSettings {
        var settings = LimitSettings(name, by: subject)
        settings.requests = requests
        settings.tokens = tokens
        settings.concurrent = concurrent
        settings.burst = burst
        settings.isSliding = sliding
        return settings
    }

    private func admit(_ book: LimitBook, _ limits: [LimitNumber], _ who: String = "", tokens: Int = 0, at now: Int)
        -> Pass?
    {
        guard case .admitted(let pass, _) = book.admit(limits, tokens: tokens, now: now, subject: { _ in who }) else {
            return nil
        }
        return pass
    }

    private func excess(_ book: LimitBook, _ limits: [LimitNumber], _ who: String = "", tokens: Int = 0, at now: Int)
        -> Excess?
    {
        guard case .refused(let excess) = book.admit(limits, tokens: tokens, now: now, subject: { _ in who }) else {
            return nil
        }
        return excess
    }

    @Test func `a burst is let in at once, then one after the other`() throws {
        let book = LimitBook()
        let limits = book.apply([limit(requests: .init(60, perSeconds: 60), burst: 3)])
        for _ in 0..<3 { #expect(admit(book, limits, at: start) != nil) }
        let late = try #require(excess(book, limits, at: start))
        #expect(late.quantity == .requests)
        #expect(late.retryNanoseconds == second)
        #expect(late.remaining == 0)
        #expect(late.amount == 60 && late.seconds == 60)
        #expect(late.allowances.requests?.resetNanoseconds == 3 * second)
        #expect(admit(book, limits, at: start + second) != nil)
        #expect(admit(book, limits, at: start + second) == nil)
    }

    @Test func `without a burst one second's worth may come at once`() {
        let book = LimitBook()
        let limits = book.apply([limit(requests: .init(600, perSeconds: 60))])
        var admitted = 0
        while admitted < 100, admit(book, limits, at: start) != nil { admitted += 1 }
        #expect(admitted == 10)
    }

    @Test func `each subject has its own, one for all has one`() {
        let book = LimitBook()
        let limits = book.apply([
            limit("each", requests: .init(1, perSeconds: 60)),
            limit("all", by: .global, requests: .init(3, perSeconds: 1)),
        ])
        #expect(admit(book, limits, "x", at: start) != nil)
        #expect(excess(book, limits, "x", at: start)?.limit == "each")
        #expect(admit(book, limits, "y", at: start) != nil)
        #expect(admit(book, limits, "z", at: start) != nil)
        #expect(excess(book, limits, "w", at: start)?.limit == "all")
        // What one limit refused, the other has not counted.
        #expect(admit(book, limits, "w", at: start + second) != nil)
    }

    @Test func `requests at a time are counted until they are over`() throws {
        let book = LimitBook()
        let limits = book.apply([limit(concurrent: 2)])
        let first = try #require(admit(book, limits, at: start))
        let second = try #require(admit(book, limits, at: start))
        #expect(excess(book, limits, at: start)?.quantity == .concurrent)
        book.settle(first, tokens: 0, now: start)
        let third = try #require(admit(book, limits, at: start))
        book.withdraw(third, now: start)
        book.settle(second, tokens: 0, now: start)
        #expect(book.report().map(\.running) == [0])
    }

    @Test func `tokens are counted as estimated, then as they were`() throws {
        let book = LimitBook()
        let limits = book.apply([limit(tokens: .init(1_000, perSeconds: 1))])
        let pass = try #require(admit(book, limits, tokens: 900, at: start))
        #expect(admit(book, limits, tokens: 200, at: start) == nil)
        book.settle(pass, tokens: 100, now: start)
        let next = try #require(admit(book, limits, tokens: 900, at: start))
        book.settle(next, tokens: 2_900, now: start)
        #expect(excess(book, limits, tokens: 1_000, at: start)?.retryNanoseconds == 3 * second)
    }

    @Test func `what is larger than any burst is let in alone, and others wait for it`() throws {
        let book = LimitBook()
        let limits = book.apply([limit(tokens: .init(60, perSeconds: 60))])
        #expect(admit(book, limits, tokens: 100, at: start) != nil)
        #expect(admit(book, limits, tokens: 1, at: start + 99 * second) == nil)
        #expect(admit(book, limits, tokens: 1, at: start + 100 * second) != nil)
    }

    @Test func `a request that was not served does not count`() throws {
        for sliding in [false, true] {
            let book = LimitBook()
            let limits = book.apply([
                limit(requests: .init(1, perSeconds: 60), tokens: .init(10, perSeconds: 10), sliding: sliding)
            ])
            for _ in 0..<5 { book.withdraw(try #require(admit(book, limits, tokens: 10, at: start)), now: start) }
        }
    }

    @Test(arguments: [false, true])
    func `no period sees more than the rate and its burst`(sliding: Bool) {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            let amount = Int.random(in: 1...50, using: &random)
            let seconds = [1, 7, 60].randomElement(using: &random) ?? 1
            let burst = Int.random(in: 1...10, using: &random)
            let book = LimitBook()
            let limits = book.apply([
                limit(requests: .init(amount, perSeconds: seconds), burst: burst, sliding: sliding)
            ])
            var now = start
            var times: [Int] = []
            for _ in 0..<2_000 {
                now += Int.random(in: 0...(2 * seconds * second / amount), using: &random)
                if admit(book, limits, at: now) != nil { times.append(now) }
            }
            let most = sliding ? amount : amount + burst
            var first = 0
            for (index, time) in times.enumerated() {
                while times[first] <= time - seconds * second { first += 1 }
                #expect(index - first + 1 <= most)
            }
            #expect(times.count > 100)
        }
    }

    @Test(arguments: [false, true])
    func `who waits as long as he is told is let in`(sliding: Bool) {
        var random = SystemRandomNumberGenerator()
        let book = LimitBook()
        let limits = book.apply([
            limit(requests: .init(7, perSeconds: 3), tokens: .init(1_000, perSeconds: 10), burst: 2, sliding: sliding)
        ])
        var now = start
        for _ in 0..<1_000 {
            let tokens = Int.random(in: 0...400, using: &random)
            for _ in 0..<3 {
                guard let excess = excess(book, limits, tokens: tokens, at: now) else { break }
                #expect(excess.retryNanoseconds > 0)
                now += excess.retryNanoseconds
            }
            now += Int.random(in: 0...second / 4, using: &random)
        }
    }

    @Test func `a reload keeps what was counted`() {
        let book = LimitBook()
        let limits = book.apply([limit(requests: .init(1, perSeconds: 60))])
        #expect(admit(book, limits, at: start) != nil)
        let next = book.apply([limit("b", concurrent: 1), limit(requests: .init(2, perSeconds: 60))])
        #expect(next[1] == limits[0])
        #expect(admit(book, [next[1]], at: start + second) == nil)
        #expect(admit(book, [next[1]], at: start + 60 * second) != nil)
    }

    @Test func `subjects are bounded, and those still counted are kept`() {
        let book = LimitBook(subjectLimit: 3)
        let limits = book.apply([limit(by: .ip, requests: .init(1, perSeconds: 10))])
        var passes: [Pass] = []
        for who in ["a", "b", "c"] {
            if let pass = admit(book, limits, who, at: start) { passes.append(pass) }
        }
        for pass in passes { book.settle(pass, tokens: 0, now: start) }
        let early = book.admit(limits, tokens: 0, now: start + 2 * second, subject: { _ in "d" })
        guard case .crowded("a", let wait) = early else {
            Issue.record("a fourth subject found room")
            return
        }
        #expect(wait == 8 * second)
        #expect(admit(book, limits, "d", at: start + 2 * second + wait) != nil)
    }

    @Test(arguments: [false, true])
    func `who finds no place for one more subject is told when there is one`(sliding: Bool) throws {
        let book = LimitBook(subjectLimit: 2)
        let limits = book.apply([
            limit(by: .ip, requests: .init(60, perSeconds: 60), tokens: .init(600, perSeconds: 60), sliding: sliding)
        ])
        func wait(_ who: String, at now: Int) throws -> Int {
            guard case .crowded(_, let wait) = book.admit(limits, tokens: 0, now: now, subject: { _ in who }) else {
                throw Found()
            }
            return wait
        }
        let first = try #require(admit(book, limits, "a", tokens: 10, at: start))
        let other = try #require(admit(book, limits, "b", tokens: 10, at: start))
        // Of those who run nobody knows the end.
        #expect(try wait("c", at: start + second / 2) >= second)
        book.settle(first, tokens: 600, now: start + second)
        book.settle(other, tokens: 300, now: start + second)
        let now = start + 2 * second
        let told = try wait("c", at: now)
        #expect(sliding ? told > 50 * second : told == 28 * second)
        #expect(try wait("c", at: now + told - second) <= second)
        #expect(admit(book, limits, "c", at: now + told) != nil)
    }

    @Test func `what has flown off is not given back once more`() throws {
        let book = LimitBook()
        let limits = book.apply([limit(tokens: .init(60, perSeconds: 60), burst: 60)])
        let held = try #require(admit(book, limits, tokens: 60, at: start))
        // By then it has flown off, whatever it comes to.
        let other = try #require(admit(book, limits, tokens: 60, at: start + 61 * second))
        book.settle(other, tokens: 60, now: start + 62 * second)
        book.settle(held, tokens: 0, now: start + 63 * second)
        #expect(excess(book, limits, tokens: 30, at: start + 64 * second)?.quantity == .tokens)
        #expect(admit(book, limits, tokens: 30, at: start + 91 * second) != nil)
    }

    @Test(arguments: [false, true])
    func `what was estimated too high lets no more in than the rate`(sliding: Bool) throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            let book = LimitBook()
            let limits = book.apply([limit(tokens: .init(600, perSeconds: 60), burst: 200, sliding: sliding)])
            var now = start
            var used = 0
            var running: [Pass] = []
            while now < start + 3_600 * second {
                now += Int.random(in: 0...4 * second, using: &random)
                if let pass = admit(book, limits, tokens: Int.random(in: 1...200, using: &random), at: now) {
                    running.append(pass)
                }
                while running.count > 5 || !running.isEmpty && Bool.random(using: &random) {
                    let pass = running.remove(at: Int.random(in: 0..<running.count, using: &random))
                    // Most come to nothing, some to as much as was thought.
                    let actual = Int.random(in: 0..<4, using: &random) == 0 ? pass.estimate : 0
                    used += actual
                    book.settle(pass, tokens: actual, now: now)
                }
            }
            #expect(used <= 600 * 60 + 600)
            #expect(used > 600 * 10, "what was given back is used by others")
        }
    }

    @Test func `a reload with another rate goes on to count what runs`() throws {
        let book = LimitBook()
        let limits = book.apply([limit(requests: .init(9, perSeconds: 1), concurrent: 1, sliding: true)])
        let running = try #require(admit(book, limits, at: start))
        _ = book.apply([limit(requests: .init(9, perSeconds: 60), concurrent: 1)])
        #expect(excess(book, limits, at: start + second)?.quantity == .concurrent)
        #expect(book.report().map(\.running) == [1])
        book.settle(running, tokens: 0, now: start + second)
        #expect(admit(book, limits, at: start + second) != nil)
    }

    private struct Found: Error {}

    @Test func `what a sliding window takes back it takes out of the part that has it`() throws {
        let book = LimitBook()
        let limits = book.apply([
            limit(requests: .init(2, perSeconds: 60), tokens: .init(100, perSeconds: 60), sliding: true)
        ])
        let long = try #require(admit(book, limits, tokens: 100, at: start))
        let gone = try #require(admit(book, limits, at: start))
        book.settle(long, tokens: 10, now: start + 40 * second)
        book.withdraw(gone, now: start + 40 * second)
        #expect(admit(book, limits, tokens: 90, at: start + 40 * second) != nil)
        // The first has left; in the last minute there is the 90.
        let later = start + 70 * second
        #expect(admit(book, limits, tokens: 10, at: later) != nil)
        #expect(excess(book, limits, tokens: 0, at: later)?.quantity == .requests)
        let rest = book.apply([
            limit(requests: .init(9, perSeconds: 60), tokens: .init(100, perSeconds: 60), sliding: true)
        ])
        #expect(excess(book, rest, tokens: 1, at: later)?.quantity == .tokens)
    }
}
