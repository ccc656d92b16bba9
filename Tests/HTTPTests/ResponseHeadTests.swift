import Bytes
import Foundation
import HTTP
import Testing
import WireCases

@Suite struct ResponseHeadTests {
    private func parsed(_ text: String, for method: Method = .post) throws -> (head: ResponseHead, bytes: [UInt8]) {
        let bytes = Array(text.utf8)
        var finder = HeadFinder(.response)
        switch finder.advance(bytes.span) {
        case .incomplete: throw HTTPFault(0, "incomplete", "the head is not complete")
        case .refused(let fault): throw fault
        case .complete(let length):
            let head = ResponseHead()
            try head.parse(bytes.span, length: length, for: method)
            return (head, bytes)
        }
    }

    @Test func `a stream's head is read`() throws {
        let (head, bytes) = try parsed(
            "HTTP/1.1 200 Fine \u{e4}\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\nTransfer-Encoding: Chunked\r\n\r\n"
        )
        #expect(head.status == 200 && head.isEventStream && head.framing == .chunked && head.keepsAlive)
        #expect(text(head.reason, bytes) == "Fine \u{e4}")
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", Method.post, BodyFraming.length(5), true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", .head, .none, true),
        ("HTTP/1.1 200\r\n", .post, .untilClose, false),
        ("HTTP/1.1 204 No\r\n", .post, .none, true),
        ("HTTP/1.1 204 No\r\nContent-Length: 5\r\n", .post, .none, false),
        ("HTTP/1.1 304 Not\r\nContent-Length: 5\r\n", .get, .none, true),
        ("HTTP/1.1 100 Continue\r\n", .post, .none, true),
        ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n", .post, .length(5), false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n", .post, .length(5), true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n", .post, .length(5), false),
    ]) func `the body ends where the standard says`(lines: String, method: Method, framing: BodyFraming, isKept: Bool)
        throws
    {
        let head = try parsed(lines + "\r\n", for: method).head
        #expect(head.framing == framing)
        #expect(head.keepsAlive == isKept)
    }

    @Test(arguments: [
        "HTTP/1.1 2OO Fine\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n", "HTTP/1.1 600 X\r\n\r\n", "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 200OK\r\n\r\n", "HTTP/1.1 200 O\u{1}K\r\n\r\n", "http/1.1 200 OK\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
    ]) func `a head that two readers could read differently is refused`(text: String) {
        #expect(throws: HTTPFault.self) { try parsed(text) }
    }

    @Test(
        arguments: [
            ("retry-after: 2", 2_000), ("Retry-After: 1.5", 1_500), ("retry-after: 0", 0), ("retry-after-ms: 250", 250),
            ("retry-after: 9\r\nretry-after-ms: 250", 250), ("x-ms-retry-after-ms: 70\r\nretry-after: 9", 70),
            ("retry-after: Sun, 06 Nov 1994 08:49:47 GMT", 10_000), ("retry-after: Sun, 06 Nov 1994 08:49:00 GMT", 0),
            ("retry-after: soon", nil), ("retry-after: -1", nil), ("retry-after:", nil), ("retry-after: 1e3", nil),
            ("retry-after: 9999999999999", 86_400_000), ("x-other: 1", nil),
            ("retry-after: 99999999999999999999999", 86_400_000), ("retry-after: 99999999999999999999.5", 86_400_000),
            ("retry-after-ms: 99999999999999999999", 86_400_000), ("retry-after: 99999999999999999999x", nil),
            // Nobody waits longer than a day, and no product of it overflows.
            ("retry-after: 92233720368", 86_400_000), ("retry-after: Wed, 21 Oct 9999 07:28:00 GMT", 86_400_000),
            ("retry-after-ms: 999999999", 86_400_000), ("retry-after-ms: 999999999999", 86_400_000),
        ] as [(String, Int?)]
    ) func `a wait is read in every form`(field: String, milliseconds: Int?) throws {
        let (head, bytes) = try parsed("HTTP/1.1 429 X\r\n\(field)\r\n\r\n")
        #expect(head.retryAfterMilliseconds(in: bytes.span, nowSeconds: 784_111_777) == milliseconds)
    }

    @Test func `dates agree with Foundation over five centuries`() throws {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        var dice = Dice(seed: 2)
        for _ in 0..<2_000 {
            let seconds = Int64(dice.roll(16_000_000_000)) - 2_000_000_000
            let text = Array(format.string(from: Date(timeIntervalSince1970: Double(seconds))).utf8)
            #expect(HTTPDate.secondsSince1970(text.span) == seconds)
        }
    }

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ]) func `all forms of a date are understood`(text: String) {
        #expect(HTTPDate.secondsSince1970(Array(text.utf8).span, nowSeconds: 1_700_000_000) == 784_111_777)
    }

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Abc 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT", "Sunday, 06-Nov-94 08:49:37", "Sun Nov  6 08:49:37", "06 Nov 1994", "", ",",
        "Sun,", "Sunday,", "1994-11-06T08:49:37Z",
    ]) func `what is no date is none`(text: String) {
        #expect(HTTPDate.secondsSince1970(Array(text.utf8).span) == nil)
    }

    @Test func `mutated heads break nothing`() {
        let base = Array(
            ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nRetry-After: 3\r\n"
                + "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: close\r\n\r\n").utf8
        )
        let alphabet = Array("\r\n\r\n :,;\t\u{0}ab1099Content-Length: 3\r\nTransfer-Encoding: chunked".utf8)
        var dice = Dice(seed: 3)
        for _ in 0..<20_000 {
            let bytes = dice.mutated(base, alphabet: alphabet)
            if let violation = WireCheck.response.violation(bytes) {
                Issue.record("\(violation): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
                return
            }
        }
    }
}
