import Foundation
import TestKit
import Testing

/// Classes by content and replaced finds, as clients and providers see them.
@Suite struct ContentPrivacyTests {
    /// The mock may see what is internal; `safe` would need another.
    private func station(
        _ rules: String,
        scan: String = "",
        provider: String = "clearance: internal",
        routes: String = "  - {name: all, to: [mock]}",
        listen: String = ""
    ) throws -> Station {
        try Station(
            listen: listen,
            provider: provider,
            more: "privacy: {\(scan)rules: [\(rules)]}",
            routes: routes
        )
    }
    private let pii = "{tag: pii, class: confidential, builtin: [ssn, email]}"
    private let replaced = "{tag: pii, builtin: [ssn, email], redact: true}"

    private func lastBody(_ station: Station) throws -> String { try station.mock.lastEnded().body }

    @Test func `a class by content closes providers, and the answer says no more than that`() throws {
        let station = try station(pii)
        #expect(try station.chat(body: chatBody(message: "hello")).status == 200)
        let response = try station.chat(body: chatBody(message: "mine is 078-05-1120"))
        let error = try expectError(response, 403, code: "privacy_no_target")
        #expect(error.message.contains("of class confidential") && !error.message.contains("078"))
        #expect(!station.proxy.errors.contains("078-05"))
        #expect(try station.forwarded == 1)
        let page = try MetricsPage(station.ask("/metrics").text)
        #expect(page.value("hoosh_requests_by_class_total", ["class": "confidential"]) == 1)
    }

    @Test func `tags by content choose routes`() throws {
        let station = try station(
            "{tag: legal, pattern: 'habeas corpus', flags: i}, {tag: legal, header: {x-team: legal}}",
            routes: "  - {name: court, match: {tags: [legal]}, to: [mock]}\n  - {name: all, to: [mock]}"
        )
        #expect(try station.chat(body: chatBody(message: "Habeas Corpus!"))["x-hoosh-route"] == "court")
        #expect(try station.chat(headers: [("x-team", "legal")])["x-hoosh-route"] == "court")
        #expect(try station.chat()["x-hoosh-route"] == "all")
    }

    @Test func `what cannot be read has a class of its own`() throws {
        let station = try station(pii, scan: "scan: {max_bytes: 2KiB, opaque: internal}, ", listen: "max_body: 128KiB")
        func post(_ path: String, _ body: String, _ headers: Headers = []) throws -> Response {
            try station.connect().fetch("POST", path, headers: headers, body: body)
        }
        let long = String(repeating: "word ", count: 500)
        #expect(try station.chat(body: chatBody(message: long)).status == 403)
        #expect(try post("/v1/rerank", "{\"model\": \"mock-small\", ").status == 403)
        #expect(try post("/v1/rerank", "{\"model\": \"mock-small\"}", [("content-encoding", "gzip")]).status == 403)
        #expect(try post("/v1/rerank", "{\"model\": \"mock-small\"}").status == 200)
        let types = [("content-type", "text/plain"), ("content-type", "application/json")]
        #expect(try post("/v1/notes", "{}", types).status == 403)
        let sound = "RIFF" + String(repeating: "x", count: 1_000)
        let heard = try post("/v1/audio/transcriptions?model=mock-small", sound, [("content-type", "audio/wav")])
        #expect(heard["x-hoosh-class"] == "internal")
        // Up to max_body an upload is gathered; beyond, nobody knows what is in it.
        let plain = [("content-type", "application/octet-stream")]
        let gathered = try post("/v1/blobs", String(repeating: "\u{7}", count: 100_000), plain)
        #expect(gathered.status == 403 && gathered.text.contains("restricted"), "more text than is looked at")
        #expect(try post("/v1/blobs", String(repeating: "x", count: 200_000), plain).status == 403)
        #expect(try station.forwarded == 2)
    }

    @Test func `a form is gathered and read, sound and all`() throws {
        let station = try station(pii)
        func form(_ prompt: String) -> String {
            "--XX\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nmock-small\r\n--XX\r\n"
                + "Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\n"
                + String(repeating: "\u{0}\u{1}", count: 100_000)
                + "\r\n--XX\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\n\(prompt)\r\n--XX--\r\n"
        }
        let headers = [("content-type", "multipart/form-data; boundary=XX")]
        let path = "/v1/audio/transcriptions"
        let plain = try station.connect().fetch("POST", path, headers: headers, body: form("names of cities"))
        #expect(plain.status == 200 && plain["x-hoosh-class"] == "internal", "\(plain.text)")
        #expect(try station.mock.lastEnded().bodyBytes == form("names of cities").utf8.count)
        let found = try station.connect().fetch("POST", path, headers: headers, body: form("078-05-1120"))
        #expect(found.status == 403)
        #expect(try station.forwarded == 1)
    }

    @Test func `text in other clothes is the same text`() throws {
        let station = try station(pii)
        func post(_ path: String, _ body: String, _ type: String = "application/json") throws -> Response {
            try station.connect().fetch("POST", path, headers: [("content-type", type)], body: body)
        }
        func form(_ head: String, _ value: String) -> String {
            "--XX\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nmock-small\r\n--XX\r\n"
                + "Content-Disposition: form-data; name=\"prompt\"\r\n\(head)\r\n\r\n\(value)\r\n--XX--\r\n"
        }
        let (multipart, edits) = ("multipart/form-data; boundary=XX", "/v1/images/edits")
        let link = #"[{"type": "image_url", "image_url": {"url": "https://x.example/?k=078%2D05%2D1120"}}]"#
        let wide = "078-05-1120".map { "\($0)\u{0}" }.joined()
        let kept: [Response] = [
            try station.chat(body: chatBody(message: "０７８\u{2013}05\u{2011}11\u{ad}20")),
            try post("/v1/rerank", #"{"model": "mock-small", "messages": [{"content": \#(link)}]}"#),
            try post("/v1/rerank", #"{"model": "mock-small", "input": [[78, 51, 120]]}"#),
            try post("/v1/rerank", #"{"model": "mock-small"}"#, "application/json; charset=utf-7"),
            try station.connect().fetch("N078-05-1120.078-05-1120", "/v1/rerank", body: #"{"model": "mock-small"}"#),
            try post(edits, form("Content-Transfer-Encoding: base64", "MDc4LTA1LTExMjA="), multipart),
            try post(edits, form("Content-Type: text/plain; charset=utf-16le", wide), multipart),
            try post(edits, form("Content-Type: text/plain; charset=utf-7", "hello"), multipart),
        ]
        for (number, response) in kept.enumerated() {
            #expect(
                try expectError(response, 403, code: "privacy_no_target").message.contains("078") == false,
                "\(number)"
            )
        }
        #expect(try station.forwarded == 0)
        #expect(try post(edits, form("Content-Type: text/plain; charset=utf-8", "Größe"), multipart).status == 200)
        #expect(try post(edits, form("Content-Transfer-Encoding: base64", "aGVsbG8="), multipart).status == 200)
        #expect(try station.chat(body: chatBody(message: "４ – 5 %41")).status == 200)
    }

    @Test func `what stands around chunks is read with them`() throws {
        let station = try station(pii)
        func post(_ size: String, _ trailer: String) throws -> Response {
            let connection = try station.connect()
            try connection.send(
                "POST /v1/notes HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "\(size)\r\nhello\r\n0\r\n\(trailer)\r\n"
            )
            return connection.readResponse(to: "POST")
        }
        #expect(try post("5", "").status == 200)
        #expect(try post("5;a=b", "x-note: none\r\n").status == 200)
        _ = try expectError(post("5;a=078-05-1120", ""), 403, code: "privacy_no_target")
        _ = try expectError(post("5", "x-note: 078-05-1120\r\n"), 403, code: "privacy_no_target")
        #expect(try station.forwarded == 2)
    }

    // MARK: Redaction

    @Test func `what is found is replaced, whatever else is changed in the body`() throws {
        let station = try station(
            replaced,
            routes: "  - {name: all, to: [mock/mock-small]}",
        )
        let body =
            #"{"stream": true, "stream_options": {"include_usage": false}, "messages": [{"role": "user", "content": "#
            + #""a\u0040b.de, 078-05-1120 \u00e9"}], "model": "other"}"#
        let response = try station.chat(body: body)
        #expect(response.status == 200 && response["x-hoosh-class"] == "public", "\(response.text)")
        let seen = try lastBody(station)
        #expect(seen.contains(#""content": "[PII], [PII] \u00e9"}], "model": "mock-small"}"#), "\(seen)")
    }

    @Test func `chunks, pipelined requests and retries keep their places`() throws {
        let station = try station(replaced)
        let connection = try station.connect()
        let body = chatBody(message: "to a@b.de")
        let half = body.utf8.count / 2
        let (first, second) = (body.prefix(half), body.dropFirst(half))
        var text = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        text += "Transfer-Encoding: chunked\r\n\r\n"
        text +=
            "\(String(first.utf8.count, radix: 16))\r\n\(first)\r\n\(String(second.utf8.count, radix: 16))\r\n\(second)\r\n"
        text += "0\r\n\r\n"
        for message in ["a@b.de c@d.de", "nothing", "a@b.de"] {
            let body = chatBody(message: message)
            text += "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            text += "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }
        try connection.send(text)
        for _ in 0..<4 { #expect(connection.readResponse(to: "POST").status == 200) }
        let bodies = try station.mock.requests().map(\.body)
        #expect(
            bodies == ["to [PII]", "[PII] [PII]", "nothing", "[PII]"].map { chatBody(message: $0) },
            "\(bodies)"
        )
    }

    @Test func `translated requests are replaced before they are said anew`() throws {
        let mock = try MockUpstream(models: ["claude"])
        let station = try Station(
            providers: "  other: {kind: anthropic, url: \"\(mock.url)/v1\", key: env:K, health: {mode: none}}",
            more: "privacy: {rules: [\(replaced)]}",
            routes: "  - {name: all, to: [other/claude]}",
            environment: ["K": "sk-test"]
        )
        let tools =
            #""tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"to\": \"a\\u0040b.de\"}"}}]"#
        let body =
            #"{"model": "x", "messages": [{"role": "user", "content": "078-05-1120"}, {"role": "assistant", \#(tools)}, "#
            + #"{"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "a@b"}, {"type": "text", "text": ".de"}]}]}"#
        let response = try station.chat(body: body)
        #expect(response.status == 200, "\(response.text)")
        let seen = try mock.lastEnded().body
        #expect(seen.components(separatedBy: "[PII]").count == 4, "\(seen)")
        #expect(!seen.contains("b.de") && !seen.contains("078") && !seen.contains("a@b"), "\(seen)")
    }

    @Test func `what cannot be changed is refused and nobody is asked`() throws {
        let station = try station(replaced)
        func post(_ path: String, _ body: String, _ headers: Headers = []) throws -> Response {
            try station.connect().fetch("POST", path, headers: headers, body: body)
        }
        let refused: [Response] = [
            try post("/v1/rerank?to=a%40b.de", "{\"model\": \"mock-small\"}"),
            try post("/v1/rerank", "{\"a@b.de\": 1}"),
            try post("/v1/notes", "a@b.de", [("content-type", "text/plain")]),
            try post("/v1/rerank", "{\"x\": "),
            try station.chat(body: chatBody(model: "a@b.de")),
        ]
        for response in refused {
            let error = try expectError(response, 403, code: "redaction_impossible")
            #expect(!error.message.contains("b.de"))
        }
        #expect(try station.forwarded == 0)
        #expect(try post("/v1/notes", "hello", [("content-type", "text/plain")]).status == 200)
    }

    @Test func `items of a batch are looked at like requests of their own`() throws {
        let station = try station("\(pii), {tag: key, builtin: [aws_key], redact: true}")
        let items = ["hello", "078-05-1120", "AKIAABCDEFGHIJKLMNOP"].map { chatBody(message: $0) }
        let response = try station.connect().fetch(
            "POST",
            "/v1/batch",
            body: "{\"requests\": [\(items.joined(separator: ","))]}"
        )
        let results = try #require(try object(response)["results"] as? [[String: Any]], "\(response.text)")
        #expect(results.count == 3)
        let bodies = try station.mock.requests().map(\.body)
        #expect(bodies.count == 2 && bodies.contains { $0.contains("[KEY]") }, "\(bodies)")
        #expect(!bodies.contains { $0.contains("078-05") || $0.contains("AKIA") })
    }
}
