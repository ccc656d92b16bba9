import Costs
import Testing

/// What models cost.
struct PriceTests {
    private func price(_ table: PriceTable, _ model: String) -> Price? { table.price(of: Array(model.utf8)) }

    @Test func `tokens of every kind cost their own price`() {
        // 2.50, 10, 1.25, 3 and 12 dollars per million.
        let price = Price(
            input: 2_500_000_000,
            output: 10_000_000_000,
            cached: 1_250_000_000,
            cacheWrite: 3_000_000_000,
            reasoning: 12_000_000_000
        )
        let tokens = SpentTokens(input: 1_000, cached: 300, cacheWrite: 100, output: 50, reasoning: 20)
        // 600 × 2,500 + 300 × 1,250 + 100 × 3,000 + 30 × 10,000 + 20 × 12,000
        #expect(price.nanodollars(tokens) == 1_500_000 + 375_000 + 300_000 + 300_000 + 240_000)
    }

    @Test func `a target's prices win, and below them all is as it was`() {
        let provider = PriceTable(kind: "openai", isLocal: false, own: [("big-*", Price(input: 5, output: 5))])
        let target = provider.below([("big-1", Price(input: 1, output: 1))])
        #expect(price(target, "big-1")?.input == 1 && price(target, "big-2")?.input == 5)
        #expect(price(target, "gpt-4o") == price(provider, "gpt-4o"))
        #expect(price(provider.below([(nil, Price(input: 7, output: 7))]), "big-2")?.input == 7)
        #expect(target.knowsAll, "OpenAI has a usual price")
        #expect(!PriceTable(kind: "openai-compatible", isLocal: false).knowsAll)
    }

    @Test func `kinds without a price of their own cost as the rest`() {
        let price = Price(input: 1_000_000_000, output: 2_000_000_000)
        let tokens = SpentTokens(input: 10, cached: 4, cacheWrite: 3, output: 6, reasoning: 6)
        #expect(price.nanodollars(tokens) == 10 * 1_000 + 6 * 2_000)
    }

    @Test func `half a nano-dollar a token is not lost in between`() {
        let price = Price(input: 37_500_000, output: 0)
        #expect(price.nanodollars(SpentTokens(input: 1)) == 38)
        #expect(price.nanodollars(SpentTokens(input: 2)) == 75)
        #expect(price.nanodollars(SpentTokens(input: 1_000_000)) == 37_500_000)
    }

    @Test(arguments: [Int.max, Int.min, -1])
    func `whatever a provider says, nothing overflows`(count: Int) {
        let price = Price(input: .max, output: .max)
        let cost = price.nanodollars(
            SpentTokens(input: count, cached: count, cacheWrite: count, output: count, reasoning: count)
        )
        #expect(cost >= 0)
    }

    @Test func `what is set aside is never less than what it costs`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            func some() -> Int? {
                Bool.random(using: &random) ? Int.random(in: 0...20_000_000_000, using: &random) : nil
            }
            let price = Price(
                input: some() ?? 0,
                output: some() ?? 0,
                cached: some(),
                cacheWrite: some(),
                reasoning: some()
            )
            let (input, output) = (
                Int.random(in: 0...10_000, using: &random), Int.random(in: 0...5_000, using: &random)
            )
            let cached = Int.random(in: 0...input, using: &random)
            let tokens = SpentTokens(
                input: input,
                cached: cached,
                cacheWrite: Int.random(in: 0...(input - cached), using: &random),
                output: output,
                reasoning: Int.random(in: 0...output, using: &random)
            )
            #expect(price.mostNanodollars(input: input, output: output) >= price.nanodollars(tokens))
        }
    }

    @Test func `a provider's own prices win, the exact name before the longest glob`() {
        let own: [(pattern: String?, price: Price)] = [
            (nil, Price(input: 1, output: 1)), ("gpt-*", Price(input: 2, output: 2)),
            ("gpt-4o*", Price(input: 3, output: 3)), ("gpt-4o", Price(input: 4, output: 4)),
        ]
        let table = PriceTable(kind: "openai", isLocal: false, own: own)
        #expect(price(table, "gpt-4o")?.input == 4)
        #expect(price(table, "gpt-4o-mini")?.input == 3)
        #expect(price(table, "gpt-5")?.input == 2)
        #expect(price(table, "o3")?.input == 1)
    }

    @Test func `what is local costs nothing, unless the file says so`() {
        let local = PriceTable(kind: "ollama", isLocal: true)
        #expect(price(local, "llama-3.3-70b") == .free)
        let charged = PriceTable(kind: "ollama", isLocal: true, own: [("llama*", Price(input: 5, output: 6))])
        #expect(price(charged, "llama3.3") == Price(input: 5, output: 6))
        #expect(price(charged, "qwen3") == .free)
    }

    @Test(
        arguments: [
            ("openai", "gpt-4o", 2_500_000_000, 10_000_000_000),
            ("openai", "gpt-4o-mini-2024-07-18", 150_000_000, 600_000_000),
            ("anthropic", "claude-sonnet-4-5", 3_000_000_000, 15_000_000_000),
            ("anthropic", "claude-opus-4-5-20251101", 5_000_000_000, 25_000_000_000),
            ("groq", "llama-3.3-70b-versatile", 590_000_000, 790_000_000),
            ("openrouter", "anthropic/claude-3-5-haiku", 800_000_000, 4_000_000_000),
            ("google", "gemini-2.5-flash-lite", 100_000_000, 400_000_000),
        ]
    )
    func `the list has what vendors ask`(kind: String, model: String, input: Int, output: Int) {
        let found = price(PriceTable(kind: kind, isLocal: false), model)
        #expect(found?.input == input)
        #expect(found?.output == output)
    }

    @Test func `a family's price is not that of its relatives`() {
        // hoosh takes the longest prefix: gpt-4o-audio as gpt-4o, o1-mini as o1, opus 4.5 as opus 4.
        let openAI = PriceTable(kind: "openai", isLocal: false)
        #expect(!openAI.knows(Array("gpt-4o-audio-preview".utf8)))
        #expect(price(openAI, "o1-mini") != price(openAI, "o1"))
        let anthropic = PriceTable(kind: "anthropic", isLocal: false)
        #expect(price(anthropic, "claude-opus-4-5") != price(anthropic, "claude-opus-4-1"))
    }

    @Test func `a model nobody knows has the usual price of its kind, or none`() {
        #expect(price(PriceTable(kind: "mistral", isLocal: false), "magistral")?.input == 2_000_000_000)
        #expect(price(PriceTable(kind: "openai-compatible", isLocal: false), "anything") == nil)
    }

    @Test func `Anthropic's caches cost a tenth to read and five fourths to write`() {
        let found = price(PriceTable(kind: "anthropic", isLocal: false), "claude-haiku-4-5")
        #expect(found?.cached == 100_000_000)
        #expect(found?.cacheWrite == 1_250_000_000)
    }
}
