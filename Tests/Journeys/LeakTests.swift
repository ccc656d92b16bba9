import Foundation
import TestKit
import Testing

/// Ten thousand requests that go wrong in every way, and nothing is left behind.
@Suite struct LeakTests {
    private static let requests = 10_000
    private static let clients = 8

    /// Deadlines short enough that silent upstreams do not hold the test up.
    private static let top =
        "defaults: {timeout: {connect: 50ms, first_byte: 60ms, idle: 60ms, total: 300ms}, "
        + "retry: {attempts: 1, backoff: 1ms..2ms, budget: 20%}}"

    /// Faults with what else they need, and how many in a thousand there are of those that take time.
    private static let faults: [[(String, String)]] = [
        [("fault", "cut"), ("after", "2"), ("events", "4")], [("fault", "cut")],
        [("fault", "reset"), ("after", "2"), ("events", "4")], [("fault", "reset")],
        [("fault", "close-before-head")], [("status", "429")], [("status", "500")],
        [("status", "503"), ("for", "first")], [("fault", "bad-chunk"), ("after", "1"), ("events", "3")],
        [("fault", "extra")], [("fault", "comments")], [("fault", "crlf")], [("fault", "no-space")],
        [("fault", "bad-head")], [("fault", "double-length")], [("fault", "length-and-chunked")],
        [("fault", "short-body")], [("fault", "no-done")], [("fault", "error-event"), ("after", "1")],
        [("fault", "close-while-idle")], [("fault", "interim")], [("fault", "no-content")], [("fault", "http10")],
        [("fault", "trailers")], [("fault", "chunk-extensions")], [("events", "20")],
        [("random", "1"), ("events", "10")], [("framing", "close")], [("framing", "length")],
    ]
    private static let slowFaults: [[(String, String)]] = [
        [("fault", "stall"), ("after", "1")], [("fault", "stall")], [("fault", "slow-head"), ("delay-ms", "500")],
        [("fault", "late-first-event"), ("delay-ms", "500")], [("fault", "huge-head")],
        [("fault", "huge-event"), ("event-bytes", "300000")], [("fault", "split"), ("events", "1"), ("split-us", "1")],
    ]

    private static func controls(_ dice: inout Dice) -> Headers {
        let pool = Int.random(in: 0..<100, using: &dice) < 4 ? slowFaults : faults
        return pool[Int.random(in: 0..<pool.count, using: &dice)]
    }

    /// One client's share: keeps its connection while that lasts, and leaves in the middle now and then.
    private static func play(_ journey: Journey, _ number: Int) throws {
        var dice = Dice(number + 1)
        var connection: RawConnection?
        for _ in 0..<(requests / clients) {
            let client = try connection ?? journey.connect()
            connection = client
            do {
                try client.ask(stream: Bool.random(using: &dice), controls(&dice))
            } catch {
                connection = nil  // the proxy had closed it after the answer before
                continue
            }
            switch Int.random(in: 0..<20, using: &dice) {
            case 0:
                client.close()
                connection = nil
            case 1:
                client.reset()
                connection = nil
            case 2:
                _ = client.fill(timeoutSeconds: 0.02)
                client.close()
                connection = nil
            default:
                let got = client.readResponse(to: "POST")
                #expect(got.ending != .silence, "no request may hang")
                if got.ending != .complete || got["connection"] == "close" || got.text.contains("smuggled") {
                    #expect(!got.text.contains("smuggled"))
                    connection = nil
                }
            }
        }
    }

    @Test(arguments: ["always", "none"]) func `ten thousand faulty requests leave nothing behind`(splice: String) throws
    {
        let journey = try Journey(
            upstreams: 2,
            routes: FailoverTests.two,
            top: Self.top,
            listen: "splice: \(splice)"
        )
        for _ in 0..<20 { _ = try journey.chat() }
        try concurrently(Self.clients) { try Self.play(journey, $0) }

        #expect(try journey.comes("hoosh_upstream_requests_in_flight", to: 0))
        #expect(try journey.comes("hoosh_client_connections_open", to: 1), "the one that asks")
        let idle = try journey.metric("hoosh_upstream_connections_idle") ?? 0
        #expect(idle <= 2 * 2 * 32)

        // Two loops: an epoll set, an event, a timer at most and three listeners' worth each; spare pipes; pooled connections.
        var kinds: [String: Int] = [:]
        let settled = try eventually(seconds: 10) {
            kinds = Dictionary(
                journey.proxy.descriptors.map { (String($0.prefix { $0 != ":" }), 1) },
                uniquingKeysWith: +
            )
            return try kinds["socket"] ?? 0 == 4 + (journey.metric("hoosh_upstream_connections_idle") ?? 0)
        }
        #expect(settled, "two loops with two listeners each and \(idle) pooled connections: \(kinds)")
        let page = try fetch(journey.admin, "GET", "/metrics").text
        #expect(page.contains("hoosh_requests_total"))
        // Nothing is lent: after one more stream the pipes are no more than before.
        let pipes = kinds["pipe"] ?? 0
        for _ in 0..<20 { #expect(try journey.chat().events.last == "[DONE]") }
        let after = journey.proxy.descriptors.filter { $0.hasPrefix("pipe") }.count
        #expect(after <= max(pipes, 2 + 4), "\(pipes) pipe ends before, \(after) after")
        #expect(pipes <= 2 + 2 * 2 * 8, "the standard output's and the spare ones: \(pipes)")
    }
}
