import Bytes

/// Walks the framing of one body over bytes that are looked at, not consumed.
///
/// A small value: copy it to come back to a place. Chunk syntax is taken strictly (RFC 9112 §7.1), because bytes that
/// two parsers read differently can smuggle a message past one of them.
package struct BodyWalker: Equatable {
    /// What comes next in the bytes.
    package enum Step: Equatable {
        /// Payload, as far as it is here.
        case payload(Range<Int>)
        /// Nothing further is complete: the position stands at the first byte that is not understood yet.
        case more
        /// The body has ended; the position stands after its last byte.
        case end
    }

    private enum State: UInt8 {
        case payload, sizeLine, chunkEnd, trailers, ended
    }

    private var state: State
    /// The payload stands in chunks.
    package let isChunked: Bool
    /// Payload that is still to come of this chunk or length; `.max` when only the connection's end ends it.
    package private(set) var payloadLeft: Int

    /// A chunk-size line with its extensions may be this long, bytes.
    package static let sizeLineBytes = 4_096
    /// All trailer fields together may be this long, bytes.
    package static let trailerBytes = 16 * 1024

    /// Begins before the first byte of a body.
    package init(_ framing: BodyFraming) {
        switch framing {
        case .none:
            (state, isChunked, payloadLeft) = (.ended, false, 0)
        case .length(let count):
            (state, isChunked, payloadLeft) = (count == 0 ? .ended : .payload, false, count)
        case .chunked:
            (state, isChunked, payloadLeft) = (.sizeLine, true, 0)
        case .untilClose:
            (state, isChunked, payloadLeft) = (.payload, false, .max)
        }
    }

    /// True after `.end`.
    package var isEnded: Bool { state == .ended }

    /// It stands in front of a chunk's size line.
    package var isBetweenChunks: Bool { state == .sizeLine }

    /// The last chunk is behind it.
    package var isPastChunks: Bool { state == .trailers || (isChunked && state == .ended) }

    /// The payload of a chunk is complete, but its CRLF is not.
    package var owesChunkEnd: Bool { state == .chunkEnd }

    /// Takes the next step from `position`.
    ///
    /// - Throws: what is wrong with the framing; nothing behind it can be trusted.
    package mutating func next(_ bytes: Span<UInt8>, at position: inout Int) throws(HTTPFault) -> Step {
        while true {
            switch state {
            case .ended: return .end
            case .payload:
                guard position < bytes.count else { return .more }
                let count = min(payloadLeft, bytes.count - position)
                let range = position..<(position + count)
                position += count
                skipPayload(count)
                return .payload(range)
            case .chunkEnd:
                guard bytes.count - position >= 2 else {
                    guard position == bytes.count || bytes[position] == 0x0d else { throw BodyWalker.badChunkEnd }
                    return .more
                }
                guard bytes[position] == 0x0d, bytes[position + 1] == 0x0a else { throw BodyWalker.badChunkEnd }
                position += 2
                state = .sizeLine
            case .sizeLine:
                guard try readSize(bytes, &position) else { return .more }
            case .trailers:
                guard try readTrailers(bytes, &position) else { return .more }
                state = .ended
            }
        }
    }

    private static let badChunkEnd = HTTPFault.malformed("sent a chunk that is longer than it said")

    /// Moves past payload without seeing it.
    package mutating func skipPayload(_ count: Int) {
        guard count > 0, payloadLeft != .max else { return }
        precondition(count <= payloadLeft, "cannot skip more payload than there is")
        payloadLeft -= count
        if payloadLeft == 0 { state = isChunked ? .chunkEnd : .ended }
    }

    /// Undoes the last `count` bytes of the payload just walked.
    package mutating func stepBack(_ count: Int) {
        guard count > 0, payloadLeft != .max else { return }
        payloadLeft += count
        state = .payload
    }

    /// Reads `1a2b;extension CRLF`; false when the line is not complete.
    private mutating func readSize(_ bytes: Span<UInt8>, _ position: inout Int) throws(HTTPFault) -> Bool {
        var index = position
        var size = 0
        while index < bytes.count, let digit = ASCII.hexValue(bytes[index]) {
            guard index - position < 15 else { throw .malformed("sent a chunk size that is too large") }
            size = size << 4 | digit
            index += 1
        }
        guard index < bytes.count else { return false }
        guard index > position else { throw .malformed("sent a chunk size that is no hexadecimal number") }
        // An extension begins with a semicolon, maybe after white space, and white space alone is none
        // (RFC 9112 §7.1.1).
        var next = index
        while next < bytes.count, next - position < BodyWalker.sizeLineBytes, bytes[next] == 0x20 || bytes[next] == 0x09
        {
            next += 1
        }
        guard next < bytes.count || next - position >= BodyWalker.sizeLineBytes else { return false }
        guard next < bytes.count, bytes[next] == 0x3b || (bytes[next] == 0x0d && next == index) else {
            throw .malformed("sent a malformed chunk size line")
        }
        while index < bytes.count, bytes[index] != 0x0d {
            // Extensions are passed over, but may hold nothing that could be taken for a line end.
            guard ASCII.isFieldText(bytes[index]) else {
                throw .malformed("sent a control byte in a chunk size line")
            }
            guard index - position < BodyWalker.sizeLineBytes else {
                throw .malformed("sent a chunk size line longer than 4 KiB")
            }
            index += 1
        }
        guard index + 1 < bytes.count else { return false }
        guard bytes[index + 1] == 0x0a else { throw .malformed("sent a CR without LF in a chunk size line") }
        position = index + 2
        payloadLeft = size
        state = size == 0 ? .trailers : .payload
        return true
    }

    /// Reads trailer lines up to the empty one; false when they are not complete.
    private mutating func readTrailers(_ bytes: Span<UInt8>, _ position: inout Int) throws(HTTPFault) -> Bool {
        var start = position
        while let end = Scan.find(0x0a, in: bytes, from: start) {
            guard end - position < BodyWalker.trailerBytes else {
                throw .malformed("sent trailers larger than 16 KiB")
            }
            guard end > start, bytes[end - 1] == 0x0d else { throw .malformed("sent a trailer line without CR") }
            if end - 1 == start {
                position = end + 1
                return true
            }
            try checkTrailer(bytes.extracting(start..<(end - 1)))
            start = end + 1
        }
        guard bytes.count - position < BodyWalker.trailerBytes else {
            throw .malformed("sent trailers larger than 16 KiB")
        }
        // A first byte that can begin neither CRLF nor a name is an error already.
        if start < bytes.count, bytes[start] != 0x0d, !ASCII.isToken(bytes[start]) {
            throw .malformed("sent bytes after the last chunk that are no trailer")
        }
        return false
    }

    private func checkTrailer(_ line: Span<UInt8>) throws(HTTPFault) {
        var index = 0
        while index < line.count, ASCII.isToken(line[index]) { index += 1 }
        guard index > 0, index < line.count, line[index] == 0x3a else { throw .malformed("sent a malformed trailer") }
        // A trailer must not say what frames the message (RFC 9110 §6.5.1).
        switch KnownField.recognise(line.extracting(..<index)) {
        case .contentLength, .transferEncoding, .host, .connection, .trailer:
            throw .malformed("sent a trailer that may not be one")
        default: break
        }
        for place in (index + 1)..<line.count {
            guard ASCII.isFieldText(line[place]) else {
                throw .malformed("sent a control byte in a trailer")
            }
        }
    }
}
