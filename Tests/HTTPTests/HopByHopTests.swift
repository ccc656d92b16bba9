import HTTP
import Testing

@Suite struct HopByHopTests {
    @Test func `fields of this connection stay here, with those that Connection names`() throws {
        let head = RequestHead()
        let bytes = latin(
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: X-Mine , close\r\nKeep-Alive: a\r\nTE: b\r\nTrailer: c\r\n"
                + "Upgrade: d\r\nProxy-Authorization: e\r\nProxy-Connection: f\r\nx-mine: g\r\nX-Min: h\r\nX-Mines: i\r\n\r\n"
        )
        try head.parse(bytes.span, length: bytes.count)
        let kept = head.fields.indices.filter { !HopByHop.isDropped(requestField: $0, of: head, in: bytes.span) }
        #expect(
            kept.map { String(decoding: bytes[head.fields[$0].name.range], as: UTF8.self) } == [
                "Host", "X-Min", "X-Mines",
            ]
        )
    }

    @Test func `fields of the upstream's connection stay here`() throws {
        let head = ResponseHead()
        let bytes = latin(
            "HTTP/1.1 200 OK\r\nConnection: x-a\r\nX-A: 1\r\nProxy-Authenticate: b\r\nContent-Type: c\r\nTrailer: d\r\n\r\n"
        )
        try head.parse(bytes.span, length: bytes.count, for: .post)
        let kept = head.fields.indices.filter { !HopByHop.isDropped(responseField: $0, of: head, in: bytes.span) }
        #expect(kept.map { String(decoding: bytes[head.fields[$0].name.range], as: UTF8.self) } == ["Content-Type"])
    }

    @Test func `skipping nothing changes nothing in a body`() {
        for framing in [BodyFraming.none, .length(0), .length(3), .chunked, .untilClose] {
            var walker = BodyWalker(framing)
            walker.skipPayload(0)
            #expect(walker == BodyWalker(framing))
        }
    }
}
