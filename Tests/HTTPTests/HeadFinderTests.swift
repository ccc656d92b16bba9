import HTTP
import Testing

@Suite struct HeadFinderTests {
    private func answer(_ text: String, _ kind: HeadFinder.Kind = .request) -> HeadFinder.Answer {
        var finder = HeadFinder(kind)
        return finder.advance(latin(text).span)
    }

    private func status(_ text: String, _ kind: HeadFinder.Kind = .request) -> Int? {
        guard case .refused(let fault) = answer(text, kind) else { return nil }
        return fault.status
    }

    @Test func `a head ends with its empty line, whatever follows`() {
        #expect(answer("GET / HTTP/1.1\r\nHost: a\r\n\r\n") == .complete(length: 27))
        #expect(answer("GET / HTTP/1.1\r\nHost: a\r\n\r\n\n\r\u{0}") == .complete(length: 27))
        #expect(answer("GET / HTTP/1.1\r\n\r\n") == .complete(length: 18))
    }

    @Test func `empty lines before a request are counted`() {
        #expect(answer("\r\n\r\nGET / HTTP/1.1\r\n\r\n") == .complete(length: 22))
        #expect(answer("\r\n\r\n") == .incomplete)
        #expect(status("\r\nHTTP/1.1 200 OK\r\n\r\n", .response) == 400)
    }

    @Test(arguments: [
        "\u{0}", "G\u{0}", "GET / HTTP/1.1\r\nX: \u{7}", "\n", "\r\r", "GET\n", "a\rb", "\u{16}\u{3}\u{1}",
    ])
    func `what no later byte can mend is refused before the head is complete`(_ text: String) {
        #expect(status(text) == 400)
    }

    @Test(arguments: ["", "\r", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nX: \ty\r", "GET / HTTP/1.1\r\n\r"])
    func `what later bytes may complete is incomplete`(_ text: String) {
        #expect(answer(text) == .incomplete)
    }

    @Test func `a head of just the limit is complete, one byte more is too large`() {
        let frame = "GET / HTTP/1.1\r\nX: \r\n\r\n".utf8.count
        let room = HeadLimits.requestBytes - frame
        func head(_ count: Int) -> String {
            "GET / HTTP/1.1\r\nX: " + String(repeating: "y", count: count) + "\r\n\r\n"
        }
        #expect(answer(head(room)) == .complete(length: HeadLimits.requestBytes))
        #expect(status(head(room + 1)) == 431)
        #expect(status(String(repeating: "y\r\n", count: 30_000)) == 431)
    }

    @Test func `a first line beyond its limit is refused before it ends`() {
        #expect(answer(String(repeating: "a", count: HeadLimits.startLineBytes - 1)) == .incomplete)
        #expect(status(String(repeating: "a", count: HeadLimits.startLineBytes)) == 414)
    }

    @Test func `a head that comes byte by byte costs one look at each byte`() {
        let bytes = latin("GET / HTTP/1.1\r\nX: " + String(repeating: "y", count: 60_000) + "\r\n\r\n")
        var finder = HeadFinder()
        var looked = 0
        for count in 1...bytes.count {
            let before = finder.lookedAt
            _ = finder.advance(bytes.span.extracting(..<count))
            looked += count - before
        }
        #expect(looked < bytes.count * 2)
    }
}
