import Foundation
import TestKit
import Testing

@Suite struct ClientConnectionTests {
    private let chat = "/v1/chat/completions"

    @Test func `a connection serves one request after the other`() throws {
        let station = try Station()
        let connection = try station.connect()
        for number in 0..<5 {
            let body = chatBody(stream: number % 2 == 0, message: "number-\(number).")
            let response = try connection.fetch("POST", chat, body: body)
            #expect(response.status == 200 && response.ending == .complete)
            #expect(response.text.contains("number-\(number)."))
        }
        #expect(try station.forwarded == 5)
    }

    @Test func `pipelined requests are answered in order, across streams and own paths`() throws {
        let station = try Station()
        let connection = try station.connect()
        var all = ""
        for number in 0..<24 {
            if number % 4 == 3 {
                all += "GET /nothing-\(number)/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
                continue
            }
            let body = chatBody(stream: number % 2 == 0, message: "number-\(number).")
            all += "POST \(chat) HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
            all += "Content-Length: \(body.utf8.count)\r\nX-Mock-Pace-Ms: \(number % 3)\r\n\r\n\(body)"
        }
        let bytes = Array(all.utf8)
        for start in stride(from: 0, to: bytes.count, by: 301) {
            try connection.send(Array(bytes[start..<min(start + 301, bytes.count)]))
        }
        for number in 0..<24 {
            let response = connection.readResponse()
            #expect(response.text.contains(number % 4 == 3 ? "/nothing-\(number)/" : "number-\(number)."))
        }
        #expect(try station.forwarded == 18)
    }

    @Test func `a client that waits for 100 gets it, one that is refused does not`() throws {
        let station = try Station(listen: "max_body: 10KiB")
        let connection = try station.connect()
        let body = chatBody()
        let head = "POST \(chat) HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
        try connection.send(head + "Content-Length: \(body.utf8.count)\r\n\r\n")
        #expect(connection.read(until: "HTTP/1.1 100 Continue\r\n\r\n") == nil)
        try connection.send(body)
        let response = connection.readResponse()
        #expect(response.interims.map(\.status) == [100])
        #expect(response.status == 200)
        #expect(try station.mock.lastEnded().values("expect").isEmpty)
        try connection.send(head + "Content-Length: 20000\r\n\r\n")
        let refused = connection.readResponse()
        #expect(refused.interims.isEmpty)
        try expectError(refused, 413)
    }

    @Test func `HEAD gets the head of GET and no body`() throws {
        let station = try Station()
        let connection = try station.connect()
        for path in ["/v1/models", "/v1/health", "/nowhere"] {
            let full = try connection.fetch("GET", path)
            let bare = try connection.fetch("HEAD", path)
            #expect(bare.status == full.status)
            #expect(bare["content-length"] == full["content-length"])
            #expect(bare.body.isEmpty)
        }
    }

    @Test func `a body in chunks reaches the upstream whole, with its length`() throws {
        let station = try Station()
        let body = chatBody(message: "piecemeal " + String(repeating: "x", count: 3_000))
        let connection = try station.connect()
        let head =
            "POST \(chat) HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        for size in [1, 7, 1_000, 100_000] {
            var text = head
            var rest = Array(body.utf8)[...]
            while !rest.isEmpty {
                let part = rest.prefix(size)
                rest = rest.dropFirst(size)
                text += "\(String(part.count, radix: 16));a=b\r\n\(String(decoding: part, as: UTF8.self))\r\n"
            }
            try connection.send(text + "0\r\nX-Trailer: 1\r\n\r\n")
            #expect(connection.readResponse().status == 200)
            let seen = try station.mock.lastEnded()
            #expect(seen.body == body)
            #expect(seen.values("content-length") == ["\(body.utf8.count)"])
            #expect(seen.values("transfer-encoding").isEmpty)
        }
    }

    @Test func `a body in very many chunks costs no more than its size`() throws {
        let station = try Station()
        let filler = String(repeating: "1\r\n \r\n", count: 400_000)
        let body = chatBody()
        let connection = try station.connect(timeoutSeconds: 120)
        try connection.send(
            "POST \(chat) HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "200000\r\n" + String(repeating: " ", count: 0x200000) + "\r\n" + filler
                + "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
        )
        #expect(connection.readResponse().status == 200)
        #expect(try station.mock.lastEnded().bodyBytes == 0x200000 + 400_000 + body.utf8.count)
    }

    @Test func `HTTP 1 0 clients are closed after the answer unless they ask to stay`() throws {
        let station = try Station()
        let body = chatBody()
        let lines = "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
        let leaving = try station.connect()
        try leaving.send("POST \(chat) HTTP/1.0\r\n\(lines)\r\n\(body)")
        let last = leaving.readResponse()
        #expect(last.status == 200 && last["connection"] == "close")
        #expect(leaving.readToEnd().ending == .ended)
        let staying = try station.connect()
        for _ in 0..<2 {
            try staying.send("POST \(chat) HTTP/1.0\r\n\(lines)Connection: Keep-Alive\r\n\r\n\(body)")
            let response = staying.readResponse()
            #expect(response.status == 200 && response["connection"] == "keep-alive")
        }
        try staying.send("GET /v1/health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(staying.readResponse()["connection"] == "keep-alive")
    }

    @Test func `an HTTP 1 0 client gets a stream without chunks`() throws {
        let station = try Station()
        let body = chatBody(stream: true)
        let connection = try station.connect()
        try connection.send(
            "POST \(chat) HTTP/1.0\r\nContent-Type: application/json\r\nX-Mock-Events: 20\r\nX-Mock-Pace-Ms: 1\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        let response = connection.readResponse()
        #expect(response["transfer-encoding"] == nil)
        #expect(response.events.last == "[DONE]")
        #expect(response.events.count == 22)
    }

    @Test func `a unix socket serves as a port does`() throws {
        let folder = try TemporaryFolder()
        let station = try Station(client: "unix:\(folder.file("p.sock"))")
        #expect(station.address == .unix(path: folder.file("p.sock")))
        let connection = try station.connect()
        #expect(try connection.fetch("POST", chat, body: chatBody(stream: true)).events.last == "[DONE]")
        #expect(try connection.fetch("GET", "/v1/health").status == 200)
        #expect(try station.proxy.stop() == 0)
        #expect(!FileManager.default.fileExists(atPath: folder.file("p.sock")))
    }

    @Test func `an unfinished head is answered 408, a silent connection is closed`() throws {
        let station = try Station(listen: "header_timeout: 300ms")
        let silent = try station.connect()
        let half = try station.connect()
        try half.send("POST \(chat) HTTP/1.1\r\nHost: h\r\nContent-Ty")
        let dripping = try station.connect()
        try dripping.send("GET /v1/health HTTP/1.1\r\nHost: h\r\n")
        while dripping.fill(timeoutSeconds: 0.05) == .silence { if (try? dripping.send("X-A: b\r\n")) == nil { break } }
        try expectError(dripping.readResponse(), 408)
        try expectError(half.readResponse(), 408)
        #expect(half.readToEnd().ending == .ended)
        #expect(silent.readToEnd() == ([], .ended))
    }

    @Test func `the limit for heads is not the limit for bodies`() throws {
        let station = try Station(listen: "header_timeout: 300ms")
        let connection = try station.connect()
        let body = chatBody()
        try connection.send(
            "POST \(chat) HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        )
        #expect(connection.isQuiet(forSeconds: 0.9))
        try connection.send(body)
        #expect(connection.readResponse().status == 200)
    }

    @Test func `a body that stops coming is answered 408`() throws {
        let station = try Station()
        let connection = try station.connect(timeoutSeconds: 120)
        try connection.send(
            "POST \(chat) HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"model\":"
        )
        let error = try expectError(connection.readResponse(), 408)
        #expect(error.message.contains("body"))
        #expect(try station.forwarded == 0)
    }

    @Test func `many slow heads do not keep others waiting, and all of them end`() throws {
        let station = try Station(listen: "header_timeout: 2s, max_connections: 1000")
        func openSockets() -> Int { station.proxy.descriptors.count { $0.hasPrefix("socket:") } }
        let before = openSockets()
        let slow = try (0..<300).map { _ in try station.connect() }
        for connection in slow { try connection.send("POST \(chat) HTTP/1.1\r\nX-") }
        #expect(try station.chat().status == 200)
        for connection in slow { #expect(connection.readResponse().status == 408) }
        for connection in slow { connection.close() }
        // One may be kept to the upstream.
        #expect(eventually(seconds: 60) { openSockets() <= before + 2 }, "\(openSockets()) open, \(before) before")
    }

    @Test func `more connections than allowed are told to come later`() throws {
        let station = try Station(listen: "max_connections: 3")
        let first = try station.connect()
        let others = try (0..<2).map { _ in try station.connect() }
        #expect(try first.fetch("GET", "/v1/health").status == 200)
        for connection in others { #expect(try connection.fetch("GET", "/v1/health").status == 200) }
        let refused = try withExtendedLifetime((first, others)) { try station.connect().readResponse() }
        try expectError(refused, 503, code: "too_many_connections")
        #expect(refused["retry-after"] != nil && refused["connection"] == "close")
        first.close()
        #expect(try eventually { try station.connect().fetch("GET", "/v1/health").status == 200 })
    }

    @Test func `a client that reads nothing costs little memory`() throws {
        let station = try Station()
        let connection = try station.connect()
        try connection.request(
            "POST",
            chat,
            headers: [("x-mock-events", "200000"), ("x-mock-event-bytes", "1000"), ("x-mock-batch", "16")],
            body: chatBody(stream: true)
        )
        #expect(connection.read(until: "\r\n\r\n") == nil)
        let others = try (0..<3).map { _ in try station.chat(stream: true).events.last }
        #expect(others == ["[DONE]", "[DONE]", "[DONE]"])
        #expect((station.proxy.memoryKibibytes("RssAnon") ?? .max) < 32 * 1024)
        connection.close()
        #expect(try eventually { try station.mock.requests().first?.ended == "peer-closed" })
    }

    @Test func `a client that has left before its request is read asks nobody`() throws {
        let station = try Station()
        let connection = try station.connect()
        try connection.request("POST", chat, headers: [("x-mock-fault", "stall")], body: chatBody(stream: true))
        connection.endSending()
        #expect(connection.readToEnd().bytes.isEmpty)
        #expect(try eventually { try station.mock.counters().openNow <= 1 })
    }

    @Test func `a request's name is taken over when it is a word, else made up`() throws {
        let station = try Station()
        let connection = try station.connect()
        func ask(_ name: String) throws -> (String, [String]) {
            let response = try connection.fetch("POST", chat, headers: [("x-request-id", name)], body: chatBody())
            return (response["x-request-id"] ?? "", try station.mock.lastEnded().values("x-request-id"))
        }
        let (kept, sent) = try ask("My_id-1.2")
        #expect(kept == "My_id-1.2" && sent == ["My_id-1.2"])
        for name in ["two words", "", "a\"b", String(repeating: "a", count: 129)] {
            let (made, sent) = try ask(name)
            #expect(made.count == 32 && made.allSatisfy(\.isHexDigit))
            #expect(sent == [made])
        }
    }

    @Test(arguments: ["/v1/tokens/pools", "/v1/models", "/v1/nowhere"])
    func `the proxy's own answers bear the request's name as well`(path: String) throws {
        let station = try Station()
        let connection = try station.connect()
        let kept = try connection.fetch("GET", path, headers: [("x-request-id", "asked-1")])
        #expect(kept["x-request-id"] == "asked-1", "\(kept.text)")
        let made = try connection.fetch("GET", path, headers: [("x-request-id", "a b")])
        #expect(made["x-request-id"]?.count == 32)
    }
}
