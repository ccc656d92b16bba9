import Foundation
import TestKit
import Testing

/// Numbers that are larger than anybody means, wherever somebody may say one: sums of them end at the largest there is.
@Suite struct LargeNumberTests {
    private static let most = "99999999999999999"
    private let chat = "/v1/chat/completions"

    private func isAlive(_ station: Station) throws -> Bool { try station.ask("/healthz").status == 200 }

    @Test func `a provider that claims any usage ends nobody`() throws {
        let upstream = try ScriptedUpstream { _ in
            ScriptedUpstream.Answer(
                "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
                    + "\"message\":{\"role\":\"assistant\",\"content\":\"ok\"},\"finish_reason\":\"stop\"}],\"usage\":{"
                    + "\"prompt_tokens\":\(Self.most),\"completion_tokens\":\(Self.most),\"total_tokens\":\(Self.most),"
                    + "\"prompt_tokens_details\":{\"cached_tokens\":\(Self.most),\"cache_write_tokens\":\(Self.most)},"
                    + "\"completion_tokens_details\":{\"reasoning_tokens\":\(Self.most)}}}"
            )
        }
        func provider(_ name: String, _ more: String) -> String {
            "  \(name): {kind: openai-compatible, url: \"\(upstream.url)/v1\", health: {mode: none}, "
                + "price: {input: 1, output: 1}\(more)}\n"
        }
        let station = try Station(
            providers: provider("free", "") + provider("limited", ", limits: {tokens: 900G/min}"),
            more: """
                cache: {mode: exact}
                pools: {all: {tokens: 900G/day, window: sliding}}
                rate_limits: {each: {by: ip, tokens: 900G/min, algorithm: sliding}}
                """,
            routes: "  - {name: limited, match: {model: limited}, to: [limited], pool: all, limits: [each]}\n"
                + "  - {name: all, to: [free]}"
        )
        let connection = try station.connect()
        for turn in 0..<400 {
            let wish = turn < 200 ? "refresh" : "use"
            let answer = try connection.fetch("POST", chat, headers: [("x-hoosh-cache", wish)], body: chatBody())
            #expect(answer.status == 200, "\(answer.text)")
        }
        for turn in 0..<10 {
            let answer = try connection.fetch("POST", chat, body: chatBody(model: "limited", message: "\(turn)"))
            #expect(answer.status == (turn == 0 ? 200 : 429), "\(answer.text)")
        }
        #expect(try isAlive(station))
        for path in ["/metrics", "/v1/costs?by=all", "/v1/cache/stats"] { #expect(try station.ask(path).status == 200) }
    }

    @Test func `a client that says any age, place or number ends nobody`() throws {
        let audit = try AuditStation(more: "cache: {mode: exact}")
        let station = audit.station
        for age in ["+9999999999999", "-9999999999999", "99999999999999999999999"] {
            #expect(try station.chat(headers: [("cache-control", "max-age=\(age)")]).status == 200)
        }
        let pages = try station.connect().fetch(
            "GET",
            "/v1/models?before_id=mock-small&after_id=mock-small",
            headers: [("anthropic-version", "2023-06-01")]
        )
        #expect(pages.status == 200 && pages.text.contains("\"data\":[]"), "\(pages.text)")
        for after in ["9223372036854775807", "9223372036854775806", "0"] {
            #expect(try station.ask("/v1/audit?after=\(after)").status == 200)
        }
        #expect(try isAlive(station))
    }

    @Test(arguments: [false, true].filter { !$0 || RedisServer.isInstalled })
    func `who has little cannot charge what others share with more than that`(isShared: Bool) throws {
        let server = isShared ? try RedisServer() : nil
        defer { withExtendedLifetime(server) {} }
        let station = try Station(
            more: """
                \(server.map { "state: {store: \"\($0.url)\"}" } ?? "")
                auth:
                  keys:
                    bob: {token: env:BOB, pools: [own]}
                    app: {token: env:APP}
                pools:
                  org: {tokens: 10k/day}
                  own: {tokens: 2k/day, per: key, parent: org}
                  big: {tokens: 1M/day}
                """,
            environment: ["BOB": "bob-0123456789abcdef", "APP": "app-0123456789abcdef"]
        )
        let bob: Headers = [("authorization", "Bearer bob-0123456789abcdef"), ("content-type", "application/json")]
        func post(_ path: String, _ body: String) throws -> Response {
            try station.connect().fetch("POST", "/v1/tokens/\(path)", headers: bob, body: body)
        }
        try expectError(post("report", "{\"pool\":\"own\",\"actual\":20000000}"), 400, code: "invalid_request")
        let made = try object(post("reserve", "{\"pool\":\"own\",\"tokens\":1}"))
        let id = try #require(made["id"] as? String)
        try expectError(post("commit", "{\"id\":\"\(id)\",\"tokens\":2001}"), 400, code: "invalid_request")
        try expectError(post("report", "{\"id\":\"\(id)\",\"actual\":2001}"), 400, code: "invalid_request")
        #expect(try object(post("commit", "{\"id\":\"\(id)\",\"tokens\":1500}"))["committed"] as? Bool == true)
        #expect(try object(post("report", "{\"pool\":\"own\",\"actual\":2000}"))["used"] as? Int == 2_000)
        for _ in 0..<5 {
            let more = try object(post("report", "{\"pool\":\"own\",\"actual\":2000}"))
            #expect(more["used"] as? Int == 0 && more["exhausted"] as? String == "own")
        }
        let app: Headers = [("authorization", "Bearer app-0123456789abcdef"), ("content-type", "application/json")]
        func org() throws -> Int? {
            let pools = try object(station.connect().fetch("GET", "/v1/tokens/pools", headers: app))["pools"]
            return (pools as? [[String: Any]])?.first { $0["name"] as? String == "org" }?["used"] as? Int
        }
        #expect(try org() == 3_500)
        // Many at once, of nothing or of one, and by who may name a larger pool as well.
        let ids = try (0..<60).map { turn in
            let made = try station.connect().fetch(
                "POST",
                "/v1/tokens/reserve",
                headers: app,
                body: "{\"pool\":\"own\",\"tokens\":\(turn % 2)}"
            )
            return try #require(try object(made)["id"] as? String, "\(made.text)")
        }
        var charged = 0
        for id in ids {
            let done = try object(
                station.connect().fetch(
                    "POST",
                    "/v1/tokens/commit",
                    headers: app,
                    body: "{\"id\":\"\(id)\",\"tokens\":9000}"
                )
            )
            #expect(done["committed"] as? Bool == true)
            charged += try #require((done["charged"] as? [String: Int])?["tokens"])
        }
        #expect(charged >= 2_000 && charged <= 2_000 + 60)
        #expect(try org() == 3_500 + charged)
    }
}
