import Foundation
import TestKit
import Testing

/// What the client gets when an answer that is no stream breaks, and when heads and connections are not what they should be.
@Suite struct AnswerFaultTests {
    @Test(arguments: ["cut", "short-body"])
    func `a whole answer that breaks off breaks the client's connection`(fault: String) throws {
        let journey = try Journey(top: Journey.noRetries)
        let got = try journey.chat(stream: false, [("fault", fault), ("body-bytes", "9000")])
        #expect(got.status == 200)
        #expect(got.ending == .reset || got.ending == .ended, "never complete")
        #expect(try journey.metric("hoosh_upstream_failures_total") == 1)
    }

    @Test func `a chunked answer that breaks off breaks the client's connection`() throws {
        let journey = try Journey(top: Journey.noRetries)
        for fault in ["cut", "bad-chunk", "reset"] {
            let controls = [("fault", fault), ("after", "1"), ("framing", "chunked"), ("body-bytes", "9000")]
            let got = try journey.chat(stream: false, controls + [("delay-ms", "5")])
            #expect(got.ending != .complete, "\(fault)")
            #expect(got.status == 200 || got.status == 502 || got.status == 0, "\(fault)")
        }
    }

    @Test(
        arguments: [
            "huge-head", "bad-head", "double-length", "length-and-chunked", "close-before-head", "reset",
        ],
        [true, false]
    )
    func `an answer without a sound head is answered with 502`(fault: String, stream: Bool) throws {
        let journey = try Journey(top: Journey.noRetries)
        let client = try journey.connect()
        let got = try client.chat(stream: stream, [("fault", fault)])
        #expect(got.status == 502)
        #expect(got.ending == .complete)
        #expect(got.errorCode == "upstream_error")
        #expect(got.errorMessage.contains("first"), "the provider is named")
        #expect(!got.text.contains("ffff"))
        let next = try client.chat(stream: stream)
        #expect(next.status == 200 && next.ending == .complete)
        #expect(try journey.metric("hoosh_upstream_connections_opened_total") == 2, "the broken one is not used again")
    }

    @Test func `a head of 40 KB passes`() throws {
        let journey = try Journey()
        let got = try journey.chat(stream: false, [("fault", "huge-head"), ("head-bytes", "40000")])
        #expect(got.status == 200)
        #expect(got["x-mock-filler-0"]?.isEmpty == false)
        #expect(got.ending == .complete)
    }

    @Test(arguments: [true, false], ["always", "auto", "none"])
    func `bytes behind the end of an answer reach nobody`(stream: Bool, splice: String) throws {
        let journey = try Journey(listen: "splice: \(splice)", threads: 1)
        let sound = try journey.mock.chat(stream: stream)
        let client = try journey.connect()
        let other = try journey.connect()
        for _ in 0..<5 {
            let got = try client.chat(stream: stream, [("fault", "extra")])
            #expect(got.status == 200 && got.ending == .complete)
            #expect(got.body == sound.body)
            #expect(client.buffer.isEmpty)
            let next = try other.chat(stream: stream)
            #expect(next.body == sound.body)
        }
        #expect(client.isQuiet(forSeconds: 0.05) && other.isQuiet(forSeconds: 0.05))
        // The connection of each poisoned answer is gone: a new one for the answer after it.
        #expect(try journey.metric("hoosh_upstream_connections_opened_total") ?? 0 >= 5)
    }

    @Test func `extra bytes over TLS reach nobody`() throws {
        let certificates = try Certificates.shared()
        let mock = try MockUpstream(models: ["first"], certificates: certificates)
        let journey = try Journey(mocks: [mock], providers: ["tls: {ca: \(certificates.authority)}"], threads: 1)
        let client = try journey.connect()
        for stream in [true, false, true] {
            let sound = try mock.chat(stream: stream)
            let got = try client.chat(stream: stream, [("fault", "extra")])
            #expect(got.body == sound.body && got.ending == .complete)
            let next = try client.chat(stream: stream)
            #expect(next.body == sound.body && next.ending == .complete)
        }
    }

    @Test(arguments: [true, false], [429, 500, 503])
    func `the provider's own error is passed on with its body`(stream: Bool, status: Int) throws {
        let journey = try Journey(top: Journey.noRetries)
        let controls = [("status", "\(status)"), ("retry-after", "7")]
        let direct = try journey.mock.chat(stream: stream, controls)
        let client = try journey.connect()
        let got = try client.chat(stream: stream, controls)
        #expect(got.status == status)
        #expect(got.body == direct.body && !got.body.isEmpty)
        #expect(got["retry-after"] == "7")
        #expect(got["content-type"] == direct["content-type"])
        #expect(got.provider == "first" && got.attempts == "1")
        // Who says when to come back is left alone until then.
        let next = status == 429 ? 429 : 200
        #expect(try client.chat(stream: stream).status == next, "both connections go on")
        #expect(try journey.metric("hoosh_upstream_responses_total", ["status": "\(status)"]) == 1)
    }

    @Test(arguments: [true, false])
    func `interim heads stay between the proxy and the provider`(stream: Bool) throws {
        let journey = try Journey()
        let got = try journey.chat(stream: stream, [("fault", "interim")])
        #expect(got.interims.isEmpty)
        #expect(got.status == 200 && got.ending == .complete)
        #expect(got.body == (try journey.mock.chat(stream: stream)).body)
    }

    @Test(arguments: [true, false])
    func `an answer without content leaves the connections in order`(stream: Bool) throws {
        let journey = try Journey(threads: 1)
        let client = try journey.connect()
        for _ in 0..<3 {
            let got = try client.chat(stream: stream, [("fault", "no-content")])
            #expect(got.status == 204)
            #expect(got["content-length"] == nil && got["transfer-encoding"] == nil)
            #expect(try client.chat(stream: stream).status == 200)
        }
        #expect(try journey.metric("hoosh_upstream_connections_opened_total") == 1)
    }

    @Test(arguments: [true, false])
    func `an answer of HTTP 1.0 is passed on and its connection not kept`(stream: Bool) throws {
        let journey = try Journey(threads: 1)
        let sound = try journey.mock.chat(stream: stream)
        for _ in 0..<2 {
            let got = try journey.chat(stream: stream, [("fault", "http10")])
            #expect(got.status == 200 && got.ending == .complete)
            #expect(got.head?.version == "HTTP/1.1")
            #expect(got.body == sound.body)
        }
        #expect(try journey.metric("hoosh_upstream_connections_opened_total") == 2)
    }

    @Test func `a slow head is waited for when the request does not stream`() throws {
        let journey = try Journey(
            top: "defaults: {retry: {attempts: 0}, timeout: {connect: 40ms, first_byte: 50ms, idle: 50ms}}"
        )
        let got = try journey.chat(stream: false, [("fault", "slow-head"), ("delay-ms", "300")])
        #expect(got.status == 200 && got.ending == .complete)
    }

    @Test(arguments: [true, false])
    func `a request that takes longer than the total deadline is answered with 504`(stream: Bool) throws {
        let journey = try Journey(top: "defaults: {timeout: {total: 300ms}}")
        let client = try journey.connect()
        let got = try client.chat(stream: stream, [("fault", "slow-head"), ("delay-ms", "8000")])
        #expect(got.status == 504)
        #expect(got.errorCode == "timeout")
        #expect(try journey.mock.counters().requests == 1, "there is no time for another try")
        #expect(try client.chat(stream: stream).status == 200)
    }

    // MARK: Kept connections that die

    @Test(arguments: [true, false], [0, 20])
    func `a connection closed while idle costs the next request nothing`(stream: Bool, pause: Int) throws {
        let journey = try Journey(top: Journey.noRetries, threads: 1)
        let client = try journey.connect()
        for _ in 0..<30 {
            let controls = [("fault", "close-while-idle"), ("idle-close-ms", "\(pause)")]
            let got = try client.chat(stream: stream, controls)
            try #require(got.status == 200 && got.ending == .complete)
            if pause == 20 { _ = try journey.comes("hoosh_upstream_connections_idle", to: 0) }
            let next = try client.chat(stream: stream)
            try #require(next.status == 200 && next.ending == .complete, "\(next.text)")
            try #require(next.attempts == "1")
        }
    }

    /// The close crosses the request on its way: the one free retry over a fresh connection.
    @Test(arguments: ["close-before-head", "reset"], [true, false])
    func `a kept connection that dies under a request is replaced once for free`(fault: String, stream: Bool) throws {
        let journey = try Journey(top: Journey.noRetries, threads: 1)
        let client = try journey.connect()
        #expect(try client.chat(stream: stream).status == 200)
        let got = try client.chat(stream: stream, [("fault", fault), ("times", "1"), ("key", "k")])
        #expect(got.status == 200 && got.ending == .complete)
        #expect(got.attempts == "1", "it is not counted as a try")
        #expect(try journey.mock.counters().requests == 3)
        #expect(try journey.mock.counters().connectionsOpened == 2)

        // On a connection that is new, or a second time, it is a failed try.
        let again = try client.chat(stream: stream, [("fault", fault), ("times", "2"), ("key", "l")])
        #expect(again.status == 502)
        #expect(try journey.mock.counters().requests == 5)
    }
}
