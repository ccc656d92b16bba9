import Decision

/// List prices of the vendors, as data: dollars per million tokens.
///
/// State of `date`. hoosh's own table (16 rows) is the beginning of it; the rest are list prices as the vendors publish them
/// (openai.com/api/pricing, docs.anthropic.com/en/docs/about-claude/pricing, ai.google.dev/gemini-api/docs/pricing,
/// api-docs.deepseek.com, groq.com/pricing, mistral.ai/pricing, docs.x.ai). Nobody compares it with their pages by
/// himself: what you pay is said in `providers.<name>.price`, which wins. Prices for long prompts, batches and priority are
/// not in it.
package enum BuiltinPrices {
    /// When the list was last gone over.
    package static let date = "2025-11"

    private static func row(
        _ pattern: String,
        _ input: Double,
        _ output: Double,
        cached: Double? = nil,
        written: Double? = nil
    ) -> (String, Price) {
        func nano(_ dollars: Double) -> Int { Int((dollars * 1_000_000_000).rounded()) }
        let price = Price(
            input: nano(input),
            output: nano(output),
            cached: cached.map(nano),
            cacheWrite: written.map(nano)
        )
        return (pattern, price)
    }

    /// Anthropic reads from a cache at a tenth and writes to one at five fourths of the price.
    private static func claude(_ pattern: String, _ input: Double, _ output: Double) -> (String, Price) {
        row(pattern, input, output, cached: input / 10, written: input * 1.25)
    }

    private static let openAI: [(String, Price)] = [
        row("gpt-5", 1.25, 10, cached: 0.125),
        row("gpt-5-20*", 1.25, 10, cached: 0.125),
        row("gpt-5-chat*", 1.25, 10, cached: 0.125),
        row("gpt-5-mini*", 0.25, 2, cached: 0.025),
        row("gpt-5-nano*", 0.05, 0.4, cached: 0.005),
        row("gpt-4.1", 2, 8, cached: 0.5),
        row("gpt-4.1-20*", 2, 8, cached: 0.5),
        row("gpt-4.1-mini*", 0.4, 1.6, cached: 0.1),
        row("gpt-4.1-nano*", 0.1, 0.4, cached: 0.025),
        row("gpt-4o", 2.5, 10, cached: 1.25),
        row("gpt-4o-20*", 2.5, 10, cached: 1.25),
        row("gpt-4o-mini", 0.15, 0.6, cached: 0.075),
        row("gpt-4o-mini-20*", 0.15, 0.6, cached: 0.075),
        row("gpt-4-turbo*", 10, 30),
        row("gpt-3.5-turbo*", 0.5, 1.5),
        row("o1", 15, 60, cached: 7.5),
        row("o1-20*", 15, 60, cached: 7.5),
        row("o1-mini*", 1.1, 4.4, cached: 0.55),
        row("o3", 2, 8, cached: 0.5),
        row("o3-20*", 2, 8, cached: 0.5),
        row("o3-mini*", 1.1, 4.4, cached: 0.55),
        row("o4-mini*", 1.1, 4.4, cached: 0.275),
        row("text-embedding-3-small", 0.02, 0),
        row("text-embedding-3-large", 0.13, 0),
        row("text-embedding-ada-002", 0.1, 0),
    ]

    private static let anthropic: [(String, Price)] = [
        claude("claude-opus-4-5*", 5, 25),
        claude("claude-opus-4-1*", 15, 75),
        claude("claude-opus-4-0", 15, 75),
        claude("claude-opus-4-20*", 15, 75),
        claude("claude-sonnet-4*", 3, 15),
        claude("claude-haiku-4-5*", 1, 5),
        claude("claude-3-7-sonnet*", 3, 15),
        claude("claude-3-5-sonnet*", 3, 15),
        claude("claude-3.5-sonnet*", 3, 15),
        claude("claude-3-5-haiku*", 0.8, 4),
        claude("claude-3.5-haiku*", 0.8, 4),
        claude("claude-3-opus*", 15, 75),
        claude("claude-3-haiku*", 0.25, 1.25),
    ]

    private static let google: [(String, Price)] = [
        row("gemini-2.5-pro*", 1.25, 10, cached: 0.125),
        row("gemini-2.5-flash*", 0.3, 2.5, cached: 0.03),
        row("gemini-2.5-flash-lite*", 0.1, 0.4, cached: 0.01),
        row("gemini-2.0-flash*", 0.1, 0.4, cached: 0.025),
        row("gemini-2.0-flash-lite*", 0.075, 0.3),
        row("gemini-1.5-pro*", 1.25, 5),
        row("gemini-1.5-flash*", 0.075, 0.3),
    ]

    private static let deepseek: [(String, Price)] = [
        row("deepseek-chat", 0.27, 1.1, cached: 0.07),
        row("deepseek-coder", 0.14, 0.28),
        row("deepseek-reasoner", 0.55, 2.19, cached: 0.14),
    ]

    private static let grok: [(String, Price)] = [
        row("grok-3", 3, 15, cached: 0.75),
        row("grok-3-mini", 0.3, 0.5, cached: 0.075),
        row("grok-4", 3, 15, cached: 0.75),
        row("grok-4-0709", 3, 15, cached: 0.75),
    ]

    private static let groq: [(String, Price)] = [
        row("llama-3.3-70b*", 0.59, 0.79),
        row("llama-3.1-8b*", 0.05, 0.08),
    ]

    private static let mistral: [(String, Price)] = [
        row("mistral-large-*", 2, 6),
        row("mistral-small-*", 0.1, 0.3),
    ]

    /// By the kind of provider.
    private static let tables: [String: [PriceTable.Row]] = {
        let written: [String: [(String, Price)]] = [
            "openai": openAI, "anthropic": anthropic, "google": google, "deepseek": deepseek, "grok": grok,
            "groq": groq, "mistral": mistral,
            // It passes on what the vendors ask.
            "openrouter": openAI + anthropic + google + grok,
        ]
        return written.mapValues { rows in
            rows.compactMap { PriceTable.Row($0.0, $0.1) }.enumerated().sorted { one, two in
                one.element.weight != two.element.weight
                    ? one.element.weight > two.element.weight : one.offset < two.offset
            }.map(\.element)
        }
    }()

    static func rows(of kind: String) -> [PriceTable.Row] { tables[kind] ?? [] }

    /// What is taken for a model that is not in the list, by the kind of provider: hoosh's fallbacks.
    static let usual: [String: Price] = Dictionary(
        uniqueKeysWithValues: [
            row("anthropic", 3, 15), row("openai", 2.5, 10), row("openrouter", 2.5, 10), row("deepseek", 0.27, 1.1),
            row("groq", 0.59, 0.79), row("grok", 3, 15), row("google", 0.1, 0.4), row("mistral", 2, 6),
        ]
    )
}
