import Foundation
import Synchronization
import TestKit
import Testing

/// Budgets over sockets: what is charged is what the provider says, whatever becomes of clients and upstreams.
@Suite struct BudgetTests {
    private static let keys = """
        auth:
          keys:
            app: {token: env:APP_TOKEN, tenant: acme}
            web: {token: env:WEB_TOKEN, tenant: acme, pools: [team]}
        """
    private static let tokens = ["APP_TOKEN": "app-0123456789abcdef0123", "WEB_TOKEN": "web-0123456789abcdef0123"]
    private static let app: Headers = [("authorization", "Bearer app-0123456789abcdef0123")]
    private static let web: Headers = [("authorization", "Bearer web-0123456789abcdef0123")]

    private func station(
        _ more: String,
        provider: String = "",
        providers: String = "",
        routes: String = "  - {name: all, to: [mock], pool: team}"
    ) throws -> Station {
        try Station(
            provider: provider,
            providers: providers,
            more: more,
            routes: routes,
            environment: Self.tokens
        )
    }

    private struct Line {
        var used = -1
        var reserved = -1
        var available = -1
    }

    /// One pool's account of tokens as its clients see it.
    private func line(_ station: Station, _ name: String, headers: Headers = []) throws -> Line {
        let answer = try station.connect().fetch("GET", "/v1/tokens/pools", headers: headers)
        let pools = try #require(try object(answer)["pools"] as? [[String: Any]], "\(answer.text)")
        let pool = try #require(pools.first { $0["name"] as? String == name }, "\(answer.text)")
        return Line(
            used: pool["used"] as? Int ?? -1,
            reserved: pool["reserved"] as? Int ?? -1,
            available: pool["available"] as? Int ?? -1
        )
    }

    /// Waits until nothing is set aside in a pool any more.
    private func settled(_ station: Station, _ name: String) throws -> Line {
        var found = Line()
        for _ in 0..<200 {
            found = try line(station, name)
            if found.reserved == 0 { return found }
            usleep(20_000)
        }
        return found
    }

    private func post(_ station: Station, _ path: String, _ body: String, headers: Headers = []) throws -> Response {
        try station.connect().fetch(
            "POST",
            path,
            headers: headers + [("content-type", "application/json")],
            body: body
        )
    }

    private func total(_ response: Response) throws -> Int {
        let usage = try #require(try object(response)["usage"] as? [String: Any])
        return try #require(usage["total_tokens"] as? Int)
    }

    @Test func `an answer costs what its usage says, and the rest is free again`() throws {
        let station = try station("pools: {team: {tokens: 100k/day}}")
        let answer = try station.chat()
        #expect(answer.status == 200)
        #expect(answer["x-hoosh-budget-pool"] == "team")
        let left = try #require(answer["x-hoosh-budget-remaining-tokens"].flatMap { Int($0) })
        #expect(left < 100_000 && left > 98_000)
        let line = try settled(station, "team")
        #expect(line.used == (try total(answer)))
        #expect(line.available == 100_000 - line.used)
    }

    @Test func `streams that end, streams that clients leave, and tries that fail leave nothing set aside`() throws {
        let station = try station(
            "pools: {team: {tokens: 10M/day, parent: org}, org: {tokens: 20M/day, requests: 1M/day}}",
            routes: "  - {name: all, to: [mock], pool: team, usage: exact}"
        )
        let counted = Mutex(0)
        try concurrently(6) { worker in
            for turn in 0..<12 {
                switch (worker + turn) % 4 {
                case 0:
                    let answer = try station.chat(
                        body: "{\"model\":\"mock-small\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                            + "\"messages\":[{\"role\":\"user\",\"content\":\"one two three\"}]}"
                    )
                    let match = try #require(answer.text.firstMatch(of: /"total_tokens":(\d+)/))
                    let sum = Int(match.1) ?? 0
                    counted.withLock { $0 += sum }
                case 1:
                    let answer = try station.chat()
                    let sum = try total(answer)
                    counted.withLock { $0 += sum }
                case 2:
                    let answer = try station.chat(headers: [("x-mock-status", "500")])
                    #expect(answer.status == 500)
                default:
                    let answer = try station.chat(headers: [("x-mock-fault", "close-before-head")])
                    #expect(answer.status == 502)
                }
            }
        }
        let line = try settled(station, "team")
        #expect(line.reserved == 0)
        #expect(line.used == counted.withLock { $0 })
        let parent = try settled(station, "org")
        #expect(parent.used == line.used)
        #expect(parent.reserved == 0)
        let page = try MetricsPage(station.ask("/metrics").text)
        #expect(page.value("hoosh_pool_used", ["pool": "org", "quantity": "requests"]) == 36)
        #expect(page.value("hoosh_pool_reserved", ["pool": "org", "quantity": "requests"]) == 0)
        #expect(page.value("hoosh_pool_used", ["pool": "team", "quantity": "tokens"]) == Double(line.used))
    }

    @Test func `a client that leaves pays for the prompt and for what was delivered`() throws {
        let station = try station("pools: {team: {tokens: 1M/day, requests: 1k/day}}")
        for _ in 0..<5 {
            let connection = try station.connect()
            try connection.request(
                "POST",
                "/v1/chat/completions",
                headers: [("x-mock-events", "1000"), ("x-mock-pace-ms", "5")],
                body: chatBody(stream: true)
            )
            _ = connection.read(until: "data: ")
            connection.reset()
        }
        // Before anything came: the provider has read the prompt all the same.
        let waiting = try station.connect()
        try waiting.request(
            "POST",
            "/v1/chat/completions",
            headers: [("x-mock-fault", "slow-head"), ("x-mock-delay-ms", "5000")],
            body: chatBody()
        )
        for _ in 0..<100 where try station.forwarded < 6 { usleep(20_000) }
        waiting.reset()
        let line = try settled(station, "team")
        #expect(line.reserved == 0)
        #expect(line.used > 0 && line.used < 5_000)
        let page = try MetricsPage(station.ask("/metrics").text)
        #expect(page.value("hoosh_pool_used", ["pool": "team", "quantity": "requests"]) == 6)
    }

    @Test func `however many ask at once, no more is let in than there is`() throws {
        // Each needs its prompt and 100 tokens.
        let station = try station("pools: {team: {tokens: 1000/month, reserve: {output: 100}}}")
        let outcomes = Mutex<[Int: Int]>([:])
        try concurrently(12) { _ in
            for _ in 0..<10 {
                let answer = try station.chat()
                outcomes.withLock { $0[answer.status, default: 0] += 1 }
                if answer.status == 429 { try expectError(answer, 429, code: "budget_exceeded") }
            }
        }
        #expect(outcomes.withLock { Set($0.keys).isSubset(of: [200, 429]) })
        #expect(outcomes.withLock { ($0[429] ?? 0) > 0 })
        let line = try settled(station, "team")
        #expect(line.used <= 1_000)
        // One after the other until it is spent: each takes some of it.
        var spent = try station.chat()
        for _ in 0..<100 where spent.status == 200 { spent = try station.chat() }
        let last = try expectError(spent, 429, code: "budget_exceeded")
        #expect(last.type == "insufficient_quota")
        #expect(last.message.contains("`team` of this gateway"))
        let answer = try station.chat()
        #expect(answer["x-should-retry"] == "false")
        #expect(answer["x-hoosh-limited-by"] == "gateway team")
        #expect(answer["retry-after"].flatMap { Int($0) }.map { $0 > 0 } == true)
    }

    @Test func `each key has its own, and the parent pays with it`() throws {
        let station = try station(
            Self.keys + "\npools: {team: {tokens: 10k/day, per: key, parent: org}, org: {tokens: 4k/day}}"
        )
        #expect(try station.chat(headers: Self.app).status == 200)
        #expect(try station.chat(headers: Self.web).status == 200)
        // The answer is here a moment before it is charged.
        for who in [Self.app, Self.web] {
            #expect(try eventually { try line(station, "team", headers: who).used > 0 })
        }
        let (app, web) = (
            try line(station, "team", headers: Self.app), try line(station, "team", headers: Self.web)
        )
        #expect(app.used > 0 && web.used == app.used)
        #expect(try line(station, "team", headers: Self.web).available < 10_000)
        // Who may name one pool sees no other.
        let seen = try object(station.connect().fetch("GET", "/v1/tokens/pools", headers: Self.web))["pools"]
        #expect((seen as? [[String: Any]])?.map { $0["name"] as? String } == ["team"])
        // org is all but empty after one more reservation.
        let body = "{\"model\":\"mock-small\",\"max_tokens\":4000,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
        let refused = try post(station, "/v1/chat/completions", body, headers: Self.app)
        try expectError(refused, 429, code: "budget_exceeded")
        #expect(refused["x-hoosh-budget-pool"] == "org")
        #expect(try line(station, "team", headers: Self.app).reserved == 0)
    }

    @Test func `an exhausted budget of dollars leaves what is free`() throws {
        let other = try MockUpstream(models: ["mock-small"])
        let station = try station(
            "pools: {team: {usd: 0.000001/day}}",
            provider: "locality: local",
            providers: "  paid: {kind: openai-compatible, url: \"\(other.url)/v1\", health: {mode: none}, "
                + "price: {input: 2, output: 8}}",
            routes: "  - {name: all, to: [paid, mock], pool: team}"
        )
        let answer = try station.chat()
        #expect(answer.status == 200)
        #expect(answer["x-hoosh-provider"] == "mock")
        #expect(try other.counters().requests == 0)
    }

    @Test func `the body may name the pool, which goes no further`() throws {
        let station = try station(
            "pools: {team: {tokens: 1M/day}, other: {tokens: 1M/day}}",
            routes: "  - {name: all, to: [mock], pool: {from: request, allow: [team, other], default: team}}"
        )
        for spelling in [
            "{\"pool\":\"other\",\"model\":\"mock-small\",\"messages\":[]}",
            "{\"model\":\"mock-small\",\"messages\":[] , \"pool\" : \"other\" }",
            "{\"model\":\"mock-small\", \"pool\":\"other\" , \"messages\":[]}",
        ] {
            let answer = try post(station, "/v1/chat/completions", spelling)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer["x-hoosh-budget-pool"] == "other")
            let seen = try #require(try station.mock.requests().last)
            let sent = try JSONSerialization.jsonObject(with: Data(seen.body.utf8)) as? [String: Any]
            #expect(sent.map { Set($0.keys) } == ["model", "messages"], "\(seen.body)")
        }
        let none = try post(station, "/v1/chat/completions", "{\"model\":\"mock-small\",\"messages\":[]}")
        #expect(none["x-hoosh-budget-pool"] == "team")
        let wrong = "{\"model\":\"mock-small\",\"messages\":[],\"pool\":\"nobody's\"}"
        try expectError(post(station, "/v1/chat/completions", wrong), 404, code: "pool_not_found")
    }

    @Test func `clients reserve, commit and release what is theirs`() throws {
        let station = try station(Self.keys + "\npools: {team: {tokens: 1k/day}, other: {tokens: 1k/day}}")
        let check = try object(
            post(station, "/v1/tokens/check", "{\"pool\":\"team\",\"tokens\":900}", headers: Self.app)
        )
        #expect(check["allowed"] as? Bool == true)
        #expect(check["available"] as? Int == 1_000)
        let made = try object(
            post(station, "/v1/tokens/reserve", "{\"pool\":\"team\",\"tokens\":900}", headers: Self.app)
        )
        let id = try #require(made["id"] as? String)
        #expect(made["reserved"] as? Bool == true)
        let second = try object(
            post(station, "/v1/tokens/reserve", "{\"pool\":\"team\",\"tokens\":200}", headers: Self.web)
        )
        #expect(second["reserved"] as? Bool == false)
        #expect(second["available"] as? Int == 100)
        // Somebody else's is as if it were not there.
        let settle = "{\"id\":\"\(id)\",\"tokens\":300}"
        try expectError(
            post(station, "/v1/tokens/commit", settle, headers: Self.web),
            404,
            code: "reservation_not_found"
        )
        let done = try object(post(station, "/v1/tokens/commit", settle, headers: Self.app))
        #expect(done["committed"] as? Bool == true)
        let again = try object(post(station, "/v1/tokens/commit", settle, headers: Self.app))
        #expect(again["committed"] as? Bool == false)
        #expect(try line(station, "team", headers: Self.app).used == 300)
        let report = try object(
            post(station, "/v1/tokens/report", "{\"pool\":\"team\",\"actual\":50}", headers: Self.web)
        )
        #expect(report["available"] as? Int == 650)
        try expectError(
            post(station, "/v1/tokens/check", "{\"pool\":\"other\",\"tokens\":1}", headers: Self.web),
            403,
            code: "pool_not_allowed"
        )
        try expectError(
            post(station, "/v1/tokens/check", "{\"pool\":\"none\",\"tokens\":1}", headers: Self.app),
            404,
            code: "pool_not_found"
        )
        for body in [
            "{}", "[]", "{\"pool\":\"team\"}", "{\"pool\":\"team\",\"tokens\":-1}",
            "{\"pool\":\"team\",\"tokens\":1e9}", "{\"pool\":\"team\",\"tokens\":1,\"tokens\":2}",
            "{\"pool\":\"team\",\"tokens\":1,\"tok\\u0065ns\":2}", "{\"pool\":\"team\",\"pool\":\"team\",\"tokens\":1}",
        ] {
            for action in ["check", "reserve"] {
                try expectError(post(station, "/v1/tokens/\(action)", body, headers: Self.app), 400)
            }
        }
    }

    @Test func `a pool of each key tells what it has before it is used, and a sliding one when there is more`() throws {
        let station = try station(
            "pools: {team: {requests: 1/min, tokens: 100k/day, per: \"header:x-user\", window: sliding}}"
        )
        let pools = try object(station.connect().fetch("GET", "/v1/tokens/pools", headers: [("x-user", "new")]))
        let line = try #require((pools["pools"] as? [[String: Any]])?.first)
        #expect(
            line["capacity"] as? Int == 100_000 && line["available"] as? Int == 100_000 && line["used"] as? Int == 0
        )
        #expect(try station.chat().status == 200)
        // What is only set aside may be free again in a moment.
        #expect(try settled(station, "team").used > 0)
        let second = try station.chat()
        try expectError(second, 429, code: "budget_exceeded")
        let seconds = try #require(second["retry-after"].flatMap { Int($0) })
        // A sixteenth of the minute more at most.
        #expect((56...64).contains(seconds))
        #expect(second.text.contains("there is more in \(seconds) s"), "\(second.text)")
    }

    @Test func `a reload keeps what was spent`() throws {
        let station = try station("pools: {team: {tokens: 100k/day}}")
        #expect(try station.chat().status == 200)
        let before = try settled(station, "team")
        let text = try String(contentsOfFile: station.file, encoding: .utf8)
        try station.replace(text.replacing("tokens: 100k/day", with: "tokens: 50k/day"))
        #expect(try station.ask("/v1/admin/reload", "POST").status == 200)
        #expect(try station.chat().status == 200)
        let after = try settled(station, "team")
        #expect(after.used == 2 * before.used)
        #expect(after.available == 50_000 - after.used)
    }
}
