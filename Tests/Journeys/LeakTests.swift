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

    private func count(_ kind: String, _ journey: Journey) -> Int {
        journey.proxy.descriptors.filter { $0.hasPrefix(kind) }.count
    }

    @Test(arguments: ["always", "none"]) func `ten thousand faulty requests leave nothing behind`(splice: String) throws
    {
        let journey = try Journey(
            upstreams: 2,
            routes: FailoverTests.two,
            top: Self.top,
            listen: "splice: \(splice)"
        )
        // Listeners, the wake-up pairs of libcurl, and whatever else was there before the first request.
        let sockets = count("socket", journey)
        let others = count("anon_inode", journey)
        for _ in 0..<20 { _ = try journey.chat() }
        try concurrently(Self.clients) { try Self.play(journey, $0) }

        #expect(try journey.comes("hoosh_upstream_requests_in_flight", to: 0))
        #expect(try journey.comes("hoosh_client_connections_open", to: 1), "the one that asks")
        let idle = try journey.metric("hoosh_upstream_connections_idle") ?? 0
        #expect(idle <= 2 * 2 * 32)

        var now = 0
        var pooled = 0
        let isSettled = try eventually(seconds: 60) {
            now = count("socket", journey)
            pooled = try journey.metric("hoosh_upstream_connections_idle") ?? 0
            return now == sockets + pooled
        }
        #expect(isSettled, "\(sockets) sockets before; now \(now), of which \(pooled) are pooled connections")
        #expect(count("anon_inode", journey) == others)
        let page = try fetch(journey.admin, "GET", "/metrics").text
        #expect(page.contains("hoosh_requests_total"))
        // Nothing is lent: after one more stream the pipes are no more than before.
        let pipes = count("pipe", journey)
        for _ in 0..<20 { #expect(try journey.chat().events.last == "[DONE]") }
        let after = count("pipe", journey)
        #expect(after <= max(pipes, 2 + 2 * 2 * 2), "\(pipes) pipe ends before, \(after) after")
        #expect(pipes <= 2 + 2 * 2 * 8, "the standard output's and the spare ones: \(pipes)")
    }
}
