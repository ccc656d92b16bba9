import Bytes
import JSON

/// `stream_options.include_usage`, by which OpenAI's streams are asked to count (platform.openai.com, Chat Completions).
package enum StreamUsage {
    /// How a request is made to ask for it; nil when it asks already, or says something that is not understood.
    ///
    /// No other byte changes. `options` is the place of the value of `stream_options`, absent when there is none.
    package static func edit(_ body: Span<UInt8>, options: TextRange) -> (place: Range<Int>, bytes: StaticString)? {
        guard !options.isAbsent else { return added(to: body) }
        let range = options.range
        switch body[range.lowerBound] {
        case 0x6e: return (range, "{\"include_usage\":true}")
        case 0x7b: return changed(body, range)
        default: return nil
        }
    }

    /// One more member in front of the brace that ends the body.
    private static func added(to body: Span<UInt8>) -> (place: Range<Int>, bytes: StaticString)? {
        var end = body.count - 1
        while end >= 0, body[end] != 0x7d { end -= 1 }
        return end < 0 ? nil : (end..<end, ",\"stream_options\":{\"include_usage\":true}")
    }

    private static func changed(_ body: Span<UInt8>, _ range: Range<Int>) -> (place: Range<Int>, bytes: StaticString)? {
        var said: Range<Int>?
        var isEmpty = true
        _ = JSONMembers.each(of: body, from: range.lowerBound) { key, value in
            isEmpty = false
            if ASCII.equals(body.extracting(key), "include_usage") { said = value }
        }
        let inside = range.lowerBound + 1
        guard let said else {
            return (inside..<inside, isEmpty ? "\"include_usage\":true" : "\"include_usage\":true,")
        }
        return body[said.lowerBound] == 0x74 ? nil : (said, "true")
    }

    /// Takes the events out of a stream that carry usage and nothing else; `events` begins and ends between two of them.
    package static func withoutBareEvents(_ events: [UInt8]) -> [UInt8] {
        let bytes = events
        let span = bytes.span
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count)
        var eventStart = 0
        var lineStart = 0
        var isBare = false
        while lineStart < bytes.count {
            // Lines end with LF, CRLF or CR (WHATWG HTML §9.2.5).
            let feed = Scan.find(0x0a, in: span, from: lineStart) ?? bytes.count
            let end = Scan.find(0x0d, in: span.extracting(..<feed), from: lineStart) ?? feed
            let line = span.extracting(lineStart..<end)
            if isBareLine(line) { isBare = true }
            lineStart = min(end + 1, bytes.count)
            if end < feed, lineStart == feed, feed < bytes.count { lineStart += 1 }
            guard line.isEmpty || lineStart == bytes.count else { continue }
            if !isBare { kept += bytes[eventStart..<lineStart] }
            eventStart = lineStart
            isBare = false
        }
        return kept
    }

    /// Whether a usage object stands here that may be an event's of its own.
    package static func mayHoldBareEvent(_ bytes: Span<UInt8>) -> Bool {
        UsageShape.findObject("\"usage\"", in: bytes, from: 0) != nil
    }

    private static func isBareLine(_ line: Span<UInt8>) -> Bool {
        guard ASCII.starts(line, with: "data:"), mayHoldBareEvent(line), let start = Scan.find(0x7b, in: line) else {
            return false
        }
        return UsageEvent(line, from: start, .chat)?.isBare == true
    }
}
