import Foundation
import TestKit
import Testing

/// Who is let in, as the libraries of each provider ask.
@Suite struct IdentityTests {
    private static let token = "app-0123456789abcdef0123456789abcdef"
    private static let other = "web-0123456789abcdef0123456789abcdef"
    private static let admin = "adm-0123456789abcdef0123456789abcdef"
    /// Of `third-…`: only its digest is known here.
    private static let third = "third-0123456789abcdef"
    private static let keys = """
        auth:
          keys:
            app: {token: env:APP_TOKEN, tenant: acme}
            web: {token: env:WEB_TOKEN, models: [mock-small, fast], max_class: internal}
            third: {token: "sha256:a0a97cae9f77666bd3974f05335a5c53ab3191aee97fa1c4ff1595599100cbc3"}
          admin: {token: env:ADMIN_TOKEN}
        """
    private static let environment = ["APP_TOKEN": token, "WEB_TOKEN": other, "ADMIN_TOKEN": admin]
    private static let bearer: Headers = [("Authorization", "Bearer \(token)")]

    private func station(
        _ auth: String = keys,
        providers: String = "",
        models: [String] = ["mock-small", "mock-large"],
        routes: String = "  - {name: all, to: [mock]}",
        arguments: [String] = []
    ) throws -> Station {
        try Station(
            provider: "key: env:UPSTREAM_KEY",
            providers: providers,
            more: auth,
            routes: routes,
            models: models,
            arguments: arguments,
            environment: Self.environment.merging(["UPSTREAM_KEY": "upstream-secret"]) { one, _ in one }
        )
    }

    /// Nothing that a client proves itself by is in anything that the proxy wrote or sent.
    private func expectNoToken(_ station: Station, _ texts: [String] = []) throws {
        let seen = try station.mock.requests().map { $0.path + "\($0.headers)" }
        for text in seen + texts + [station.proxy.output, station.proxy.errors] {
            for token in [Self.token, Self.other, Self.admin, Self.third] { #expect(!text.contains(token)) }
        }
    }

    // MARK: Where a key stands

    private static let openAI: Headers = [
        ("Accept", "application/json"), ("Accept-Encoding", "gzip, deflate"), ("User-Agent", "OpenAI/Python 1.99.1"),
        ("X-Stainless-Lang", "python"), ("x-stainless-retry-count", "0"), ("Authorization", "Bearer \(token)"),
    ]
    private static let anthropic: Headers = [
        ("accept", "application/json"), ("anthropic-version", "2023-06-01"), ("user-agent", "Anthropic/JS 0.60.0"),
        ("x-stainless-lang", "js"), ("x-api-key", token),
    ]
    private static let gemini: Headers = [
        ("x-goog-api-client", "google-genai-sdk/1.30.0 gl-python/3.12"), ("x-goog-api-key", token), ("accept", "*/*"),
    ]
    private static let azure: Headers = [("api-key", token), ("user-agent", "AzureOpenAI/Python 1.99.1")]

    @Test(arguments: [openAI, anthropic, gemini, azure]) func `each library's head lets it in`(head: Headers) throws {
        let station = try station()
        #expect(try station.chat(headers: head).status == 200)
        #expect(try station.chat(stream: true, headers: head).status == 200)
        let seen = try station.mock.requests()
        #expect(seen.count == 2)
        for request in seen {
            #expect(request.values("authorization") == ["Bearer upstream-secret"])
            for name in ["x-api-key", "x-goog-api-key", "api-key"] { #expect(request.values(name).isEmpty) }
        }
        try expectNoToken(station)
    }

    @Test func `Gemini's libraries may say it in the query, which goes nowhere`() throws {
        let station = try station(arguments: ["--access-log"])
        let body = "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}"
        let path = "/v1beta/models/mock-small:generateContent"
        for query in ["?key=\(Self.token)", "?alt=json&k%65y=\(Self.token)&x=1"] {
            let response = try station.connect().fetch("POST", path + query, body: body)
            #expect(response.status == 200, "\(response.text)")
        }
        let refused = try station.connect().fetch("POST", path + "?key=wrong", body: body)
        #expect(refused.status == 401)
        let error = try #require(try object(refused)["error"] as? [String: Any])
        #expect(error["code"] as? Int == 401 && error["status"] as? String == "UNAUTHENTICATED")
        // Elsewhere the query is no place for it.
        let chat = try station.connect().fetch("POST", "/v1/chat/completions?key=\(Self.token)", body: chatBody())
        try expectError(chat, 401, code: "invalid_api_key")
        #expect(try station.forwarded == 2)
        try station.proxy.line(containing: "ready")
        try expectNoToken(station)
    }

    @Test func `who guesses keys is left waiting, and on this machine right keys still open`() throws {
        let station = try station()
        for count in 0..<20 {
            try expectError(
                station.chat(headers: [("authorization", "Bearer guess-\(count)")]),
                401,
                code: "invalid_api_key"
            )
        }
        let shut = try station.chat(headers: [("authorization", "Bearer guess-20")])
        try expectError(shut, 429, code: "too_many_attempts")
        #expect((1...60).contains(Int(shut["retry-after"] ?? "") ?? 0))
        try expectError(station.chat(), 401, code: "invalid_api_key")
        #expect(try station.chat(headers: [("authorization", "Bearer \(Self.token)")]).status == 200)
        let admin = try fetch(station.admin, "GET", "/metrics", headers: [("authorization", "Bearer guess")])
        #expect(admin.status == 429)
        let page = try MetricsPage(
            fetch(station.admin, "GET", "/metrics", headers: [("authorization", "Bearer \(Self.admin)")]).text
        )
        #expect(page.value("hoosh_auth_denied_total", ["reason": "guessing"]) == 2)
        #expect(page.value("hoosh_auth_denied_total", ["reason": "unknown"]) == 20)
    }

    @Test func `without one of the keys there is 401, in each dialect's words`() throws {
        let station = try station()
        let missing = try station.chat()
        try expectError(missing, 401, code: "invalid_api_key")
        #expect(missing["www-authenticate"] == "Bearer realm=\"hoosh-proxy\"")
        #expect(missing["x-should-retry"] == "false")
        let wrong = try station.chat(headers: [("authorization", "Bearer \(Self.token)x")])
        try expectError(wrong, 401, code: "invalid_api_key")
        #expect(wrong["www-authenticate"] == "Bearer realm=\"hoosh-proxy\", error=\"invalid_token\"")
        #expect(!wrong.text.contains(Self.token))
        let message = "{\"model\":\"mock-small\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
        let anthropic = try object(station.connect().fetch("POST", "/v1/messages", body: message))
        #expect((anthropic["error"] as? [String: Any])?["type"] as? String == "authentication_error")
        let ollama = try station.connect().fetch("POST", "/api/chat", body: chatBody())
        let said = try object(ollama)["error"] as? String
        #expect(ollama.status == 401 && said?.isEmpty == false)
        for (name, value) in [
            ("authorization", "Basic \(Self.token)"), ("authorization", Self.token), ("x-api-key", ""),
        ] {
            try expectError(station.chat(headers: [(name, value)]), 401, code: "invalid_api_key")
        }
        #expect(try station.forwarded == 0)
        let page = try MetricsPage(
            fetch(station.admin, "GET", "/metrics", headers: [("authorization", "bearer \(Self.admin)")]).text
        )
        #expect(page.value("hoosh_auth_denied_total", ["reason": "unknown"]) == 1)
        #expect(page.value("hoosh_auth_denied_total", ["reason": "missing"]) == 6)
    }

    @Test func `two keys that differ are refused, two places with one are not`() throws {
        let station = try station()
        let differing = try station.chat(headers: Self.bearer + [("x-api-key", Self.other)])
        try expectError(differing, 400, code: "ambiguous_credentials")
        #expect(try station.chat(headers: Self.bearer + [("x-api-key", Self.token)]).status == 200)
        #expect(try station.chat(headers: [("authorization", "Basic eDp5"), ("api-key", Self.token)]).status == 200)
    }

    @Test func `a stranger's body is not waited for`() throws {
        let station = try station()
        let connection = try station.connect()
        try connection.send(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"
        )
        let response = connection.readResponse(to: "POST")
        #expect(response.status == 401 && response["connection"] == "close")
        let slow = try station.connect()
        try slow.send(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Content-Length: 1000000\r\n\r\n{"
        )
        #expect(slow.readResponse(to: "POST").status == 401)
    }

    @Test(arguments: [true, false])
    func `a client's key stays here where the provider has none either`(asks: Bool) throws {
        let station = try Station(more: asks ? Self.keys : "", environment: Self.environment)
        let all: Headers = ["x-api-key", "x-goog-api-key", "api-key"].map { ($0, Self.token) } + Self.bearer
        #expect(try station.chat(headers: all).status == 200)
        let body = "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}"
        let path = "/v1beta/models/mock-small:generateContent?key=\(Self.token)"
        #expect(try station.connect().fetch("POST", path, body: body).status == 200)
        #expect(try station.forwarded == 2)
        try expectNoToken(station)
    }

    @Test func `explain asks a guarded listener with the admin's token`() throws {
        let station = try station()
        let arguments = ["explain", station.file, "--model", "mock-small", "--live", "\(station.admin)"]
        #expect(try run("hoosh-proxy", arguments).status != 0)
        #expect(try run("hoosh-proxy", arguments, environment: ["HOOSH_ADMIN_TOKEN": Self.admin]).status == 0)
    }

    // MARK: What a key may do

    @Test func `a key asks for its own models and knows of no others`() throws {
        let station = try station("models: {aliases: {fast: mock-large}}\n" + Self.keys)
        let web: Headers = [("x-api-key", Self.other)]
        #expect(try station.chat(headers: web).status == 200)
        #expect(try station.chat(model: "fast", headers: web).status == 200)
        let refused = try station.chat(model: "mock-large", headers: web)
        let error = try expectError(refused, 403, code: "model_not_allowed")
        #expect(error.type == "permission_error" && error.param == "model" && error.message.contains("`web`"))
        // A way around would be a list of models to fall back to, or none at all.
        let list = chatBody(extra: "\"models\":[\"mock-small\",\"mock-large\"]")
        let listed = try station.connect().fetch("POST", "/v1/chat/completions", headers: web, body: list)
        try expectError(listed, 403, code: "model_not_allowed")
        let files = try station.connect().fetch("GET", "/v1/files", headers: web)
        try expectError(files, 403, code: "model_not_allowed")
        #expect(try station.connect().fetch("GET", "/v1/files", headers: Self.bearer).status != 403)

        func names(_ headers: Headers) throws -> Set<String> {
            let list = try object(station.connect().fetch("GET", "/v1/models", headers: headers))
            return Set((list["data"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String })
        }
        #expect(try names(Self.bearer) == ["fast", "mock-small", "mock-large"])
        #expect(try names(web) == ["fast", "mock-small"])
        #expect(try station.connect().fetch("GET", "/v1/models/mock-large", headers: Self.bearer).status == 200)
        let unknown = try station.connect().fetch("GET", "/v1/models/mock-large", headers: web)
        let message = try expectError(unknown, 404, code: "model_not_found").message
        #expect(message.contains("Known: fast, mock-small."), "\(message)")
    }

    @Test func `a key sends nothing above its class`() throws {
        let station = try station()
        let web: Headers = [("x-api-key", Self.other)]
        #expect(try station.chat(headers: web + [("x-privacy", "internal")]).status == 200)
        for word in ["confidential", "restricted", "nonsense"] {
            let refused = try station.chat(headers: web + [("x-privacy", word)])
            try expectError(refused, 403, code: "class_not_allowed")
        }
        #expect(try station.chat(headers: Self.bearer + [("x-privacy", "confidential")]).status == 200)
    }

    @Test func `what stands in the text counts for the class of a key, too`() throws {
        let rules = "privacy: {rules: [{tag: pii, class: confidential, builtin: [ssn]}]}\n"
        let station = try station(rules + Self.keys)
        let body = chatBody(message: "my number is 536-90-4399")
        func send(_ headers: Headers) throws -> Response {
            try station.connect().fetch("POST", "/v1/chat/completions", headers: headers, body: body)
        }
        try expectError(send([("x-api-key", Self.other)]), 403, code: "class_not_allowed")
        #expect(try send(Self.bearer).status == 200)
        #expect(try station.chat(headers: [("x-api-key", Self.other)]).status == 200)
        #expect(try station.forwarded == 2)
    }

    @Test func `own paths are behind a key as well, but for the question whether it lives`() throws {
        let station = try station()
        let paths = [
            ("GET", "/v1/models"), ("GET", "/v1/models/mock-small"), ("GET", "/v1/health/providers"),
            ("POST", "/v1/batch"), ("GET", "/v1/tools/list"), ("POST", "/v1/tools/call"), ("POST", "/mcp"),
            ("GET", "/api/tags"), ("GET", "/api/version"), ("GET", "/v1beta/models"), ("GET", "/nowhere"),
            ("OPTIONS", "/v1/chat/completions"), ("POST", "/api/show"),
        ]
        for (method, path) in paths {
            let response = try station.connect().fetch(method, path, body: method == "POST" ? "{}" : nil)
            #expect(response.status == 401, "\(method) \(path): \(response.text)")
        }
        let health = try station.connect().fetch("GET", "/v1/health")
        #expect(health.status == 200 && health.text == "{\"status\":\"ok\"}")
        let own = try object(station.connect().fetch("GET", "/v1/health", headers: Self.bearer))
        #expect(own["providers_configured"] as? Int == 1)
        let wrong = try station.connect().fetch("GET", "/v1/health", headers: [("x-api-key", "wrong")])
        #expect(wrong.text == "{\"status\":\"ok\"}")
    }

    @Test func `the admin listener asks for its own token`() throws {
        let station = try station()
        let headers: Headers = [("authorization", "Bearer \(Self.admin)")]
        for path in ["/healthz", "/livez", "/readyz", "/health/liveness", "/health/readiness"] {
            let response = try station.ask(path)
            #expect(response.status == 200 && !response.text.contains("config"), "\(response.text)")
        }
        for (method, path) in [
            ("GET", "/metrics"), ("GET", "/v1/admin/config"), ("GET", "/v1/admin/state"), ("POST", "/v1/admin/reload"),
            ("GET", "/nowhere"),
        ] {
            let refused = try station.ask(path, method)
            try expectError(refused, 401, code: "invalid_api_key")
            #expect(refused["www-authenticate"] == "Bearer realm=\"hoosh-proxy admin\"")
            let client = try fetch(station.admin, method, path, headers: Self.bearer)
            #expect(client.status == 401)
            let status = try fetch(station.admin, method, path, headers: headers).status
            #expect(status == (path == "/nowhere" ? 404 : 200))
        }
        #expect(try fetch(station.admin, "GET", "/readyz", headers: headers).text.contains("without_engine"))
        // And the admin's is no client's.
        try expectError(station.chat(headers: headers), 401, code: "invalid_api_key")
        let health = try run("hoosh-proxy", ["health", "--ready", "--admin", "\(station.admin)"])
        #expect(health.status == 0)
    }

    // MARK: Batches

    @Test func `a batch runs as its owner and is nobody else's`() throws {
        let station = try station(arguments: ["--access-log"])
        let web: Headers = [("x-api-key", Self.other)]
        let body =
            "{\"async\":true,\"requests\":[\(chatBody()),\(chatBody(model: "mock-large"))]}"
        let receipt = try object(station.connect().fetch("POST", "/v1/batch", headers: web, body: body))
        let id = try #require(receipt["id"] as? String)
        var report: [String: Any] = [:]
        #expect(
            try eventually(seconds: 60) {
                report = try object(station.connect().fetch("GET", "/v1/batch/\(id)", headers: web))
                return report["status"] as? String == "completed"
            }
        )
        let results = try #require(report["results"] as? [[String: Any]])
        #expect(results.map { $0["status"] as? Int } == [200, 403])
        let other = try station.connect().fetch("GET", "/v1/batch/\(id)", headers: Self.bearer)
        try expectError(other, 404, code: "batch_not_found")
        try expectError(station.connect().fetch("GET", "/v1/batch/\(id)"), 401, code: "invalid_api_key")
        #expect(eventually { station.proxy.output.contains("\"key\":\"web\"") })
        try expectNoToken(station)
    }

    // MARK: What is told

    @Test func `logs and metrics name the key and never the token`() throws {
        let station = try station(arguments: ["--access-log"])
        #expect(try station.chat(headers: Self.bearer).status == 200)
        #expect(try station.chat(model: "mock-large", headers: [("x-api-key", Self.other)]).status == 403)
        #expect(eventually { station.proxy.output.contains("\"key\":\"app\",\"tenant\":\"acme\"") })
        let text = try fetch(station.admin, "GET", "/metrics", headers: [("x-api-key", Self.admin)]).text
        let page = try MetricsPage(text)
        #expect(page.value("hoosh_key_requests_total", ["key": "app", "status": "200"]) == 1)
        #expect(page.value("hoosh_key_requests_total", ["key": "web", "status": "403"]) == 1)
        let headers: Headers = [("x-api-key", Self.admin)]
        let told = try ["/v1/admin/config", "/v1/admin/state"].map {
            try fetch(station.admin, "GET", $0, headers: headers).text
        }
        try expectNoToken(station, told + [text])
    }
}
