import TestKit
import Testing
import WireCases

@Suite struct RefusalTests {
    @Test func `every case of the table is answered, closed and kept from the upstream`() throws {
        let station = try Station()
        for wire in WireCase.all {
            let connection = try station.connect()
            // The answer may come, and the connection end, before all is sent.
            try? connection.send(wire.bytes)
            let response = connection.readResponse()
            try #require(
                response.status == wire.status,
                "\(wire): \(response.status) \(response.ending) \(response.text)"
            )
            try expectError(response, wire.status)
            #expect(response["connection"] == "close", "\(wire)")
            let (rest, ending) = connection.readToEnd()
            #expect(rest.isEmpty, "\(wire): \(rest.count) bytes follow")
            #expect(ending == .ended, "\(wire): \(ending)")
        }
        let counters = try station.mock.counters()
        #expect(counters.requests == 0)
        #expect(counters.connectionsOpened == 0)
        #expect(try station.chat().status == 200)
    }

    @Test func `a case behind a good request is refused, and the good one answered`() throws {
        let station = try Station()
        for name in ["a length beside chunks", "two hosts", "a folded line", "a chunk size with a plus"] {
            let wire = try #require(WireCase.all.first { $0.name == name })
            let connection = try station.connect()
            try connection.request("GET", "/v1/health")
            try connection.send(wire.bytes)
            #expect(connection.readResponse().status == 200)
            try expectError(connection.readResponse(), wire.status)
            #expect(connection.readToEnd().bytes.isEmpty)
        }
        #expect(try station.forwarded == 0)
    }

    @Test func `a case byte by byte is refused as well`() throws {
        let station = try Station()
        for wire in WireCase.all where wire.bytes.count < 120 {
            let connection = try station.connect()
            _ = wire.bytes.allSatisfy { (try? connection.send([$0])) != nil }
            try expectError(connection.readResponse(), wire.status)
        }
        #expect(try station.forwarded == 0)
    }

    @Test func `paths and methods that are not there are told`() throws {
        let station = try Station()
        let connection = try station.connect()
        try expectError(try connection.fetch("GET", "/"), 404, code: "not_found")
        let error = try expectError(try connection.fetch("GET", "/metrics"), 404)
        #expect(error.message.contains("/metrics"))
        for path in ["/v1/chat/completions", "/v1/embeddings", "/v1/completions"] {
            let response = try connection.fetch("GET", path)
            try expectError(response, 405, code: "method_not_allowed")
            #expect(response["allow"] == "POST")
        }
        for path in ["/v1/models", "/v1/health", "/v1/health/providers"] {
            let response = try connection.fetch("DELETE", path)
            try expectError(response, 405)
            #expect(response["allow"] == "GET, HEAD")
        }
        try expectError(try connection.fetch("TRACE", "/v1/files"), 405)
        #expect(try station.forwarded == 0)
        #expect(try connection.fetch("GET", "/v1/health").status == 200, "the connection goes on after all of them")
    }

    @Test func `an unknown model is told with the known ones`() throws {
        let station = try Station(
            provider: "models: [\"mock-*\", tiny]",
            more: "models: {aliases: {fast: mock-small}}",
            routes: "  - {name: known, match: {model: [\"mock-*\", tiny]}, to: [mock]}"
        )
        let error = try expectError(try station.chat(model: "gpt-unknown"), 404, code: "model_not_found")
        #expect(error.param == "model")
        for word in ["gpt-unknown", "fast", "mock-*", "tiny"] {
            #expect(error.message.contains(word), "\(error.message)")
        }
        #expect(try station.forwarded == 0)
        #expect(try station.chat(model: "fast").status == 200)
        let strange = "{\"model\":\"x\\\"\\u0000\\n\\ud800\",\"messages\":[]}"
        try expectError(try station.chat(body: strange), 404, code: "model_not_found")
    }

    @Test(
        arguments: [
            ("{\"model\":\"mock-small\",}", "not valid JSON", nil), ("{\"model\":", "not valid JSON", nil),
            ("", "not valid JSON", nil), ("[]", "object", nil), ("\"mock-small\"", "object", nil),
            ("{}{}", "behind", nil),
            ("{\"messages\":[]}", "model", "model"), ("{\"model\":7}", "string", "model"),
            ("{\"model\":\"\"}", "model", "model"),
            ("{\"model\":\"a\",\"model\":\"b\"}", "twice", "model"),
            ("{\"model\":\"a\",\"\\u006dodel\":\"b\"}", "twice", "model"),
            ("{\"model\":\"a\",\"stream\":true,\"stream\":false}", "twice", "stream"),
            ("{\"model\":\"a\",\"stream\":1}", "stream", "stream"),
            ("{\"model\":\"a\",\"x\":" + String(repeating: "[", count: 5_000), "levels", nil),
        ] as [(String, String, String?)]
    )
    func `a body that cannot be routed is told why`(body: String, word: String, parameter: String?) throws {
        let station = try Station()
        let connection = try station.connect()
        let response = try connection.fetch("POST", "/v1/chat/completions", body: body)
        if body.isEmpty {
            try expectError(response, 400)
        } else {
            let error = try expectError(response, 400)
            #expect(error.message.contains(word), "\(error.message)")
            #expect(error.param == parameter)
        }
        #expect(try station.forwarded == 0)
        #expect(try connection.fetch("GET", "/v1/health").status == 200)
    }

    @Test func `a body that grows too large in chunks is refused`() throws {
        let station = try Station(listen: "max_body: 100KiB")
        let connection = try station.connect()
        try connection.send(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        let chunk = "2710\r\n" + String(repeating: " ", count: 10_000) + "\r\n"
        for _ in 0..<12 where (try? connection.send(chunk)) == nil { break }
        try expectError(connection.readResponse(), 413)
        #expect(try station.forwarded == 0)
    }

    @Test func `what JSON spells in a model cannot add a field to an answer`() throws {
        let station = try Station()
        let response = try station.chat(body: "{\"model\":\"a\\r\\nx-evil: 1\\r\\n\\r\\nb\",\"messages\":[]}")
        #expect(response.status == 200)
        #expect(response["x-evil"] == nil)
        #expect(response["x-hoosh-model"] == nil)
    }
}
