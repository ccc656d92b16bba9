import EventStream
import Testing
import WireCases

@Suite struct EventScannerTests {
    private func scanned(_ text: String) -> (scanner: EventScanner, boundary: Int?) {
        var scanner = EventScanner()
        let boundary = scanner.scan(Array(text.utf8).span)
        return (scanner, boundary)
    }

    @Test(
        arguments: [
            ("data: a\n\n", 1, 9), ("data: a\r\n\r\n", 1, 11), ("data: a\r\r", 1, 9), ("data\n\n", 1, 6),
            ("data:\n\n", 1, 7),
            ("event: x\n\n", 0, 10), ("data: a\ndata: b\n\n", 1, 17), ("data: a\n\ndata: b\n\n", 2, 18),
            (": comment\n", 0, 10), ("data: a\n\n: ping\n", 1, 16), ("data: a\n: inside\n", 0, nil),
            ("data: a\n\ndata: b\n", 1, 9),
            ("data: a", 0, nil), ("", 0, nil), ("\n\n\n", 0, 3), ("dataset: a\n\n", 0, 12), ("Data: a\n\n", 0, 9),
            ("id: 1\nretry: 5\ndata: x\n\n", 1, 24), ("\u{feff}data: a\n\n", 1, 12), ("\u{feff}\n", 0, 4),
        ] as [(String, Int, Int?)]
    ) func `events end at their blank line`(text: String, events: Int, boundary: Int?) {
        let found = scanned(text)
        #expect(found.scanner.events == events)
        #expect(found.boundary == boundary)
    }

    @Test func `the mark of the end is data and nothing else`() {
        #expect(scanned("data: [DONE]\n\n").scanner.sawDone)
        #expect(scanned("data:[DONE]\r\n\r\n").scanner.sawDone)
        #expect(!scanned("data: [DONE] \n\n").scanner.sawDone)
        #expect(!scanned("data:  [DONE]\n\n").scanner.sawDone)
        #expect(!scanned("data: {\"content\":\"[DONE]\"}\n\n").scanner.sawDone)
        #expect(!scanned(": [DONE]\n\n").scanner.sawDone)
        #expect(!scanned("data: [DONE]").scanner.sawDone)
    }

    @Test func `errors are seen in data and in names`() {
        #expect(scanned("data: {\"error\":{}}\n\n").scanner.sawError)
        #expect(scanned("event: error\ndata: {}\n\n").scanner.sawError)
        #expect(!scanned("data: {\"content\":\"error\"}\n\n").scanner.sawError)
    }

    @Test func `a CRLF may be cut in two`() {
        var scanner = EventScanner()
        #expect(scanner.scan(Array("data: a\r\n\r".utf8).span) == 10)
        #expect(scanner.scan(Array("\n".utf8).span) == 1)
        #expect(scanner.scan(Array("\n".utf8).span) == 1)
        #expect(scanner.events == 1)
    }

    @Test func `random streams are the same whole and in pieces, and as the standard says`() {
        let base = Array(
            "event: message\r\ndata: {\"a\":1}\r\n\r\n: ping\n\ndata: x\ndata: y\n\nid: 3\rdata: [DONE]\r\r".utf8
        )
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        var dice = Dice(seed: 5)
        for round in 0..<30_000 {
            let start = dice.isLucky(3) ? mark + base : base
            let bytes = round == 0 ? base : dice.mutated(start, alphabet: Array("\r\n\r\n: data[DONE]".utf8))
            if let violation = WireCheck.events.violation(bytes) {
                Issue.record("\(violation): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
                return
            }
        }
    }
}
