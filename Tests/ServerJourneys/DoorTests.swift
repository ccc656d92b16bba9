import Foundation
import TestKit
import Testing

/// Waiting for a limit or a budget, over sockets.
@Suite struct DoorTests {
    private func atLimits(_ station: Station) throws -> Int {
        try object(station.ask("/v1/queue/status"))["at_limits"] as? Int ?? -1
    }

    private func begin(_ station: Station, maxTokens: Int = 10, milliseconds: Int = 0) throws -> RawConnection {
        let client = try station.connect(timeoutSeconds: 120)
        let controls =
            milliseconds == 0 ? [] : [("x-mock-fault", "slow-head"), ("x-mock-delay-ms", "\(milliseconds)")]
        let body =
            "{\"model\":\"mock-small\",\"max_tokens\":\(maxTokens),\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
        try client.request("POST", "/v1/chat/completions", headers: controls, body: body)
        return client
    }

    @Test func `a limit that says so lets requests wait for their turn`() throws {
        let station = try Station(
            more: "rate_limits: {slow: {by: global, requests: 120/min, burst: 1, on_limit: queue}}\n"
                + "queue: {max_wait: 60s}",
            routes: "  - {name: all, to: [mock], limits: [slow]}"
        )
        let clients = try (0..<4).map { _ in try begin(station) }
        #expect(try eventually { try atLimits(station) > 0 })
        for client in clients { #expect(client.readResponse(to: "POST").status == 200) }
        #expect(try atLimits(station) == 0)
        let page = try MetricsPage(station.ask("/metrics").text)
        #expect(page.value("hoosh_queue_refused_total", [:]) ?? 0 == 0)
    }

    @Test func `who waits too long gets the limit's own answer, and too many do not wait`() throws {
        let station = try Station(
            more: "rate_limits: {slow: {by: global, requests: 1/hour, burst: 1, on_limit: queue}}\n"
                + "queue: {max_wait: 400ms, max_depth: 1}",
            routes: "  - {name: all, to: [mock], limits: [slow]}"
        )
        #expect(try station.chat().status == 200)
        let second = try begin(station)
        #expect(try eventually { try atLimits(station) == 1 })
        try expectError(station.chat(), 429, code: "rate_limit_exceeded")
        try expectError(second.readResponse(to: "POST"), 429, code: "rate_limit_exceeded")
        #expect(try atLimits(station) == 0 && station.forwarded == 1)
        #expect(try object(station.ask("/v1/queue/status"))["refused"] as? Int == 2)
    }

    @Test func `a budget that says so lets requests wait for what others give back`() throws {
        let station = try Station(
            more: "pools: {team: {tokens: 1k/day, on_exhausted: queue}}\nqueue: {max_wait: 60s}",
            routes: "  - {name: all, to: [mock], pool: team}"
        )
        let first = try begin(station, maxTokens: 900, milliseconds: 1_500)
        #expect(try eventually { try station.forwarded == 1 })
        let second = try begin(station, maxTokens: 900)
        let left = try begin(station, maxTokens: 900)
        let third = try begin(station, maxTokens: 900)
        #expect(try eventually { try atLimits(station) == 3 })
        left.close()
        #expect(try eventually { try atLimits(station) == 2 })
        for client in [first, second, third] { #expect(client.readResponse(to: "POST").status == 200) }
        #expect(try atLimits(station) == 0 && station.forwarded == 3)
        // More than there ever is, is not waited for.
        let hopeless = try begin(station, maxTokens: 5_000)
        try expectError(hopeless.readResponse(to: "POST"), 429, code: "budget_exceeded")
    }

    @Test func `dollars are waited for too`() throws {
        let station = try Station(
            provider: "price: {input: 1, output: 1000}",
            more: "pools: {team: {usd: 1/day, on_exhausted: queue}}\nqueue: {max_wait: 60s}",
            routes: "  - {name: all, to: [mock], pool: team}"
        )
        let first = try begin(station, maxTokens: 800, milliseconds: 1_000)
        #expect(try eventually { try station.forwarded == 1 })
        let second = try begin(station, maxTokens: 800)
        #expect(first.readResponse(to: "POST").status == 200)
        #expect(second.readResponse(to: "POST").status == 200)
    }
}
