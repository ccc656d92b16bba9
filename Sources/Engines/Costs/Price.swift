/// What one model costs: nano-dollars per million tokens, which is dollars per million tokens times a billion.
package struct Price: Equatable, Sendable {
    package var input: Int
    package var output: Int
    /// Of the input, what was read from a cache; nil costs as the rest.
    package var cached: Int?
    /// Of the input, what was written to a cache; nil costs as the rest.
    package var cacheWrite: Int?
    /// Of the output, what was thought; nil costs as the rest.
    package var reasoning: Int?

    package init(input: Int, output: Int, cached: Int? = nil, cacheWrite: Int? = nil, reasoning: Int? = nil) {
        self.input = input
        self.output = output
        self.cached = cached
        self.cacheWrite = cacheWrite
        self.reasoning = reasoning
    }

    /// What costs nothing.
    package static let free = Price(input: 0, output: 0)

    /// True when nothing of it costs anything.
    package var isFree: Bool {
        input == 0 && output == 0 && (cached ?? 0) == 0 && (cacheWrite ?? 0) == 0 && (reasoning ?? 0) == 0
    }

    /// What tokens cost, in nano-dollars: added up exactly, then rounded to the nearest once.
    package func nanodollars(_ tokens: SpentTokens) -> Int {
        let cached = min(max(tokens.cached, 0), max(tokens.input, 0))
        let written = min(max(tokens.cacheWrite, 0), max(tokens.input, 0) - cached)
        let plain = max(tokens.input, 0) - cached - written
        let thought = min(max(tokens.reasoning, 0), max(tokens.output, 0))
        let said = max(tokens.output, 0) - thought
        var sum = Int128(plain) * Int128(input) + Int128(cached) * Int128(self.cached ?? input)
        sum += Int128(written) * Int128(cacheWrite ?? input)
        sum += Int128(said) * Int128(output) + Int128(thought) * Int128(reasoning ?? output)
        return Int(min((sum + 500_000) / 1_000_000, Int128(1 << 60)))
    }

    /// The dearest that so many tokens can become, in nano-dollars: what a budget has to set aside.
    ///
    /// What was read from a cache is known only afterwards, so it is taken for the dearest kind of input, as thinking is of
    /// output.
    package func mostNanodollars(input tokens: Int, output: Int) -> Int {
        let reading = max(input, cacheWrite ?? 0, cached ?? 0)
        let writing = max(self.output, reasoning ?? 0)
        let worst = Price(input: reading, output: writing)
        return worst.nanodollars(SpentTokens(input: tokens, output: output))
    }
}

/// Tokens of one answer, by what they cost.
///
/// `input` holds `cached` and `cacheWrite`, `output` holds `reasoning` (peers.md 3b-14): readers of dialects see to that.
package struct SpentTokens: Equatable, Sendable {
    package var input: Int
    package var cached: Int
    package var cacheWrite: Int
    package var output: Int
    package var reasoning: Int
    package init(input: Int = 0, cached: Int = 0, cacheWrite: Int = 0, output: Int = 0, reasoning: Int = 0) {
        self.input = input
        self.cached = cached
        self.cacheWrite = cacheWrite
        self.output = output
        self.reasoning = reasoning
    }
}
