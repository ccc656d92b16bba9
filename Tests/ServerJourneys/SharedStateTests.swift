import Foundation
import Glibc
import Synchronization
import TestKit
import Testing

/// Two proxies on one Redis: what one spends the other has not, whatever becomes of clients, upstreams and Redis.
@Suite(.serialized, .enabled(if: RedisServer.isInstalled, "\(RedisServer.missing)"))
struct SharedStateTests {
    private func station(
        _ server: RedisServer,
        _ more: String,
        state: String = "",
        provider: String = "",
        routes: String = "  - {name: all, to: [mock], pool: team, usage: exact}"
    ) throws -> Station {
        try Station(
            provider: provider,
            more: "state: {store: \"\(server.url)\"\(state.isEmpty ? "" : ", \(state)")}\n\(more)",
            routes: routes
        )
    }

    private struct Line: Equatable {
        var used = -1
        var reserved = -1
        var available = -1
    }

    private func line(_ station: Station, _ name: String = "team") throws -> Line {
        let answer = try station.connect().fetch("GET", "/v1/tokens/pools")
        let pools = try #require(try object(answer)["pools"] as? [[String: Any]], "\(answer.text)")
        let pool = try #require(pools.first { $0["name"] as? String == name }, "\(answer.text)")
        let accounts = pool["accounts"] as? [[String: Any]]
        let tokens = try #require(accounts?.first?["tokens"] as? [String: Any], "\(answer.text)")
        return Line(
            used: tokens["used"] as? Int ?? -1,
            reserved: tokens["reserved"] as? Int ?? -1,
            available: tokens["available"] as? Int ?? -1
        )
    }

    /// Waits until nothing is set aside in a pool any more, and nothing is on its way there.
    private func settled(_ stations: [Station], _ name: String = "team") throws -> Line {
        var found = Line()
        for _ in 0..<500 {
            let waiting = try stations.map { try value($0, "hoosh_store_settlements_waiting") ?? -1 }
            if waiting.allSatisfy({ $0 == 0 }) {
                found = try line(stations[0], name)
                if found.reserved == 0 { return found }
            }
            usleep(20_000)
        }
        return found
    }

    private func value(_ station: Station, _ name: String, _ labels: [String: String] = [:]) throws -> Double? {
        try MetricsPage(station.ask("/metrics").text).value(name, labels)
    }

    private func total(_ response: Response) throws -> Int {
        let match = try #require(response.text.firstMatch(of: /"total_tokens": ?(\d+)/), "\(response.text)")
        return Int(match.1) ?? 0
    }

    private static let stream =
        "{\"model\":\"mock-small\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
        + "\"messages\":[{\"role\":\"user\",\"content\":\"one two three\"}]}"

    @Test func `all that two proxies charge is all that their providers counted`() throws {
        let server = try RedisServer()
        let pools = "pools: {team: {tokens: 10M/day, parent: org}, org: {tokens: 20M/day, requests: 1M/day}}"
        let stations = [try station(server, pools), try station(server, pools)]
        let counted = Mutex(0)
        try concurrently(6) { worker in
            for turn in 0..<16 {
                let station = stations[turn % 2]
                switch (worker + turn / 2) % 4 {
                case 0:
                    let sum = try total(station.chat(body: Self.stream))
                    counted.withLock { $0 += sum }
                case 1:
                    let answer = try station.chat()
                    #expect(answer["x-hoosh-budget-pool"] == "team")
                    let sum = try total(answer)
                    counted.withLock { $0 += sum }
                case 2: #expect(try station.chat(headers: [("x-mock-status", "500")]).status == 500)
                default: #expect(try station.chat(headers: [("x-mock-fault", "close-before-head")]).status == 502)
                }
            }
        }
        let line = try settled(stations)
        #expect(line.reserved == 0)
        #expect(line.used == counted.withLock { $0 })
        #expect(try settled(stations, "org") == Line(used: line.used, reserved: 0, available: 20_000_000 - line.used))
        #expect(try value(stations[0], "hoosh_store_up") == 1)
    }

    @Test func `metrics tell what all proxies have spent, and for how long nobody has said so`() throws {
        let server = try RedisServer()
        let more =
            "pools: {team: {tokens: 10M/day, requests: 3/day}}\nrate_limits: {each: {by: global, requests: 100/day, burst: 50}}"
        let routes = "  - {name: all, to: [mock], pool: team, limits: [each]}"
        let stations = try (0..<2).map { _ in try station(server, more, routes: routes) }
        for turn in 0..<3 { #expect(try stations[turn % 2].chat().status == 200) }
        let line = try settled(stations)
        for station in stations {
            #expect(try station.chat().status == 429)
            let tokens = ["pool": "team", "quantity": "tokens"]
            #expect(try value(station, "hoosh_pool_used", tokens) == Double(line.used))
            #expect(try value(station, "hoosh_pool_reserved", tokens) == 0)
            #expect(try value(station, "hoosh_pool_capacity", tokens) == 10_000_000)
            #expect(try value(station, "hoosh_pool_used", ["pool": "team", "quantity": "requests"]) == 3)
            #expect(try value(station, "hoosh_limit_running") == 0)
            #expect(
                try value(station, "hoosh_pool_reservations_total", ["pool": "team", "result": "refused"]) == 1
            )
        }
        // What each counts by itself adds up.
        for (name, sum) in [("hoosh_pool_committed_tokens_total", line.used), ("hoosh_limit_requests_total", 3)] {
            #expect(try stations.reduce(0) { try $0 + (value($1, name) ?? 0) } == Double(sum))
        }
        for (station, made) in zip(stations, [2.0, 1]) {
            #expect(try value(station, "hoosh_pool_reservations_total", ["result": "made"]) == made)
        }
        server.stop()
        let isOld = try eventually { try value(stations[0], "hoosh_pool_age_seconds") ?? 0 > 0.3 }
        #expect(isOld)
        #expect(try value(stations[0], "hoosh_pool_used", ["quantity": "tokens"]) == Double(line.used))
    }

    @Test func `clients that leave leave nothing set aside`() throws {
        let server = try RedisServer()
        let pools = "pools: {team: {tokens: 1M/day}}\nrate_limits: {few: {by: global, concurrent: 3}}"
        let routes = "  - {name: all, to: [mock], pool: team, limits: [few]}"
        let stations = [try station(server, pools, routes: routes), try station(server, pools, routes: routes)]
        var running: [RawConnection] = []
        for turn in 0..<3 {
            let connection = try stations[turn % 2].connect()
            try connection.request(
                "POST",
                "/v1/chat/completions",
                headers: [("x-mock-events", "1000"), ("x-mock-pace-ms", "5")],
                body: chatBody(stream: true)
            )
            _ = connection.read(until: "data: ")
            running.append(connection)
        }
        // Three run, at two proxies: no more is let in by either.
        for station in stations {
            let refused = try station.chat()
            try expectError(refused, 429, code: "rate_limit_exceeded")
            #expect(refused["x-hoosh-limited-by"] == "gateway few")
        }
        for connection in running { connection.reset() }
        let line = try settled(stations)
        #expect(line.reserved == 0)
        #expect(line.used > 0 && line.used < 5_000)
        var status = 429
        for _ in 0..<100 where status == 429 {
            status = try stations[1].chat().status
            usleep(20_000)
        }
        #expect(status == 200)
    }

    @Test func `two proxies together let in no more than there is`() throws {
        let server = try RedisServer()
        let pools =
            "pools: {team: {tokens: 700/month, reserve: {output: 100}}}\n"
            + "rate_limits: {each: {by: global, requests: 60/hour, burst: 30}}"
        let routes =
            "  - {name: limited, match: {headers: {x-limited: \"*\"}}, to: [mock], limits: [each]}\n"
            + "  - {name: all, to: [mock], pool: team}"
        let stations = [try station(server, pools, routes: routes), try station(server, pools, routes: routes)]
        let outcomes = Mutex<[String: Int]>([:])
        try concurrently(8) { worker in
            for turn in 0..<10 {
                let station = stations[(worker + turn) % 2]
                let answer = try station.chat()
                outcomes.withLock { $0["budget \(answer.status)", default: 0] += 1 }
                if answer.status == 429 { try expectError(answer, 429, code: "budget_exceeded") }
                let limited = try station.chat(headers: [("x-limited", "1")])
                outcomes.withLock { $0["limit \(limited.status)", default: 0] += 1 }
                if limited.status == 200 { #expect(limited["x-ratelimit-limit-requests"] == "60") }
            }
        }
        let found = outcomes.withLock { $0 }
        #expect(found.keys.sorted() == ["budget 200", "budget 429", "limit 200", "limit 429"])
        #expect(found["limit 200"] == 30)
        let line = try settled(stations)
        #expect(line.reserved == 0)
        #expect(line.used <= 700 && line.used > 300)
    }

    @Test func `dollars are set aside in the store before a provider is asked`() throws {
        let server = try RedisServer()
        let pools = "pools: {team: {usd: 0.01/day, tokens: 1M/day}}"
        let priced = "price: {input: 2, output: 8}"
        let routes = "  - {name: all, to: [mock], pool: team}"
        let stations = try (0..<2).map { _ in try station(server, pools, provider: priced, routes: routes) }
        var cost = 0
        for turn in 0..<4 {
            let answer = try stations[turn % 2].chat()
            #expect(answer.status == 200, "\(answer.text)")
            cost += answer["x-hoosh-cost-micro-usd"].flatMap { Int($0) } ?? 0
            // Nobody waits for a settlement, and the next needs nearly all that there is.
            _ = try settled(stations)
        }
        let answer = try stations[1].connect().fetch("GET", "/v1/tokens/pools")
        let used = try #require(answer.text.firstMatch(of: /"micro_usd":\{"capacity":10000,"used":(\d+)/))
        #expect(Int(used.1) == cost && cost > 0)
        let dear = "{\"model\":\"mock-small\",\"max_tokens\":2000,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
        let asked = try stations.map { try $0.forwarded }
        for station in stations {
            let refused = try station.chat(body: dear)
            try expectError(refused, 429, code: "budget_exceeded")
            #expect(refused["x-hoosh-budget-pool"] == "team")
        }
        #expect(try stations.map { try $0.forwarded } == asked)
    }

    @Test func `a stream that outgrows a shared budget is cut`() throws {
        let server = try RedisServer()
        let pools = "pools: {team: {tokens: 400/day, reserve: {output: 50}, overrun: cut}}"
        let station = try station(server, pools, routes: "  - {name: all, to: [mock], pool: team}")
        let answer = try station.connect().fetch(
            "POST",
            "/v1/chat/completions",
            headers: [("x-mock-events", "2000"), ("x-mock-gap-us", "200")],
            body: chatBody(stream: true)
        )
        #expect(answer.status == 200)
        #expect(answer.text.contains("budget_exceeded"))
        let line = try settled([station])
        #expect(line.reserved == 0)
        #expect(line.used >= 200 && line.used < 2_000)
    }

    @Test func `what one proxy reserved for a client another settles, once`() throws {
        let server = try RedisServer()
        let pools = "pools: {team: {tokens: 1k/day}}"
        let stations = [try station(server, pools), try station(server, pools)]
        func post(_ station: Station, _ path: String, _ body: String) throws -> Response {
            try station.connect().fetch("POST", path, headers: [("content-type", "application/json")], body: body)
        }
        let check = try object(post(stations[0], "/v1/tokens/check", "{\"pool\":\"team\",\"tokens\":900}"))
        #expect(check["allowed"] as? Bool == true && check["available"] as? Int == 1_000)
        let made = try object(post(stations[0], "/v1/tokens/reserve", "{\"pool\":\"team\",\"tokens\":900}"))
        let id = try #require(made["id"] as? String)
        let second = try object(post(stations[1], "/v1/tokens/reserve", "{\"pool\":\"team\",\"tokens\":200}"))
        #expect(second["reserved"] as? Bool == false && second["available"] as? Int == 100)
        let settle = "{\"id\":\"\(id)\",\"tokens\":300}"
        #expect(try object(post(stations[1], "/v1/tokens/commit", settle))["committed"] as? Bool == true)
        #expect(try object(post(stations[0], "/v1/tokens/commit", settle))["committed"] as? Bool == false)
        #expect(try line(stations[0]) == Line(used: 300, reserved: 0, available: 700))
        let report = try object(post(stations[1], "/v1/tokens/report", "{\"pool\":\"team\",\"actual\":50}"))
        #expect(report["available"] as? Int == 650)
        let unknown = "{\"id\":\"0123456789abcdef0123456789abcdef\",\"tokens\":1}"
        try expectError(post(stations[0], "/v1/tokens/commit", unknown), 404, code: "reservation_not_found")
        server.stop()
        try expectError(
            post(stations[0], "/v1/tokens/check", "{\"pool\":\"team\",\"tokens\":9}"),
            503,
            code: "store_unavailable"
        )
    }

    @Test func `whatever numbers stand in Redis, they end nobody`() throws {
        let server = try RedisServer()
        let station = try station(
            server,
            "pools: {team: {tokens: 1M/day}}\nrate_limits: {each: {by: ip, requests: 900/min, tokens: 1M/min}}",
            routes: "  - {name: all, to: [mock], pool: team, limits: [each]}"
        )
        #expect(try station.chat().status == 200)
        _ = try settled([station])
        let keys = try server.command("KEYS", "*:[pl]:*").split(separator: "\n").map(String.init)
        #expect(keys.count >= 2)
        for number in ["99999999999999999999", "-99999999999999999999", "9223372036854775807", "1e308", "nan", "x", ""]
        {
            for key in keys {
                for field in try server.command("HKEYS", key).split(separator: "\n").map(String.init) {
                    _ = try server.command("HSET", key, field, number)
                }
            }
            _ = try station.chat()
            #expect(try station.connect().fetch("GET", "/v1/tokens/pools").status > 0)
            #expect(try station.ask("/metrics").status == 200)
        }
    }

    @Test func `a client holds no more reservations than it may`() throws {
        let server = try RedisServer()
        let station = try station(server, "pools: {team: {tokens: 1M/day}}")
        let connection = try station.connect()
        func post(_ path: String, _ body: String) throws -> Response {
            let headers: Headers = [("content-type", "application/json")]
            return try connection.fetch("POST", "/v1/tokens/\(path)", headers: headers, body: body)
        }
        let one = "{\"pool\":\"team\",\"tokens\":1}"
        let first = try #require(try object(post("reserve", one))["id"] as? String)
        for _ in 1..<4_096 { #expect(try object(post("reserve", one))["reserved"] as? Bool == true) }
        let refused = try post("reserve", one)
        try expectError(refused, 429, code: "budget_exceeded")
        #expect(refused["retry-after"].flatMap { Int($0) }.map { (1...60).contains($0) } == true)
        #expect(try object(post("release", "{\"id\":\"\(first)\"}"))["released"] as? Bool == true)
        #expect(try object(post("reserve", one))["reserved"] as? Bool == true)
    }
}
