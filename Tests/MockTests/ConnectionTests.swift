import Glibc
import TestKit
import Testing

/// How connections are kept, framed and encrypted.
@Suite struct ConnectionTests {
    private let chat = "/v1/chat/completions"

    @Test func `a connection is kept for the next request`() throws {
        let mock = try MockUpstream()
        let connection = try mock.connect()
        for _ in 0..<3 { #expect(try connection.fetch("POST", chat, body: chatBody(stream: true)).status == 200) }
        let counters = try mock.counters()
        #expect(counters.requests == 3)
        #expect(counters.connectionsOpened == 1)
        #expect(counters.openNow == 1)
    }

    @Test func `pipelined requests are answered in order`() throws {
        let mock = try MockUpstream()
        let connection = try mock.connect()
        var all = ""
        for number in 0..<20 {
            let body = chatBody(stream: number % 2 == 0, message: "number-\(number).")
            all += "POST \(chat) HTTP/1.1\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }
        try connection.send(all)
        for number in 0..<20 { #expect(connection.readResponse().text.contains("number-\(number).")) }
    }

    @Test func `a request may come byte by byte and in chunks`() throws {
        let connection = try MockUpstream().connect()
        let body = chatBody(message: "piecemeal")
        let half = body.index(body.startIndex, offsetBy: 20)
        let text =
            "POST \(chat) HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "14\r\n\(body[..<half])\r\n"
            + String(body[half...].utf8.count, radix: 16) + ";x=y\r\n\(body[half...])\r\n0\r\nT: v\r\n\r\n"
        for byte in text.utf8 { try connection.send([byte]) }
        #expect(connection.readResponse().text.contains("You said: piecemeal"))
    }

    @Test func `a body that waits for 100 gets it`() throws {
        let connection = try MockUpstream().connect()
        let body = chatBody()
        try connection.send(
            "POST \(chat) HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        )
        #expect(connection.read(until: "HTTP/1.1 100 Continue\r\n\r\n") == nil)
        try connection.send(body)
        let response = connection.readResponse()
        #expect(response.interims.map(\.status) == [100])
        #expect(response.status == 200)
    }

    @Test func `a large body is counted and kept up to 64 KiB`() throws {
        let mock = try MockUpstream()
        let body = String(repeating: "y", count: 3_000_000)
        #expect(try mock.fetch("POST", "/v1/files", body: body).text.contains("\"body_bytes\":3000000"))
        let seen = try mock.lastEnded()
        #expect(seen.bodyBytes == 3_000_000)
        #expect(seen.body.utf8.count == 65536)
    }

    @Test func `connection close, HTTP 1.0 and HEAD are honoured`() throws {
        let mock = try MockUpstream()
        let closing = try mock.connect()
        #expect(try closing.fetch("GET", "/health", headers: [("Connection", "close")])["connection"] == "close")
        #expect(closing.readToEnd().ending == .ended)
        let old = try mock.connect()
        let body = chatBody(stream: true)
        try old.send("POST \(chat) HTTP/1.0\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        let response = old.readResponse()
        #expect(response["transfer-encoding"] == nil)
        #expect(response.events.last == "[DONE]")
        let head = try mock.connect()
        #expect(try head.fetch("HEAD", "/v1/models")["content-length"] != nil)
        #expect(try head.fetch("GET", "/health").status == 200)
    }

    @Test func `it listens on a unix socket and removes it at the end`() throws {
        let folder = try TemporaryFolder()
        let mock = try MockUpstream(unixPath: folder.file("mock.sock"))
        #expect(mock.address == .unix(path: folder.file("mock.sock")))
        #expect(try mock.fetch("GET", "/health").status == 200)
        #expect(try mock.program.stop() == 0)
        #expect(access(folder.file("mock.sock"), F_OK) != 0)
    }

    @Test func `several threads serve one port`() throws {
        let mock = try MockUpstream(arguments: ["--threads", "3"])
        for _ in 0..<30 { #expect(try mock.fetch("GET", "/health").status == 200) }
        #expect(try mock.counters().requests == 30)
    }

    // MARK: TLS

    @Test func `https serves streams and keeps connections`() throws {
        let mock = try MockUpstream(certificates: try .shared())
        #expect(mock.url.hasPrefix("https://127.0.0.1:"))
        let connection = try mock.connect()
        let plain = try MockUpstream().fetch("POST", chat, body: chatBody(stream: true))
        for _ in 0..<2 {
            #expect(try connection.fetch("POST", chat, body: chatBody(stream: true)).body == plain.body)
        }
        let large = try connection.fetch(
            "POST",
            chat,
            headers: [("x-mock-events", "20"), ("x-mock-event-bytes", "200000")],
            body: chatBody(stream: true)
        )
        #expect(large.ending == .complete)
        #expect(large.body.count > 4_000_000)
    }

    @Test func `an authority that did not sign is not believed`() throws {
        let certificates = try Certificates.shared()
        let mock = try MockUpstream(certificates: certificates)
        #expect(throws: TestKitFailure.self) {
            try RawConnection(to: mock.address, tls: TLSSettings(authority: certificates.otherAuthority))
        }
    }

    @Test func `a client certificate is demanded when an authority for it is given`() throws {
        let certificates = try Certificates.shared()
        let mock = try MockUpstream(certificates: certificates, demandsClientCertificate: true)
        #expect(try mock.fetch("GET", "/health").status == 200)
        // With TLS 1.3 the client learns of the refusal with its first read.
        let bare = try? RawConnection(to: mock.address, tls: TLSSettings(authority: certificates.authority))
        let answer = try? bare?.fetch("GET", "/health")
        #expect(answer?.status ?? 0 == 0)
        #expect(try mock.counters().requests == 1)
    }

    @Test func `curl accepts the right pin and refuses the wrong one`() throws {
        let certificates = try Certificates.shared()
        let mock = try MockUpstream(certificates: certificates)
        let usual = ["-sS", "--cacert", certificates.authority, "\(mock.url)/health", "--pinnedpubkey"]
        #expect(try run("curl", usual + ["sha256//\(certificates.pin)"], tool: true).status == 0)
        #expect(try run("curl", usual + ["sha256//\(certificates.wrongPin)"], tool: true).status == 90)
    }
}
