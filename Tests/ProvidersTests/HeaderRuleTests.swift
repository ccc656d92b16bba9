import Providers
import Testing

@Suite struct HeaderRuleTests {
    private func passes(_ name: String, _ rule: HeaderRule) -> Bool {
        let bytes = Array(name.utf8)
        return rule.passes(bytes.span)
    }

    @Test(arguments: [
        ("accept", true), ("Content-Type", true), ("X-Stainless-OS", true), ("openai-organization", true),
        ("OpenAI-Beta", true), ("openai-", true), ("openai", false), ("x-forwarded-for", false), ("x-privacy", false),
        ("acceptance", false), ("anthropic-beta", false), ("", false),
    ])
    func `a public provider gets what it knows`(name: String, expected: Bool) throws {
        let kind = try #require(ProviderKind.named("openai"))
        #expect(passes(name, kind.passes) == expected)
    }

    @Test func `what runs on our side gets everything, and a file adds to the rest`() throws {
        for name in ["ollama", "vllm", "openai-compatible", "synapse"] {
            #expect(passes("x-anything", try #require(ProviderKind.named(name)).passes))
        }
        let kind = try #require(ProviderKind.named("groq"))
        #expect(!passes("x-team", kind.passes))
        let wider = kind.passes.adding(["X-Team", "x-trace-*"])
        #expect(passes("x-team", wider) && passes("X-Trace-Id", wider) && !passes("x-teams", wider))
        #expect(passes("accept", wider))
    }
}
