import Bytes

/// Finds the ends of events in a stream that comes in pieces (WHATWG HTML, 9.2 Server-sent events).
///
/// Looks at line ends and at the first bytes of lines, so a large event costs one search for its end. A small value:
/// copy it to come back to a place.
package struct EventScanner: Equatable {
    /// Events that a client would dispatch: those with data.
    package private(set) var events = 0
    /// Data `[DONE]` came, which ends OpenAI's streams.
    package private(set) var sawDone = false
    /// An event named `error` came, or data that begins with `{"error"` and not with `{"error":null`.
    package private(set) var sawError = false

    /// The first bytes of the current line, packed: enough to know `data`, `event` and what they begin with.
    private var prefix: (UInt64, UInt64, UInt64) = (0, 0, 0)
    private var prefixCount = 0
    private var lineIsEmpty = true
    private var hasField = false
    private var hasData = false
    private var afterCR = false
    /// A byte order mark may stand before the first line and is no part of it.
    private var isFirstLine = true

    /// Each line stands by itself (NDJSON): its end is all that is looked for.
    private var isOfLines = false

    /// Begins before the first byte of a stream; `ofLines` for a body that has a value in each line and no events.
    package init(ofLines: Bool = false) { isOfLines = ofLines }

    /// Whether both have seen the same and stand at the same place.
    package static func == (left: EventScanner, right: EventScanner) -> Bool {
        left.events == right.events && left.sawDone == right.sawDone && left.sawError == right.sawError
            && left.prefix == right.prefix && left.prefixCount == right.prefixCount
            && left.lineIsEmpty == right.lineIsEmpty && left.hasField == right.hasField
            && left.hasData == right.hasData && left.afterCR == right.afterCR && left.isFirstLine == right.isFirstLine
            && left.isOfLines == right.isOfLines
    }

    /// Nothing of an event has come yet that a client would still wait for the end of.
    package var isAtBoundary: Bool { lineIsEmpty && !hasField }

    /// Scans a piece; answers the offset in it behind which nothing whole stands, or nil when nothing became whole.
    ///
    /// Whole is an event with its blank line, and a comment line that stands between events.
    package mutating func scan(_ bytes: Span<UInt8>) -> Int? {
        guard !isOfLines else { return scanLines(bytes) }
        var position = 0
        var boundary: Int?
        if afterCR, position < bytes.count {
            afterCR = false
            if bytes[0] == 0x0a {
                // The second half of a CRLF whose first half ended the last piece.
                position = 1
                if isAtBoundary { boundary = 1 }
            }
        }
        // Each kind of line end is searched for once up to where it stands, so that no mixture of them is slow.
        var feed = -1
        var carriage = -1
        while position < bytes.count {
            if feed < position { feed = Scan.find(0x0a, in: bytes, from: position) ?? bytes.count }
            if carriage < position {
                carriage = Scan.find(0x0d, in: bytes.extracting(..<feed), from: position) ?? feed
            }
            let end = min(feed, carriage)
            guard end < bytes.count else {
                take(bytes.extracting(position...))
                return boundary
            }
            take(bytes.extracting(position..<end))
            position = end + 1
            if bytes[end] == 0x0d {
                if position == bytes.count { afterCR = true } else if bytes[position] == 0x0a { position += 1 }
            }
            endLine()
            if isAtBoundary { boundary = position }
        }
        return boundary
    }

    private mutating func scanLines(_ bytes: Span<UInt8>) -> Int? {
        guard bytes.count > 0 else { return nil }
        var end = bytes.count
        while end > 0, bytes[end - 1] != 0x0a { end -= 1 }
        lineIsEmpty = end == bytes.count
        return end > 0 ? end : nil
    }

    /// The end of the first line that ends in a piece, behind its LF or CRLF; nil when none does.
    ///
    /// A CR that ends the piece is a line's end, though an LF may follow that belongs to it.
    package static func endOfLine(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        let feed = Scan.find(0x0a, in: bytes, from: start) ?? bytes.count
        let end = Scan.find(0x0d, in: bytes.extracting(..<feed), from: start) ?? feed
        guard end < bytes.count else { return nil }
        return bytes[end] == 0x0d && end + 1 == feed && feed < bytes.count ? feed + 1 : end + 1
    }

    /// Keeps the first 24 bytes of the line.
    private mutating func take(_ part: Span<UInt8>) {
        guard !part.isEmpty else { return }
        lineIsEmpty = false
        if prefixCount == 0, part.count >= 24 {
            prefix = (Scan.word(part, at: 0), Scan.word(part, at: 8), Scan.word(part, at: 16))
            prefixCount = part.count == 24 ? 24 : 25
            return
        }
        var index = 0
        while prefixCount < 24, index < part.count {
            let shift = UInt64(prefixCount & 7) * 8
            let value = UInt64(part[index]) << shift
            switch prefixCount >> 3 {
            case 0: prefix.0 |= value
            case 1: prefix.1 |= value
            default: prefix.2 |= value
            }
            prefixCount += 1
            index += 1
        }
        if prefixCount == 24, index < part.count { prefixCount = 25 }
    }

    private func byte(_ index: Int) -> UInt8 {
        let word = index < 8 ? prefix.0 : index < 16 ? prefix.1 : prefix.2
        return UInt8(truncatingIfNeeded: word >> (UInt64(index & 7) * 8))
    }

    private func begins(_ text: StaticString, at offset: Int = 0) -> Bool {
        let count = text.utf8CodeUnitCount
        guard prefixCount >= offset + count else { return false }
        for index in 0..<count where byte(offset + index) != ASCII.byte(text, at: index) { return false }
        return true
    }

    /// Takes the byte order mark off the first line (WHATWG Encoding, "UTF-8 decode").
    private mutating func dropMark() {
        isFirstLine = false
        guard begins("\u{feff}") else { return }
        prefix = (
            prefix.0 >> 24 | prefix.1 << 40, prefix.1 >> 24 | prefix.2 << 40, prefix.2 >> 24
        )
        if prefixCount <= 24 { prefixCount -= 3 }
        lineIsEmpty = prefixCount == 0
    }

    private mutating func endLine() {
        if isFirstLine { dropMark() }
        if lineIsEmpty {
            if hasData { events += 1 }
            hasData = false
            hasField = false
        } else if byte(0) == 0x3a {
            // A comment: whole by itself when it stands between events.
        } else {
            hasField = true
            noteField()
        }
        prefix = (0, 0, 0)
        prefixCount = 0
        lineIsEmpty = true
    }

    private mutating func noteField() {
        if begins("data") {
            guard prefixCount == 4 || byte(4) == 0x3a else { return }
            hasData = true
            let start = byte(5) == 0x20 ? 6 : 5
            if prefixCount == start + 6, begins("[DONE]", at: start) { sawDone = true }
            if begins("{\"error\"", at: start), !begins("{\"error\":null", at: start),
                !begins("{\"error\": null", at: start)
            {
                sawError = true
            }
        } else if prefixCount == 11 ? begins("event:error") : prefixCount == 12 && begins("event: error") {
            sawError = true
        }
    }
}
