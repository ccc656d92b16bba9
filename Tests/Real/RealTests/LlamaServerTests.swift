import TestKit
import Testing

/// The official openai SDK, through the proxy, to llama-server with a real model.
///
/// Temperature 0, one seed and no prompt cache: the same call gives the same text directly and through the proxy.
@Suite(.serialized, .enabled(if: RealParts.areAsked, Comment(rawValue: RealParts.absence)), .timeLimit(.minutes(30)))
struct LlamaServerTests {
    let llama: LlamaServer

    init() throws {
        llama = try LlamaServer.chatting()
    }

    private func proxy() throws -> ProxyInFront {
        try ProxyInFront(
            routes: """
                providers:
                  llama: {kind: llamacpp, url: "\(llama.url)", models: [smollm2]}
                routes:
                  - name: small
                    match: {model: "smollm*"}
                    to: [llama]
                """
        )
    }

    @Test func `the openai SDK chats with a real model through the proxy as it does directly`() throws {
        let proxy = try proxy()
        let direct: ChatFacts = try llama.sdk("chat")
        let proxied: ChatFacts = try proxy.sdk("chat")
        #expect(!proxied.text.isEmpty)
        #expect(proxied.text == direct.text)
        #expect(proxied.finish == direct.finish)
        #expect(proxied.promptTokens == direct.promptTokens)
        #expect(proxied.completionTokens == direct.completionTokens)
        #expect(proxied.headers["x-hoosh-provider"] == "llama")
        #expect(proxied.headers["x-hoosh-route"] == "small")
        #expect(proxied.headers["x-request-id"]?.isEmpty == false)
    }

    @Test func `a real stream comes through piece by piece, with its usage, and is spliced`() throws {
        let proxy = try proxy()
        let direct: ChatFacts = try llama.sdk("chat_stream")
        let proxied: ChatFacts = try proxy.sdk("chat_stream")
        #expect(try #require(proxied.pieces) > 5)
        #expect(proxied.text == direct.text)
        #expect(proxied.chunks == direct.chunks)
        #expect(proxied.pieces == direct.pieces)
        #expect(try #require(proxied.completionTokens) > 0)
        #expect(proxied.completionTokens == direct.completionTokens)
        #expect(proxied.promptTokens == direct.promptTokens)
        #expect(proxied.headers["x-hoosh-provider"] == "llama")
        // Every event that the SDK saw, and [DONE].
        let events = try proxy.metric("hoosh_stream_events_total", "provider=\"llama\"")
        #expect(events >= Double(try #require(proxied.chunks)))
        #expect(try proxy.metric("hoosh_stream_bytes_total", "provider=\"llama\"", "splice") > 1_000)
        let completion = try proxy.metric("hoosh_tokens_total", "provider=\"llama\"", "completion")
        #expect(completion == proxied.completionTokens.map { Double($0) })
    }

    @Test func `a real tool call comes through whole`() throws {
        let facts: ToolFacts = try proxy().sdk("tools")
        #expect(facts.finish == "tool_calls")
        #expect(facts.tools.map(\.name) == ["get_weather"])
        #expect(facts.tools.first?.arguments == ["city": "Paris"])
        #expect(facts.tools.first?.hasId == true)
    }

    @Test func `a streamed tool call is put together by the SDK from its deltas`() throws {
        let facts: ToolFacts = try proxy().sdk("tools_stream")
        #expect(facts.finish == "tool_calls")
        #expect(facts.tools.map(\.name) == ["get_weather"])
        #expect(facts.tools.first?.arguments == ["city": "Paris"])
        #expect(try #require(facts.deltas) > 1)
    }

    @Test func `the older completions endpoint streams`() throws {
        let direct: CompletionFacts = try llama.sdk("completions")
        let proxied: CompletionFacts = try proxy().sdk("completions")
        #expect(proxied.text.contains("Paris"))
        #expect(proxied == direct)
    }

    @Test func `the responses endpoint streams its events from created to completed`() throws {
        let direct: ResponseFacts = try llama.sdk("responses_stream")
        let proxied: ResponseFacts = try proxy().sdk("responses_stream")
        #expect(proxied.first == "response.created")
        #expect(proxied.last == "response.completed")
        #expect(proxied.status == "completed")
        #expect(proxied.events == direct.events)
        #expect(proxied.text == direct.text)
        #expect(try #require(proxied.total) > 0)
    }

    @Test func `embeddings go to the server that makes them, and both servers' models are listed`() throws {
        let embedder = try LlamaServer.embedding()
        let proxy = try ProxyInFront(
            routes: """
                providers:
                  llama: {kind: llamacpp, url: "\(llama.url)", models: [smollm2]}
                  embedder: {kind: llamacpp, url: "\(embedder.url)", models: [embedder]}
                routes:
                  - name: embeddings
                    match: {api: embeddings}
                    to: [embedder]
                  - name: small
                    match: {model: smollm2}
                    to: [llama]
                """
        )
        let facts: EmbeddingFacts = try proxy.sdk("embeddings", model: "embedder")
        #expect(facts.count == 2)
        #expect(facts.dimensions == [576, 576])
        #expect(abs(facts.length - 1) < 0.001)
        #expect(facts.differ)
        #expect(facts.tokens > 0)
        let models: ModelFacts = try proxy.sdk("models", model: "-")
        #expect(models.ids == ["embedder", "smollm2"])
        #expect(models.kinds == ["model"])
    }

    @Test func `a question in other words gets the answer that a real embedder finds`() throws {
        let embedder = try LlamaServer.embedding()
        let proxy = try ProxyInFront(
            routes: """
                providers:
                  llama: {kind: llamacpp, url: "\(llama.url)", models: [smollm2]}
                  embedder: {kind: llamacpp, url: "\(embedder.url)", models: [embedder]}
                cache:
                  mode: exact
                  semantic: {embedder: embedder/embedder, threshold: 0.9, timeout: 60s}
                routes:
                  - {name: all, to: [llama]}
                """
        )
        func ask(_ text: String) throws -> Response {
            try RawConnection(to: proxy.client).fetch(
                "POST",
                "/v1/chat/completions",
                body: chatBody(model: "smollm2", message: text, extra: "\"max_tokens\":8")
            )
        }
        let first = try ask("What is the capital city of France?")
        let second = try ask("What is the capital city of France, please?")
        #expect(first.status == 200 && first["x-hoosh-cache"] == "MISS", "\(first.text)")
        #expect(second["x-hoosh-cache"] == "SEMANTIC" && second.body == first.body)
        #expect(try #require(second["x-hoosh-cache-similarity"].flatMap { Double($0) }) >= 0.9)
        // However near: another number is another question.
        let numbered = try ask("What is the capital city of France in 1789?")
        #expect(numbered["x-hoosh-cache"] == "MISS")
    }

    @Test func `a request the server refuses keeps the server's own words`() throws {
        let direct: FailureFacts = try llama.sdk("bad_request")
        let proxied: FailureFacts = try proxy().sdk("bad_request")
        #expect(proxied.error == "BadRequestError")
        #expect(proxied.status == 400)
        #expect(proxied.message == "All non-assistant messages must contain 'content'")
        #expect(proxied.message == direct.message)
        #expect(proxied.requestId != nil)
    }

    @Test func `a model that no route takes is a NotFoundError that names the known ones`() throws {
        let facts: FailureFacts = try proxy().sdk("unknown_model", model: "-")
        #expect(facts.error == "NotFoundError")
        #expect(facts.status == 404)
        #expect(try #require(facts.message).contains("no-such-model"))
        #expect(try #require(facts.message).contains("smollm"))
        #expect(facts.requestId != nil)
    }

    @Test func `leaving a stream frees the real server`() throws {
        let proxy = try proxy()
        let facts: AbandonedFacts = try proxy.sdk("abandoned_stream")
        #expect(facts.seen == 3)
        #expect(try eventually(seconds: 60) { try llama.requestsRunning() == 0 })
        #expect(try eventually(seconds: 60) { try proxy.metric("hoosh_upstream_requests_in_flight", "llama") == 0 })
    }
}
