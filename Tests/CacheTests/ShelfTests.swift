import Bytes
import Cache
import Routing
import Synchronization
import Testing

/// What is kept, for how long, and who goes first.
@Suite struct ShelfTests {
    static func key(_ number: Int) throws -> CacheKey {
        let body = Array("\(number)".utf8)
        return try KeyTests.question().key(body: body.span)
    }

    static func answer(
        _ size: Int,
        _ fill: Int = 0,
        at now: Int64 = 0,
        owner: CacheQuestion.Owner = .everybody,
        model: String = "m"
    ) -> CachedAnswer {
        CachedAnswer(
            body: Array(repeating: UInt8(truncatingIfNeeded: fill), count: size),
            fields: [],
            createdNanoseconds: now,
            owner: owner,
            model: Array(model.utf8),
            provider: "p",
            promptTokens: 3,
            completionTokens: 5
        )
    }

    /// Asks, and answers for oneself where nothing is there: true for a hit.
    private func visit(
        _ shelf: CacheShelf,
        _ key: CacheKey,
        _ made: CachedAnswer,
        ttl: Int64 = .max,
        now: Int64 = 0,
        wish: CacheWish = CacheWish()
    ) -> CachedAnswer? {
        switch shelf.ask(key, wish, ttl: ttl, now: now, teller: { _ in }) {
        case .hit(let answer): return answer
        case .lead(let flight):
            flight.finish(made, ttl: ttl)
            return nil
        case .wait, .none: return nil
        }
    }

    @Test func `what is kept is what a list by last use would keep`() throws {
        var dice = Dice(3)
        for _ in 0..<20 {
            let limits = CacheLimits(entries: 1 + dice.roll(8), bytes: 4_000 + dice.roll(4_000))
            let shelf = CacheShelf(limits)
            // The definition: an array, the longest unused first.
            var model: [(number: Int, answer: CachedAnswer, expires: Int64)] = []
            var now: Int64 = 0
            for step in 0..<1_000 {
                now += Int64(dice.roll(4))
                let number = dice.roll(14)
                let ttl = Int64(1 + dice.roll(40))
                let made = Self.answer(dice.roll(1_300), step, at: now)
                let got = try visit(shelf, Self.key(number), made, ttl: ttl, now: now)
                let place = model.firstIndex { $0.number == number }
                if let place, now < model[place].expires, now - model[place].answer.createdNanoseconds <= ttl {
                    #expect(got === model[place].answer)
                    model.append(model.remove(at: place))
                } else {
                    #expect(got == nil)
                    if let place { model.remove(at: place) }
                    if made.body.count <= limits.bodyBytes { model.append((number, made, now + ttl)) }
                    while model.count > limits.entries || model.reduce(0, { $0 + $1.answer.sizeBytes }) > limits.bytes {
                        model.removeFirst()
                    }
                }
            }
            model.removeAll { $0.expires <= now }
            let report = shelf.report(now: now)
            #expect(report.entries == model.count)
            #expect(report.bytes == model.reduce(0) { $0 + $1.answer.sizeBytes })
            #expect(report.inFlight == 0)
        }
    }

    @Test func `an answer too old for the asker is asked for anew`() throws {
        let shelf = CacheShelf(CacheLimits(entries: 10, bytes: 1 << 20))
        let key = try Self.key(1)
        #expect(visit(shelf, key, Self.answer(10, at: 100), ttl: 1_000, now: 100) == nil)
        #expect(visit(shelf, key, Self.answer(10, at: 600), ttl: 1_000, now: 600) != nil)
        var young = CacheWish()
        young.maxAgeNanoseconds = 400
        #expect(visit(shelf, key, Self.answer(10, 2, at: 600), ttl: 1_000, now: 600, wish: young) == nil)
        #expect(visit(shelf, key, Self.answer(10), ttl: 1_000, now: 700)?.body.first == 2)
        #expect(visit(shelf, key, Self.answer(10, 3, at: 900), ttl: 100, now: 900) == nil)
        #expect(visit(shelf, key, Self.answer(10), ttl: 1_000, now: 1_000) == nil, "kept for 100 only")
    }

    @Test func `wishes are granted`() throws {
        let shelf = CacheShelf(CacheLimits(entries: 10, bytes: 1 << 20))
        let key = try Self.key(1)
        var wish = CacheWish()
        wish.wantsOnlyKept = true
        guard case .none = shelf.ask(key, wish, ttl: .max, now: 0, teller: { _ in }) else {
            Issue.record("there is nothing kept")
            return
        }
        _ = visit(shelf, key, Self.answer(10, 1))
        #expect(visit(shelf, key, Self.answer(10), wish: wish)?.body.first == 1)
        var fresh = CacheWish()
        fresh.mayRead = false
        #expect(visit(shelf, key, Self.answer(10, 2), wish: fresh) == nil)
        #expect(visit(shelf, key, Self.answer(10))?.body.first == 2)
        fresh.mayWrite = false
        guard case .none = shelf.ask(key, fresh, ttl: .max, now: 0, teller: { _ in }) else {
            Issue.record("it goes past the cache")
            return
        }
        let counts = shelf.report(now: 0).counts
        #expect(counts.hits == 2 && counts.misses == 3 && counts.bypasses == 1 && counts.stores == 2)
        #expect(counts.savedPromptTokens == 6 && counts.savedCompletionTokens == 10)
    }

    @Test func `one answer does not push out all others`() throws {
        let shelf = CacheShelf(CacheLimits(entries: 10, bytes: 8_000))
        _ = try visit(shelf, Self.key(1), Self.answer(2_000))
        _ = try visit(shelf, Self.key(2), Self.answer(2_001))
        #expect(shelf.report(now: 0).entries == 1)
        shelf.apply(CacheLimits(entries: 0, bytes: 8_000))
        #expect(shelf.report(now: 0).entries == 0)
    }

    @Test func `answers are taken out by model and by owner`() throws {
        let book = CacheBook()
        let limits = CacheLimits(entries: 10, bytes: 1 << 20)
        let (one, other) = (book.shelf("", limits), book.shelf("route", limits))
        func fill() throws {
            _ = try visit(one, Self.key(1), Self.answer(1, owner: .key("a"), model: "m"))
            _ = try visit(one, Self.key(2), Self.answer(1, owner: .tenant("a"), model: "n"))
            _ = try visit(other, Self.key(3), Self.answer(1, owner: .key("b"), model: "m"))
        }
        try fill()
        #expect(book.invalidate(.model("m")) == 2)
        try fill()
        #expect(book.invalidate(.key("a")) == 1)
        #expect(book.invalidate(.tenant("a")) == 1)
        #expect(book.invalidate(.key("c")) == 0)
        try fill()
        #expect(book.report(now: 0).entries == 3)
        #expect(book.invalidate(.all) == 3)
        try fill()
        book.keep(only: [""])
        #expect(book.report(now: 0).entries == 2)
        #expect(book.shelf("", limits) === one)
    }

    @Test func `what was asked before an invalidation is given, but not kept`() throws {
        let shelf = CacheShelf(CacheLimits(entries: 10, bytes: 1 << 20))
        let key = try Self.key(1)
        guard case .lead(let flight) = shelf.ask(key, CacheWish(), ttl: .max, now: 0, teller: { _ in }) else {
            Issue.record("the first asks")
            return
        }
        let news = Mutex<[String]>([])
        _ = shelf.ask(key, CacheWish(), ttl: .max, now: 0) { _ in news.withLock { $0.append("told") } }
        #expect(shelf.invalidate { _ in true } == 0)
        flight.finish(Self.answer(1), ttl: .max)
        #expect(news.withLock { $0 } == ["told"])
        #expect(shelf.report(now: 0).entries == 0)
    }

    // MARK: Recording

    @Test func `an answer is taken down with its moments, within bounds`() {
        var recorder = AnswerRecorder(limitBytes: 10)
        for (text, now) in [("ab", 100), ("c", 100), ("", 150), ("def", 170)] as [(String, Int64)] {
            let bytes = Array(text.utf8)
            recorder.take(bytes.span, at: now)
        }
        #expect(recorder.body == Array("abcdef".utf8))
        #expect(recorder.marks.map(\.end) == [3, 6] && recorder.marks.map(\.nanoseconds) == [0, 70])
        let answer = CachedAnswer(
            body: recorder.body,
            fields: [],
            createdNanoseconds: 0,
            marks: recorder.marks,
            owner: .everybody,
            model: [],
            provider: ""
        )
        #expect(answer.due(after: 0) == (3, 70))
        #expect(answer.due(after: 69) == (3, 70))
        #expect(answer.due(after: 70) == (6, nil))
        let more = Array("ghijk".utf8)
        recorder.take(more.span, at: 180)
        #expect(recorder.hasOverflowed && recorder.body.isEmpty && recorder.marks.isEmpty)
        recorder.take(more.span, at: 190)
        #expect(recorder.body.isEmpty)
    }

    @Test func `however many pieces come, moments are bounded and no byte is lost`() {
        var recorder = AnswerRecorder(limitBytes: 1 << 20)
        let byte: [UInt8] = [0x61]
        for now in 0..<10_000 { recorder.take(byte.span, at: Int64(now)) }
        #expect(recorder.body.count == 10_000 && recorder.marks.count == 4_096)
        #expect(recorder.marks.last?.end == 10_000)
    }
}
