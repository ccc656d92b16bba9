import Foundation
import TestKit
import Testing

/// Kept streams and shared answers, over sockets.
@Suite struct KeptStreamTests {
    private func send(
        _ station: Station,
        _ body: String,
        _ headers: Headers = [],
        path: String = "/v1/chat/completions"
    ) throws -> Response {
        try station.whenKept(station.connect().fetch("POST", path, headers: headers, body: body))
    }

    // MARK: Replays

    private static let framings: [Headers] = [
        [], [("coalesce", "100")], [("framing", "length")], [("framing", "close")], [("fault", "split")],
        [("fault", "trailers")], [("fault", "crlf")], [("fault", "comments")], [("chunk-bytes", "7")],
        [("event-bytes", "6000")], [("pace-ms", "2")],
    ]

    @Test(arguments: ["always", "none"], ["as_sent", "exact"])
    func `a replayed stream is the first one, byte for byte`(splice: String, usage: String) throws {
        let station = try Station(
            listen: "splice: \(splice)",
            more: KeptAnswerTests.replaying,
            routes: "  - {name: all, to: [mock], usage: \(usage)}"
        )
        var count = 0
        for framing in Self.framings {
            let headers = ([("events", "6")] + framing).map { ("x-mock-\($0.0)", $0.1) }
            let first = try send(station, chatBody(stream: true), headers)
            #expect(first["x-hoosh-cache"] == "MISS" && first.ending == .complete, "\(framing)")
            for _ in 0..<2 {
                let again = try send(station, chatBody(stream: true), headers)
                #expect(again["x-hoosh-cache"] == "HIT" && again.ending == .complete, "\(framing)")
                #expect(again.body == first.body, "\(framing)")
                #expect(again["content-type"] == first["content-type"])
            }
            count += 1
        }
        #expect(try station.forwarded == count)
    }

    @Test(arguments: ["at_once", "recorded"]) func `a stream comes at once, or as it came`(pace: String) throws {
        let station = try Station(more: "cache: {mode: exact, stream: replay, pace: \(pace)}")
        let headers: Headers = [("x-mock-events", "6"), ("x-mock-pace-ms", "60")]
        let first = try send(station, chatBody(stream: true), headers)
        let start = Date()
        let again = try send(station, chatBody(stream: true), headers)
        let seconds = Date().timeIntervalSince(start)
        #expect(again.body == first.body && again["x-hoosh-cache"] == "HIT")
        // Nothing can make it come sooner than it did; later it may always be.
        if pace == "recorded" { #expect(seconds > 0.2) }
        #expect(try station.forwarded == 1)
    }

    @Test func `each dialect's answers are kept as its clients get them`() throws {
        let station = try Station(more: KeptAnswerTests.replaying)
        let message = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
        let contents = "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}"
        let requests = [
            ("/v1/messages", "{\"model\":\"mock-small\",\"max_tokens\":9,\(message)}"),
            ("/v1/messages", "{\"model\":\"mock-small\",\"max_tokens\":9,\"stream\":true,\(message)}"),
            ("/v1beta/models/mock-small:generateContent", contents),
            ("/v1beta/models/mock-small:streamGenerateContent?alt=sse", contents),
            ("/api/chat", "{\"model\":\"mock-small\",\(message)}"),
            ("/api/chat", "{\"model\":\"mock-small\",\"stream\":false,\(message)}"),
            ("/v1/responses", "{\"model\":\"mock-small\",\"input\":\"hi\"}"),
            ("/v1/responses", "{\"model\":\"mock-small\",\"input\":\"hi\",\"stream\":true}"),
            ("/v1/completions", "{\"model\":\"mock-small\",\"prompt\":\"hi\"}"),
            ("/v1/embeddings", "{\"model\":\"mock-small\",\"input\":[\"a\",\"b\"]}"),
        ]
        for (path, body) in requests {
            let first = try send(station, body, path: path)
            #expect(first.status == 200 && first["x-hoosh-cache"] == "MISS", "\(path) \(first.text)")
            let again = try send(station, body, path: path)
            #expect(uncosted(again) == uncosted(first) && again["x-hoosh-cache"] == "HIT", "\(path) \(body)")
            #expect(again["content-type"] == first["content-type"], "\(path)")
        }
        #expect(try station.forwarded == requests.count)
        let background = "{\"model\":\"mock-small\",\"input\":\"hi\",\"background\":true}"
        for _ in 0..<2 { #expect(try send(station, background, path: "/v1/responses")["x-hoosh-cache"] == nil) }
    }

    // MARK: One asks for all

    @Test(arguments: [false, true]) func `equal requests at the same time are asked once`(stream: Bool) throws {
        let station = try Station(more: KeptAnswerTests.replaying)
        let headers: Headers = [("x-mock-fault", "slow-head"), ("x-mock-delay-ms", "400"), ("x-mock-events", "5")]
        let bodies = Bodies()
        try concurrently(40) { _ in
            let response = try station.connect().fetch(
                "POST",
                "/v1/chat/completions",
                headers: headers,
                body: chatBody(stream: stream)
            )
            #expect(response.status == 200 && response.ending == .complete)
            bodies.note(response.body)
        }
        #expect(bodies.all.count == 40 && Set(bodies.all).count == 1)
        #expect(try station.forwarded == 1)
    }

    @Test func `the first client leaving takes the answer from nobody`() throws {
        let station = try Station(more: KeptAnswerTests.replaying)
        let headers: Headers = [("x-mock-fault", "slow-head"), ("x-mock-delay-ms", "300")]
        let first = try station.connect()
        let body = chatBody()
        try first.send(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + headers.map { "\($0.0): \($0.1)\r\n" }.joined() + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        try wait { try station.forwarded == 1 }
        let leaves = LeavingClient(first)
        let bodies = Bodies()
        try concurrently(6) { number in
            if number == 5 {
                try self.wait { try self.waiting(station) == 5 }
                leaves.connection.reset()
                return
            }
            bodies.note(try self.send(station, body, headers).body)
        }
        #expect(bodies.all.count == 5 && Set(bodies.all).count == 1)
        #expect(try station.forwarded == 2)
        #expect(try waiting(station) == 0)
    }

    @Test func `when the provider fails all who wait are told so, and nobody hangs`() throws {
        let station = try Station(more: KeptAnswerTests.replaying)
        let headers: Headers = [("x-mock-fault", "slow-head"), ("x-mock-delay-ms", "50"), ("x-mock-status", "500")]
        try concurrently(6) { _ in
            let response = try self.send(station, chatBody(), headers)
            #expect(response.ending == .complete)
        }
        let stats = try object(station.ask("/v1/cache/stats"))
        #expect(stats["in_flight"] as? Int == 0 && stats["waiting"] as? Int == 0)
    }

    @Test func `who waits too long asks by himself`() throws {
        let station = try Station(
            more: KeptAnswerTests.replaying,
            routes: "  - {name: all, to: [mock], timeout: {connect: 100ms, first_byte: 300ms}}"
        )
        // The head comes at once, so that the first is not given up; its stream takes longer than anybody would wait.
        let headers: Headers = [("x-mock-events", "12"), ("x-mock-pace-ms", "100")]
        try concurrently(2) { _ in
            let response = try self.send(station, chatBody(stream: true), headers)
            #expect(response.status == 200 && response.ending == .complete)
        }
        #expect(try station.forwarded == 2)
    }

    private func waiting(_ station: Station) throws -> Int {
        try object(station.ask("/v1/cache/stats"))["waiting"] as? Int ?? -1
    }

    private func wait(until check: () throws -> Bool) throws {
        for _ in 0..<500 {
            if try check() { return }
            usleep(10_000)
        }
        Issue.record("it never came true")
    }
}

/// What several threads read.
private final class Bodies: @unchecked Sendable {
    // Each use is under the lock.
    private let lock = NSLock()
    private var bodies: [[UInt8]] = []
    func note(_ body: [UInt8]) { lock.withLock { bodies.append(body) } }
    var all: [[UInt8]] { lock.withLock { bodies } }
}

/// A connection that one thread alone uses.
private final class LeavingClient: @unchecked Sendable {
    // Handed to one thread and not used by any other from then on.
    let connection: RawConnection
    init(_ connection: RawConnection) { self.connection = connection }
}
