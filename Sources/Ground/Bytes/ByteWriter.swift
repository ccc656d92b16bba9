/// Puts bytes one after the other into memory that somebody else owns.
///
/// What does not fit is not written, nor anything after it: the result is cut, never one with a hole. `overflowed` tells;
/// check it once, at the end. Nothing is allocated.
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

    /// What `write` writes, in an array of its own.
    ///
    /// * `room`: bytes that are likely to do; `write` is called again with more when they do not.
    public static func gather(room: Int, _ write: (inout ByteWriter) -> Void) -> [UInt8] {
        var room = room
        while true {
            var isWhole = false
            let bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                var writer = ByteWriter(UnsafeMutableRawBufferPointer(buffer))
                write(&writer)
                isWhole = !writer.overflowed
                count = isWhole ? writer.count : 0
            }
            if isWhole { return bytes }
            room *= 4
        }
    }

    /// Writes raw memory.
    @inlinable
    public mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard !isOverflowed, bytes.count <= room.count - filled else { return isOverflowed = true }
        guard let source = bytes.baseAddress, let target = room.baseAddress else { return }
        (target + filled).copyMemory(from: source, byteCount: bytes.count)
        filled += bytes.count
    }

    /// Writes a literal.
    @inlinable
    public mutating func put(_ text: StaticString) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Writes three literals, one behind the other: all of them or nothing.
    @inlinable
    public mutating func put(_ first: StaticString, _ second: StaticString, _ third: StaticString) {
        let (one, two, three) = (first.utf8CodeUnitCount, second.utf8CodeUnitCount, third.utf8CodeUnitCount)
        guard !isOverflowed, one + two + three <= room.count - filled, let base = room.baseAddress else {
            return isOverflowed = true
        }
        let target = base + filled
        target.copyMemory(from: first.utf8Start, byteCount: one)
        (target + one).copyMemory(from: second.utf8Start, byteCount: two)
        (target + one + two).copyMemory(from: third.utf8Start, byteCount: three)
        filled += one + two + three
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
    @inlinable
    @_disfavoredOverload
    public mutating func put(_ text: String) {
        var text = text
        text.withUTF8 { put(UnsafeRawBufferPointer($0)) }
    }

    /// Writes one byte.
    @inlinable
    public mutating func put(byte: UInt8) {
        guard !isOverflowed, filled < room.count else { return isOverflowed = true }
        room[filled] = byte
        filled += 1
    }

    /// Writes a number in lower-case hexadecimal, without leading zeros.
    public mutating func put(hex number: UInt64) {
        var shift = max(0, (67 - number.leadingZeroBitCount) / 4 * 4 - 4)
        guard shift / 4 < room.count - count else { return isOverflowed = true }
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(shift) & 15)
            put(byte: digit < 10 ? 0x30 + digit : 0x57 + digit)
            shift -= 4
        }
    }

    /// Writes a number in decimal.
    public mutating func put(decimal number: Int) {
        var value = number.magnitude
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { raw in
            var place = raw.count
            repeat {
                place -= 1
                raw[place] = UInt8(0x30 + value % 10)
                value /= 10
            } while value > 0
            if number < 0 {
                place -= 1
                raw[place] = 0x2d
            }
            put(UnsafeRawBufferPointer(rebasing: raw[place...]))
        }
    }
}
