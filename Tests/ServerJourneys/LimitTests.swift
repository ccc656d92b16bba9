import Foundation
import Synchronization
import TestKit
import Testing

/// Limits of speed over sockets.
@Suite struct LimitTests {
    private static let limited = "  - {name: all, to: [mock], limits: [each]}"

    @Test func `what is over the rate is told when to come back`() throws {
        let station = try Station(
            more: "rate_limits: {each: {by: ip, requests: 60/hour, burst: 2}}",
            routes: Self.limited
        )
        let first = try station.chat()
        #expect(first["x-ratelimit-limit-requests"] == "60")
        #expect(first["x-ratelimit-remaining-requests"] == "1")
        #expect(first["x-ratelimit-reset-requests"] == "1m0s")
        #expect(try station.chat().status == 200)
        let refused = try station.chat()
        let error = try expectError(refused, 429, code: "rate_limit_exceeded")
        #expect(error.type == "rate_limit_error")
        #expect(error.message.contains("the limit `each` of this gateway lets in 60 requests in 3600 s"))
        #expect(refused["x-should-retry"] == nil)
        #expect(refused["x-hoosh-limited-by"] == "gateway each")
        #expect(refused["retry-after"].flatMap { Int($0) }.map { (1...60).contains($0) } == true)
        #expect(refused["retry-after-ms"].flatMap { Int($0) }.map { (1...60_000).contains($0) } == true)
        #expect(refused["x-ratelimit-remaining-requests"] == "0")
        #expect(try station.forwarded == 2)
        let anthropic = try station.connect().fetch(
            "POST",
            "/v1/messages",
            body: "{\"model\":\"mock-small\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
        )
        #expect(anthropic.status == 429)
        #expect(anthropic.text.contains("\"type\":\"rate_limit_error\""))
    }

    @Test(arguments: [
        "rate_limits: {each: {by: \"header:X-User\", requests: 60/hour}}",
        "pools: {own: {tokens: 10k/day, per: \"header:X-User\"}}",
    ]) func `a field that clients are counted by may stand there once only`(more: String) throws {
        let isPool = more.hasPrefix("pools")
        let route = "  - {name: all, to: [mock], \(isPool ? "pool: own" : "limits: [each]")}"
        let station = try Station(more: more, routes: route)
        let twice: Headers = [("x-user", "a"), ("X-User", "b")]
        let error = try expectError(try station.chat(headers: twice), 400, code: "repeated_header")
        #expect(error.param == "x-user")
        #expect(try station.chat(headers: [("x-user", "a"), ("x-user", "a")]).status == 400)
        #expect(try station.connect().fetch("GET", "/v1/tokens/pools", headers: twice).status == 400)
        #expect(try station.forwarded == 0)
        #expect(try station.chat(headers: [("x-user", "a"), ("x-other", "b"), ("x-other", "c")]).status == 200)
        #expect(try station.chat().status == 200)
    }

    @Test func `requests at a time are counted, and let go of when clients leave`() throws {
        let station = try Station(
            more: "rate_limits: {each: {by: global, concurrent: 2}}",
            routes: Self.limited
        )
        var running: [RawConnection] = []
        for _ in 0..<2 {
            let connection = try station.connect()
            try connection.request(
                "POST",
                "/v1/chat/completions",
                headers: [("x-mock-fault", "stall"), ("x-mock-after", "2")],
                body: chatBody(stream: true)
            )
            _ = connection.read(until: "data: ")
            running.append(connection)
        }
        try expectError(station.chat(), 429, code: "rate_limit_exceeded")
        running[0].reset()
        var status = 429
        for _ in 0..<100 where status == 429 {
            status = try station.chat().status
            usleep(20_000)
        }
        #expect(status == 200)
        running[1].reset()
        var left = 1.0
        for _ in 0..<100 where left > 0 {
            left = try MetricsPage(station.ask("/metrics").text).value("hoosh_limit_running", ["limit": "each"]) ?? -1
            usleep(20_000)
        }
        #expect(left == 0)
    }

    @Test func `a full provider is skipped`() throws {
        let other = try MockUpstream(models: ["mock-small"])
        let station = try Station(
            provider: "limits: {requests: 1/hour}",
            providers: "  second: {kind: openai-compatible, url: \"\(other.url)/v1\", health: {mode: none}, "
                + "limits: {requests: 2/hour, concurrent: 1}}",
            routes: "  - {name: all, to: [mock, second]}"
        )
        #expect(try station.chat()["x-hoosh-provider"] == "mock")
        #expect(try station.chat()["x-hoosh-provider"] == "second")
        // One second's worth of two an hour is one.
        let refused = try station.chat()
        let error = try expectError(refused, 429, code: "rate_limit_exceeded")
        #expect(error.message.contains("the provider `"))
        #expect(refused["x-hoosh-limited-by"]?.hasPrefix("provider ") == true)
        #expect(try other.counters().requests == 1)
    }

    @Test func `a provider that says when to come back is left alone until then`() throws {
        let other = try MockUpstream(models: ["mock-small"])
        let station = try Station(
            providers: "  second: {kind: openai-compatible, url: \"\(other.url)/v1\", health: {mode: none}}",
            routes: "  - {name: both, match: {headers: {x-both: \"*\"}}, to: [mock, second]}\n"
                + "  - {name: one, to: [mock]}"
        )
        let first = try station.chat(headers: [("x-mock-status", "429"), ("x-mock-retry-after", "30")])
        #expect(first.status == 429)
        #expect(try station.chat(headers: [("x-both", "1")])["x-hoosh-provider"] == "second")
        let refused = try station.chat()
        try expectError(refused, 429, code: "rate_limit_exceeded")
        #expect(refused["x-hoosh-limited-by"] == "provider mock")
        #expect(refused["retry-after"].flatMap { Int($0) }.map { (1...30).contains($0) } == true)
        #expect(try station.forwarded == 1)
    }

    @Test(arguments: ["Wed, 21 Oct 9999 07:28:00 GMT", "92233720368", "999999999999"])
    func `a provider that wants to be left alone for ages harms nobody`(wait: String) throws {
        let other = try MockUpstream(models: ["mock-small"])
        let station = try Station(
            providers: "  second: {kind: openai-compatible, url: \"\(other.url)/v1\", health: {mode: none}}",
            routes: "  - {name: other, match: {headers: {x-other: \"*\"}}, to: [second]}\n  - {name: one, to: [mock]}"
        )
        for status in ["503", "429"] {
            let answer = try station.chat(headers: [("x-mock-status", status), ("x-mock-retry-after", wait)])
            #expect("\(answer.status)" == status)
            #expect(try station.chat(headers: [("x-other", "1")]).status == 200)
        }
        #expect(!station.proxy.hasEnded)
    }

    @Test func `a full provider with nobody beside it says so, and when to come back`() throws {
        let station = try Station(provider: "limits: {requests: 60/hour}")
        #expect(try station.chat().status == 200)
        let refused = try station.chat()
        try expectError(refused, 429, code: "rate_limit_exceeded")
        #expect(refused["x-hoosh-limited-by"] == "provider mock")
        #expect(refused["retry-after"].flatMap { Int($0) }.map { (1...60).contains($0) } == true)
        #expect(try station.forwarded == 1)
        let health = try station.connect().fetch("GET", "/v1/health/providers")
        #expect(health.text.contains("\"status\":\"healthy\""), "who is full is not ill")
    }

    @Test func `of several that want to be left alone the first to come back is named`() throws {
        let other = try MockUpstream(models: ["mock-small"])
        let station = try Station(
            providers: "  second: {kind: openai-compatible, url: \"\(other.url)/v1\", health: {mode: none}}",
            routes: """
                  - {name: one, match: {headers: {x-one: "*"}}, to: [mock]}
                  - {name: two, match: {headers: {x-two: "*"}}, to: [second]}
                  - {name: both, to: [mock, second]}
                """
        )
        for (field, wait) in [("x-one", "300"), ("x-two", "30")] {
            let headers = [(field, "1"), ("x-mock-status", "429"), ("x-mock-retry-after", wait)]
            #expect(try station.chat(headers: headers).status == 429)
        }
        let refused = try station.chat()
        try expectError(refused, 429, code: "rate_limit_exceeded")
        #expect(refused["x-hoosh-limited-by"] == "provider second")
        #expect(refused["retry-after"].flatMap { Int($0) }.map { (1...30).contains($0) } == true)
        #expect(try station.forwarded == 1)
        #expect(try other.counters().requests == 1)
    }

    // MARK: More clients than are kept apart

    @Test func `a limit with too many clients says when there is a place`() throws {
        let station = try Station(
            more: "rate_limits: {each: {by: \"header:x-user\", requests: 1/day}}\ncache: {mode: exact}",
            routes: Self.limited
        )
        // Counted, but asked of nobody.
        try fill(station, "/v1/chat/completions", chatBody(), "cache-control: only-if-cached\r\n")
        let refused = try station.chat(headers: [("x-user", "honest")])
        let error = try expectError(refused, 429, code: "rate_limit_exceeded")
        #expect(error.message.contains("the limit `each` of this gateway has more subjects than it keeps"))
        #expect(refused["x-hoosh-limited-by"] == "gateway each")
        // A day but for the time that this has taken.
        #expect(refused["retry-after"].flatMap { Int($0) }.map { (80_000...86_400).contains($0) } == true)
        #expect(refused["retry-after-ms"].flatMap { Int($0) }.map { $0 <= 86_400_000 } == true)
        #expect(try station.chat(headers: [("x-user", "u1")])["x-ratelimit-remaining-requests"] == "0")
    }

    @Test func `a pool with too many clients says when there is a place`() throws {
        let station = try Station(
            more: "pools: {own: {tokens: 100k/day, per: \"header:x-user\", window: sliding}}",
            routes: "  - {name: all, to: [mock], pool: own}"
        )
        try fill(station, "/v1/tokens/report", "{\"pool\":\"own\",\"actual\":1}")
        let user: Headers = [("x-user", "honest")]
        let reserve = try station.connect().fetch(
            "POST",
            "/v1/tokens/reserve",
            headers: user,
            body: "{\"pool\":\"own\",\"tokens\":1}"
        )
        for refused in [try station.chat(headers: user), reserve] {
            try expectError(refused, 429, code: "budget_exceeded")
            #expect(refused["x-hoosh-limited-by"] == "gateway own")
            #expect(refused["retry-after"].flatMap { Int($0) }.map { (70_000...100_000).contains($0) } == true)
        }
        #expect(try station.chat(headers: [("x-user", "u1")]).status == 200)
    }

    /// Asks once for each client that a table has room for, many at a time.
    private func fill(_ station: Station, _ path: String, _ body: String, _ fields: String = "") throws {
        let connection = try station.connect()
        let batch = 256
        for first in stride(from: 0, to: 65_536, by: batch) {
            var text = ""
            for number in first..<first + batch {
                text += "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\(fields)"
                text += "x-user: u\(number)\r\nContent-Length: \(body.utf8.count)\r\n"
                text += "\r\n\(body)"
            }
            try connection.send(text + "GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(connection.read(until: "\"providers_configured\":1}") == nil)
            _ = connection.take(connection.buffer.count)
        }
    }
}
