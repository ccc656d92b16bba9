import Foundation
import TestKit
import Testing

@Suite struct OwnPathTests {
    private func ids(_ response: Response) throws -> [String] {
        let list = try object(response)
        #expect(list["object"] as? String == "list")
        let data = try #require(list["data"] as? [[String: Any]])
        for model in data {
            #expect(model["object"] as? String == "model")
            #expect(model["created"] is Int && model["owned_by"] is String)
        }
        return data.compactMap { $0["id"] as? String }
    }

    /// A route that denies an endpoint would be passed by under another spelling of its path.
    @Test(arguments: [
        "/v1/chat/%63ompletions", "/v1/chat/completions/", "/v1//chat/completions", "/v1/chat%2Fcompletions", "/v1/x%",
        "/v1/chat%5ccompletions", "/v1/models/a%2Db",
    ])
    func `a path has one spelling`(path: String) throws {
        let station = try Station()
        let before = try station.forwarded
        let response = try station.connect().fetch("POST", path, body: "{\"model\": \"mock-small\"}")
        #expect(response.status == 400 && response.text.contains("bad_path"), "\(response.text)")
        #expect(try station.forwarded == before)
    }

    @Test(arguments: ["/v1/batch/", "/v1/batch/batch_1/", "/v1/batch//cancel", "/v1/batch/batch_1/cancel/"])
    func `a path of batches has one spelling, whatever the method`(path: String) throws {
        let client = try Station().connect()
        for method in ["GET", "POST", "DELETE", "PUT"] {
            try expectError(client.fetch(method, path), 400, code: "bad_path")
        }
    }

    @Test func `without a token the admin listener is not for names that anybody could let point to it`() throws {
        func ask(_ station: Station, _ path: String, _ host: String, _ fields: String = "") throws -> Response {
            let client = try RawConnection(to: station.admin)
            try client.send("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\(fields)Connection: close\r\n\r\n")
            return client.readResponse(to: "GET")
        }
        let open = try Station()
        for path in ["/v1/costs", "/v1/audit", "/v1/admin/config", "/v1/cache/stats", "/nothing"] {
            try expectError(ask(open, path, "evil.example:17989"), 403, code: "forbidden_host")
        }
        for path in ["/healthz", "/readyz", "/livez", "/health/liveness", "/metrics"] {
            #expect(try ask(open, path, "evil.example").status == 200, "\(path)")
        }
        for host in ["127.0.0.1:1", "[::1]", "localhost", "hoosh", "hoosh.llm.svc.cluster.local:80"] {
            #expect(try ask(open, "/v1/costs", host).status == 200, "\(host)")
        }
        let old = try RawConnection(to: open.admin)
        try old.send("GET /v1/costs HTTP/1.0\r\n\r\n")
        #expect(old.readResponse(to: "GET").status == 200)
        let token = "t-0123456789abcdef0123456789"
        let closed = try Station(more: "auth: {admin: {token: env:T_ADMIN}}", environment: ["T_ADMIN": token])
        #expect(try ask(closed, "/v1/costs", "evil.example", "Authorization: Bearer \(token)\r\n").status == 200)
        #expect(try ask(closed, "/v1/costs", "evil.example").status == 401)
    }

    @Test func `models of all providers are one list, each once, aliases too`() throws {
        let second = try MockUpstream(models: ["b", "c"])
        let station = try Station(
            providers: "  second: {kind: openai-compatible, url: \"\(second.url)/v1\", health: {mode: none}}",
            more: "models: {aliases: {fast: a, quick: c}}",
            models: ["a", "b"]
        )
        let response = try station.connect().fetch("GET", "/v1/models")
        #expect(response.status == 200 && response["content-type"] == "application/json")
        #expect(try ids(response).sorted() == ["a", "b", "c", "fast", "quick"])
        // Another question at once is answered from memory.
        let before = try station.forwarded
        #expect(try ids(try station.connect().fetch("GET", "/v1/models")).count == 5)
        #expect(try station.forwarded <= before + 1, "the other loop may ask for itself")
    }

    @Test func `a provider that is down and one that hangs do not keep the list back`() throws {
        let hanging = try MockUpstream(models: ["never"])
        try hanging.setDefaults([("fault", "slow-head"), ("delay-ms", "60000")])
        let station = try Station(
            providers: """
                  down: {kind: openai-compatible, url: "http://127.0.0.1:1/v1", health: {mode: none}}
                  hanging: {kind: openai-compatible, url: "\(hanging.url)/v1", health: {mode: none}}
                """,
            models: ["a", "b"]
        )
        let response = try station.connect(timeoutSeconds: 8).fetch("GET", "/v1/models")
        #expect(response.status == 200)
        #expect(try ids(response) == ["a", "b"])
    }

    @Test func `a provider that answers nonsense adds nothing`() throws {
        let broken = try MockUpstream(models: ["x"])
        try broken.setDefaults([("status", "500")])
        let cut = try MockUpstream(models: ["y"])
        try cut.setDefaults([("fault", "cut")])
        let station = try Station(
            providers: """
                  broken: {kind: openai-compatible, url: "\(broken.url)/v1", health: {mode: none}}
                  cut: {kind: openai-compatible, url: "\(cut.url)/v1", health: {mode: none}}
                """,
            models: ["a"]
        )
        #expect(try ids(try station.connect().fetch("GET", "/v1/models")) == ["a"])
    }

    @Test func `a provider limited to some models shows only these`() throws {
        let station = try Station(provider: "models: [\"a*\"]", models: ["a1", "a2", "b1"])
        #expect(try ids(try station.connect().fetch("GET", "/v1/models")) == ["a1", "a2"])
    }

    @Test func `health says that it lives, and of providers no address`() throws {
        let station = try Station()
        let connection = try station.connect()
        let health = try object(try connection.fetch("GET", "/v1/health"))
        #expect(health["status"] as? String == "ok")
        #expect(health["providers_configured"] as? Int == 1)
        let response = try connection.fetch("GET", "/v1/health/providers")
        let rows = try #require(try object(response)["providers"] as? [[String: Any]])
        #expect(rows.map { $0["provider"] as? String } == ["mock"])
        #expect(rows.first?["status"] as? String == "healthy")
        for word in ["127.0.0.1", "\(station.mock.address.port)", "http", "url"] {
            #expect(!response.text.contains(word))
        }
    }
}

@Suite struct AdminTests {
    @Test func `probes answer on the admin listener`() throws {
        let station = try Station()
        for path in ["/healthz", "/health/liveliness"] {
            let response = try station.ask(path)
            #expect(response.status == 200)
            #expect(try object(response)["status"] as? String == "ok")
            #expect(try station.ask(path, "HEAD").status == 200)
        }
        for path in ["/readyz", "/health/readiness"] {
            let response = try station.ask(path)
            #expect(response.status == 200)
            #expect(try object(response)["status"] as? String == "ready")
        }
        let refused = try station.ask("/healthz", "POST")
        try expectError(refused, 405)
        #expect(refused["allow"] == "GET, HEAD")
    }

    @Test func `each listener has its own paths only`() throws {
        let station = try Station()
        let connection = try station.connect()
        for path in ["/healthz", "/readyz", "/health/liveliness", "/health/readiness", "/metrics"] {
            try expectError(try connection.fetch("GET", path), 404)
        }
        for path in ["/v1/models", "/v1/health", "/v1/chat/completions", "/"] {
            try expectError(try station.ask(path), 404)
        }
        #expect(try station.forwarded == 0)
    }

    @Test func `the metrics page keeps the text format, and counts`() throws {
        let station = try Station(
            providers: "  odd-name: {kind: openai-compatible, url: \"http://127.0.0.1:1/v1\", health: {mode: none}}",
            routes: "  - {name: dead, match: {model: dead}, to: [odd-name]}\n  - {name: all, to: [mock]}"
        )
        for _ in 0..<5 { #expect(try station.chat(stream: true).status == 200) }
        #expect(try station.chat(headers: [("x-mock-status", "500")]).status == 500)
        #expect(try station.chat(model: "dead").status >= 500)
        try expectError(try station.connect().fetch("GET", "/nowhere"), 404)
        let response = try station.ask("/metrics")
        #expect(response["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        let page = try MetricsPage(response.text)
        #expect(page.value("hoosh_requests_total", ["route": "all", "status": "200"]) == 5)
        #expect(page.value("hoosh_requests_total", ["route": "all", "status": "500"]) == 1)
        #expect(page.value("hoosh_upstream_tries_total", ["provider": "mock"]) == 6)
        #expect(page.value("hoosh_requests_refused_total", ["status": "404"]) == 1)
        #expect(page.value("hoosh_time_to_first_byte_seconds_count", ["provider": "mock"]) == 6)
        #expect((page.value("hoosh_upstream_failures_total", ["provider": "odd-name"]) ?? 0) >= 1)
        for family in ["hoosh_build_info", "hoosh_stream_bytes_total", "hoosh_upstream_connections_reused_total"] {
            #expect(page.types[family] != nil, "\(family)")
        }
    }

    @Test func `the health command answers for probes of containers`() throws {
        let station = try Station(listen: "drain: 20s")
        let place = "\(station.admin)"
        #expect(try run("hoosh-proxy", ["health", "--admin", place]).status == 0)
        #expect(try run("hoosh-proxy", ["health", "--ready", "--admin=\(place)"]).status == 0)
        let stream = try station.connect()
        try stream.request(
            "POST",
            "/v1/chat/completions",
            headers: [("x-mock-fault", "stall"), ("x-mock-after", "3")],
            body: chatBody(stream: true)
        )
        #expect(stream.read(until: "data:") == nil)
        station.proxy.signal(SIGTERM)
        try station.proxy.line(containing: "draining")
        #expect(try eventually { try run("hoosh-proxy", ["health", "--ready", "--admin", place]).status == 1 })
        #expect(try run("hoosh-proxy", ["health", "--admin", place]).status == 0, "it still lives")
        station.proxy.signal(SIGTERM)
        #expect(try station.proxy.wait() == 0)
        let absent = try run("hoosh-proxy", ["health", "--admin", place])
        #expect(absent.status == 1)
        #expect(absent.errors.contains(place))
        #expect(try run("hoosh-proxy", ["health", "--admin", "nonsense"]).status == 2)
        #expect(try run("hoosh-proxy", ["health", "--raedy"]).status == 2)
    }
}
