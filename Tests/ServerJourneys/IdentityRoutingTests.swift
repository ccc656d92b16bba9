import Foundation
import TestKit
import Testing

/// What routes, rules and samples make of a caller, and what becomes of keys that change.
@Suite struct IdentityRoutingTests {
    private static func token(_ name: String) -> String { "\(name)-0123456789abcdef0123456789abcdef" }
    private static func header(_ name: String) -> (String, String) { ("authorization", "Bearer \(token(name))") }

    /// The route that takes a request, as `explain` says.
    private func explained(_ station: Station, _ arguments: [String]) throws -> String? {
        let result = try run(
            "hoosh-proxy",
            ["explain", station.file, "--model", "mock-small", "--json"] + arguments
        )
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        return (object?["route"] as? [String: Any])?["name"] as? String
    }

    private static let samples = """
          - {name: by-key, match: {sample: 50%, sample_by: key, headers: {x-way: key}}, to: [mock]}
          - {name: by-tenant, match: {sample: 50%, sample_by: tenant, headers: {x-way: tenant}}, to: [mock]}
          - {name: rest, to: [mock]}
        """

    @Test func `a key and a tenant are on the side of a sample that explain says`() throws {
        let names = (0..<12).map { "k\($0)" }
        let keys = names.map { "    \($0): {token: \"env:TOKEN_\($0)\", tenant: t-\($0)}\n" }.joined()
        let environment = Dictionary(uniqueKeysWithValues: names.map { ("TOKEN_\($0)", Self.token($0)) })
        let station = try Station(more: "auth:\n  keys:\n\(keys)", routes: Self.samples, environment: environment)
        var seen: Set<String> = []
        for name in names {
            for way in ["key", "tenant"] {
                let route = try station.chat(headers: [Self.header(name), ("x-way", way)])["x-hoosh-route"]
                #expect(try explained(station, ["--key", name, "--header", "x-way:\(way)"]) == route)
                if let route { seen.insert(route) }
            }
        }
        // Of 12 names some are on either side.
        #expect(seen == ["by-key", "by-tenant", "rest"])
    }

    @Test func `routes and privacy rules know who asks`() throws {
        let auth = """
            privacy:
              rules:
                - {tag: legal, class: confidential, tenant: ["leg*"]}
                - {tag: audit, class: internal, key: [auditor]}
            auth:
              keys:
                app: {token: env:APP, tenant: acme}
                web: {token: env:WEB}
                lawyer: {token: env:LAWYER, tenant: legal}
                auditor: {token: env:AUDITOR}
            """
        let routes = """
              - {name: legal, match: {class: confidential}, deny: {status: 451, message: legal}}
              - {name: audit, match: {tags: [audit]}, to: [mock]}
              - {name: web, match: {key: "w*"}, to: [mock]}
              - {name: acme, match: {tenant: acme}, to: [mock]}
            """
        let environment = ["APP": "app", "WEB": "web", "LAWYER": "lawyer", "AUDITOR": "auditor"].mapValues(Self.token)
        let station = try Station(more: auth, routes: routes, environment: environment)
        for (name, route) in [("app", "acme"), ("web", "web"), ("auditor", "audit")] {
            let response = try station.chat(headers: [Self.header(name)])
            #expect(response.status == 200 && response["x-hoosh-route"] == route, "\(response.text)")
            #expect(try explained(station, ["--key", name]) == route)
        }
        #expect(try station.chat(headers: [Self.header("lawyer")]).status == 451)
        #expect(try explained(station, ["--key", "lawyer"]) == "legal")
    }

    @Test func `only a trusted proxy's word for the tenant counts`() throws {
        let routes = """
              - {name: blue, match: {tenant: blue}, to: [mock]}
              - {name: rest, to: [mock]}
            """
        func station(_ trusted: String, client: String = "127.0.0.1:0", keys: Bool = true) throws -> Station {
            let names = keys ? "keys: {edge: {token: env:EDGE}, own: {token: env:OWN, tenant: red}}, " : ""
            return try Station(
                client: client,
                more: "auth: {\(names)tenant_header: x-tenant, trusted_proxies: [\(trusted)]}",
                routes: routes,
                environment: ["EDGE": Self.token("edge"), "OWN": Self.token("own")]
            )
        }
        let blue = ("x-tenant", "blue")
        let trusting = try station("10.0.0.0/8, 127.0.0.1")
        #expect(try trusting.chat(headers: [Self.header("edge"), blue])["x-hoosh-route"] == "blue")
        #expect(try trusting.chat(headers: [Self.header("edge")])["x-hoosh-route"] == "rest")
        try expectError(trusting.chat(headers: [blue]), 401, code: "invalid_api_key")
        try expectError(trusting.chat(headers: [Self.header("own"), blue]), 403, code: "tenant_not_allowed")
        let two = try trusting.chat(headers: [Self.header("edge"), blue, ("X-Tenant", "red")])
        try expectError(two, 400, code: "invalid_tenant")
        // A batch runs for the tenant that it was handed in for, and is that tenant's alone.
        let batch = "{\"requests\":[\(chatBody())],\"async\":true}"
        let receipt = try object(
            trusting.connect().fetch("POST", "/v1/batch", headers: [Self.header("edge"), blue], body: batch)
        )
        let id = try #require(receipt["id"] as? String)
        let foreign = try trusting.connect().fetch("GET", "/v1/batch/\(id)", headers: [Self.header("edge")])
        try expectError(foreign, 404, code: "batch_not_found")

        let wary = try station("10.0.0.0/8")
        #expect(try wary.chat(headers: [Self.header("edge"), blue])["x-hoosh-route"] == "rest")

        let folder = try TemporaryFolder()
        let socket = try station("unix", client: "unix:\(folder.file("hoosh.sock"))", keys: false)
        #expect(try socket.chat(headers: [blue])["x-hoosh-route"] == "blue")
    }

    @Test func `with keys the listeners may be beyond loopback, without they may not`() throws {
        let station = try Station(
            client: "0.0.0.0:0",
            more: "auth: {keys: {app: {token: env:APP}}}",
            environment: ["APP": Self.token("app")]
        )
        let port = try #require("\(station.address)".split(separator: ":").last)
        #expect(try run("hoosh-proxy", ["lint", station.file]).output.contains("HP707"))
        let address = try #require(Address(saidIn: "listening on 127.0.0.1:\(port) (client)"))
        let chat = { (headers: Headers) in
            try fetch(address, "POST", "/v1/chat/completions", headers: headers, body: chatBody()).status
        }
        #expect(try chat([Self.header("app")]) == 200)
        #expect(try chat([]) == 401)
        let folder = try TemporaryFolder()
        for auth in ["", "auth: {mode: none, keys: {app: {token: env:APP}}}"] {
            let file = try folder.write(
                "open.yaml",
                "version: 1\nlisten: {address: \"0.0.0.0:0\", admin: none}\nproviders: {o: {kind: ollama}}\n\(auth)\n"
                    + "routes: [{name: all, to: [o]}]\n"
            )
            let refused = try run("hoosh-proxy", ["--routes", file])
            #expect(refused.status == 1 && refused.errors.contains("HP707"), "\(refused.errors)")
        }
    }

    // MARK: Change

    private func reload(_ station: Station) throws -> Response { try station.ask("/v1/admin/reload", "POST") }

    @Test func `a key that is taken out opens nothing any more, on kept connections either`() throws {
        let folder = try TemporaryFolder()
        for name in ["app", "web"] { try folder.write(name, Self.token(name) + "\n") }
        func auth(_ names: [String]) -> String {
            let keys = names.map { "\($0): {token: \"file:\(folder.file($0))\"}" }.joined(separator: ", ")
            return "auth: {keys: {\(keys)}}"
        }
        let station = try Station(listen: "watch: false", more: auth(["app", "web"]))
        let text = try String(contentsOfFile: station.file, encoding: .utf8)
        let (app, web) = (try station.connect(), try station.connect())
        func status(_ connection: RawConnection, _ name: String) throws -> Int {
            try connection.fetch("POST", "/v1/chat/completions", headers: [Self.header(name)], body: chatBody()).status
        }
        #expect(try status(app, "app") == 200 && status(web, "web") == 200)
        // One more request of that key has begun: its head is there, its body is not.
        let late = try station.connect()
        let body = chatBody()
        try late.send(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Authorization: Bearer \(Self.token("web"))\r\nContent-Length: \(body.utf8.count)\r\n\r\n{"
        )
        try station.rewrite(text.replacingOccurrences(of: auth(["app", "web"]), with: auth(["app"])))
        #expect(try reload(station).status == 200)
        #expect(try status(app, "app") == 200)
        #expect(try status(web, "web") == 401)
        #expect(try status(web, "app") == 200, "the connection itself goes on")
        try late.send(String(body.dropFirst()))
        #expect(late.readResponse(to: "POST").status == 401)
    }

    @Test func `a token is rotated by its file, and two keys bridge the change`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("token", Self.token("one") + "\n")
        let auth = "auth: {keys: {app: {token: \"file:\(file)\", tenant: acme}, next: {token: env:NEXT, tenant: acme}}}"
        let station = try Station(
            more: auth,
            routes: "  - {name: acme, match: {tenant: acme}, to: [mock]}",
            environment: ["NEXT": Self.token("next")]
        )
        for name in ["one", "next"] {
            #expect(try station.chat(headers: [Self.header(name)])["x-hoosh-route"] == "acme")
        }
        // The file is watched, so nobody needs to ask.
        try folder.write("token", Self.token("two") + "\n")
        #expect(try eventually(seconds: 60) { try station.chat(headers: [Self.header("two")]).status == 200 })
        // Whoever asked with the new token before it was known may have to wait as one who guesses.
        #expect([401, 429].contains(try station.chat(headers: [Self.header("one")]).status))
        #expect(try station.chat(headers: [Self.header("next")]).status == 200)
        // A token that another key has is refused, and the one before goes on.
        try folder.write("token", Self.token("next") + "\n")
        let refused = try reload(station)
        #expect(refused.status == 422 && refused.text.contains("HP717"), "\(refused.text)")
        #expect(!refused.text.contains(Self.token("next")))
        #expect(try station.chat(headers: [Self.header("two")]).status == 200)
    }

    @Test func `what a key may not do explain foretells`() throws {
        let auth = "auth: {keys: {web: {token: env:WEB, models: [mock-small], max_class: internal}}}"
        let station = try Station(more: auth, environment: ["WEB": Self.token("web")])
        func foretold(_ model: String, _ more: [String]) throws -> String? {
            let arguments = ["explain", station.file, "--model", model, "--key", "web", "--json"] + more
            let result = try run("hoosh-proxy", arguments)
            let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            return (object?["outcome"] as? [String: Any])?["error"] as? String
        }
        func answered(_ model: String, _ more: Headers) throws -> String? {
            let response = try station.chat(model: model, headers: [Self.header("web")] + more)
            return (try object(response)["error"] as? [String: Any])?["code"] as? String
        }
        for (model, level) in [("mock-small", "public"), ("mock-large", "public"), ("mock-small", "confidential")] {
            let told = try foretold(model, ["--header", "x-privacy:\(level)"])
            let answer = try answered(model, [("x-privacy", level)])
            #expect(told == answer, "\(model) \(level)")
        }
        #expect(try answered("mock-large", []) == "model_not_allowed")
        #expect(try answered("mock-small", [("x-privacy", "confidential")]) == "class_not_allowed")
    }
}
