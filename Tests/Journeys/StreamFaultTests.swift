import Foundation
import TestKit
import Testing

/// What the client gets of a stream whose upstream breaks, for each way of breaking: never a clean end.
@Suite struct StreamFaultTests {
    /// Deadlines that a silent upstream runs into soon, and one try only.
    static let impatient = "defaults: {retry: {attempts: 0}, timeout: {connect: 200ms, first_byte: 300ms, idle: 300ms}}"

    /// True when `got` holds whole events of the sound stream `sound`, then one error event with this code, and the
    /// connection ended without the last chunk.
    private func expectBroken(_ got: Response, like sound: Response, events: ClosedRange<Int>, code: String) throws {
        #expect(got.status == 200)
        #expect(got.ending == .ended, "it must not end as a whole answer does")
        let whole = got.events.dropLast()
        #expect(events.contains(whole.count), "\(got.events)")
        #expect(Array(whole) == Array(sound.events.prefix(whole.count)))
        #expect(got.lastEventErrorCode == code, "\(got.text)")
        #expect(!got.events.contains("[DONE]"))
        #expect(got.text.hasSuffix("\n\n"))
    }

    private static let shape: Headers = [("events", "9"), ("event-bytes", "200")]

    @Test(arguments: [1, 3, 8], ["always", "auto", "none"])
    func `a stream that is cut ends with an error event`(after: Int, splice: String) throws {
        let journey = try Journey(top: Journey.noRetries, listen: "splice: \(splice)")
        let sound = try journey.mock.chat(Self.shape)
        let got = try journey.chat(Self.shape + [("fault", "cut"), ("after", "\(after)"), ("delay-ms", "5")])
        try expectBroken(got, like: sound, events: after...after, code: "upstream_error")
        #expect(try journey.metric("hoosh_upstream_failures_total") == 1)
    }

    /// What a reset overtakes is lost, so fewer whole events may have come.
    @Test(arguments: ["always", "none"])
    func `a stream that is reset ends with an error event`(splice: String) throws {
        let journey = try Journey(top: Journey.noRetries, listen: "splice: \(splice)")
        let sound = try journey.mock.chat(Self.shape)
        let controls = [("fault", "reset"), ("after", "3"), ("delay-ms", "100"), ("pace-ms", "1")]
        let got = try journey.chat(Self.shape + controls)
        try expectBroken(got, like: sound, events: 1...3, code: "upstream_error")
    }

    @Test(arguments: ["always", "auto", "none"])
    func `a stream that stalls ends with an error event after the idle deadline`(splice: String) throws {
        let journey = try Journey(top: Self.impatient, listen: "splice: \(splice)")
        let sound = try journey.mock.chat(Self.shape)
        let got = try journey.chat(Self.shape + [("fault", "stall"), ("after", "4")])
        try expectBroken(got, like: sound, events: 4...4, code: "timeout")
        let seen = try journey.mock.lastEnded()
        #expect(seen.ended == "peer-closed", "the silent upstream is let go")
    }

    @Test(arguments: ["zz", "-5", "0x10", "FFFFFFFFFFFFFFFFF"], ["always", "none"])
    func `a chunk size that is none ends the stream with an error event`(line: String, splice: String) throws {
        let journey = try Journey(top: Journey.noRetries, listen: "splice: \(splice)")
        let sound = try journey.mock.chat(Self.shape)
        let controls = [("fault", "bad-chunk"), ("after", "3"), ("chunk-line", line), ("delay-ms", "5")]
        let got = try journey.chat(Self.shape + controls)
        try expectBroken(got, like: sound, events: 3...3, code: "upstream_error")
    }

    @Test func `a stream over TLS that is cut without a closing alert ends with an error event`() throws {
        let certificates = try Certificates.shared()
        let mock = try MockUpstream(models: ["first"], certificates: certificates)
        let journey = try Journey(
            mocks: [mock],
            providers: ["tls: {ca: \(certificates.authority)}"],
            top: Self.impatient
        )
        let sound = try mock.chat(Self.shape)
        for fault in ["cut", "stall", "bad-chunk"] {
            let got = try journey.chat(Self.shape + [("fault", fault), ("after", "3"), ("delay-ms", "5")])
            let code = fault == "stall" ? "timeout" : "upstream_error"
            try expectBroken(got, like: sound, events: 3...3, code: code)
        }
    }

    @Test(arguments: ["length", "close"])
    func `a broken stream in another framing does not end cleanly`(framing: String) throws {
        let journey = try Journey(top: Self.impatient)
        for fault in ["cut", "stall"] {
            let controls = [("fault", fault), ("after", "3"), ("framing", framing), ("delay-ms", "5")]
            let got = try journey.chat(Self.shape + controls)
            #expect(got.status == 200)
            #expect(!got.text.contains("[DONE]"))
            #expect(got.ending != .complete || got.lastEventErrorCode != nil, "\(fault) \(got.text)")
        }
    }

    @Test func `a client of HTTP 1.0 sees the error event too`() throws {
        let journey = try Journey(top: Journey.noRetries)
        let client = try journey.connect()
        let body = chatBody(stream: true)
        try client.send(
            "POST /v1/chat/completions HTTP/1.0\r\nHost: localhost\r\nx-mock-fault: cut\r\nx-mock-after: 3\r\n"
                + "x-mock-delay-ms: 5\r\nx-mock-events: 9\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        let got = client.readResponse(to: "POST")
        #expect(got.events.count == 4)
        #expect(got.lastEventErrorCode == "upstream_error")
    }

    // MARK: Before the first event

    @Test(arguments: ["slow-head", "late-first-event", "stall"])
    func `a stream that does not begin in time is answered with 504`(fault: String) throws {
        let journey = try Journey(top: Self.impatient)
        let got = try journey.chat([("fault", fault), ("delay-ms", "5000")])
        #expect(got.status == 504)
        #expect(got.ending == .complete)
        #expect(got.errorCode == "timeout")
        #expect(got.errorMessage.contains("first"), "the provider is named")
        #expect(try journey.mock.lastEnded().ended == "peer-closed")
    }

    @Test(arguments: ["cut", "reset", "close-before-head", "bad-chunk"])
    func `a stream that breaks before its first event is answered with 502`(fault: String) throws {
        let journey = try Journey(top: Journey.noRetries)
        let client = try journey.connect()
        let got = try client.chat([("fault", fault)])
        #expect(got.status == 502)
        #expect(got.ending == .complete)
        #expect(got.errorCode == "upstream_error")
        #expect(got.errorMessage.contains("first"), "the provider is named")
        let next = try client.chat()
        #expect(next.status == 200 && next.events.last == "[DONE]")
    }

    // MARK: Odd, but sound

    @Test(
        arguments: [
            "comments", "crlf", "no-space", "huge-event", "no-done", "error-event", "chunk-extensions", "trailers",
            "split", "interim", "http10",
        ],
        ["always", "auto", "none"]
    )
    func `an odd but sound stream is passed on by the byte`(fault: String, splice: String) throws {
        let journey = try Journey(listen: "splice: \(splice)")
        let controls = [("fault", fault), ("events", "4"), ("after", "2"), ("split-us", "20")]
        let shape = fault == "huge-event" ? [] : [("event-bytes", "180")]
        let expected = try journey.mock.chat(controls + shape)
        let client = try journey.connect()
        let got = try client.chat(controls + shape)
        #expect(expected.ending == .complete)
        #expect(got.ending == .complete)
        #expect(got.status == 200)
        #expect(got.body == expected.body)
        #expect(got.interims.isEmpty)
        guard got["connection"] != "close" else { return }
        #expect(try client.chat().events.last == "[DONE]", "the connection goes on")
    }

    @Test(arguments: ["always", "none"])
    func `events of many sizes around the look-ahead are passed on by the byte`(splice: String) throws {
        let journey = try Journey(listen: "splice: \(splice)")
        let client = try journey.connect()
        let direct = try journey.mock.connect()
        for size in [4_000, 8_191, 16_384, 32_767, 65_000, 65_530, 65_536, 65_540, 131_072, 900_000] {
            for chunk in [nil, "7000", "65536", "300000"] {
                var controls = [("events", "3"), ("event-bytes", "\(size)")]
                if let chunk { controls.append(("chunk-bytes", chunk)) }
                let expected = try direct.chat(controls)
                let got = try client.chat(controls)
                try #require(got.ending == .complete, "\(size) \(chunk ?? "")")
                try #require(got.body == expected.body, "\(size) \(chunk ?? "")")
            }
        }
    }
}
