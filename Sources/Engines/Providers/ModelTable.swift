import Decision
import Routing

/// What models can take, by globs of their names.
///
/// What a route file says comes first (`providers.<name>.context`, then `models.facts`), the built-in rows after it. For each
/// fact the first row that fits and says it counts.
package struct ModelTable: Sendable {
    /// A kind of model.
    private struct Row: Sendable {
        let pattern: Glob
        let facts: ModelFacts

        init?(_ pattern: String, _ facts: ModelFacts) {
            guard let glob = try? Glob(parsing: pattern) else { return nil }
            self.pattern = glob
            self.facts = facts
        }
    }

    private let own: [Row]

    /// Takes the rows of a file, in its order.
    package init(_ own: [(pattern: String, facts: ModelFacts)]) {
        self.own = own.compactMap { Row($0.pattern, $0.facts) }
    }

    /// What is known of a model; aliases are resolved by then.
    ///
    /// Of a name with a vendor in front (`openai/gpt-4o`), what stands behind the last slash is looked for as well.
    package func facts(of model: [UInt8]) -> ModelFacts {
        var facts = ModelFacts()
        let short = model.lastIndex(of: 0x2f).map { Array(model[($0 + 1)...]) } ?? model
        for row in own where row.pattern.matches(model.span) || row.pattern.matches(short.span) {
            facts = facts.completed(by: row.facts)
        }
        if let known = Self.known.first(where: { $0.pattern.matches(short.span) }) {
            facts = facts.completed(by: known.facts)
        }
        return facts
    }

    // MARK: The built-in rows

    private static func row(_ pattern: String, _ context: Int, _ output: Int?, _ inputs: Set<ModelFacts.Input>) -> Row?
    {
        Row(pattern, ModelFacts(context: context, output: output, inputs: inputs))
    }

    private static let words: Set<ModelFacts.Input> = [.text]
    private static let seeing: Set<ModelFacts.Input> = [.text, .image]
    private static let reading: Set<ModelFacts.Input> = [.text, .image, .document]
    private static let everything = Set(ModelFacts.Input.allCases)

    /// Kinds of models by their names, state of late 2025.
    ///
    /// From the vendors' pages of models as they are publicly known (platform.openai.com/docs/models,
    /// docs.anthropic.com/en/docs/about-claude/models, ai.google.dev/gemini-api/docs/models, api-docs.deepseek.com,
    /// docs.mistral.ai, docs.x.ai, model cards of open models); nobody has compared it since. Servers of open models are
    /// often started with smaller windows: say so in `providers.<name>.context`.
    ///
    /// More specific patterns first: the first that fits counts.
    private static let known: [Row] = [
        row("gpt-5-chat*", 128_000, 16_384, seeing),
        row("gpt-5*", 400_000, 128_000, seeing),
        row("gpt-4.1*", 1_047_576, 32_768, seeing),
        row("gpt-4o-audio*", 128_000, 16_384, [.text, .audio]),
        row("{gpt-4o,chatgpt-4o}*", 128_000, 16_384, seeing),
        row("gpt-4-{turbo,1106,0125}*", 128_000, 4_096, seeing),
        row("gpt-4-32k*", 32_768, nil, words),
        row("gpt-4{,-0613}", 8_192, 8_192, words),
        row("gpt-3.5-turbo-instruct*", 4_096, 4_096, words),
        row("gpt-3.5-turbo*", 16_385, 4_096, words),
        row("gpt-oss*", 131_072, nil, words),
        row("o1-mini*", 128_000, 65_536, words),
        row("o1-preview*", 128_000, 32_768, words),
        row("o3-mini*", 200_000, 100_000, words),
        row("o[134]{,-*}", 200_000, 100_000, seeing),
        row("text-embedding-*", 8_191, nil, words),
        row("claude-opus-4{-,.}5*", 200_000, 64_000, reading),
        row("claude-opus-4*", 200_000, 32_000, reading),
        row("claude-{sonnet,haiku}-4*", 200_000, 64_000, reading),
        row("claude-3{-,.}7-*", 200_000, 64_000, reading),
        row("claude-3{-,.}5-*", 200_000, 8_192, reading),
        row("claude-3-*", 200_000, 4_096, reading),
        row("claude-*", 200_000, nil, reading),
        row("gemini-2.5-flash-image*", 32_768, 32_768, seeing),
        row("gemini-{2.5,3}*", 1_048_576, 65_536, everything),
        row("gemini-2.0*", 1_048_576, 8_192, everything),
        row("gemini-1.5-pro*", 2_097_152, 8_192, everything),
        row("gemini-1.5-flash*", 1_048_576, 8_192, everything),
        row("deepseek-chat*", 128_000, 8_192, words),
        row("deepseek-reasoner*", 128_000, 65_536, words),
        row("grok-4-fast*", 2_000_000, nil, seeing),
        row("grok-4*", 256_000, nil, seeing),
        row("grok-code-fast*", 256_000, nil, words),
        row("grok-3*", 131_072, nil, words),
        row("{pixtral,mistral-medium,mistral-small}*", 128_000, nil, seeing),
        row("{mistral-large,ministral,open-mistral-nemo}*", 128_000, nil, words),
        row("codestral*", 256_000, nil, words),
        row("{mixtral,open-mixtral,mistral}*", 32_768, nil, words),
        row("llama{-,}4*", 131_072, nil, seeing),
        row("llama{-,}3.2-vision*", 131_072, nil, seeing),
        row("llama{-,}3.[123]*", 131_072, nil, words),
        row("llama{-,}3*", 8_192, nil, words),
        row("qwen{2.5,3}*", 32_768, nil, words),
        row("phi{-,}4*", 16_384, nil, words),
        row("gemma{-,}3*", 131_072, 8_192, seeing),
        row("gemma{-,}2*", 8_192, nil, words),
        row("nomic-embed-text*", 8_192, nil, words),
    ].compactMap(\.self)
}

extension ProviderKind {
    /// Tenths of a byte of text that make a token, for estimates (`hoosh.md` §4.5).
    package var tenthsPerToken: Int {
        switch name {
        case "anthropic": 35
        case "ollama", "llamacpp", "lmstudio", "localai": 37
        case "openai", "deepseek", "mistral", "groq", "grok", "openrouter": 38
        default: 40
        }
    }
}
