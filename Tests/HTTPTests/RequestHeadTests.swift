import Bytes
import HTTP
import Testing
import WireCases

/// Reads a head; the fault's status when it is refused.
func parsed(_ text: String) throws -> (head: RequestHead, bytes: [UInt8], length: Int) {
    let bytes = Array(text.utf8)
    var finder = HeadFinder()
    switch finder.advance(bytes.span) {
    case .incomplete: throw HTTPFault(0, "incomplete", "the head is not complete")
    case .refused(let fault): throw fault
    case .complete(let length):
        let head = RequestHead()
        try head.parse(bytes.span, length: length)
        return (head, bytes, length)
    }
}

func text(_ range: TextRange, _ bytes: [UInt8]) -> String { String(decoding: bytes[range.range], as: UTF8.self) }

@Suite struct RequestHeadTests {
    @Test func `a plain head is read`() throws {
        let (head, bytes, length) = try parsed(
            "POST /v1/chat/completions?a=b?c HTTP/1.1\r\nHost: localhost:8088\r\nContent-Length:  12 \r\n"
                + "X-Empty:\r\nx-odd: \t\u{e4} b\t \r\nConnection: keep-alive, x-odd\r\n\r\nrest"
        )
        #expect(length == bytes.count - 4)
        #expect(head.method == .post)
        #expect(text(head.methodText, bytes) == "POST")
        #expect(text(head.path, bytes) == "/v1/chat/completions")
        #expect(text(head.query, bytes) == "a=b?c")
        #expect(head.framing == .length(12))
        #expect(head.keepsAlive)
        #expect(head.namesConnectionFields)
        #expect(
            head.fields.map { text($0.value, bytes) } == ["localhost:8088", "12", "", "\u{e4} b", "keep-alive, x-odd"]
        )
        #expect(head.fields.map(\.id) == [.host, .contentLength, .other, .other, .connection])
        #expect(text(head.firstValue(of: "x-odd", in: bytes.span), bytes) == "\u{e4} b")
        #expect(head.firstValue(of: "x-none", in: bytes.span).isAbsent)
        #expect(HopByHop.isDropped(requestField: 3, of: head, in: bytes.span) == true)
        #expect(HopByHop.isDropped(requestField: 4, of: head, in: bytes.span) == true)
        #expect(HopByHop.isDropped(requestField: 2, of: head, in: bytes.span) == false)
    }

    @Test func `a head is read anew after another`() throws {
        let first = Array("GET /a?q HTTP/1.0\r\nUpgrade: x\r\nContent-Length: 3\r\n\r\n".utf8)
        let second = Array("GET /b HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        let head = RequestHead()
        try head.parse(first.span, length: first.count)
        #expect(head.hasUpgrade && !head.keepsAlive && head.versionMinor == 0)
        try head.parse(second.span, length: second.count)
        #expect(!head.hasUpgrade && head.keepsAlive && head.versionMinor == 1)
        #expect(head.query.isAbsent && head.framing == .none && head.fields.count == 1)
    }

    @Test(arguments: [
        ("GET", Method.get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("PATCH", .patch), ("DELETE", .delete),
        ("OPTIONS", .options), ("BREW", .other), ("PROPFIND", .other),
    ]) func `methods are recognised`(word: String, method: Method) throws {
        #expect(try parsed("\(word) / HTTP/1.1\r\nHost: h\r\n\r\n").head.method == method)
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false), ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: Keep-Alive\r\n", true), ("HTTP/1.1", "Connection: keep-alive, CLOSE\r\n", false),
        ("HTTP/1.1", "Connection: x\r\nConnection: close\r\n", false),
    ]) func `the connection is kept as version and field say`(version: String, field: String, isKept: Bool) throws {
        #expect(try parsed("GET / \(version)\r\nHost: h\r\n\(field)\r\n").head.keepsAlive == isKept)
    }

    @Test func `absolute targets of our schemes are taken apart`() throws {
        let (head, bytes, _) = try parsed("GET http://h:80/v1/models?x HTTP/1.1\r\nHost: H:80\r\n\r\n")
        #expect(text(head.path, bytes) == "/v1/models")
        #expect(text(head.query, bytes) == "x")
        #expect(try parsed("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").head.method == .options)
    }

    @Test(arguments: [
        "/v1/models/gpt-4.1", "/v1/.well-known", "/...", "/v1/a..b/..c", "/v1/%2e%2ex", "/?a=/../", "/v1/%2",
    ])
    func `dots that are no segments of their own pass`(target: String) throws {
        #expect(try parsed("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n").head.method == .get)
    }

    @Test func `100-continue counts in HTTP 1.1 only`() throws {
        #expect(try parsed("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\n\r\n").head.expectsContinue)
        #expect(try !parsed("POST / HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\n\r\n").head.expectsContinue)
    }

    @Test func `a coded body is seen`() throws {
        let coded = try parsed("POST / HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\n\r\n")
        #expect(coded.head.hasContentCoding(in: coded.bytes.span) == true)
        let plain = try parsed("POST / HTTP/1.1\r\nHost: h\r\nContent-Encoding: Identity\r\n\r\n")
        #expect(plain.head.hasContentCoding(in: plain.bytes.span) == false)
    }

    @Test func `up to four empty lines before a request are passed over`() throws {
        #expect(try parsed("\r\n\r\n\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n").head.method == .get)
    }

    @Test func `limits are reached exactly`() throws {
        let target = "/" + String(repeating: "a", count: HeadLimits.startLineBytes - 15)
        #expect(try parsed("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n").head.method == .get)
        let fields = (2...HeadLimits.fields).map { "X-\($0): y\r\n" }.joined()
        #expect(try parsed("GET / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n").head.fields.count == HeadLimits.fields)
        let frame = "GET / HTTP/1.1\r\nHost: h\r\nX: \r\n\r\n".utf8.count
        let filler = String(repeating: "x", count: HeadLimits.requestBytes - frame)
        #expect(try parsed("GET / HTTP/1.1\r\nHost: h\r\nX: \(filler)\r\n\r\n").length == HeadLimits.requestBytes)
        #expect(throws: HTTPFault.self) { try parsed("GET / HTTP/1.1\r\nHost: h\r\nX: \(filler)x\r\n\r\n") }
    }

    @Test(arguments: WireCase.all.filter { $0.judge == .parser })
    func `every case of the table is refused by the grammar`(wire: WireCase) throws {
        var finder = HeadFinder()
        var status = 0
        switch finder.advance(wire.bytes.span) {
        case .incomplete: break
        case .refused(let fault): status = fault.status
        case .complete(let length):
            let head = RequestHead()
            do {
                try head.parse(wire.bytes.span, length: length)
                var walker = BodyWalker(head.framing)
                var position = length
                while case .payload = try walker.next(wire.bytes.span, at: &position) {}
            } catch { status = error.status }
        }
        #expect(status == wire.status)
        #expect(WireCheck.head.violation(wire.bytes) == nil)
    }

    @Test func `the table has sixty cases at the least, each with a name of its own`() {
        #expect(WireCase.all.count >= 60)
        #expect(Set(WireCase.all.map(\.name)).count == WireCase.all.count)
    }

    @Test func `mutated heads break nothing`() {
        let base = Array(
            ("POST /v1/chat/completions?a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Transfer-Encoding: chunked\r\nConnection: close, x\r\nExpect: 100-continue\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
                .utf8
        )
        let alphabet = Array("\r\n\r\n :,;\t\u{0}ab10Content-Length: 3\r\nTransfer-Encoding: chunked\r\nHost".utf8)
        var dice = Dice(seed: 1)
        for _ in 0..<20_000 {
            let bytes = dice.mutated(base, alphabet: alphabet)
            if let violation = WireCheck.head.violation(bytes) {
                Issue.record("\(violation): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
                return
            }
        }
    }
}
