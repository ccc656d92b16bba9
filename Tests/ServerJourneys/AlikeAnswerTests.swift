import Foundation
import TestKit
import Testing

/// Answers to questions that are alike, over sockets: what the embedder and the provider have seen is the proof.
@Suite struct AlikeAnswerTests {
    /// A proxy with a provider and, in a process of its own, an embedder that counts words.
    private struct Place {
        let embedder: MockUpstream
        let station: Station

        init(
            semantic: String = "threshold: 0.9",
            cache: String = "",
            embedder keys: String = "",
            provider: String = "",
            more: String = "",
            routes: String = "  - {name: all, to: [mock]}",
            models: [String] = ["mock-small", "mock-large"],
            arguments: [String] = [],
            environment: [String: String] = [:]
        ) throws {
            embedder = try MockUpstream(models: ["bag-of-words"])
            let meaning = "kind: openai-compatible, url: \"\(embedder.url)/v1\", health: {mode: none}"
            // On a busy machine the standard second may not be enough; a test that is about time says its own.
            let time = semantic.contains("timeout") ? "" : ", timeout: 60s"
            let semantic = "semantic: {embedder: meaning/bag-of-words, \(semantic)\(time)}"
            station = try Station(
                provider: provider,
                providers: "  meaning: {\(meaning)\(keys.isEmpty ? "" : ", \(keys)")}",
                more: "cache: {mode: exact, \(semantic)\(cache.isEmpty ? "" : ", \(cache)")}\n\(more)",
                routes: routes,
                models: models,
                arguments: arguments,
                environment: environment
            )
        }

        func ask(
            _ message: String,
            model: String = "mock-small",
            stream: Bool = false,
            extra: String = "",
            _ headers: Headers = []
        ) throws -> Response {
            try send(chatBody(model: model, stream: stream, message: message, extra: extra), headers)
        }

        func send(
            _ body: String,
            _ headers: Headers = [],
            path: String = "/v1/chat/completions"
        ) throws -> Response {
            try station.whenKept(station.connect().fetch("POST", path, headers: headers, body: body))
        }

        /// How often the embedder was asked.
        var embedded: Int { get throws { try embedder.counters().requests } }

        func stat(_ name: String) throws -> Int? { try object(station.ask("/v1/cache/stats"))[name] as? Int }
    }

    private static let first = "what is the capital city of France"
    private static let alike = "what is the capital city of France please"
    private static let other = "how do I bake bread without any yeast"

    @Test func `a question that is alike gets the answer that is kept`() throws {
        let place = try Place()
        let first = try place.ask(Self.first)
        #expect(first.status == 200 && first["x-hoosh-cache"] == "MISS" && first["x-hoosh-cache-similarity"] == nil)
        let second = try place.ask(Self.alike)
        #expect(second["x-hoosh-cache"] == "SEMANTIC" && second.body == first.body && second.ending == .complete)
        let similarity = try #require(second["x-hoosh-cache-similarity"].flatMap { Double($0) })
        #expect(similarity >= 0.9 && similarity < 1)
        #expect(second["x-hoosh-provider"] == "mock" && Int(second["age"] ?? "") != nil)
        #expect(try place.ask(Self.other)["x-hoosh-cache"] == "MISS")
        #expect(try place.station.forwarded == 2 && place.embedded == 3)
        // Its equal is found without anybody's help.
        let again = try place.ask(Self.first)
        #expect(again["x-hoosh-cache"] == "HIT" && again["x-hoosh-cache-similarity"] == nil)
        #expect(try place.embedded == 3)
        #expect(try place.stat("semantic") == 1 && place.stat("misses") == 2 && place.stat("entries") == 2)
        #expect(try place.stat("embedder_failures") == 0)
        let page = try MetricsPage(place.station.ask("/metrics").text)
        #expect(page.value("hoosh_cache_requests_total", ["outcome": "semantic"]) == 1)
        // It saw the text and nothing else.
        let seen = try #require(try place.embedder.requests().first)
        #expect(seen.path == "/v1/embeddings")
        let body = try #require(
            try JSONSerialization.jsonObject(with: Data(seen.body.utf8)) as? [String: String]
        )
        #expect(body == ["model": "bag-of-words", "input": Self.first])
    }

    @Test func `what an embedder costs stands in the books`() throws {
        let place = try Place(
            embedder: "price: {\"bag-*\": {input: 2, output: 0}}",
            more: "pools: {team: {tokens: 100k/day}}",
            routes: "  - {name: all, to: [mock], pool: team}"
        )
        _ = try place.ask(Self.first)
        let hit = try place.ask(Self.alike)
        #expect(hit["x-hoosh-cache"] == "SEMANTIC")
        let costs = try place.station.ask("/v1/costs").text
        #expect(costs.contains("\"meaning\"") && costs.contains("\"cost_micro_usd\":30,"), "\(costs)")
        let page = try MetricsPage(place.station.ask("/metrics").text)
        let words = page.value("hoosh_tokens_total", ["provider": "meaning", "type": "prompt", "source": "provider"])
        #expect(words == 15)
    }

    @Test func `nothing but the words of the last text may differ`() throws {
        let place = try Place()
        func body(_ text: String, system: String = "be brief") -> String {
            "{\"model\":\"mock-small\",\"messages\":[{\"role\":\"system\",\"content\":\"\(system)\"},"
                + "{\"role\":\"user\",\"content\":\"\(text)\"}]}"
        }
        _ = try place.ask(Self.first)
        _ = try place.send(body(Self.first))
        let others: [Response] = [
            try place.ask(Self.alike, model: "mock-large"), try place.ask(Self.alike, extra: "\"temperature\":0"),
            try place.ask(Self.alike, extra: "\"max_tokens\":9"), try place.ask(Self.alike + " 2"),
            try place.ask(Self.alike, [("x-privacy", "internal")]),
            try place.ask(Self.alike, [("openai-project", "a")]),
            try place.send(body(Self.alike, system: "be long")),
        ]
        for response in others { #expect(response.status == 200 && response["x-hoosh-cache"] == "MISS") }
        #expect(try place.send(body(Self.alike))["x-hoosh-cache"] == "SEMANTIC")
        #expect(try place.ask(Self.alike)["x-hoosh-cache"] == "SEMANTIC")
        #expect(try place.station.forwarded == 9)
    }

    @Test(arguments: ["key", "tenant"]) func `keys and tenants have answers of their own`(scope: String) throws {
        let keys = ThreeKeys.section.replacing("env:ONE,", with: "env:ONE, models: [mock-small],")
        let place = try Place(
            cache: "scope: \(scope)",
            provider: "key: env:ONE",
            more: keys,
            environment: ThreeKeys.tokens
        )
        func ask(_ name: String, _ text: String) throws -> String? {
            let response = try place.ask(text, ThreeKeys.header(name))
            #expect(response.status == 200, "\(response.text)")
            return response["x-hoosh-cache"]
        }
        #expect(try ask("ONE", Self.first) == "MISS")
        #expect(try ask("THREE", Self.alike) == "MISS")
        #expect(try ask("TWO", Self.alike) == (scope == "tenant" ? "SEMANTIC" : "MISS"))
        #expect(try ask("ONE", Self.alike) == (scope == "tenant" ? "SEMANTIC" : "SEMANTIC"))
        for seen in try place.embedder.requests() {
            #expect(seen.values("authorization").isEmpty && !seen.body.contains("0123456789"))
        }
    }

    // MARK: Who may see the text

    @Test func `an embedder below the request's class is never asked`() throws {
        let place = try Place(
            cache: "max_class: restricted",
            embedder: "clearance: internal",
            provider: "clearance: restricted, attest: test"
        )
        for level in ["confidential", "restricted"] {
            for text in [Self.first, Self.alike] {
                let response = try place.ask(text, [("x-privacy", level)])
                #expect(response.status == 200 && response["x-hoosh-cache"] == "MISS", "\(response.text)")
            }
            #expect(try place.ask(Self.first, [("x-privacy", level)])["x-hoosh-cache"] == "HIT")
        }
        #expect(try place.embedded == 0)
        for text in [Self.first, Self.alike] { _ = try place.ask(text, [("x-privacy", "internal")]) }
        #expect(try place.embedded == 2)
        #expect(try place.stat("semantic") == 1 && place.stat("embedder_failures") == 0)
    }

    @Test func `an embedder that is denied a tag is never asked`() throws {
        let place = try Place(
            embedder: "clearance: internal, deny_tags: [secret]",
            provider: "clearance: internal",
            more: "privacy: {rules: [{tag: secret, class: internal, pattern: 'France'}]}"
        )
        for text in [Self.first, Self.alike] {
            #expect(try place.ask(text)["x-hoosh-cache"] == "MISS")
        }
        #expect(try place.embedded == 0)
        for text in [Self.other, Self.other + " now"] { _ = try place.ask(text) }
        #expect(try place.embedded == 2)
    }

    @Test func `what is replaced in a request is replaced for the embedder too`() throws {
        let place = try Place(
            more: "privacy: {rules: [{tag: town, pattern: 'Paris', redact: true}]}"
        )
        #expect(try place.ask("what is the river in Paris called by people")["x-hoosh-cache"] == "MISS")
        let seen = try #require(try place.embedder.requests().first)
        #expect(seen.body.contains("[TOWN]") && !seen.body.contains("Paris"))
    }

    // MARK: What is not compared

    @Test func `tools, several answers, seeds and wild requests are not compared`() throws {
        let place = try Place()
        let tool = "{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{}}}"
        for extra in ["\"tools\":[\(tool)]", "\"n\":2", "\"seed\":1", "\"temperature\":1.5"] {
            for text in [Self.first, Self.alike] {
                #expect(try place.ask(text, extra: extra)["x-hoosh-cache"] == "MISS")
            }
        }
        #expect(try place.embedded == 0)
        #expect(try place.stat("misses") == 8)
    }

    @Test func `clients may go past it, and what is taken out is gone`() throws {
        let place = try Place()
        _ = try place.ask(Self.first)
        for header: (String, String) in [
            ("cache-control", "no-store"), ("x-hoosh-cache", "bypass"), ("cache-control", "only-if-cached"),
        ] {
            _ = try place.ask(Self.alike, [header])
        }
        #expect(try place.embedded == 1)
        #expect(try place.ask(Self.alike, [("cache-control", "max-age=100")])["x-hoosh-cache"] == "SEMANTIC")
        // Asked anew, the question keeps its place among those that are compared.
        #expect(try place.ask(Self.first, [("x-hoosh-cache", "refresh")])["x-hoosh-cache"] == "MISS")
        #expect(try place.embedded == 2)
        #expect(try place.ask(Self.alike)["x-hoosh-cache"] == "SEMANTIC")
        _ = try fetch(place.station.admin, "POST", "/v1/cache/invalidate", body: "{\"all\":true}")
        #expect(try place.ask(Self.alike)["x-hoosh-cache"] == "MISS")
    }

    @Test func `a route may compare otherwise, or not at all`() throws {
        let routes = """
              - {name: off, match: {model: mock-large}, to: [mock], cache: {semantic: none}}
              - {name: all, to: [mock], cache: {semantic: {embedder: meaning/bag-of-words, threshold: 0.99}}}
            """
        let place = try Place(routes: routes)
        for model in ["mock-large", "mock-small"] {
            for text in [Self.first, Self.alike] {
                #expect(try place.ask(text, model: model)["x-hoosh-cache"] == "MISS")
            }
        }
        #expect(try place.embedded == 2)
    }

    @Test func `who asks the same meanwhile waits for what is compared`() throws {
        let place = try Place(semantic: "threshold: 0.9, timeout: 60s")
        let first = try place.ask(Self.first)
        try place.embedder.setDefaults([("fault", "slow-head"), ("delay-ms", "1000")])
        try concurrently(4) { _ in
            let response = try place.ask(Self.alike)
            #expect(response["x-hoosh-cache"] == "SEMANTIC" && response.body == first.body)
            #expect(response["x-hoosh-cache-similarity"] != nil)
        }
        #expect(try place.station.forwarded == 1)
        #expect(try place.embedded < 6)
    }

    @Test func `a client that leaves takes its question back`() throws {
        let place = try Place(semantic: "threshold: 0.9, timeout: 60s")
        try place.embedder.setDefaults([("fault", "slow-head"), ("delay-ms", "60000")])
        let connection = try place.station.connect()
        let body = chatBody(message: Self.first)
        try connection.send(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
                + "content-length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        #expect(try eventually { try place.embedded == 1 })
        connection.close()
        #expect(try eventually { try place.embedder.counters().peerClosed == 1 })
        #expect(try place.station.forwarded == 0)
    }

    // MARK: When the embedder does not answer

    @Test(arguments: [
        [("fault", "status")], [("fault", "reset")], [("fault", "bad-head")], [("fault", "cut")],
        [("fault", "slow-head"), ("delay-ms", "60000")], [("body-bytes", "5000")],
    ])
    func `an embedder that fails is a miss and no error`(controls: [(String, String)]) throws {
        let place = try Place(semantic: "threshold: 0.9, timeout: 300ms")
        try place.embedder.setDefaults(controls)
        for text in [Self.first, Self.alike] {
            let response = try place.ask(text)
            #expect(response.status == 200 && response["x-hoosh-cache"] == "MISS", "\(response.text)")
        }
        #expect(try place.station.forwarded == 2)
        if controls.first?.1 != "5000" { #expect(try place.stat("embedder_failures") == 2) }
        #expect(try place.ask(Self.first)["x-hoosh-cache"] == "HIT")
    }

    @Test func `an embedder that is gone is a miss and no error`() throws {
        let place = try Place()
        try place.station.replace(
            String(contentsOfFile: place.station.file, encoding: .utf8)
                .replacingOccurrences(of: place.embedder.url, with: "http://127.0.0.1:9")
        )
        let reloaded = try place.station.ask("/v1/admin/reload", "POST")
        #expect(reloaded.status == 200, "\(reloaded.text)")
        for text in [Self.first, Self.alike] {
            #expect(try place.ask(text)["x-hoosh-cache"] == "MISS")
        }
        #expect(try place.stat("embedder_failures") == 2)
    }

    // MARK: Streams and dialects

    @Test func `a stream is replayed as it was`() throws {
        let place = try Place(cache: "stream: replay")
        let first = try place.ask(Self.first, stream: true)
        let second = try place.ask(Self.alike, stream: true)
        #expect(first["x-hoosh-cache"] == "MISS" && second["x-hoosh-cache"] == "SEMANTIC")
        #expect(second.body == first.body && second["content-type"] == first["content-type"])
        // Who wants no stream is not given one.
        #expect(try place.ask(Self.alike)["x-hoosh-cache"] == "MISS")
        #expect(try place.station.forwarded == 2)
    }

    @Test func `each dialect's questions are compared`() throws {
        let place = try Place()
        func bodies(_ text: String) -> [(String, String)] {
            [
                (
                    "/v1/messages",
                    "{\"model\":\"mock-small\",\"max_tokens\":50,\"system\":\"x\","
                        + "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"\(text)\"}]}]}"
                ), ("/v1/responses", "{\"model\":\"mock-small\",\"input\":\"\(text)\"}"),
                (
                    "/v1beta/models/mock-small:generateContent",
                    "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"\(text)\"}]}]}"
                ),
                (
                    "/api/chat",
                    "{\"model\":\"mock-small\",\"stream\":false,"
                        + "\"messages\":[{\"role\":\"user\",\"content\":\"\(text)\"}]}"
                ),
            ]
        }
        for ((path, one), (_, other)) in zip(bodies(Self.first), bodies(Self.alike)) {
            let first = try place.send(one, path: path)
            let second = try place.send(other, path: path)
            #expect(first.status == 200 && first["x-hoosh-cache"] == "MISS", "\(path) \(first.text)")
            #expect(second["x-hoosh-cache"] == "SEMANTIC" && uncosted(second) == uncosted(first), "\(path)")
        }
        #expect(try place.station.forwarded == 4)
    }

    // MARK: What the logs say

    @Test func `the access log says what the cache had`() throws {
        let place = try Place(arguments: ["--access-log"])
        for text in [Self.first, Self.alike, Self.first] { _ = try place.ask(text, [("x-request-id", "abc")]) }
        let page = try MetricsPage(place.station.ask("/metrics").text)
        #expect(try place.station.proxy.stop() == 0)
        var words: [String: Int] = [:]
        for line in place.station.proxy.output.split(separator: "\n") {
            let value = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            words[value["cache"] as? String ?? "?", default: 0] += 1
            #expect(value["request_id"] as? String == "abc")
        }
        #expect(words == ["miss": 1, "semantic": 1, "hit": 1, "embedding": 2])
        // What is asked on behalf of a request is no request of the route.
        #expect(page.value("hoosh_requests_total", ["route": "all"]) == 3)
    }

    // MARK: Files

    @Test(arguments: [
        ("semantic: {embedder: nobody/m}", "HP201"), ("semantic: {embedder: mock}", "HP103"),
        ("semantic: {embedder: quiet/m}", "HP103"), ("semantic: {threshold: 0.9}", "HP104"),
        ("semantic: {embedder: mock/m, threshold: 1.5}", "HP106"),
    ])
    func `an embedder that cannot answer is an error`(semantic: String, code: String) throws {
        let folder = try TemporaryFolder()
        let text = """
            version: 1
            cache: {mode: exact, \(semantic)}
            providers:
              mock: {kind: openai-compatible, url: "http://127.0.0.1:9/v1"}
              quiet: {kind: anthropic, url: "http://127.0.0.1:9"}
            routes:
              - {name: all, to: [mock]}

            """
        let file = try folder.write("routes.yaml", text)
        #expect(try run("hoosh-proxy", ["lint", file]).output.contains(code))
    }
}
