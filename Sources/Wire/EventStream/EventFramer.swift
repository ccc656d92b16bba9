import Bytes

/// Takes server-sent events apart into name and data (WHATWG HTML, 9.2.6), for streams that are translated.
///
/// Holds one event at most; its memory is kept between events.
package struct EventFramer {
    /// The largest event it takes, in bytes of data.
    package static let limitBytes = 8 << 20

    private var line: [UInt8] = []
    private var name: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var afterCR = false
    private var isFirstLine = true

    /// Begins before the first byte of a stream.
    package init() {}

    /// Bytes of an event that is not whole yet.
    package var heldBytes: Int { line.count + data.count }

    /// True when no part of an event is held.
    package var isAtBoundary: Bool { line.isEmpty && !hasData && name.isEmpty }

    /// Takes bytes, and calls with each event that becomes whole: its name (empty when it has none) and its data.
    ///
    /// - Throws: what `body` throws; `tooLarge` for an event beyond the limit.
    package mutating func take<Failure: Error>(
        _ bytes: Span<UInt8>,
        tooLarge: Failure,
        _ body: (_ name: Span<UInt8>, _ data: Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        var position = 0
        if afterCR, position < bytes.count {
            afterCR = false
            if bytes[0] == 0x0a { position = 1 }
        }
        while position < bytes.count {
            let end = EventFramer.endOfLine(bytes, from: position)
            Scan.append(bytes.extracting(position..<end), to: &line)
            guard line.count + data.count <= EventFramer.limitBytes else { throw tooLarge }
            guard end < bytes.count else { return }
            position = end + 1
            if bytes[end] == 0x0d {
                if position == bytes.count { afterCR = true } else if bytes[position] == 0x0a { position += 1 }
            }
            try endLine(body)
        }
    }

    private static func endOfLine(_ bytes: Span<UInt8>, from start: Int) -> Int {
        let feed = Scan.find(0x0a, in: bytes, from: start) ?? bytes.count
        return Scan.find(0x0d, in: bytes.extracting(..<feed), from: start) ?? feed
    }

    private mutating func endLine<Failure: Error>(
        _ body: (Span<UInt8>, Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xef, 0xbb, 0xbf]) { line.removeFirst(3) }
        }
        defer { line.removeAll(keepingCapacity: true) }
        guard line.isEmpty else { return takeField() }
        defer { clear() }
        // An event without data is not dispatched.
        if hasData { try dispatch(body) }
    }

    private func dispatch<Failure: Error>(
        _ body: (Span<UInt8>, Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        try body(name.span, data.span)
    }

    private mutating func clear() {
        name.removeAll(keepingCapacity: true)
        data.removeAll(keepingCapacity: true)
        hasData = false
    }

    private mutating func takeField() {
        let colon = line.firstIndex(of: 0x3a) ?? line.count
        var value = min(colon + 1, line.count)
        if value < line.count, line[value] == 0x20 { value += 1 }
        switch field(colon) {
        case .data:
            if hasData { data.append(0x0a) }
            data.append(contentsOf: line[value...])
            hasData = true
        case .event:
            name.removeAll(keepingCapacity: true)
            name.append(contentsOf: line[value...])
        case .other: break
        }
    }

    private enum Field { case data, event, other }

    private func field(_ colon: Int) -> Field {
        let name = line.span.extracting(..<colon)
        return ASCII.equals(name, "data") ? .data : ASCII.equals(name, "event") ? .event : .other
    }
}

/// Takes a body of one JSON value per line apart (NDJSON), for streams that are translated.
package struct LineFramer {
    private var line: [UInt8] = []

    /// Begins before the first byte of a body.
    package init() {}

    /// Bytes of a line that is not whole yet.
    package var heldBytes: Int { line.count }

    /// True when no part of a line is held.
    package var isAtBoundary: Bool { line.isEmpty }

    /// Takes bytes, and calls with each line that becomes whole; empty lines are passed over.
    ///
    /// - Throws: what `body` throws; `tooLarge` for a line beyond `EventFramer.limitBytes`.
    package mutating func take<Failure: Error>(
        _ bytes: Span<UInt8>,
        tooLarge: Failure,
        _ body: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        var position = 0
        while position < bytes.count {
            let end = Scan.find(0x0a, in: bytes, from: position) ?? bytes.count
            Scan.append(bytes.extracting(position..<end), to: &line)
            guard line.count <= EventFramer.limitBytes else { throw tooLarge }
            guard end < bytes.count else { return }
            position = end + 1
            try finish(body)
        }
    }

    /// The body has ended: a last line may lack its line end.
    package mutating func finish<Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> Void) throws(Failure) {
        if line.last == 0x0d { line.removeLast() }
        defer { line.removeAll(keepingCapacity: true) }
        try dispatch(body)
    }

    private func dispatch<Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> Void) throws(Failure) {
        if !line.isEmpty { try body(line.span) }
    }
}
