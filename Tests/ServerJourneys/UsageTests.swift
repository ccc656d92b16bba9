import Foundation
import TestKit
import Testing

/// What answers cost, over sockets: found in every format, asked for where a route wants that, estimated where it is not told.
@Suite struct UsageTests {
    static let exact = "  - {name: all, to: [mock], usage: exact}"

    private func tokens(_ station: Station, _ type: String, _ source: String? = nil) throws -> Int {
        var labels = ["type": type]
        if let source { labels["source"] = source }
        return Int(try MetricsPage(station.ask("/metrics").text).value("hoosh_tokens_total", labels) ?? -1)
    }

    private func settled(_ check: () throws -> Bool) throws -> Bool {
        for _ in 0..<100 {
            if try check() { return true }
            usleep(20_000)
        }
        return false
    }

    private func send(
        _ station: Station,
        _ controls: Headers = [],
        body: String = chatBody(stream: true),
        path: String = "/v1/chat/completions"
    ) throws -> Response {
        try station.connect().fetch("POST", path, headers: controls.map { ("x-mock-\($0.0)", $0.1) }, body: body)
    }

    /// The body without the ids, which the mock makes of the request's bytes.
    private func unnamed(_ response: Response) -> String {
        response.text.replacing(/chatcmpl-[0-9a-f]+/, with: "ID")
    }

    /// The same without the event that carries usage and nothing else.
    private func withoutUsage(_ response: Response) -> String {
        let pattern = /data: ?\{[^\r\n]*"choices":\[\],"usage":\{[^\r\n]*(?:\r\n|\n|\r){2}/
        return unnamed(response).replacing(pattern.matchingSemantics(.unicodeScalar), with: "")
    }

    private static let asking = chatBody(stream: true, includesUsage: true)

    // MARK: The event that the client did not ask for

    /// Ways the provider may frame the end of its stream.
    private static let framings: [Headers] = [
        [], [("coalesce", "100")], [("coalesce", "3")], [("framing", "length")], [("framing", "close")],
        [("fault", "split")], [("fault", "trailers")], [("fault", "crlf")], [("fault", "comments")],
        [("fault", "chunk-extensions")], [("batch", "10")], [("fault", "trailers"), ("coalesce", "100")],
        [("pace-ms", "2")], [("event-bytes", "6000")], [("event-bytes", "6000"), ("framing", "length")],
    ]

    @Test(arguments: ["always", "auto", "none"])
    func `the client gets every byte but the usage it did not ask for`(splice: String) throws {
        let station = try Station(listen: "splice: \(splice)", routes: Self.exact)
        var asked = 0
        for framing in Self.framings
            + [1, 2, 3, 7, 50, 64, 100, 177, 200, 333, 1_000].map({ [("chunk-bytes", "\($0)")] })
        {
            let controls = [("events", "6")] + framing
            let direct = try station.mock.fetch(
                "POST",
                "/v1/chat/completions",
                headers: controls.map { ("x-mock-\($0.0)", $0.1) },
                body: Self.asking
            )
            let got = try send(station, controls)
            #expect(direct.text.contains("\"usage\":{"))
            #expect(direct.ending == .complete && got.ending == .complete, "\(controls)")
            #expect(unnamed(got) == withoutUsage(direct), "\(controls)")
            #expect(!got.text.contains("\"usage\":{"))
            asked += 1
        }
        let seen = try station.mock.requests().filter { $0.body.contains("include_usage\":true") }
        #expect(seen.count == 2 * asked, "all of them were asked to count, here and by the proxy")
        #expect(try tokens(station, "completion", "provider") == 6 * asked)
        #expect(try tokens(station, "completion", "estimate") == 0)
        #expect(try tokens(station, "prompt", "estimate") == 0)
    }

    @Test(arguments: ["always", "none"])
    func `random streams pass without their usage`(splice: String) throws {
        let station = try Station(listen: "splice: \(splice)", routes: Self.exact)
        let direct = try station.mock.connect()
        let proxied = try station.connect()
        for seed in 0..<150 {
            let controls = [("x-mock-random", "1"), ("x-mock-seed", "\(seed)")]
            let path = "/v1/chat/completions"
            let expected = try direct.fetch("POST", path, headers: controls, body: Self.asking)
            let got = try proxied.fetch("POST", path, headers: controls, body: chatBody(stream: true))
            try #require(got.ending == .complete && unnamed(got) == withoutUsage(expected), "seed \(seed)")
        }
    }

    @Test func `a client of HTTP 1.0 is kept from it too`() throws {
        let station = try Station(routes: Self.exact)
        for framing in ["chunked", "length", "close"] {
            let direct = try station.mock.chat(stream: true, [("events", "4"), ("framing", framing)])
            let client = try station.connect()
            let body = chatBody(stream: true)
            try client.send(
                "POST /v1/chat/completions HTTP/1.0\r\nHost: localhost\r\nx-mock-events: 4\r\nx-mock-framing: \(framing)\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            let got = client.readResponse(to: "POST")
            #expect(got.ending == .complete && unnamed(got) == unnamed(direct), "\(framing)")
            #expect(got["content-length"] == nil && got["transfer-encoding"] == nil)
        }
    }

    @Test func `streams over TLS are kept from it too`() throws {
        let certificates = try Certificates.shared()
        let secure = try MockUpstream(models: ["mock-small"], certificates: certificates)
        let station = try Station(
            providers:
                "  secure: {kind: openai-compatible, url: \"\(secure.url)/v1\", health: {mode: none}, tls: {ca: \(certificates.authority)}}",
            routes: "  - {name: all, to: [secure], usage: exact}"
        )
        for controls in [[], [("chunk-bytes", "33")], [("framing", "length")], [("coalesce", "100")]] as [Headers] {
            let all = [("events", "5")] + controls
            let got = try send(station, all)
            let direct = try secure.chat(stream: true, all)
            #expect(got.ending == .complete && unnamed(got) == unnamed(direct), "\(controls)")
        }
        #expect(try tokens(station, "completion", "provider") == 20)
    }

    @Test func `who asks gets it, on any route`() throws {
        let station = try Station(routes: Self.exact)
        let body = chatBody(stream: true, includesUsage: true)
        let got = try send(station, [("events", "3")], body: body)
        #expect(got.text.contains("\"usage\":{"))
        #expect(try station.mock.requests().last?.body == body, "nothing was changed")
    }

    @Test func `a stream that breaks ends with an error and sound chunks`() throws {
        let station = try Station(routes: Self.exact)
        for controls in [
            [("fault", "cut"), ("after", "3")], [("fault", "cut"), ("after", "3"), ("chunk-bytes", "70")],
            [("fault", "cut"), ("after", "3"), ("framing", "length")],
        ] as [Headers] {
            let got = try send(station, [("events", "9")] + controls)
            #expect(
                got.events.count >= 4 && got.events.last?.contains("upstream_error") == true,
                "\(controls) \(got.text)"
            )
        }
    }

    // MARK: The request

    @Test func `one member is added to the body and all else stays`() throws {
        let station = try Station(
            more: "models: {aliases: {fast: mock-small}}",
            routes: Self.exact
        )
        let added = "\"stream_options\":{\"include_usage\":true}"
        for (body, wanted) in [
            (
                "{ \"stream\" : true, \"model\":\"fast\",\"messages\":[{\"role\":\"user\",\"content\":\"hé\"}] }\n",
                "{ \"stream\" : true, \"model\":\"mock-small\",\"messages\":[{\"role\":\"user\",\"content\":\"hé\"}] ,\(added)}\n"
            ),
            (
                "{\"stream_options\":{\"x\":1},\"stream\":true,\"model\":\"fast\",\"messages\":[]}",
                "{\"stream_options\":{\"include_usage\":true,\"x\":1},\"stream\":true,\"model\":\"mock-small\",\"messages\":[]}"
            ),
            (
                "{\"model\":\"fast\",\"stream_options\":{\"include_usage\":false},\"stream\":true,\"messages\":[]}",
                "{\"model\":\"mock-small\",\"stream_options\":{\"include_usage\":true},\"stream\":true,\"messages\":[]}"
            ),
            ("{\"model\":\"mock-small\",\"messages\":[]}", "{\"model\":\"mock-small\",\"messages\":[]}"),
        ] {
            _ = try send(station, body: body)
            let seen = try #require(try station.mock.requests().last)
            #expect(seen.body == wanted)
            #expect(seen.values("content-length") == ["\(wanted.utf8.count)"])
        }
        // Larger than what is gathered for one write.
        let message = String(repeating: "word ", count: 60_000)
        let got = try send(station, body: chatBody(model: "fast", stream: true, message: message))
        #expect(got.status == 200 && got.ending == .complete && !got.text.contains("\"usage\":{"))
        let count = chatBody(model: "mock-small", stream: true, message: message).utf8.count + added.utf8.count + 1
        #expect(try station.mock.requests().last?.bodyBytes == count)
    }

    @Test func `routes that do not say so, and kinds that do not know it, send bodies as they are`() throws {
        for (routes, kind) in [("  - {name: all, to: [mock]}", "openai-compatible"), (Self.exact, "mistral")] {
            let other = try MockUpstream(models: ["mock-small"])
            let station = try Station(
                providers:
                    "  other: {kind: \(kind), url: \"\(other.url)/v1\", health: {mode: none}, key: env:KEY, pass_headers: [x-mock-*]}",
                routes: routes.replacingOccurrences(of: "mock]", with: "other]"),
                environment: ["KEY": "k"]
            )
            let got = try send(station, [("events", "3")])
            #expect(got.status == 200, "\(got.text)")
            #expect(try other.requests().last?.body == chatBody(stream: true))
            #expect(try tokens(station, "completion", "estimate") > 0, "what is not told is estimated")
            #expect(try tokens(station, "prompt", "estimate") > 0)
        }
    }

    // MARK: Every format

    private static let anthropic =
        #"{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}]}"#
    private static let gemini = #"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#
    private static let ollama = #"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#

    /// Kind, path and body of a client of each format, and whether its provider speaks that.
    private static let families: [(kind: String, path: String, body: String)] = [
        ("openai", "/v1/chat/completions", chatBody(stream: true, includesUsage: true)),
        (
            "openai", "/v1/completions",
            #"{"model":"m","stream":true,"stream_options":{"include_usage":true},"prompt":"hi"}"#
        ),
        ("openai", "/v1/responses", #"{"model":"m","stream":true,"input":"hi"}"#),
        ("anthropic", "/v1/messages", anthropic),
        ("google", "/v1beta/models/m:streamGenerateContent?alt=sse", gemini), ("ollama", "/api/chat", ollama),
        ("openai", "/v1/chat/completions", #"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#),
        ("anthropic", "/v1/messages", anthropic.replacingOccurrences(of: "\"stream\":true,", with: "")),
        ("google", "/v1beta/models/m:generateContent", gemini),
        ("ollama", "/api/chat", ollama.replacingOccurrences(of: "{\"model\"", with: "{\"stream\":false,\"model\"")),
    ]

    @Test(arguments: ["always", "auto", "none"], 0..<families.count)
    func `usage is found in every format, in any chunks`(splice: String, family: Int) throws {
        let (kind, path, body) = Self.families[family]
        let mock = try MockUpstream(models: ["m", "mock-small"])
        let station = try Station(
            listen: "splice: \(splice)",
            providers:
                "  own: {kind: \(kind), url: \"\(mock.url)\", health: {mode: none}, key: env:KEY, pass_headers: [x-mock-*]}",
            routes: "  - {name: all, to: [own]}",
            environment: ["KEY": "k"]
        )
        var count = 0
        for controls in [
            [], [("chunk-bytes", "1")], [("chunk-bytes", "13")], [("chunk-bytes", "100")],
            [("framing", "close")], [("framing", "length")],
        ] as [Headers] {
            let all = [("events", "8")] + controls
            let got = try send(station, all, body: body, path: path)
            let direct = try mock.fetch("POST", path, headers: all.map { ("x-mock-\($0.0)", $0.1) }, body: body)
            #expect(got.status == 200 && got.body == direct.body, "\(controls) \(got.text)")
            count += 1
        }
        let (prompt, completion) = (
            try tokens(station, "prompt", "provider"), try tokens(station, "completion", "provider")
        )
        #expect(
            prompt > 0 && prompt % count == 0 && completion > 0 && completion % count == 0,
            "\(prompt) \(completion)"
        )
        #expect(try tokens(station, "completion", "estimate") == 0 && tokens(station, "prompt", "estimate") == 0)
    }

    @Test(arguments: ["always", "none"])
    func `a large whole answer is counted although its bytes go by unseen`(splice: String) throws {
        let station = try Station(listen: "splice: \(splice)")
        for framing in ["chunked", "length", "close"] {
            let before = try tokens(station, "prompt", "provider")
            let message = String(repeating: "word ", count: 60_000)
            let got = try send(station, [("framing", framing)], body: chatBody(message: message))
            #expect(got.body.count >= 300_000)
            #expect(try tokens(station, "prompt", "provider") > before, "\(framing)")
        }
    }

    // MARK: Estimates

    @Test func `a client that leaves is charged what it was given`() throws {
        let station = try Station(routes: Self.exact)
        let client = try station.connect()
        try client.request(
            "POST",
            "/v1/chat/completions",
            headers: [("x-mock-events", "50"), ("x-mock-fault", "stall"), ("x-mock-after", "5")],
            body: chatBody(stream: true)
        )
        #expect(client.read(until: "\"content\"") == nil)
        usleep(200_000)
        client.close()
        #expect(try settled { try tokens(station, "completion", "estimate") > 0 })
        #expect(try tokens(station, "prompt", "estimate") > 0 && tokens(station, "completion", "provider") == 0)
    }

    @Test func `a client that leaves before the answer is charged the prompt`() throws {
        let station = try Station()
        let client = try station.connect()
        try client.request(
            "POST",
            "/v1/chat/completions",
            headers: [("x-mock-fault", "slow-head"), ("x-mock-delay-ms", "5000")],
            body: chatBody(stream: true)
        )
        #expect(try settled { try station.mock.counters().requests == 1 })
        client.close()
        #expect(try settled { try tokens(station, "prompt", "estimate") > 0 })
        #expect(try tokens(station, "completion") == 0)
    }

    @Test func `an error costs nothing`() throws {
        let station = try Station(routes: Self.exact)
        let got = try send(station, [("status", "400")])
        #expect(got.status == 400)
        #expect(try tokens(station, "prompt") == 0 && tokens(station, "completion") == 0)
    }
}
