import Foundation
import TestKit
import Testing

/// Answers that are kept, over sockets: how often the provider was asked is the proof.
@Suite struct KeptAnswerTests {
    static let exact = "cache: {mode: exact}"
    static let replaying = "cache: {mode: exact, stream: replay}"

    private func send(
        _ station: Station,
        _ body: String = chatBody(),
        _ headers: Headers = [],
        path: String = "/v1/chat/completions"
    ) throws -> Response {
        try station.whenKept(station.connect().fetch("POST", path, headers: headers, body: body))
    }

    private func stats(_ station: Station) throws -> [String: Int] {
        let values = try object(station.ask("/v1/cache/stats"))
        return values.compactMapValues { $0 as? Int }
    }

    // MARK: What is the same

    @Test func `an equal request costs nothing, however it is spelled`() throws {
        let station = try Station(more: Self.exact)
        let first = try send(station)
        #expect(first["x-hoosh-cache"] == "MISS" && first["age"] == nil)
        let spellings = [
            chatBody(), #"{ "messages" : [ { "content":"hello\u0020there", "role":"user" } ], "model":"mock-small" }"#,
            #"{"model":"mock-small","messages":[{"role":"user","content":"hello there"}],"stream":false}"#,
        ]
        for body in spellings {
            let again = try send(station, body, [("user-agent", "x"), ("x-request-id", "abc")])
            #expect(again.status == 200 && again.ending == .complete && again.body == first.body)
            #expect(again["x-hoosh-cache"] == "HIT" && Int(again["age"] ?? "") != nil)
            #expect(again["content-type"] == "application/json" && again["x-request-id"] == "abc")
            #expect(again["x-hoosh-provider"] == "mock" && again["x-hoosh-attempts"] == "0")
            #expect(again["x-mock-seq"] == nil)
        }
        #expect(try station.forwarded == 1)
        let stats = try stats(station)
        // Who comes while the last byte of the first answer is on its way shares it.
        let hits = (stats["hits"] ?? 0) + (stats["shared"] ?? 0)
        #expect(hits == 3 && stats["misses"] == 1 && stats["entries"] == 1)
        let page = try MetricsPage(station.ask("/metrics").text)
        let counted = ["hit", "shared"].compactMap { page.value("hoosh_cache_requests_total", ["outcome": $0]) }
        #expect(counted.reduce(0, +) == 3)
        #expect(page.value("hoosh_tokens_total", ["type": "completion", "source": "provider"]) ?? 0 > 0)
        let saved = page.value("hoosh_cache_saved_tokens_total", ["type": "completion"])
        let paid = page.value("hoosh_tokens_total", ["type": "completion", "source": "provider"])
        #expect(saved == paid.map { 3 * $0 }, "hits are charged to nobody")
    }

    @Test func `one connection carries kept answers and others`() throws {
        let station = try Station(more: Self.replaying)
        let connection = try station.connect()
        var bodies: [[UInt8]] = []
        for round in 0..<3 {
            for stream in [false, true] {
                let body = chatBody(stream: stream)
                let response = try connection.fetch("POST", "/v1/chat/completions", body: body)
                #expect(response.ending == .complete && response.status == 200)
                #expect(response["x-hoosh-cache"] == (round == 0 ? "MISS" : "HIT"))
                bodies.append(response.body)
            }
        }
        #expect(Set(bodies).count == 2)
        #expect(try station.forwarded == 2)
    }

    @Test func `what differs is asked for`() throws {
        let station = try Station(
            more: Self.exact,
            routes: "  - {name: some, match: {headers: {x-side: a}}, to: [mock]}\n  - {name: all, to: [mock]}",
            models: ["mock-small", "mock-large"]
        )
        let requests: [(String, Headers)] = [
            (chatBody(), []), (chatBody(model: "mock-large"), []), (chatBody(message: "hello There"), []),
            (chatBody(extra: "\"temperature\":0"), []), (chatBody(extra: "\"temperature\":0.1"), []),
            (chatBody(extra: "\"max_tokens\":5"), []), (chatBody(extra: "\"user\":\"a\""), []),
            (chatBody(), [("openai-project", "a")]), (chatBody(), [("openai-project", "b")]),
            (chatBody(), [("x-side", "a")]), (chatBody(), [("x-privacy", "internal")]),
        ]
        for _ in 0..<2 { for (body, headers) in requests { #expect(try send(station, body, headers).status == 200) } }
        _ = try send(station, chatBody(), path: "/v1/chat/completions?a=1")
        #expect(try station.forwarded == requests.count + 1)
    }

    @Test func `keys, tenants and classes have answers of their own`() throws {
        func asked(_ scope: String) throws -> Int {
            let cache = "cache: {mode: exact, scope: \(scope)}\n"
            let station = try Station(
                provider: "key: env:ONE",
                more: cache + ThreeKeys.section,
                environment: ThreeKeys.tokens
            )
            for _ in 0..<2 {
                for token in ThreeKeys.tokens.values.sorted() {
                    let response = try send(station, chatBody(), [("authorization", "Bearer \(token)")])
                    #expect(response.status == 200, "\(response.text)")
                }
            }
            let first = try station.forwarded
            let body = "{\"tenant\":\"acme\"}"
            let gone = try fetch(station.admin, "POST", "/v1/cache/invalidate", body: body)
            #expect(gone.text == "{\"invalidated\":\(scope == "tenant" ? 1 : 0)}")
            let named = try fetch(station.admin, "POST", "/v1/cache/invalidate", body: "{\"key\":\"two\"}")
            #expect(named.text == "{\"invalidated\":\(scope == "key" ? 1 : 0)}")
            return first
        }
        #expect(try asked("key") == 3)
        #expect(try asked("tenant") == 2)
        #expect(try asked("global") == 1)
    }

    @Test func `a class above the highest is neither kept nor answered`() throws {
        let station = try Station(
            provider: "clearance: restricted, attest: test",
            more: "cache: {mode: exact, max_class: internal}"
        )
        for level in ["internal", "confidential", "restricted"] {
            for _ in 0..<2 {
                let response = try send(station, chatBody(), [("x-privacy", level)])
                #expect(response.status == 200, "\(response.text)")
                if level != "internal" { #expect(response["x-hoosh-cache"] == nil) }
            }
        }
        #expect(try station.forwarded == 5)
        #expect(try stats(station)["entries"] == 1)
    }

    @Test func `a route may keep nothing, and streams are kept only where that is said`() throws {
        let routes =
            "  - {name: off, match: {model: mock-large}, to: [mock], cache: none}\n  - {name: all, to: [mock]}"
        let station = try Station(more: Self.exact, routes: routes, models: ["mock-small", "mock-large"])
        for _ in 0..<2 {
            #expect(try send(station, chatBody(model: "mock-large"))["x-hoosh-cache"] == nil)
            #expect(try send(station, chatBody(stream: true))["x-hoosh-cache"] == nil)
        }
        #expect(try station.forwarded == 4)
    }

    // MARK: Wishes

    @Test func `a client may go past the cache`() throws {
        let station = try Station(more: Self.exact)
        let only: Headers = [("cache-control", "only-if-cached")]
        try expectError(send(station, chatBody(), only), 504, code: "not_cached")
        #expect(try station.forwarded == 0)
        for wish in [("cache-control", "no-store"), ("x-hoosh-cache", "bypass")] {
            #expect(try send(station, chatBody(), [wish])["x-hoosh-cache"] == nil)
        }
        #expect(try stats(station)["entries"] == 0)
        _ = try send(station)
        #expect(try send(station, chatBody(), only)["x-hoosh-cache"] == "HIT")
        #expect(try send(station, chatBody(), [("cache-control", "max-age=600")])["x-hoosh-cache"] == "HIT")
        let asked = try station.forwarded
        for wish in [("cache-control", "no-cache"), ("cache-control", "max-age=0"), ("x-hoosh-cache", "refresh")] {
            #expect(try send(station, chatBody(), [wish])["x-hoosh-cache"] == "MISS")
        }
        #expect(try station.forwarded == asked + 3)
        #expect(try stats(station)["entries"] == 1)
    }

    @Test func `an answer expires`() throws {
        let station = try Station(more: "cache: {mode: exact, ttl: 200ms}")
        _ = try send(station)
        usleep(300_000)
        #expect(try send(station)["x-hoosh-cache"] == "MISS")
        #expect(try station.forwarded == 2)
        #expect(try stats(station)["expirations"] == 1)
    }

    // MARK: What is not kept

    @Test(
        arguments: [
            [("status", "400")], [("status", "429")], [("status", "500")], [("fault", "cut")], [("fault", "reset")],
            [("fault", "error-event"), ("after", "2")], [("fault", "no-done")],
        ] as [Headers]
    ) func `what failed is asked for again`(controls: Headers) throws {
        let station = try Station(more: Self.replaying)
        let headers = controls.map { ("x-mock-\($0.0)", $0.1) }
        let concernsStreams = controls.contains { $0.1.hasSuffix("event") || $0.1.hasSuffix("done") }
        for stream in concernsStreams ? [true] : [false, true] {
            let before = try station.forwarded
            for _ in 0..<2 { _ = try? send(station, chatBody(stream: stream), headers) }
            #expect(try station.forwarded == before + 2)
        }
        // The client may read the end before the proxy has written down that it is over.
        let isOver = try eventually(seconds: 60) { try stats(station)["in_flight"] == 0 }
        #expect(try isOver && stats(station)["entries"] == 0)
    }

    @Test func `an answer that is too large is passed on and forgotten`() throws {
        let station = try Station(more: "cache: {mode: exact, stream: replay, max_bytes: 16KiB}")
        let headers: Headers = [("x-mock-events", "50"), ("x-mock-event-bytes", "200")]
        for _ in 0..<2 {
            let response = try send(station, chatBody(stream: true), headers)
            #expect(response.ending == .complete && response.body.count > 4_096)
        }
        #expect(try station.forwarded == 2)
        let stats = try stats(station)
        #expect(stats["entries"] == 0 && stats["in_flight"] == 0)
    }

    // MARK: Running it

    @Test func `what is kept outlives a reload, but not a change of where it comes from`() throws {
        let station = try Station(more: Self.exact)
        let text = try String(contentsOfFile: station.file, encoding: .utf8)
        _ = try send(station)
        try station.rewrite(text + "# a remark\n")
        #expect(try fetch(station.admin, "POST", "/v1/admin/reload").status == 200)
        #expect(try send(station)["x-hoosh-cache"] == "HIT")
        try station.rewrite(
            text.replacing("name: all, to: [mock]", with: "name: all, to: [{provider: mock, model: other}]")
        )
        #expect(try fetch(station.admin, "POST", "/v1/admin/reload").status == 200)
        #expect(try send(station)["x-hoosh-cache"] == "MISS")
        #expect(try station.forwarded == 2)
    }

    @Test func `what was kept before answers were scanned is not given afterwards`() throws {
        let station = try Station(more: Self.exact)
        let text = try String(contentsOfFile: station.file, encoding: .utf8)
        let body = chatBody(message: "reach me at joe@example.org")
        #expect(try send(station, body).text.contains("joe@example.org"))
        #expect(try send(station, body)["x-hoosh-cache"] == "HIT")
        let rules = "privacy: {rules: [{tag: pii, builtin: [email], class: public}]}\n"
        try station.rewrite(rules + text.replacing("to: [mock]", with: "to: [mock], scan_responses: redact"))
        #expect(try fetch(station.admin, "POST", "/v1/admin/reload").status == 200)
        let scanned = try send(station, body)
        #expect(scanned["x-hoosh-cache"] == "MISS" && !scanned.text.contains("joe@example.org"), "\(scanned.text)")
    }

    @Test func `answers are taken out by model, by key and all at once`() throws {
        let station = try Station(more: Self.exact, models: ["mock-small", "mock-large"])
        func invalidate(_ body: String) throws -> Response {
            try fetch(station.admin, "POST", "/v1/cache/invalidate", body: body)
        }
        for model in ["mock-small", "mock-large"] { _ = try send(station, chatBody(model: model)) }
        #expect(try invalidate("{\"model\":\"mock-small\"}").text == "{\"invalidated\":1}")
        #expect(try invalidate("{\"all\":true}").text == "{\"invalidated\":1}")
        for body in ["", "{}", "{\"all\":false}", "{\"model\":1}", "{\"model\":\"a\",\"key\":\"b\"}", "[]"] {
            try expectError(invalidate(body), 400, code: "invalid_request")
        }
        try expectError(station.ask("/v1/cache/invalidate"), 405, code: "method_not_allowed")
        try expectError(station.ask("/v1/cache/stats", "POST"), 405, code: "method_not_allowed")
        #expect(try send(station)["x-hoosh-cache"] == "MISS")
    }
}
