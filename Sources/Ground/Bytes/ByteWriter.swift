/// Puts bytes one after the other into memory that somebody else owns.
///
/// What does not fit is not written, and `overflowed` is set: check it once, at the end. Nothing is allocated.
public struct ByteWriter {
    @usableFromInline let room: UnsafeMutableRawBufferPointer
    /// Bytes written.
    @inlinable public var count: Int { filled }
    @usableFromInline var filled = 0
    /// True once something did not fit.
    @inlinable public var overflowed: Bool { isOverflowed }
    @usableFromInline var isOverflowed = false

    /// Begins at the front of `room`.
    @inlinable
    public init(_ room: UnsafeMutableRawBufferPointer) { self.room = room }

    /// What was written; valid as long as the memory is.
    public var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: room[..<count]) }

    /// Writes raw memory.
    @inlinable
    public mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= room.count - filled else { return isOverflowed = true }
        guard let source = bytes.baseAddress, let target = room.baseAddress else { return }
        (target + filled).copyMemory(from: source, byteCount: bytes.count)
        filled += bytes.count
    }

    /// Writes a literal.
    @inlinable
    public mutating func put(_ text: StaticString) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Writes the bytes of a span.
    @inlinable
    public mutating func put(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { put($0) }
    }

    /// Writes an array.
    @inlinable
    public mutating func put(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { put($0) }
    }

    /// Writes a string as UTF-8.
    ///
    /// Literals go by the form above, which copies without asking what the string is.
    @inlinable
    @_disfavoredOverload
    public mutating func put(_ text: String) {
        var text = text
        text.withUTF8 { put(UnsafeRawBufferPointer($0)) }
    }

    /// Writes one byte.
    @inlinable
    public mutating func put(byte: UInt8) {
        guard filled < room.count else { return isOverflowed = true }
        room[filled] = byte
        filled += 1
    }

    /// Writes a number in decimal.
    public mutating func put(decimal number: Int) {
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
