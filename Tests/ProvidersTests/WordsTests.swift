import Conversation
import Providers
import Testing

/// What each kind's row says of OpenAI's dialect.
@Suite struct `Words of kinds` {
    private func words(_ kind: String, _ model: String) throws -> ThinkingWords {
        try #require(ProviderKind.named(kind)).thinkingWords(of: Array(model.utf8))
    }

    @Test(arguments: [
        ("openai", "gpt-4o"), ("openai", "gpt-4.1-mini"), ("openai", "ft:gpt-4o-mini-2024:acme::x"),
        ("openai", "chatgpt-4o-latest"), ("openai", "gpt-5-chat-latest"), ("groq", "llama-3.3-70b-versatile"),
        ("groq", "moonshotai/kimi-k2-instruct"), ("mistral", "mistral-large-latest"), ("grok", "grok-3"),
        ("grok", "grok-4-1-fast-non-reasoning"), ("google", "gemini-2.0-flash"),
    ])
    func `models that never think`(kind: String, model: String) throws {
        #expect(try words(kind, model) == .none)
    }

    @Test(arguments: [
        ("openai", "o3", nil, "high"), ("openai", "o4-mini", nil, "high"), ("openai", "gpt-5", nil, "high"),
        ("openai", "gpt-5-nano-2025-08-07", nil, "high"), ("openai", "gpt-5-pro", nil, "high"),
        ("openai", "gpt-5.1", "none", "high"), ("openai", "gpt-5.1-codex", nil, "high"),
        ("openai", "gpt-5.2", "none", "xhigh"), ("openai", "gpt-5.1-codex-max", nil, "xhigh"),
        ("openai", "o1-mini", nil, nil), ("groq", "openai/gpt-oss-120b", nil, "high"),
        ("groq", "qwen/qwen3-32b", "none", "default"), ("groq", "qwen/qwen3.8-27b", "none", "high"),
        ("grok", "grok-3-mini", nil, "high"), ("grok", "grok-4-0709", nil, nil), ("grok", "grok-4.3", "none", "high"),
        ("mistral", "magistral-medium-latest", nil, nil), ("mistral", "mistral-small-latest", "none", "high"),
        ("openrouter", "openai/o3", "none", "max"), ("openai-compatible", "whatever", nil, "high"),
        ("deepseek", "deepseek-chat", nil, "max"), ("vllm", "qwen3", nil, "high"),
    ])
    func `what is said for not thinking, and for the most`(kind: String, model: String, off: String?, most: String?)
        throws
    {
        let words = try words(kind, model)
        #expect(words.thinks && words.off == off && words.closest(to: "max") == most)
    }

    @Test func `every row's patterns and words are sound`() throws {
        let known = ["none", "default", "minimal", "low", "medium", "high", "xhigh", "max"]
        for kind in ProviderKind.all where kind.formats.contains(.chat) {
            for model in ["", "m", "gpt-5", "gpt-oss", "grok-4.6", "magistral", "gemini-2.5-pro"] {
                let words = kind.thinkingWords(of: Array(model.utf8))
                #expect(words.efforts?.allSatisfy(known.contains) == true)
            }
        }
    }

    @Test func `the closed schemas are told so`() throws {
        let mistral = try #require(ProviderKind.named("mistral")).words
        #expect(mistral.hasRandomSeed && mistral.hasOutputDimension && mistral.hasShortCallIDs && !mistral.takesNames)
        #expect(mistral.user == .none && mistral.extras?.contains("store") == false)
        let groq = try #require(ProviderKind.named("groq")).words
        #expect(!groq.takesCount && !groq.takesLogProbabilities && groq.extras?.contains("logit_bias") == false)
        let openAI = try #require(ProviderKind.named("openai")).words
        #expect(openAI.user == .atMost(64) && openAI.longestKey == 64)
        let deepSeek = try #require(ProviderKind.named("deepseek")).words
        #expect(!deepSeek.takesSchemas && !deepSeek.takesCount)
        #expect(try #require(ProviderKind.named("openai-compatible")).words == ChatWords())
    }
}
