import Foundation
import TestKit
import Testing

/// Waiting for a place at a provider, over sockets.
@Suite struct QueueTests {
    private static let routes = """
          - {name: urgent, match: {model: "urgent*"}, to: [mock], queue: critical}
          - {name: bulk, match: {model: "bulk*"}, to: [mock], queue: batch}
          - {name: all, to: [mock]}
        """

    private func station(
        _ queue: String,
        concurrent: Int = 1,
        providers: String = "",
        routes: String = QueueTests.routes
    ) throws
        -> Station
    {
        try Station(
            provider: "limits: {concurrent: \(concurrent)}",
            providers: providers,
            more: "queue: {\(queue)}",
            routes: routes,
            models: ["mock-small", "urgent-1", "bulk-1", "bulk-2"]
        )
    }

    private func status(_ station: Station) throws -> [String: Any] { try object(station.ask("/v1/queue/status")) }

    private func waiting(_ station: Station) throws -> Int { try status(station)["waiting"] as? Int ?? -1 }

    /// Asks without waiting for the answer; the mock takes so long for it.
    private func begin(_ station: Station, _ id: String, model: String = "mock-small", milliseconds: Int = 600) throws
        -> RawConnection
    {
        let client = try station.connect(timeoutSeconds: 120)
        let controls = [
            ("x-request-id", id), ("x-mock-fault", "slow-head"), ("x-mock-delay-ms", "\(milliseconds)"),
        ]
        try client.request(
            "POST",
            "/v1/chat/completions",
            headers: controls,
            body: chatBody(model: model, stream: false)
        )
        return client
    }

    @Test func `as many are asked at a time as the provider takes, and the more urgent go first`() throws {
        let station = try station("max_wait: 30s, aging: 30s")
        var clients = [try begin(station, "first", milliseconds: 1_500)]
        #expect(try eventually { try station.forwarded == 1 })
        for (id, model) in [
            ("bulk-a", "bulk-1"), ("normal", "mock-small"), ("bulk-b", "bulk-2"), ("urgent", "urgent-1"),
        ] {
            let before = try waiting(station)
            clients.append(try begin(station, id, model: model, milliseconds: 50))
            #expect(try eventually { try waiting(station) == before + 1 })
        }
        let row = try #require((try status(station)["providers"] as? [[String: Any]])?.first)
        #expect(row["running"] as? Int == 1 && row["concurrent"] as? Int == 1)
        #expect((row["waiting"] as? [String: Int]) == ["critical": 1, "high": 0, "normal": 1, "low": 0, "batch": 2])
        for client in clients { #expect(client.readResponse(to: "POST").status == 200) }
        let seen = try station.mock.requests().map { $0.values("x-request-id").first ?? "" }
        #expect(seen == ["first", "urgent", "normal", "bulk-a", "bulk-b"])
        #expect(try waiting(station) == 0)
        let page = try MetricsPage(station.ask("/metrics").text)
        #expect(page.value("hoosh_queue_running", ["provider": "mock"]) == 0)
    }

    @Test func `who waits too long, or finds too many waiting, is told when to come again`() throws {
        let station = try station("max_depth: 1, max_wait: 300ms")
        let first = try begin(station, "first", milliseconds: 3_000)
        #expect(try eventually { try station.forwarded == 1 })
        let second = try begin(station, "second")
        #expect(try eventually { try waiting(station) == 1 })
        let third = try station.chat()
        try expectError(third, 503, code: "queue_full")
        #expect(third["retry-after"] == "1")
        try expectError(second.readResponse(to: "POST"), 503, code: "queue_timeout")
        #expect(try station.forwarded == 1 && waiting(station) == 0)
        #expect(first.readResponse(to: "POST").status == 200)
        #expect(try station.chat().status == 200, "the place is free again")
        #expect(try status(station)["refused"] as? Int == 2)
    }

    @Test func `a client that leaves waits no longer, and one that is served gives its place back`() throws {
        let station = try station("max_wait: 30s")
        let first = try begin(station, "first", milliseconds: 20_000)
        #expect(try eventually { try station.forwarded == 1 })
        let second = try begin(station, "second")
        let third = try begin(station, "third", milliseconds: 10)
        #expect(try eventually { try waiting(station) == 2 })
        second.close()
        #expect(try eventually { try waiting(station) == 1 })
        first.close()
        #expect(third.readResponse(to: "POST").status == 200)
        #expect(try station.forwarded == 2, "the second was never asked for")
    }

    @Test func `a full provider is passed by where another has room`() throws {
        let other = try MockUpstream(models: ["mock-small"])
        let station = try station(
            "max_wait: 30s",
            providers: "  other: {kind: openai-compatible, url: \"\(other.url)/v1\", health: {mode: none}}",
            routes: "  - {name: all, to: [mock, other]}"
        )
        let first = try begin(station, "first", milliseconds: 2_000)
        #expect(try eventually { try station.forwarded == 1 })
        let passed = try station.chat()
        #expect(passed.status == 200 && passed["x-hoosh-provider"] == "other")
        #expect(first.readResponse(to: "POST").status == 200)
        #expect(try station.chat()["x-hoosh-provider"] == "mock")
    }

    @Test func `a reload that gives more room calls those who wait`() throws {
        let station = try station("max_wait: 30s")
        let first = try begin(station, "first", milliseconds: 20_000)
        #expect(try eventually { try station.forwarded == 1 })
        let second = try begin(station, "second", milliseconds: 10)
        #expect(try eventually { try waiting(station) == 1 })
        let text = try String(contentsOfFile: station.file, encoding: .utf8)
        try station.rewrite(text.replacingOccurrences(of: "concurrent: 1}", with: "concurrent: 2}"))
        #expect(try station.ask("/v1/admin/reload", "POST").status == 200)
        #expect(second.readResponse(to: "POST").status == 200)
        first.close()
    }

    @Test func `many at once are never more than the provider takes, and all are answered`() throws {
        let station = try station("max_wait: 30s", concurrent: 3)
        try concurrently(40) { number in
            let answer = try begin(station, "r-\(number)", milliseconds: 20).readResponse(to: "POST")
            #expect(answer.status == 200)
        }
        #expect(try station.forwarded == 40 && waiting(station) == 0)
    }
}
