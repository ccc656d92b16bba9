import Decision
import Routing
import Providers
import Testing

@Suite struct ProviderKindTests {
    @Test func `kinds have names of their own and what they need`() {
        #expect(Set(ProviderKind.all.map(\.name)).count == ProviderKind.all.count)
        for kind in ProviderKind.all {
            #expect(ProviderKind.named(kind.name) == kind)
            #expect(kind.v1Path.hasPrefix("/") && !kind.v1Path.hasSuffix("/"))
            #expect(kind.healthPath.hasPrefix("/") && kind.modelsPath.hasSuffix("/models"))
            #expect(!kind.apis.isEmpty)
        }
        #expect(ProviderKind.named("mock") == nil)
    }

    @Test func `all but the two servers of speech are asked for it as OpenAI is`() {
        let others = ProviderKind.all.filter { $0.speech != .openai }.map(\.name)
        #expect(others == ["whisper", "piper"])
        #expect(ProviderKind.all.count == 19)
    }

    @Test func `only the compatible kind has no address`() {
        #expect(ProviderKind.all.filter { $0.defaultURL == nil }.map(\.name) == ["openai-compatible"])
        for kind in ProviderKind.all {
            guard let url = kind.defaultURL else { continue }
            #expect(url.hasPrefix(kind.isLocalByDefault ? "http://127.0.0.1:" : "https://"))
        }
    }
}

@Suite struct TargetPrefixTests {
    @Test(arguments: [
        ("openai", "", "/v1/chat/completions", "/v1/chat/completions"),
        ("openai", "/v1", "/v1/chat/completions", "/v1/chat/completions"),
        ("openai", "/proxy/openai/v1", "/v1/models", "/proxy/openai/v1/models"),
        ("openai", "/proxy", "/v1/models", "/proxy/v1/models"),
        ("groq", "", "/v1/chat/completions", "/openai/v1/chat/completions"),
        ("groq", "/openai/v1", "/v1/chat/completions", "/openai/v1/chat/completions"),
        ("openrouter", "", "/v1/models?x=1", "/api/v1/models?x=1"),
        ("google", "", "/v1/chat/completions", "/v1beta/openai/chat/completions"),
        ("google", "/v1beta/openai", "/v1/chat/completions", "/v1beta/openai/chat/completions"),
        ("google", "/own/place", "/v1/embeddings", "/own/place/embeddings"),
        ("openai-compatible", "", "/v1/chat/completions", "/v1/chat/completions"),
        ("openai-compatible", "/v1", "/v1/chat/completions", "/v1/chat/completions"),
        ("openai-compatible", "/v1beta/openai", "/v1/chat/completions", "/v1beta/openai/chat/completions"),
        ("openai-compatible", "/api/paas/v4", "/v1/chat/completions", "/api/paas/v4/chat/completions"),
        ("ollama", "/ollama", "/v1/chat/completions", "/ollama/v1/chat/completions"),
        ("ollama", "", "/api/tags", "/api/tags"), ("groq", "", "/v1", "/openai/v1"),
        ("groq", "", "/v1?x", "/openai/v1?x"), ("groq", "", "/v10/x", "/openai/v1/v10/x"),
        ("groq", "", "/openai/v1/chat/completions", "/openai/v1/chat/completions"),
        ("openai", "", "/openai/v1/chat/completions", "/v1/chat/completions"),
        ("openai-compatible", "/v1", "/openai/v1/models?x=1", "/v1/models?x=1"),
    ])
    func `a client's path becomes the upstream's`(kind: String, base: String, path: String, wanted: String) throws {
        let kind = try #require(ProviderKind.named(kind))
        #expect(TargetPrefix(kind: kind, basePath: base).path(for: path) == wanted)
    }
}

@Suite struct ProviderTests {
    private func provider(_ models: [String]?, apis: Set<API>, isEnabled: Bool = true) throws -> Provider {
        let kind = try #require(ProviderKind.named("openai"))
        return Provider(
            index: 0,
            name: "a",
            kind: kind,
            url: ProviderURL(isTLS: true, host: "api.openai.com", port: 443, unixPath: nil, basePath: ""),
            key: "secret",
            secretName: "env:KEY",
            headers: [],
            models: try models?.map { try Glob(parsing: $0) },
            apis: apis,
            isLocal: false,
            tls: TLSSettings(),
            timeouts: PartialTimeouts(),
            health: HealthSettings(mode: .passive, path: "/v1/models"),
            keepalive: KeepaliveSettings(),
            isEnabled: isEnabled
        )
    }

    private func serves(_ provider: Provider, _ model: String, _ api: API) -> Bool {
        provider.serves(model: Array(model.utf8).span, api: api)
    }

    @Test func `a provider serves what it lists, on the endpoints it has`() throws {
        let some = try provider(["gpt-*", "o1"], apis: [.chat])
        #expect(serves(some, "gpt-4o", .chat) && serves(some, "o1", .chat))
        #expect(!serves(some, "o2", .chat) && !serves(some, "gpt-4o", .embeddings))
        #expect(serves(some, "", .chat))
        let all = try provider(nil, apis: [.chat, .other])
        #expect(serves(all, "anything", .chat) && serves(all, "", .other))
        #expect(!serves(try provider(nil, apis: [.chat], isEnabled: false), "x", .chat))
    }

    @Test func `the key goes into the header of its kind`() throws {
        #expect(try provider(nil, apis: [.chat]).keyField == HeaderPair(name: "authorization", value: "Bearer secret"))
    }
}
