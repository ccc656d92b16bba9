import Foundation
import Synchronization
import TestKit
import Testing

/// Limits of speed and prices over sockets.
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

    // MARK: Prices

    private static let priced = "price: {input: 2, output: 8}"

    @Test func `a whole answer says what it cost, and the book knows by whom`() throws {
        let station = try Station(provider: Self.priced)
        let answer = try station.chat()
        let usage = try #require(try object(answer)["usage"] as? [String: Int])
        let cost = 2 * (usage["prompt_tokens"] ?? 0) + 8 * (usage["completion_tokens"] ?? 0)
        #expect(answer["x-hoosh-cost-micro-usd"] == "\(cost)")
        let streamed = try station.chat(
            body: "{\"model\":\"mock-small\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"
        )
        #expect(streamed["x-hoosh-cost-micro-usd"] == nil)
        var sums: [String: Any] = [:]
        for _ in 0..<100 {
            sums = try object(station.ask("/v1/costs?by=provider,model,day"))
            if sums["total_requests"] as? Int == 2 { break }
            usleep(20_000)
        }
        let records = try #require(sums["records"] as? [[String: Any]])
        #expect(records.count == 1)
        #expect(records.first?["provider"] as? String == "mock")
        #expect(records.first?["model"] as? String == "mock-small")
        #expect((sums["total_cost_micro_usd"] as? Int ?? 0) > cost)
        let page = try MetricsPage(station.ask("/metrics").text)
        #expect(
            page.value("hoosh_cost_micro_usd_total", ["provider": "mock"])
                == Double(sums["total_cost_micro_usd"] as? Int ?? -1)
        )
        #expect(try object(station.ask("/v1/costs/reset", "POST"))["status"] as? String == "reset")
        #expect(try object(station.ask("/v1/costs"))["total_requests"] as? Int == 0)
        #expect(
            try MetricsPage(station.ask("/metrics").text).value("hoosh_cost_micro_usd_total", ["provider": "mock"])
                == page.value("hoosh_cost_micro_usd_total", ["provider": "mock"])
        )
        try expectError(station.ask("/v1/costs?by=colour"), 400)
    }

    @Test func `clients are told what something would cost, and which model is the cheapest`() throws {
        let station = try Station(
            provider: "models: [gpt-4o, gpt-4o-mini], price: {\"gpt-4o\": {input: 2.5, output: 10}, "
                + "gpt-4o-mini: {input: 0.15, output: 0.6}}",
            more: "models: {aliases: {fast: gpt-4o-mini}}"
        )
        func ask(_ path: String, _ body: String) throws -> Response {
            try station.connect().fetch("POST", path, headers: [("content-type", "application/json")], body: body)
        }
        let estimate = try object(
            ask("/v1/cost/estimate", "{\"model\":\"fast\",\"input_tokens\":1000,\"output_tokens\":100}")
        )
        #expect(estimate["estimated_cost_micro_usd"] as? Int == 210)
        #expect(estimate["estimated_cost_usd"] as? String == "0.000210")
        let best = try object(
            ask("/v1/cost/recommend", "{\"input_tokens\":1000,\"max_output_tokens\":100,\"has_vision\":true}")
        )
        #expect(best["model"] as? String == "gpt-4o-mini")
        try expectError(ask("/v1/cost/recommend", "{\"input_tokens\":900000}"), 404, code: "model_not_found")
        try expectError(ask("/v1/cost/estimate", "{\"model\":\"nobody's\"}"), 404, code: "model_not_found")
        try expectError(ask("/v1/cost/estimate", "{\"input_tokens\":1}"), 400, code: "missing_model")
    }

    @Test func `the strategy cost asks the cheapest`() throws {
        let other = try MockUpstream(models: ["mock-small"])
        let station = try Station(
            provider: Self.priced,
            providers: "  cheap: {kind: openai-compatible, url: \"\(other.url)/v1\", health: {mode: none}, "
                + "price: {input: 1, output: 9}}",
            routes: "  - {name: all, to: [[mock, cheap]], strategy: cost}"
        )
        let short =
            "{\"model\":\"mock-small\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"\(String(repeating: "word ", count: 50))\"}]}"
        #expect(try station.chat(body: short)["x-hoosh-provider"] == "cheap")
        let long =
            "{\"model\":\"mock-small\",\"max_tokens\":1000,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
        #expect(try station.chat(body: long)["x-hoosh-provider"] == "mock")
    }
}
