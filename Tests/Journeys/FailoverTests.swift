import Foundation
import TestKit
import Testing

/// When the first provider does not answer, the second does, and the client sees one clean answer.
@Suite struct FailoverTests {
    static let two = "  - {name: all, to: [first, second]}"
    static let quick = "defaults: {retry: {attempts: 0}, timeout: {connect: 300ms, first_byte: 400ms, idle: 5s}}"

    private func journey(_ upstreams: Int = 2, routes: String = two, top: String = quick) throws -> Journey {
        try Journey(upstreams: upstreams, routes: routes, top: top)
    }

    private func expectSecond(_ got: Response, _ journey: Journey, stream: Bool, attempts: String = "2") throws {
        #expect(got.status == 200 && got.ending == .complete)
        #expect(got.provider == "second")
        #expect(got.attempts == attempts)
        let sound = try journey.mocks[1].chat(stream: stream)
        #expect(got.body == sound.body)
        if stream { #expect(got.events.last == "[DONE]") }
    }

    // MARK: Before the first byte

    @Test(
        arguments: [
            "reset", "close-before-head", "status", "bad-head", "huge-head", "double-length", "length-and-chunked",
        ],
        [true, false]
    )
    func `a first provider that fails before its answer is passed over`(fault: String, stream: Bool) throws {
        let journey = try journey()
        let client = try journey.connect()
        let got = try client.chat(stream: stream, [("fault", fault), ("for", "first")])
        try expectSecond(got, journey, stream: stream)
        #expect(try journey.mocks[0].counters().requests == 1)
        #expect(try client.chat(stream: stream).provider == "first", "the client's connection goes on")
    }

    @Test(arguments: [429, 500, 502, 503, 529], [true, false])
    func `a retryable status of the first is bettered by the second`(status: Int, stream: Bool) throws {
        let journey = try journey()
        // Who answers 429 and says for how long is not asked again before.
        for wait in status == 429 ? [nil, "3600"] : [nil, "1", "3600"] {
            var controls = [("status", "\(status)"), ("for", "first")]
            if let wait { controls.append(("retry-after", wait)) }
            let start = monotonicNanoseconds()
            let got = try journey.chat(stream: stream, controls)
            try expectSecond(got, journey, stream: stream)
            #expect(got["retry-after"] == nil)
            #expect(monotonicNanoseconds() - start < 900_000_000, "another provider need not be waited for")
        }
    }

    @Test(arguments: [400, 401, 404, 422])
    func `a status that is the request's fault is passed on at once`(status: Int) throws {
        let journey = try journey()
        let got = try journey.chat(stream: true, [("status", "\(status)"), ("for", "first")])
        #expect(got.status == status && got.provider == "first" && got.attempts == "1")
        #expect(try journey.mocks[1].counters().requests == 0)
    }

    @Test(arguments: ["slow-head", "late-first-event", "stall"])
    func `a first provider whose stream does not begin in time is passed over`(fault: String) throws {
        let journey = try journey()
        let got = try journey.chat([("fault", fault), ("delay-ms", "8000"), ("for", "first")])
        try expectSecond(got, journey, stream: true)
        #expect(try journey.mocks[0].lastEnded().ended == "peer-closed")
    }

    @Test(arguments: ["cut", "bad-chunk", "reset"])
    func `a stream that breaks before its first event is begun again by the second`(fault: String) throws {
        let journey = try journey()
        let got = try journey.chat([("fault", fault), ("for", "first")])
        try expectSecond(got, journey, stream: true)
    }

    @Test(arguments: [true, false])
    func `a first provider that refuses connections is passed over`(stream: Bool) throws {
        let closed = try MockUpstream()
        let address = closed.address
        try closed.program.stop()
        let journey = try Journey(
            upstreams: 2,
            more: "  gone: {kind: openai-compatible, url: \"http://\(address)/v1\", health: {mode: none}}",
            routes: "  - {name: all, to: [gone, second]}",
            top: Self.quick
        )
        let got = try journey.chat(stream: stream)
        try expectSecond(got, journey, stream: stream)
        #expect(try journey.metric("hoosh_upstream_failures_total", ["provider": "gone", "reason": "connect"]) == 1)
    }

    @Test func `an upload of JSON is sent whole to the second`() throws {
        let journey = try journey()
        let body = chatBody(message: String(repeating: "long ", count: 200_000))
        let headers = [("x-mock-fault", "close-before-head"), ("x-mock-for", "first")]
        let got = try journey.connect().fetch("POST", "/v1/chat/completions", headers: headers, body: body)
        #expect(got.status == 200 && got.provider == "second")
        #expect(try journey.mocks[1].lastEnded().bodyBytes == body.utf8.count)
    }

    // MARK: After the first byte

    @Test(arguments: ["cut", "reset", "bad-chunk", "stall"])
    func `after the first byte nobody else is asked`(fault: String) throws {
        let journey = try journey(top: "defaults: {timeout: {first_byte: 5s, idle: 300ms}}")
        let controls = [("fault", fault), ("after", "2"), ("events", "6"), ("delay-ms", "100"), ("for", "first")]
        let got = try journey.chat(controls)
        #expect(got.status == 200 && got.provider == "first")
        #expect(got.ending == .ended)
        #expect(got.lastEventErrorCode != nil)
        let whole = try journey.chat(stream: false, [("fault", "short-body"), ("for", "first")])
        #expect(whole.ending != .complete)
        #expect(try journey.mocks[1].counters().requests == 0)
        #expect(try journey.mocks[0].counters().requests == 2)
    }

    // MARK: Bounds

    @Test func `the same provider is asked again after its Retry-After`() throws {
        let journey = try Journey(threads: 1)
        let start = monotonicNanoseconds()
        let controls = [("status", "429"), ("retry-after", "1"), ("times", "1"), ("key", "k")]
        let got = try journey.chat(stream: false, controls)
        #expect(got.status == 200 && got.attempts == "2" && got.provider == "first")
        let seen = try journey.mock.requests()
        #expect(seen.count == 2)
        #expect(seen[1].timeNs - seen[0].timeNs >= 1_000_000_000, "not sooner than it said")
        #expect(monotonicNanoseconds() - start < 8_000_000_000)
    }

    @Test func `a Retry-After longer than the route waits is passed on instead`() throws {
        let journey = try Journey(
            top: "defaults: {retry: {attempts: 3, backoff: 1ms..2ms, budget: 100%, retry_after: 2s}}"
        )
        let got = try journey.chat(stream: false, [("status", "429"), ("retry-after", "30")])
        #expect(got.status == 429 && got.attempts == "1" && got["retry-after"] == "30")
        #expect(try journey.mock.counters().requests == 1)
    }

    @Test(arguments: [1, 2, 3, 5])
    func `max_tries bounds all tries together`(tries: Int) throws {
        let journey = try journey(
            3,
            routes: "  - {name: all, to: [first, second, third]}",
            top: "defaults: {failover: {max_tries: \(tries)}, retry: {attempts: 1, backoff: 1ms..2ms, budget: 100%}}"
        )
        let got = try journey.chat(stream: false, [("status", "500")])
        #expect(got.status == 500)
        #expect(got.attempts == "\(tries)")
        let total = try journey.mocks.map { try $0.counters().requests }.reduce(0, +)
        #expect(total == tries)
    }

    @Test func `retries stay within their budget`() throws {
        let journey = try Journey(top: "defaults: {retry: {attempts: 1, backoff: 1ms..2ms, budget: 10%}}")
        let client = try journey.connect()
        for _ in 0..<200 { _ = try client.chat(stream: false, [("status", "500")]) }
        let asked = try journey.mock.counters().requests
        // A tenth of 200, and the reserve of 20 to begin with.
        #expect(asked > 220 && asked <= 241, "\(asked)")
    }

    // MARK: When all fail

    @Test(arguments: [true, false])
    func `when every try fails the last provider's own answer is passed on`(stream: Bool) throws {
        let journey = try journey()
        let controls = [("status", "503"), ("retry-after", "9")]
        let direct = try journey.mocks[1].chat(stream: stream, controls)
        let got = try journey.chat(stream: stream, controls)
        #expect(got.status == 503 && got.provider == "second" && got.attempts == "2")
        #expect(got["retry-after"] == "9")
        #expect(got.body == direct.body)
    }

    @Test func `an answer of the first is passed on when the second gives none`() throws {
        let journey = try Journey(
            upstreams: 1,
            more: "  gone: {kind: openai-compatible, url: \"http://127.0.0.1:1/v1\", health: {mode: none}}",
            routes: "  - {name: all, to: [first, gone]}",
            top: Self.quick
        )
        let client = try journey.connect()
        let got = try client.chat(stream: false, [("status", "500")])
        #expect(got.status == 500 && got.provider == "first" && got.attempts == "2")
        #expect(got.errorMessage == (try journey.mock.chat(stream: false, [("status", "500")])).errorMessage)
        #expect(try client.chat().status == 200)
    }

    @Test func `when none answers the refusal names each provider and its reason`() throws {
        let journey = try Journey(
            upstreams: 2,
            more: "  gone: {kind: openai-compatible, url: \"http://127.0.0.1:1/v1\", health: {mode: none}}",
            routes: "  - {name: all, to: [gone, first, second]}",
            top: Self.quick
        )
        let dead = try journey.chat([("fault", "close-before-head")])
        #expect(dead.status == 502 && dead.errorCode == "upstream_error")
        for name in ["gone could not be reached", "first closed", "second closed"] {
            #expect(dead.errorMessage.contains(name), "\(dead.errorMessage)")
        }
        let late = try journey.chat([("fault", "slow-head"), ("delay-ms", "8000")])
        #expect(late.status == 504 && late.errorCode == "timeout")
        #expect(late.errorMessage.contains("first_byte"))
        #expect(late["x-request-id"]?.isEmpty == false)
    }
}
