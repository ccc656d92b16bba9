import EventStream
import Testing
import WireCases

/// A stream that is scanned piece by piece.
private final class Stream {
    var scanner = EventScanner()

    func scan(_ piece: String) -> Int? { scanner.scan(Array(piece.utf8).span) }
}

@Suite struct EventBoundaryTests {
    private func scan(_ text: String) -> EventScanner {
        var scanner = EventScanner()
        _ = scanner.scan(Array(text.utf8).span)
        return scanner
    }

    @Test(arguments: [
        ("", 0), ("data: a\n\n", 1), ("data: a\r\n\r\n", 1), ("data: a\r\r", 1), ("data: a\n\r\n", 1), ("data\n\n", 1),
        ("data:\n\n", 1), ("data: a\n", 0), ("data: a", 0), ("event: x\n\n", 0), ("id: 1\nretry: 5\n\n", 0),
        (": comment\n\n", 0), ("data: a\ndata: b\n\n", 1), ("data: a\n\ndata: b\n\n", 2), ("datax: a\n\n", 0),
        (" data: a\n\n", 0), ("\n\n\n", 0), ("\u{feff}data: a\n\n", 1),
        ("\u{feff}\ndata: a\n\n", 1),
        ("\n\u{feff}data: a\n\n", 0),
    ])
    func `events are those that a client dispatches`(_ text: String, _ events: Int) {
        #expect(scan(text).events == events)
    }

    @Test(arguments: [
        ("data: [DONE]\n\n", true), ("data:[DONE]\n\n", true), ("data: [DONE]\r", true), ("data: [DONE]", false),
        ("data:  [DONE]\n\n", false), ("data: [DONE] \n\n", false), ("data: x[DONE]\n\n", false),
        (": [DONE]\n\n", false),
        ("data: [DONE]\(String(repeating: "x", count: 40))\n\n", false), ("dat: [DONE]\n", false),
    ])
    func `the end of OpenAI's streams is known`(_ text: String, _ sawDone: Bool) {
        #expect(scan(text).sawDone == sawDone)
    }

    @Test(arguments: [
        ("event: error\n", true), ("event:error\ndata: {}\n\n", true), ("event: errors\n", false),
        ("event: err\n", false),
        ("data: {\"error\":{\"message\":\"x\"}}\n\n", true), ("data:{\"error\": \"x\"}\n\n", true),
        ("data: {\"error\":null,\"choices\":[]}\n\n", false), ("data: {\"error\": null}\n\n", false),
        ("data: {\"errors\":[]}\n\n", false), ("data: {\"choices\":[{\"error\":1}]}\n\n", false),
        (": event: error\n", false),
        ("\u{feff}event: error\n", true),
    ])
    func `an error told in the stream is known`(_ text: String, _ sawError: Bool) {
        #expect(scan(text).sawError == sawError)
    }

    @Test(arguments: [
        ("data: a\n\nda", 9), ("data: a\n\n: hello\nda", 17), ("data: a\n: inside\n", nil), ("data: a\n", nil),
        ("data: a\r\n\r", 10), ("\n", 1), (": a\r\n", 5), (": a", nil), ("event: x\n\n", 10), ("data: a\n\n\n", 10),
    ])
    func `the last whole place is told`(_ text: String, _ boundary: Int?) {
        #expect(Stream().scan(text) == boundary)
    }

    @Test func `a boundary is where nothing is begun`() {
        #expect(EventScanner().isAtBoundary)
        #expect(scan("data: a\n\n").isAtBoundary)
        #expect(scan(": keepalive\n").isAtBoundary)
        #expect(!scan("data: a\n").isAtBoundary)
        #expect(!scan("data: a\n\nd").isAtBoundary)
        #expect(!scan("data: a\n: inside\n").isAtBoundary)
    }

    @Test func `a CRLF that is cut in two is one line end`() {
        let stream = Stream()
        #expect(stream.scan("data: a\r") == nil)
        #expect(stream.scan("\n") == nil)
        #expect(stream.scan("") == nil)
        #expect(stream.scan("\r") == 1)
        #expect(stream.scan("") == nil)
        #expect(stream.scan("\ndata: b") == 1)
        #expect(stream.scanner.events == 1)
    }

    @Test func `streams of any line ends, cut anywhere, are read as the standard reads them`() {
        var dice = Dice(seed: 7)
        for _ in 0..<3_000 {
            let bytes = randomStream(&dice)
            let plain = PlainReading(bytes)
            var scanner = EventScanner()
            var start = 0
            for cut in dice.cuts(bytes.count) {
                let boundary = scanner.scan(bytes.span.extracting(start..<cut))
                #expect(boundary == plain.boundary(in: start..<cut), "\(bytes) cut \(start)..<\(cut)")
                start = cut
            }
            #expect(scanner.events == plain.events, "\(bytes)")
            #expect(scanner.sawDone == plain.sawDone && scanner.sawError == plain.sawError, "\(bytes)")
            var whole = EventScanner()
            _ = whole.scan(bytes.span)
            #expect(whole == scanner)
        }
    }

    @Test func `a large event in small pieces and a stream of CRs take linear time`() {
        var scanner = EventScanner()
        let returns = [UInt8](repeating: 13, count: 1 << 20)
        let clock = ContinuousClock()
        let time = clock.measure { _ = scanner.scan(returns.span) }
        #expect(time < .seconds(120))
        #expect(scanner.events == 0)
    }

    private func randomStream(_ dice: inout Dice) -> [UInt8] {
        let lines = [
            "data: a", "data", "data:", "data: [DONE]", "data: {\"error\":1}", "data: {\"error\":null}", "event: error",
            "event: errors", ": c", ":", "id: 5", "datum: x", "", "", "", "data: 123456789012345678", "x",
            "data: 1234567890123456789012345678901234567890", "event:error",
        ]
        let ends = ["\n", "\r", "\r\n"]
        var text = dice.roll(5) == 0 ? "\u{feff}" : ""
        for _ in 0..<dice.roll(13) { text += lines[dice.roll(lines.count)] + ends[dice.roll(3)] }
        return Array(text.utf8)
    }
}

/// The stream read in the plainest way, line by line.
private struct PlainReading {
    var events = 0
    var sawDone = false
    var sawError = false
    private var boundaries: Set<Int> = []
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var position = 0
        var (hasField, hasData) = (false, false)
        while let end = bytes[position...].firstIndex(where: { $0 == 10 || $0 == 13 }) {
            var line = Array(bytes[position..<end])
            if position == 0, line.starts(with: [0xef, 0xbb, 0xbf]) { line.removeFirst(3) }
            let isPair = bytes[end] == 13 && end + 1 < bytes.count && bytes[end + 1] == 10
            position = end + (isPair ? 2 : 1)
            if line.isEmpty {
                events += hasData ? 1 : 0
                (hasField, hasData) = (false, false)
            } else if line[0] != 0x3a {
                hasField = true
                note(line, &hasData)
            }
            if !hasField {
                boundaries.insert(position)
                if isPair { cutPairs.insert(position - 1) }
            }
        }
    }

    /// Places between a CR and its LF that end a whole line when the bytes are cut there.
    private var cutPairs: Set<Int> = []

    private mutating func note(_ line: [UInt8], _ hasData: inout Bool) {
        let text = String(decoding: line, as: UTF8.self)
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count > 1 ? parts[1] : ""
        if value.hasPrefix(" ") { value = value.dropFirst() }
        if parts[0] == "data" {
            hasData = true
            if value == "[DONE]" { sawDone = true }
            if value.hasPrefix("{\"error\""), !value.hasPrefix("{\"error\":null") { sawError = true }
        }
        if parts[0] == "event", value == "error" { sawError = true }
    }

    func boundary(in piece: Range<Int>) -> Int? {
        var candidates = boundaries.filter { $0 > piece.lowerBound && $0 <= piece.upperBound }
        if cutPairs.contains(piece.upperBound), !piece.isEmpty { candidates.insert(piece.upperBound) }
        return candidates.max().map { $0 - piece.lowerBound }
    }
}
