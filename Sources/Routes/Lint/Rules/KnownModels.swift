/// What is publicly known of models: names and list prices; windows stand in `ModelTable`.
///
/// A reminder for hints in lint, state of mid-2025; nobody has compared it with the vendors' pages since, and nothing is charged by
/// it. A file says better by `models.known` and `providers.<name>.price`.
enum KnownModels {
    /// A family by the glob of its names, for one kind of provider.
    struct Family {
        let kind: String
        let pattern: String
        /// US dollars per million tokens, in thousandths; nil where not certain.
        let price: (input: Int, output: Int)?

        fileprivate init(_ kind: String, _ pattern: String, _ price: (Int, Int)?) {
            self.kind = kind
            self.pattern = pattern
            self.price = price.map { (input: $0.0, output: $0.1) }
        }
    }

    /// More specific patterns first: the first that matches counts.
    static let families: [Family] = [
        Family("openai", "gpt-4o-mini*", (150, 600)),
        Family("openai", "gpt-4o*", (2_500, 10_000)),
        Family("openai", "gpt-4.1-nano*", (100, 400)),
        Family("openai", "gpt-4.1-mini*", (400, 1_600)),
        Family("openai", "gpt-4.1*", (2_000, 8_000)),
        Family("openai", "gpt-4-turbo*", (10_000, 30_000)),
        Family("openai", "gpt-3.5-turbo*", (500, 1_500)),
        Family("openai", "gpt-5-nano*", (50, 400)),
        Family("openai", "gpt-5-mini*", (250, 2_000)),
        Family("openai", "gpt-5", (1_250, 10_000)),
        Family("openai", "o1", (15_000, 60_000)),
        Family("openai", "o3-mini*", (1_100, 4_400)),
        Family("openai", "o3", (2_000, 8_000)),
        Family("openai", "o4-mini*", (1_100, 4_400)),
        Family("openai", "text-embedding-3-small", (20, 0)),
        Family("openai", "text-embedding-3-large", (130, 0)),
        Family("openai", "text-embedding-ada-002", (100, 0)),
        Family("anthropic", "claude-3-haiku*", (250, 1_250)),
        Family("anthropic", "claude-3-5-haiku*", (800, 4_000)),
        Family("anthropic", "claude-3-5-sonnet*", (3_000, 15_000)),
        Family("anthropic", "claude-3-7-sonnet*", (3_000, 15_000)),
        Family("anthropic", "claude-sonnet-4*", (3_000, 15_000)),
        Family("anthropic", "claude-opus-4-1*", (15_000, 75_000)),
        Family("anthropic", "claude-*", nil),
        Family("google", "gemini-2.5-flash-lite*", (100, 400)),
        Family("google", "gemini-2.5-flash*", (300, 2_500)),
        Family("google", "gemini-2.5-pro*", (1_250, 10_000)),
        Family("google", "gemini-2.0-flash*", nil),
        Family("google", "gemini-*", nil),
        Family("groq", "llama-3.3-70b-versatile", (590, 790)),
        Family("groq", "llama-3.1-8b-instant", (50, 80)),
        Family("mistral", "mistral-large-*", (2_000, 6_000)),
        Family("grok", "grok-4", (3_000, 15_000)),
        Family("grok", "grok-3", (3_000, 15_000)),
        Family("grok", "grok-3-mini", (300, 500)),
    ]

    /// Names that people write, for finding slips; a name that is missing here is no mistake.
    static let names: [String] = [
        "gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-4-turbo", "gpt-3.5-turbo", "gpt-5",
        "gpt-5-mini", "gpt-5-nano", "o1", "o3", "o3-mini", "o4-mini", "text-embedding-3-small",
        "text-embedding-3-large", "text-embedding-ada-002", "whisper-1", "tts-1", "claude-3-haiku", "claude-3-5-haiku",
        "claude-3-5-sonnet", "claude-3-7-sonnet", "claude-sonnet-4-5", "claude-opus-4-1", "claude-haiku-4-5",
        "gemini-2.0-flash", "gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-2.5-pro", "deepseek-chat",
        "deepseek-reasoner", "mistral-large-latest", "mistral-small-latest", "codestral-latest", "grok-3",
        "grok-3-mini",
        "grok-4", "llama3.1", "llama3.2", "llama3.3", "llama-3.1-8b-instant", "llama-3.3-70b-versatile", "qwen2.5",
        "qwen3", "gemma2", "gemma3", "phi3", "phi4", "mixtral",
    ]

    /// How the names of well-known families begin.
    static let heads: [String] = [
        "gpt-", "chatgpt-", "claude-", "gemini-", "deepseek-", "mistral", "mixtral", "codestral", "grok-", "llama",
        "qwen", "gemma", "phi", "whisper", "text-embedding-", "dall-e-", "command-r", "nomic-embed-",
    ]
}
