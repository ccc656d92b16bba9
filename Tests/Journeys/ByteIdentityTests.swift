import TestKit
import Testing

/// What comes through is what was sent: bodies by the byte, whatever the events, chunks and writes.
@Suite struct ByteIdentityTests {
    /// Compares streams drawn from `seeds` through the proxy with the same taken directly, over kept connections.
    private func compare(_ journey: Journey, seeds: Range<Int>, _ controls: Headers = []) throws {
        let direct = try journey.mock.connect()
        let proxied = try journey.connect()
        for seed in seeds {
            let all = controls + [("random", "1"), ("seed", "\(seed)")]
            let expected = try direct.chat(all)
            let got = try proxied.chat(all)
            try #require(expected.ending == .complete && expected.status == 200, "seed \(seed): \(expected)")
            try #require(got.ending == .complete, "seed \(seed)")
            try #require(got.status == 200, "seed \(seed): \(got.text)")
            try #require(got.body == expected.body, "seed \(seed)")
        }
    }

    @Test func `a thousand random streams are the same over http`() throws {
        let journey = try Journey()
        try compare(journey, seeds: 0..<1000)
        #expect(try journey.metric("hoosh_stream_bytes_total", ["path": "copy"]) == 0)
        #expect(try journey.metric("hoosh_upstream_connections_opened_total") == 1)
    }

    @Test func `a thousand random streams are the same over https`() throws {
        let certificates = try Certificates.shared()
        let mock = try MockUpstream(models: ["first"], certificates: certificates)
        let journey = try Journey(mocks: [mock], providers: ["tls: {ca: \(certificates.authority)}"])
        try compare(journey, seeds: 0..<1000)
        #expect(try journey.metric("hoosh_upstream_connections_opened_total") == 1)
    }

    @Test(arguments: ["auto", "none"])
    func `random streams are the same with the other splice settings`(splice: String) throws {
        try compare(Journey(listen: "splice: \(splice)"), seeds: 2000..<2150)
    }

    @Test(arguments: ["always", "auto", "none"])
    func `random streams are the same in a body with a length`(splice: String) throws {
        try compare(Journey(listen: "splice: \(splice)"), seeds: 3000..<3100, [("framing", "length")])
    }

    /// The connection ends with such a body, so each stream has its own.
    @Test(arguments: ["always", "auto", "none"])
    func `random streams are the same in a body that ends with the connection`(splice: String) throws {
        let journey = try Journey(listen: "splice: \(splice)")
        for seed in 4000..<4100 {
            let controls = [("framing", "close"), ("random", "1"), ("seed", "\(seed)")]
            let expected = try journey.mock.chat(controls)
            let got = try journey.chat(controls)
            try #require(got.ending == .complete && got.status == 200, "seed \(seed)")
            try #require(got.body == expected.body, "seed \(seed)")
            try #require(got["connection"] == "close")
        }
    }

    @Test(arguments: ["always", "none"])
    func `a client of HTTP 1.0 gets the same streams without chunks`(splice: String) throws {
        let journey = try Journey(listen: "splice: \(splice)")
        let direct = try journey.mock.connect()
        for seed in 5000..<5100 {
            let expected = try direct.chat([("random", "1"), ("seed", "\(seed)")])
            let client = try journey.connect()
            let body = chatBody(stream: true)
            try client.send(
                "POST /v1/chat/completions HTTP/1.0\r\nHost: localhost\r\nx-mock-random: 1\r\nx-mock-seed: \(seed)\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            let got = client.readResponse(to: "POST")
            try #require(got.ending == .complete && got.status == 200, "seed \(seed)")
            try #require(got["transfer-encoding"] == nil && got["content-length"] == nil)
            try #require(got.body == expected.body, "seed \(seed)")
        }
    }

    @Test(arguments: ["always", "auto", "none"])
    func `whole answers of all sizes and framings are the same`(splice: String) throws {
        let journey = try Journey(listen: "splice: \(splice)")
        let direct = try journey.mock.connect()
        let proxied = try journey.connect()
        for size in [300, 4_000, 17_000, 65_536, 70_000, 400_000, 3_000_000] {
            for framing in ["length", "chunked"] {
                for chunk in [4_000, 100_000] {
                    let controls = [("body-bytes", "\(size)"), ("framing", framing), ("chunk-bytes", "\(chunk)")]
                    let expected = try direct.chat(stream: false, controls)
                    let got = try proxied.chat(stream: false, controls)
                    try #require(got.ending == .complete && got.status == 200, "\(controls)")
                    try #require(got.body == expected.body, "\(controls)")
                    try #require(got.body.count >= size)
                }
            }
        }
    }

    /// An incomplete event left in the upstream's socket once closed its TCP window: such streams hung for ever.
    @Test(arguments: [180, 1_500, 10_000, 40_000], ["always", "auto", "none"])
    func `long streams at full speed neither stall nor change`(bytes: Int, splice: String) throws {
        let journey = try Journey(listen: "splice: \(splice)")
        let client = try journey.connect()
        for _ in 0..<3 {
            let count = 6_000_000 / bytes
            try client.ask([("events", "\(count)"), ("event-bytes", "\(bytes)")])
            let end = Array("data: [DONE]\n\n\r\n0\r\n\r\n".utf8)
            var total = 0
            var tail: [UInt8] = []
            while tail.suffix(end.count) != end[...] {
                try #require(client.fill() == nil, "after \(total) bytes")
                total += client.buffer.count
                tail = (tail + client.take(client.buffer.count)).suffix(end.count)
            }
            #expect(total > count * bytes)
        }
    }

    @Test func `many streams at a time do not mix`() throws {
        let journey = try Journey()
        try concurrently(16) { number in
            let direct = try journey.mock.connect()
            let proxied = try journey.connect()
            for round in 0..<20 {
                let controls = [("random", "1"), ("seed", "\(number * 1_000 + round)")]
                let expected = try direct.chat(controls)
                let got = try proxied.chat(controls)
                try #require(got.ending == .complete && got.body == expected.body)
            }
        }
    }
}
