import EventStream

/// Event streams: splits change nothing, and a slow reader that follows the standard line by line agrees.
enum EventCheck {
    static func run(_ bytes: [UInt8]) throws(Violation) {
        var whole = EventScanner()
        let boundary = whole.scan(bytes.span)
        if let boundary { try claim((1...bytes.count).contains(boundary), "a boundary outside") }
        var dice = Dice(of: bytes)
        for _ in 0..<3 {
            var pieces = EventScanner()
            var last: Int?
            var start = 0
            for cut in dice.cuts(bytes.count) {
                if let found = pieces.scan(bytes.span.extracting(start..<cut)) {
                    try claim(found <= cut - start, "a boundary outside")
                    last = start + found
                }
                start = cut
            }
            try claim(pieces == whole, "another state in pieces")
            try claim(last == boundary, "boundary \(boundary ?? -1) at once, \(last ?? -1) in pieces")
        }
        let slow = SlowReader(bytes)
        try claim(slow.events == whole.events, "\(slow.events) events by the standard, \(whole.events) here")
        try claim(slow.sawDone == whole.sawDone, "the mark of the end: \(slow.sawDone) by the standard")
        try claim(slow.isAtBoundary == whole.isAtBoundary, "at a boundary: \(slow.isAtBoundary) by the standard")
    }

    /// WHATWG HTML, 9.2.6 "Interpreting an event stream", word by word.
    struct SlowReader {
        var events = 0
        var sawDone = false
        var isAtBoundary = true

        init(_ bytes: [UInt8]) {
            var rest = bytes[...]
            if rest.starts(with: [0xef, 0xbb, 0xbf]) {
                rest = rest.dropFirst(3)
                // Until its line ends, nobody knows that nothing but the mark was on it.
                if rest.isEmpty { isAtBoundary = false }
            } else if !rest.isEmpty, rest.count < 3, [0xef, 0xbb, 0xbf].starts(with: rest) {
                isAtBoundary = false
                return
            }
            var hasData = false
            var hasField = false
            while let end = rest.firstIndex(where: { $0 == 0x0a || $0 == 0x0d }) {
                let line = rest[..<end]
                let isPair = rest[end] == 0x0d && end + 1 < rest.endIndex && rest[end + 1] == 0x0a
                rest = rest[(isPair ? end + 2 : end + 1)...]
                if line.isEmpty {
                    if hasData { events += 1 }
                    hasData = false
                    hasField = false
                    continue
                }
                guard line.first != 0x3a else { continue }
                hasField = true
                let colon = line.firstIndex(of: 0x3a) ?? line.endIndex
                guard Array(line[..<colon]) == Array("data".utf8) else { continue }
                hasData = true
                var value = line[colon...].dropFirst()
                if value.first == 0x20 { value = value.dropFirst() }
                if Array(value) == Array("[DONE]".utf8) { sawDone = true }
            }
            if !rest.isEmpty || hasField { isAtBoundary = false }
        }
    }
}
