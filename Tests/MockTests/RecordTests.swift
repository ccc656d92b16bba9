import Glibc
import TestKit
import Testing

/// What the mock tells about what it received, and its command line.
@Suite struct RecordTests {
    @Test func `a request is recorded as it came`() throws {
        let mock = try MockUpstream()
        let before = monotonicNanoseconds()
        let headers = [("X-One", "1"), ("x-Two", "a: b"), ("X-One", "again")]
        _ = try mock.fetch("POST", "/v1/chat/completions?q=1", headers: headers, body: chatBody(message: "zwölf"))
        let seen = try mock.lastEnded()
        #expect(seen.seq == 1)
        #expect(seen.method == "POST")
        #expect(seen.path == "/v1/chat/completions?q=1")
        #expect(seen.headers.map { $0[0] }.prefix(4) == ["Host", "X-One", "x-Two", "X-One"])
        #expect(seen.values("x-one") == ["1", "again"])
        #expect(seen.values("x-two") == ["a: b"])
        #expect(seen.body == chatBody(message: "zwölf"))
        #expect(seen.bodyBytes == seen.body.utf8.count)
        #expect(seen.ended == "completed")
        #expect(seen.timeNs > before && seen.timeNs < monotonicNanoseconds())
    }

    @Test func `a peer that leaves mid-stream is seen before the next event is due`() throws {
        let mock = try MockUpstream()
        let connection = try mock.connect()
        let controls = [("x-mock-events", "50"), ("x-mock-pace-ms", "200"), ("x-mock-event-bytes", "200")]
        try connection.request("POST", "/v1/chat/completions", headers: controls, body: chatBody(stream: true))
        #expect(connection.read(until: "\n\n") == nil)
        let left = monotonicNanoseconds()
        connection.close()
        let seen = try mock.lastEnded()
        #expect(seen.ended == "peer-closed")
        #expect(seen.eventsSent == 1)
        let closed = try #require(seen.closedNs)
        #expect(closed >= left && closed - left < 100_000_000)
        let ahead = try #require(seen.beforeDueNs)
        #expect(ahead > 50_000_000 && ahead <= 200_000_000)
        #expect(try mock.counters().peerClosed == 1)
    }

    @Test func `a peer that leaves before the head or by a reset is seen`() throws {
        let mock = try MockUpstream()
        for isReset in [false, true] {
            let connection = try mock.connect()
            let controls = [("x-mock-fault", "slow-head"), ("x-mock-delay-ms", "5000")]
            try connection.request("POST", "/v1/chat/completions", headers: controls, body: chatBody())
            _ = try eventually { try mock.requests().last?.ended == "open" }
            isReset ? connection.reset() : connection.close()
            let seen = try mock.lastEnded()
            #expect(seen.ended == "peer-closed")
            #expect(seen.eventsSent == 0)
            #expect(seen.beforeDueNs ?? 0 > 3_000_000_000)
        }
    }

    @Test func `it keeps the last thousand and forgets at the reset`() throws {
        let mock = try MockUpstream()
        let connection = try mock.connect()
        for _ in 0..<1003 { _ = try connection.fetch("GET", "/health") }
        let all = try mock.requests()
        #expect(all.map(\.seq) == Array(4...1003))
        #expect(all.allSatisfy { $0.ended == "completed" })
        try mock.reset()
        #expect(try mock.requests().isEmpty)
        #expect(try mock.counters().requests == 0)
        #expect(try mock.counters().openNow == 1)
    }

    @Test func `without a record it still counts`() throws {
        let mock = try MockUpstream(arguments: ["--no-record"])
        _ = try mock.chat([("events", "5")])
        #expect(try mock.requests().isEmpty)
        let counters = try mock.counters()
        #expect(counters.requests == 1)
        #expect(counters.eventsSent == 5)
    }

    @Test func `usage is added up by account, of answers that were whole and told it`() throws {
        let mock = try MockUpstream(arguments: ["--no-record"])
        let one = [("x-mock-account", "one")]
        let stream = chatBody(stream: true, includesUsage: true)
        for headers in [one, one + [("x-mock-events", "7")]] {
            _ = try mock.fetch("POST", "/v1/chat/completions", headers: headers, body: stream)
        }
        for path in ["/v1/chat/completions", "/v1/messages"] {
            _ = try mock.fetch("POST", path, headers: [("x-mock-account", "two")], body: chatBody())
        }
        // Broken, failed, or silent about it.
        for control in [("x-mock-fault", "cut"), ("x-mock-status", "500"), ("x-mock-events", "3")] {
            let headers = [("x-mock-account", "none"), control]
            _ = try mock.fetch("POST", "/v1/chat/completions", headers: headers, body: chatBody(stream: true))
        }
        #expect(try eventually { try mock.usage().values.allSatisfy { $0.requests == $0.ended } })
        let accounts = try mock.usage()
        let first = try #require(accounts["one"])
        // `hello there`, and a sentence of 16 words as events.
        #expect(first.requests == 2 && first.answered == 2 && first.promptTokens == 4)
        #expect(first.completionTokens == first.eventsSent && first.eventsSent > 7)
        let second = try #require(accounts["two"])
        #expect(second.answered == 2 && second.promptTokens == 4 && second.completionTokens > 20)
        let third = try #require(accounts["none"])
        #expect(third.requests == 3 && third.answered == 0 && third.promptTokens == 0 && third.eventsSent >= 3)
    }

    @Test func `descriptors come back after faults`() throws {
        let mock = try MockUpstream()
        _ = try mock.counters()
        let before = mock.program.descriptors.count
        for fault in ["cut", "reset", "close-before-head", "short-body", "http10", "close-while-idle"] {
            for _ in 0..<10 { _ = try mock.chat([("fault", fault), ("after", "1")]) }
        }
        #expect(eventually { mock.program.descriptors.count <= before })
        #expect(try eventually { try mock.counters().openNow == 0 })
    }

    // MARK: Command line

    @Test func `a signal ends it cleanly`() throws {
        for number in [SIGTERM, SIGINT] {
            let mock = try MockUpstream()
            mock.program.signal(number)
            #expect(try mock.program.wait() == 0)
        }
    }

    @Test(arguments: [["--bogus"], ["--listen", "nowhere"], ["--tls-cert", "x"], ["--threads", "0"], ["--model"]])
    func `a wrong command line ends with 2 and a reason`(arguments: [String]) throws {
        let result = try run("hoosh-mock", arguments)
        #expect(result.status == 2)
        #expect(result.errors.hasPrefix("hoosh-mock: "))
        #expect(result.errors.contains("see --help"))
    }

    @Test func `what cannot be served ends with 1 and a reason`() throws {
        let mock = try MockUpstream()
        let taken = try run("hoosh-mock", ["--listen", "\(mock.address)"])
        #expect(taken.status == 1)
        #expect(taken.errors.contains("Address already in use"))
        let folder = try TemporaryFolder()
        let file = try folder.write("not.pem", "no certificate")
        let broken = try run("hoosh-mock", ["--listen", "127.0.0.1:0", "--tls-cert", file, "--tls-key", file])
        #expect(broken.status == 1)
        #expect(broken.errors.contains("cannot use the certificate"))
    }
}
