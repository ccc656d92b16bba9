import Foundation
import Glibc
import TestKit
import Testing

/// Bodies that are not JSON travel on as they come, and nothing is piled up in between.
@Suite struct UploadTests {
    private static let multipart = "multipart/form-data; boundary=edge"

    private func form(_ bytes: Int) -> [UInt8] {
        let head =
            "--edge\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n"
            + "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n"
        var dice = Dice(7)
        var content = [UInt8](repeating: 0, count: bytes)
        for index in stride(from: 0, to: bytes, by: 251) { content[index] = UInt8.random(in: 0...255, using: &dice) }
        return Array(head.utf8) + content + Array("\r\n--edge--\r\n".utf8)
    }

    private func post(_ client: RawConnection, _ fields: String) throws {
        try client.send(
            "POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\nContent-Type: \(Self.multipart)\r\n\(fields)\r\n"
        )
    }

    @Test func `eight megabytes of multipart are streamed through`() throws {
        let journey = try Journey()
        let client = try journey.connect(timeoutSeconds: 120)
        let body = form(8 << 20)
        let before = journey.proxy.memoryKibibytes("VmHWM") ?? 0
        for _ in 0..<2 {
            try post(client, "Content-Length: \(body.count)\r\n")
            try client.send(body)
            let got = client.readResponse(to: "POST")
            #expect(got.status == 200, "\(got.text)")
            #expect(got.text.contains("\"body_bytes\":\(body.count)"))
        }
        let seen = try journey.mock.lastEnded()
        #expect(seen.bodyBytes == body.count)
        #expect(seen.path == "/v1/audio/transcriptions")
        #expect(seen.values("content-type") == [Self.multipart])
        #expect((journey.proxy.memoryKibibytes("VmHWM") ?? 0) - before < 4 << 10, "it is not gathered")
    }

    @Test func `a chunked upload keeps its content`() throws {
        let journey = try Journey()
        let client = try journey.connect(timeoutSeconds: 120)
        let body = form(1 << 20)
        var dice = Dice(3)
        try post(client, "Transfer-Encoding: chunked\r\n")
        var sent = 0
        while sent < body.count {
            let count = min(Int.random(in: 1...70_000, using: &dice), body.count - sent)
            try client.send(Array("\(String(count, radix: 16))\r\n".utf8) + body[sent..<(sent + count)] + [13, 10])
            sent += count
        }
        try client.send("0\r\n\r\n")
        let got = client.readResponse(to: "POST")
        #expect(got.status == 200, "\(got.text)")
        #expect(try journey.mock.lastEnded().bodyBytes == body.count)
        #expect(try client.chat().status == 200, "the connection goes on")
    }

    @Test func `an upload split at odd places arrives whole`() throws {
        let journey = try Journey()
        let client = try journey.connect()
        let body = form(200_000)
        for chunked in [false, true] {
            try post(client, chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: \(body.count)\r\n")
            let count = Array("\(String(body.count, radix: 16))\r\n".utf8)
            let all = chunked ? count + body + Array("\r\n0\r\n\r\n".utf8) : body
            var sent = 0
            while sent < all.count {
                let end = min(sent + (sent < 200 ? 1 : 33_333), all.count)
                try client.send(Array(all[sent..<end]))
                sent = end
            }
            #expect(client.readResponse(to: "POST").status == 200)
            #expect(try journey.mock.lastEnded().bodyBytes == body.count)
        }
    }

    @Test func `a malformed chunk in an upload is refused`() throws {
        let journey = try Journey()
        let client = try journey.connect()
        let part = Array(form(100_000).prefix(80_000))
        try post(client, "Transfer-Encoding: chunked\r\n")
        try client.send(Array("\(String(part.count, radix: 16))\r\n".utf8) + part + Array("\r\n".utf8))
        try #require(try eventually(seconds: 60) { try journey.metric("hoosh_upstream_requests_in_flight") == 1 })
        try client.send("zz\r\nmore")
        let got = client.readResponse(to: "POST")
        #expect(got.status == 400 && got.ending == .complete)
        #expect(client.fill() == .ended)
        #expect(try journey.mock.counters().requests == 0 || journey.mock.lastEnded().ended == "peer-closed")
    }

    @Test func `a client that leaves in the middle of an upload leaves nothing behind`() throws {
        let journey = try Journey()
        let client = try journey.connect()
        try post(client, "Content-Length: 10000000\r\n")
        try client.send(Array(form(500_000).prefix(500_000)))
        try #require(try eventually(seconds: 60) { try journey.metric("hoosh_upstream_requests_in_flight") == 1 })
        client.close()
        #expect(try journey.comes("hoosh_upstream_requests_in_flight", to: 0))
        #expect(try journey.comes("hoosh_clients_left_total", to: 1))
        #expect(try journey.mock.counters().openNow == 0 || eventually { try journey.mock.counters().openNow == 0 })
    }

    @Test func `an upload larger than allowed is refused before it is sent`() throws {
        let journey = try Journey(listen: "max_upload: 1MiB")
        let client = try journey.connect()
        try post(client, "Content-Length: 2000000\r\n")
        #expect(client.readResponse(to: "POST").status == 413)
        #expect(try journey.mock.counters().connectionsOpened == 0)
    }

    /// An upstream of three lines: answers 413 as soon as it has the head, and closes, which resets what still comes.
    @Test(arguments: [false, true])
    func `an answer that comes before the upload is over is passed on`(resets: Bool) throws {
        let upstream = try EarlyUpstream(resets: resets)
        let journey = try Journey(
            upstreams: 0,
            more:
                "  early: {kind: openai-compatible, url: \"http://127.0.0.1:\(upstream.port)/v1\", health: {mode: none}}",
            routes: "  - {name: all, to: [early]}",
            top: Journey.noRetries
        )
        let client = try journey.connect()
        let body = form(6 << 20)
        try post(client, "Content-Length: \(body.count)\r\n")
        _ = try? client.send(body)
        let got = client.readResponse(to: "POST")
        #expect(got.status == 413, "\(got)")
        #expect(got.text == "early")
    }

    // MARK: Backpressure

    @Test(arguments: [("stream", "always"), ("stream", "none"), ("whole", "always"), ("whole", "none")])
    func `a client that does not read holds the upstream back`(what: String, splice: String) throws {
        let journey = try Journey(listen: "splice: \(splice)", threads: 1)
        _ = try journey.chat()
        let before = try #require(journey.proxy.memoryKibibytes("VmRSS"))
        let client = try journey.connect(timeoutSeconds: 120)
        let controls: Headers =
            what == "stream" ? [("events", "20000"), ("event-bytes", "10000")] : [("body-bytes", "200000000")]
        try client.ask(stream: what == "stream", controls)
        // Full when nothing has moved for a while, once the mock has made up what it sends.
        #expect(try eventually(seconds: 60) { try journey.metric("hoosh_stream_bytes_total") ?? 0 > 0 })
        var last = -1
        for _ in 0..<40 {
            let now = try journey.metric("hoosh_stream_bytes_total") ?? 0
            if now == last, now > 0 { break }
            last = now
            usleep(100_000)
        }
        #expect(last < 100_000_000, "most of it still waits at the upstream")
        let after = try #require(journey.proxy.memoryKibibytes("VmRSS"))
        #expect(after - before < 16 << 10, "\(before) KiB before, \(after) KiB after")
        // It is the client that is slow: the answer goes on, and its end is whole.
        var total = 0
        var tail: [UInt8] = []
        while total < 200_000_000 {
            try #require(client.fill() == nil, "after \(total)")
            total += client.buffer.count
            tail = client.take(client.buffer.count)
        }
        #expect(!tail.isEmpty)
        #expect((journey.proxy.memoryKibibytes("VmRSS") ?? 0) - before < 16 << 10)
    }
}

/// Accepts one connection, reads a little, answers and closes its side.
private final class EarlyUpstream: Sendable {
    let port: UInt16
    private let socket: Int32

    /// `resets`: closes with the upload unread, so that the kernel answers what follows with a reset.
    init(resets: Bool) throws {
        let listening = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
                bind(listening, plain, size) == 0 && listen(listening, 4) == 0
                    && getsockname(listening, plain, &size) == 0
            }
        }
        guard isBound else { throw TestKitFailure("cannot listen") }
        port = UInt16(bigEndian: address.sin_port)
        socket = listening
        Thread.detachNewThread {
            let peer = accept(listening, nil, nil)
            var room = [UInt8](repeating: 0, count: 4096)
            _ = recv(peer, &room, room.count, 0)
            let answer = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nearly"
            _ = Array(answer.utf8).withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if resets {
                close(peer)
                return
            }
            shutdown(peer, Int32(SHUT_WR))
            // Goes away when the proxy does.
            while recv(peer, &room, room.count, 0) > 0 {}
            close(peer)
        }
    }

    deinit { close(socket) }
}
