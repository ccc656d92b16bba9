/// Puts bytes one after the other into memory that somebody else owns.
///
/// What does not fit is not written, and `overflowed` is set: check it once, at the end. Nothing is allocated.
package struct ByteWriter {
    private let room: UnsafeMutableRawBufferPointer
    /// Bytes written.
    package private(set) var count = 0
    /// True once something did not fit.
    package private(set) var overflowed = false

    /// Begins at the front of `room`.
    package init(_ room: UnsafeMutableRawBufferPointer) { self.room = room }

    /// What was written; valid as long as the memory is.
    package var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: room[..<count]) }

    /// Writes raw memory.
    package mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= room.count - count else { return overflowed = true }
        guard let source = bytes.baseAddress, let target = room.baseAddress else { return }
        (target + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// Writes a literal.
    package mutating func put(_ text: StaticString) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Writes the bytes of a span.
    package mutating func put(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { put($0) }
    }

    /// Writes an array.
    package mutating func put(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { put($0) }
    }

    /// Writes a string as UTF-8.
    package mutating func put(_ text: String) {
        var text = text
        text.withUTF8 { put(UnsafeRawBufferPointer($0)) }
    }

    /// Writes one byte.
    package mutating func put(byte: UInt8) {
        guard count < room.count else { return overflowed = true }
        room[count] = byte
        count += 1
    }

    /// Writes a number in decimal.
    package mutating func put(decimal number: Int) {
        if number < 0 { put(byte: 0x2d) }
        var value = number.magnitude
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { raw in
            var place = raw.count
            repeat {
                place -= 1
                raw[place] = UInt8(0x30 + value % 10)
                value /= 10
            } while value > 0
            put(UnsafeRawBufferPointer(rebasing: raw[place...]))
        }
    }
}
