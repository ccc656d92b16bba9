/// What is publicly known of models: their names; windows stand in `ModelTable`, prices in `BuiltinPrices`.
///
/// A reminder for hints in lint, state of mid-2025; nobody has compared it with the vendors' pages since. A file says better by
/// `models.known`.
enum KnownModels {
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
