import Conversation
import Decision

extension ProviderKind {
    /// How one of its models is told how much to think, in OpenAI's dialect.
    ///
    /// Of a name with a vendor in front (`openai/gpt-oss-120b`), what stands behind the last slash is looked for.
    package func thinkingWords(of model: [UInt8]) -> ThinkingWords {
        let short = model.lastIndex(of: 0x2f).map { Array(model[($0 + 1)...]) } ?? model
        let row = Self.thinkingTable[name]?.first { $0.pattern.matches(short.span) }
        return row?.words ?? defaultThinkingWords
    }

    /// What is said to a model that no row fits.
    private var defaultThinkingWords: ThinkingWords {
        switch name {
        // <https://openrouter.ai/docs/use-cases/reasoning-tokens>: it translates every word for every model.
        case "openrouter":
            ThinkingWords(efforts: ["none", "minimal", "low", "medium", "high", "xhigh", "max"])
        // <https://api-docs.deepseek.com/guides/thinking_mode>: it takes these words and knows three of them apart.
        case "deepseek":
            ThinkingWords(efforts: ["minimal", "low", "medium", "high", "xhigh", "max"], toggle: .member)
        // <https://docs.vllm.ai/en/latest/features/reasoning_outputs.html>; llama.cpp's `tools/server/README.md`.
        case "vllm", "llamacpp": ThinkingWords(efforts: Self.common, toggle: .template)
        // Most of their models do not think, and refuse to be told how much.
        case "mistral", "groq": .none
        // xAI: "Model grok-4 does not support parameter reasoningEffort."
        case "grok": ThinkingWords(efforts: [])
        // The three words that every server with the member knows.
        default: ThinkingWords(efforts: Self.common)
        }
    }

    // MARK: The rows

    private struct Row: Sendable {
        let pattern: Glob
        let words: ThinkingWords
    }

    private static let common = ["low", "medium", "high"]

    private static func row(_ pattern: String, _ efforts: [String]) -> Row? {
        row(pattern, ThinkingWords(efforts: efforts))
    }

    private static func row(_ pattern: String, _ words: ThinkingWords) -> Row? {
        guard let pattern = try? Glob(parsing: pattern) else { return nil }
        return Row(pattern: pattern, words: words)
    }

    /// By kind, the families of models that take other words than its rest; the first that fits counts.
    private static let thinkingTable: [String: [Row]] = [
        // <https://platform.openai.com/docs/guides/reasoning>, and the member's own description in its specification: all
        // models before gpt-5.1 know no `none`, gpt-5-pro knows `high` alone, `xhigh` came with gpt-5.1-codex-max.
        "openai": [
            row("{,ft:}{gpt-3.5,gpt-4,chatgpt-4o,davinci,babbage}*", .none),
            row("gpt-5-chat*", .none),
            row("gpt-5.*-chat*", ["medium"]),
            row("gpt-5-pro*", ["high"]),
            row("gpt-5.*-pro*", ["medium", "high", "xhigh"]),
            row("gpt-5.1-codex-max*", ["low", "medium", "high", "xhigh"]),
            row("gpt-5{,.1}-codex*", common),
            row("gpt-5.*-codex*", ["low", "medium", "high", "xhigh"]),
            row("gpt-5.1{,-*}", ["none", "low", "medium", "high"]),
            row("gpt-5.*", ["none", "low", "medium", "high", "xhigh"]),
            row("gpt-5{,-*}", ["minimal", "low", "medium", "high"]),
            row("o1-{mini,preview}*", []),
        ].compactMap(\.self),
        // <https://console.groq.com/docs/reasoning>, and the member's description in Groq's own library.
        "groq": [
            row("gpt-oss*", common),
            row("qwen3.8*", ["none", "low", "medium", "high"]),
            row("qwen3*", ["none", "default"]),
            row("deepseek-r1*", []),
        ].compactMap(\.self),
        // <https://docs.x.ai/developers/model-capabilities/text/reasoning>.
        "grok": [
            row("*non-reasoning*", .none),
            row("grok-3-mini*", ["low", "high"]),
            row("grok-{2,3}*", .none),
            row("grok-4.20-multi-agent*", common),
            row("grok-4.3*", ["none", "low", "medium", "high"]),
            row("grok-4.5*", common),
            row("grok-4.6*", ["low", "medium", "high", "xhigh"]),
        ].compactMap(\.self),
        // <https://docs.mistral.ai/capabilities/reasoning>: magistral always thinks; the newer small and medium ones are
        // told by `none` and `high`.
        "mistral": [
            row("magistral*", []),
            row("mistral-small-{latest,2603}*", ["none", "high"]),
            row("mistral-medium-3{.,-}5*", ["none", "high"]),
        ].compactMap(\.self),
        // <https://ai.google.dev/gemini-api/docs/openai#thinking>: 2.5 Pro and 3 cannot be kept from thinking.
        "google": [
            row("gemini-{1,2.0}*", .none),
            row("gemini-2.5-pro*", common),
            row("gemini-2.5*", ["none", "low", "medium", "high"]),
        ].compactMap(\.self),
    ]
}
