/// Questions about ASCII bytes, by table where it matters.
public enum ASCII {
    /// True for the bytes of a token (RFC 9110 §5.6.2).
    @inlinable
    @inline(__always)
    public static func isToken(_ byte: UInt8) -> Bool {
        // One bit per byte: ! # $ % & ' * + - . digits, then letters ^ _ ` | ~. Numbers and not a stored table, because
        // a stored one is guarded by a once-check at every byte.
        if byte < 64 { return 0x03ff_6cfa_0000_0000 & (1 << UInt64(byte)) != 0 }
        if byte < 128 { return 0x57ff_ffff_c7ff_fffe & (1 << UInt64(byte - 64)) != 0 }
        return false
    }

    /// True for what a field value or reason phrase may hold: all but control bytes, with the tab (RFC 9110 §5.5).
    @inlinable
    @inline(__always)
    public static func isFieldText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7f || byte == 0x09 }

    /// True for A to Z and a to z.
    @inlinable
    @inline(__always)
    public static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

    /// True for 0 to 9.
    @inlinable
    @inline(__always)
    public static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// The value of a hex digit; nil for anything else.
    @inlinable
    @inline(__always)
    public static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x37
        case 0x61...0x66: Int(byte) - 0x57
        default: nil
        }
    }

    /// A letter in lower case; other bytes as they are.
    @inlinable
    @inline(__always)
    public static func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// Compares without regard to case; `other` is in lower case already.
    @inlinable
    public static func equalsIgnoringCase(_ bytes: Span<UInt8>, _ other: StaticString) -> Bool {
        guard bytes.count == other.utf8CodeUnitCount else { return false }
        let literal = UnsafeBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount)
        for index in bytes.indices where lower(bytes[index]) != literal[index] { return false }
        return true
    }

    /// Compares without regard to case; `other` is in lower case already.
    @_disfavoredOverload
    @inlinable
    public static func equalsIgnoringCase(_ bytes: Span<UInt8>, _ other: String) -> Bool {
        let view = other.utf8
        guard bytes.count == view.count else { return false }
        var index = 0
        for byte in view {
            if lower(bytes[index]) != byte { return false }
            index += 1
        }
        return true
    }

    /// Compares two spans without regard to case.
    @inlinable
    public static func equalsIgnoringCase(_ bytes: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        guard bytes.count == other.count else { return false }
        for index in bytes.indices where lower(bytes[index]) != lower(other[index]) { return false }
        return true
    }

    /// True when the bytes are those of a literal.
    public static func equals(_ bytes: Span<UInt8>, _ literal: StaticString) -> Bool {
        bytes.count == literal.utf8CodeUnitCount && starts(bytes, with: literal)
    }

    /// True when the bytes are those that stand in a literal from `offset` on.
    public static func equals(_ bytes: Span<UInt8>, _ literal: StaticString, at offset: Int) -> Bool {
        guard offset >= 0, literal.utf8CodeUnitCount - offset >= bytes.count else { return false }
        for index in bytes.indices where bytes[index] != literal.utf8Start[offset + index] { return false }
        return true
    }

    /// One byte of a literal.
    @inlinable
    @inline(__always)
    public static func byte(_ literal: StaticString, at index: Int) -> UInt8 {
        precondition(index >= 0 && index < literal.utf8CodeUnitCount, "a literal is read within its bounds")
        return literal.utf8Start[index]
    }

    /// True when the bytes begin with a literal.
    @inlinable
    public static func starts(_ bytes: Span<UInt8>, with prefix: StaticString) -> Bool {
        guard bytes.count >= prefix.utf8CodeUnitCount else { return false }
        let literal = UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount)
        for index in literal.indices where bytes[index] != literal[index] { return false }
        return true
    }
}
