import Glibc

/// What the payload of one response came to: bytes, events, its last bytes, and the stamps found in it.
struct PayloadTally {
    /// Payload bytes, framing left out.
    var byteCount = 0
    /// Blank lines seen: each ends one event.
    var eventCount = 0
    /// Asks for `hash`: a byte at a time, too slow for a load.
    let isHashing: Bool
    /// FNV-1a of the payload, when asked for.
    private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    /// The last byte was a line feed that may be the first of two.
    private var holdsNewline = false
    private var tail: UInt64 = 0
    private var tailBefore: UInt64 = 0

    init(isHashing: Bool = false) { self.isHashing = isHashing }

    /// True when the payload so far ends with `data: [DONE]` and a blank line.
    var endsWithDone: Bool {
        // The last 16 bytes, oldest first: "?" "?" "data: [DONE]" "\n" "\n".
        let wanted: StaticString = "data: [DONE]\n\n"
        var index = wanted.utf8CodeUnitCount - 1
        var place = 0
        while index >= 0 {
            let word = place < 8 ? tail : tailBefore
            let byte = UInt8(truncatingIfNeeded: word >> UInt64((place & 7) * 8))
            if byte != wanted.utf8Start[index] { return false }
            index -= 1
            place += 1
        }
        return true
    }

    /// Counts a piece of payload; `isStream` asks for events as well.
    @inline(__always)
    mutating func take(_ piece: UnsafeRawBufferPointer, isStream: Bool) {
        byteCount += piece.count
        if isHashing {
            for byte in piece { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        guard isStream, let base = piece.baseAddress, piece.count > 0 else { return }
        remember(piece)
        var position = 0
        while position < piece.count {
            if holdsNewline {
                holdsNewline = false
                if piece[position] == 10 {
                    eventCount += 1
                    position += 1
                    continue
                }
            }
            guard let found = memchr(base + position, 10, piece.count - position) else { return }
            position = UnsafeRawPointer(found) - base + 1
            holdsNewline = true
        }
    }

    private mutating func remember(_ piece: UnsafeRawBufferPointer) {
        for byte in piece.suffix(16) {
            tailBefore = tailBefore << 8 | tail >> 56
            tail = tail << 8 | UInt64(byte)
        }
    }
}
