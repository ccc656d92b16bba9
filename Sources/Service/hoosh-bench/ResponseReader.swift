import CLinux
import Glibc

/// Reads one HTTP/1.1 response after the other off a connection, checking the framing as it goes.
///
/// The load side must notice a proxy that answers fast and wrong: a status other than 200, a length that does not
/// match, a chunk that does not end in CRLF all make it `broken`. No allocation but the head's room.
struct ResponseReader {
    enum State: UInt8 { case head, counted, chunkSize, chunkExtension, chunkData, chunkEnd, trailer, complete, broken }

    private(set) var state = State.head
    /// The response asks for this connection to be closed after it.
    private(set) var wantsClose = false
    private var remaining = 0
    private var digits = 0
    private var lineLength = 0
    private let head: UnsafeMutableRawBufferPointer
    private var headCount = 0

    init(headLimitBytes: Int = 4096) { head = .allocate(byteCount: headLimitBytes, alignment: 8) }

    /// Gives the head's room back; the owner calls it once.
    func deallocate() { head.deallocate() }

    mutating func reset() {
        state = .head
        wantsClose = false
        headCount = 0
    }

    /// Uses up bytes until they end or the response does.
    ///
    /// - Returns: how many bytes belong to this response.
    mutating func consume(_ bytes: UnsafeRawBufferPointer, _ tally: inout PayloadTally, isStream: Bool) -> Int {
        var position = 0
        while position < bytes.count {
            switch state {
            case .head:
                position += takeHead(UnsafeRawBufferPointer(rebasing: bytes[position...]))
            case .counted, .chunkData:
                let count = min(remaining, bytes.count - position)
                tally.take(UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)]), isStream: isStream)
                remaining -= count
                position += count
                if remaining == 0 { state = state == .counted ? .complete : .chunkEnd }
                lineLength = 0
            case .chunkSize, .chunkExtension, .chunkEnd, .trailer:
                takeFraming(bytes[position])
                position += 1
            case .complete, .broken:
                return position
            }
        }
        return position
    }

    private mutating func takeFraming(_ byte: UInt8) {
        switch state {
        case .chunkEnd:
            // Exactly CR LF after the data (RFC 9112 §7.1).
            guard byte == (lineLength == 0 ? 13 : 10) else { return state = .broken }
            lineLength += 1
            if lineLength == 2 { beginChunk() }
        case .chunkSize:
            if let digit = ResponseReader.hexadecimal(byte), digits < 15 {
                remaining = remaining << 4 | digit
                digits += 1
            } else if byte == 10, digits > 0 {
                endSize()
            } else if byte == 59, digits > 0 {
                state = .chunkExtension
            } else if byte != 13 {
                state = .broken
            }
        case .chunkExtension:
            if byte == 10 { endSize() }
        case .trailer:
            if byte == 10 {
                if lineLength == 0 { state = .complete }
                lineLength = 0
            } else if byte != 13 {
                lineLength += 1
            }
        default:
            state = .broken
        }
    }

    private mutating func beginChunk() {
        state = .chunkSize
        remaining = 0
        digits = 0
    }

    private mutating func endSize() {
        state = remaining == 0 ? .trailer : .chunkData
        lineLength = 0
    }

    private mutating func takeHead(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let room = head.baseAddress, let source = bytes.baseAddress else { return 0 }
        let before = headCount
        let count = min(bytes.count, head.count - headCount)
        memcpy(room + headCount, source, count)
        headCount += count
        guard let found = clinux_find(room, headCount, "\r\n\r\n", 4) else {
            if headCount == head.count { state = .broken }
            return count
        }
        let length = UnsafeRawPointer(found) - UnsafeRawPointer(room) + 4
        headCount = length
        readHead(UnsafeRawBufferPointer(start: room, count: length))
        return length - before
    }

    private mutating func readHead(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 12, ResponseReader.starts(bytes, 0, "HTTP/1.1 200") else { return state = .broken }
        var length = -1
        var isChunked = false
        var position = 0
        while let base = bytes.baseAddress, let found = memchr(base + position, 10, bytes.count - position) {
            position = UnsafeRawPointer(found) - base + 1
            if ResponseReader.starts(bytes, position, "content-length:") {
                length = ResponseReader.decimal(bytes, position + 15)
            } else if ResponseReader.starts(bytes, position, "transfer-encoding: chunked") {
                isChunked = true
            } else if ResponseReader.starts(bytes, position, "connection: close") {
                wantsClose = true
            }
        }
        if isChunked, length < 0 {
            beginChunk()
        } else if length >= 0, !isChunked {
            remaining = length
            state = length == 0 ? .complete : .counted
        } else {
            state = .broken
        }
    }

    /// Compares ASCII without regard to case.
    private static func starts(_ bytes: UnsafeRawBufferPointer, _ position: Int, _ text: StaticString) -> Bool {
        guard position + text.utf8CodeUnitCount <= bytes.count else { return false }
        for index in 0..<text.utf8CodeUnitCount {
            let byte = bytes[position + index]
            let lower = byte >= 65 && byte <= 90 ? byte | 32 : byte
            let wanted = text.utf8Start[index]
            let wantedLower = wanted >= 65 && wanted <= 90 ? wanted | 32 : wanted
            if lower != wantedLower { return false }
        }
        return true
    }

    private static func decimal(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var position = start
        while position < bytes.count, bytes[position] == 32 { position += 1 }
        var value = -1
        while position < bytes.count, bytes[position] >= 48, bytes[position] <= 57, value < 1 << 50 {
            value = max(value, 0) * 10 + Int(bytes[position] - 48)
            position += 1
        }
        return value
    }

    private static func hexadecimal(_ byte: UInt8) -> Int? {
        switch byte {
        case 48...57: Int(byte) - 48
        case 65...70: Int(byte) - 55
        case 97...102: Int(byte) - 87
        default: nil
        }
    }
}
