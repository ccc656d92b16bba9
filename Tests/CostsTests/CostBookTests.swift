import Costs
import Testing

/// What was spent.
struct CostBookTests {
    private let tokens = SpentTokens(input: 10, cached: 2, cacheWrite: 1, output: 5, reasoning: 3)

    @Test func `answers are added up by provider, model, key, pool and day`() {
        let book = CostBook(sinceSeconds: 7)
        let key = CostKey(day: 1, provider: "openai", model: "gpt-4o", key: "app", pool: "team")
        book.record(key, tokens, nanodollars: 100)
        book.record(key, tokens, nanodollars: 50)
        var other = key
        other.day = 2
        book.record(other, tokens, nanodollars: nil)
        let (records, since) = book.report()
        #expect(since == 7)
        #expect(records.map(\.key) == [key, other])
        #expect(records.first?.sum.nanodollars == 150)
        #expect(records.first?.sum.input == 20)
        #expect(records.first?.sum.reasoning == 6)
        #expect(records.last?.sum.unpriced == 1)
        #expect(records.last?.sum.nanodollars == 0)
    }

    @Test func `a reset forgets the lines and keeps the counters`() {
        let book = CostBook(sinceSeconds: 0)
        book.record(CostKey(day: 1, provider: "openai", model: "a"), tokens, nanodollars: 3)
        #expect(book.reset(nowSeconds: 9).nanodollars == 3)
        #expect(book.report().records.isEmpty)
        #expect(book.report().sinceSeconds == 9)
        #expect(book.totals().map(\.sum.nanodollars) == [3])
    }

    @Test func `however many models are named, lines are bounded and nothing is lost`() {
        let book = CostBook(sinceSeconds: 0, lineLimit: 64)
        for number in 0..<5_000 {
            let key = CostKey(day: number / 500, provider: "p\(number % 2)", model: "m\(number)", key: "k\(number % 7)")
            book.record(key, tokens, nanodollars: 1)
        }
        let records = book.report().records
        #expect(records.count <= 64 + 32)
        #expect(records.reduce(0) { $0 + $1.sum.nanodollars } == 5_000)
        #expect(records.reduce(0) { $0 + $1.sum.input } == 50_000)
    }

    @Test(arguments: [1, 2]) func `who makes up models takes no other key or pool out of the book`(day: Int) {
        let book = CostBook(sinceSeconds: 0)
        for number in 0..<20_000 {
            book.record(CostKey(day: 1, provider: "p", model: "m\(number)", key: "loud"), tokens, nanodollars: 1)
        }
        for number in 0..<1_000 {
            let place = number % 100
            let key = CostKey(day: day, provider: "p", model: "n\(number)", key: "k\(place)", pool: "pool\(place % 5)")
            book.record(key, tokens, nanodollars: 1)
        }
        let records = book.report().records
        #expect(records.count <= CostBook.lineLimit)
        #expect(records.reduce(0) { $0 + $1.sum.nanodollars } == 21_000)
        for place in 0..<100 {
            let own = records.filter { $0.key.key == "k\(place)" }
            #expect(own.reduce(0) { $0 + $1.sum.nanodollars } == 10)
            #expect(own.allSatisfy { $0.key.pool == "pool\(place % 5)" && $0.key.day == day })
        }
        // On the same day they are told by key and pool only, on the next there is room for their models again.
        #expect(records.contains { $0.key.model == "n7" } == (day == 2))
    }

    @Test func `what a store kept comes back`() {
        let book = CostBook(sinceSeconds: 5)
        book.record(CostKey(day: 1, provider: "openai", model: "a"), tokens, nanodollars: 3)
        let (records, since) = book.report()
        let next = CostBook(sinceSeconds: 100)
        next.restore(records, sinceSeconds: since)
        #expect(next.report().records == records)
        #expect(next.report().sinceSeconds == 5)
    }
}
