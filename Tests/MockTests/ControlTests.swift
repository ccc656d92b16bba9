import TestKit
import Testing

/// The request headers that shape an answer.
@Suite struct ControlTests {
    let mock: MockUpstream

    init() throws { mock = try MockUpstream(models: ["mock-a"]) }

    @Test(arguments: [1, 2, 10, 30, 64, 180, 400, 5000])
    func `events are as many and as large as asked for`(size: Int) throws {
        let response = try mock.chat([("events", "7"), ("event-bytes", "\(size)")])
        let expected = max(size, "data: \n\n".utf8.count)
        #expect(response.chunks.prefix(7).allSatisfy { $0.count == expected })
        #expect(response.chunks.count == 9)
        #expect(response.events.last == "[DONE]")
    }

    @Test func `the first sized event has the role, the others repeat`() throws {
        let response = try mock.chat([("events", "3"), ("event-bytes", "300")])
        #expect(response.events[0].contains("\"role\":\"assistant\""))
        #expect(response.chunks[1] == response.chunks[2])
    }

    @Test func `coalescing puts events into one chunk`() throws {
        let response = try mock.chat([("events", "10"), ("event-bytes", "200"), ("coalesce", "4")])
        #expect(response.chunks.map(\.count).prefix(3) == [800, 800, 400])
        #expect(response.events.count == 12)
        #expect(try mock.chat([("coalesce", "100")]).chunks.count == 1)
    }

    @Test func `a batch leaves the chunks as they are`() throws {
        let single = try mock.chat([("events", "10")])
        let batched = try mock.chat([("events", "10"), ("batch", "4")])
        #expect(batched.chunks == single.chunks)
        #expect(try mock.lastEnded().eventsSent == 10)
    }

    @Test func `chunks may ignore events`() throws {
        let plain = try mock.chat([("events", "5")])
        let cut = try mock.chat([("events", "5"), ("chunk-bytes", "7")])
        #expect(cut.body == plain.body)
        #expect(cut.chunks.dropLast().allSatisfy { $0.count == 7 })
        #expect(try mock.lastEnded().eventsSent == 5)
        let json = try mock.chat(stream: false, [("chunk-bytes", "10"), ("framing", "chunked")])
        #expect(json.chunks.count == (json.body.count + 9) / 10)
    }

    @Test(arguments: ["chunked", "length", "close"])
    func `framing does not change the body`(framing: String) throws {
        for stream in [true, false] {
            let response = try mock.chat(stream: stream, [("framing", framing)])
            #expect(response.body == (try mock.chat(stream: stream).body))
            #expect(response.ending == .complete)
            #expect((response["transfer-encoding"] != nil) == (framing == "chunked"))
            #expect((response["content-length"] != nil) == (framing == "length"))
            #expect((response["connection"] == "close") == (framing == "close"))
        }
    }

    @Test(arguments: [("pace-ms", "20"), ("gap-us", "20000")])
    func `a pace spreads events over time`(name: String, value: String) throws {
        let start = monotonicNanoseconds()
        _ = try mock.chat([("events", "5"), (name, value)])
        let took = monotonicNanoseconds() - start
        // The first is at once; the finish comes one gap after the fifth.
        #expect(took >= 100_000_000)
        #expect(took < 2_000_000_000)
    }

    @Test func `gaps below a millisecond are kept`() throws {
        let start = monotonicNanoseconds()
        _ = try mock.chat([("events", "200"), ("gap-us", "100")])
        #expect(monotonicNanoseconds() - start >= 20_000_000)
    }

    @Test func `a stamp is the time of sending`() throws {
        let start = monotonicNanoseconds()
        let response = try mock.chat([("events", "3"), ("event-bytes", "200"), ("stamp", "1"), ("pace-ms", "5")])
        let end = monotonicNanoseconds()
        #expect(response.chunks.prefix(3).allSatisfy { $0.count == 200 })
        let stamps = response.events.prefix(3).compactMap { event in
            event.split(separator: "@").last.flatMap { Int64($0.prefix(19)) }
        }
        #expect(stamps.count == 3)
        #expect(stamps == stamps.sorted())
        #expect(stamps.allSatisfy { $0 >= start && $0 <= end })
        #expect((stamps.last ?? 0) - (stamps.first ?? 0) >= 9_000_000)
    }

    @Test(arguments: [0, 1, 2, 100, 160, 161, 1000, 200_000])
    func `a whole body is as large as asked for`(size: Int) throws {
        let response = try mock.chat(stream: false, [("body-bytes", "\(size)")])
        #expect(response.body.count == size)
        #expect(response.ending == .complete)
    }

    @Test func `a control that makes no sense is refused`() throws {
        for (name, value) in [("evnts", "3"), ("events", "many"), ("fault", "fire"), ("framing", "odd")] {
            let response = try mock.chat([(name, value)])
            #expect(response.status == 400, "x-mock-\(name): \(value)")
        }
    }

    @Test func `controls for another instance are passed over`() throws {
        let other = try mock.chat([("for", "mock-b"), ("status", "500")])
        #expect(other.status == 200)
        #expect(try mock.chat([("for", "mock-a"), ("status", "500")]).status == 500)
    }

    @Test func `controls may hold for the first few requests of a key`() throws {
        let statuses = try ["k1", "k1", "k1", "k2"].map { key in
            try mock.chat([("times", "2"), ("key", key), ("status", "503")]).status
        }
        #expect(statuses == [503, 503, 200, 503])
    }

    @Test func `defaults hold for requests without controls until the reset`() throws {
        try mock.setDefaults([("fault", "status"), ("status", "502")])
        #expect(try mock.fetch("GET", "/v1/models").status == 502)
        #expect(try mock.chat([("events", "1")]).status == 200)
        try mock.reset()
        #expect(try mock.fetch("GET", "/v1/models").status == 200)
    }

    // MARK: Random sequences

    private func random(_ seed: Int, on mock: MockUpstream) throws -> Response {
        try mock.chat([("random", "1"), ("seed", "\(seed)")])
    }

    @Test func `random sequences follow from their seed, on http and https`() throws {
        let tls = try MockUpstream(certificates: try .shared())
        var bodies = Set<[UInt8]>()
        for seed in 0..<60 {
            let first = try random(seed, on: mock)
            #expect(first.ending == .complete)
            #expect(first.events.last == "[DONE]")
            let second = try random(seed, on: tls)
            #expect(second.body == first.body)
            #expect(second.chunks == first.chunks)
            bodies.insert(first.body)
        }
        #expect(bodies.count == 60)
    }

    @Test func `random sequences have everything the standard allows`() throws {
        var all: [UInt8] = []
        for seed in 0..<60 { all += try random(seed, on: mock).body }
        for thing in ["\r\r", "\r\n\r\n", "\n\n", "\n: ", "id: ", "retry: ", "data:{", "🦉", "\u{feff}"] {
            #expect(all.contains(Array(thing.utf8)), "\(thing.debugDescription)")
        }
    }

    @Test func `random sequences keep to a count and to other framings`() throws {
        let counted = try mock.chat([("random", "1"), ("seed", "9"), ("events", "12")])
        #expect(try mock.lastEnded().eventsSent == 12)
        let closed = try mock.chat([("random", "1"), ("seed", "9"), ("events", "12"), ("framing", "close")])
        #expect(closed.body == counted.body)
        let measured = try mock.chat([("random", "1"), ("seed", "9"), ("events", "12"), ("framing", "length")])
        #expect(measured.body == counted.body)
    }
}
