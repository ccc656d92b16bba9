/// Questions about ASCII bytes, by table where it matters.
public enum ASCII {
    /// True for the bytes of a token (RFC 9110 §5.6.2).
    @inlinable @inline(__always)
    public static func isToken(_ byte: UInt8) -> Bool {
        // One bit for each of: ! # $ % & ' * + - . digits, then letters ^ _ ` | ~
        if byte < 64 { return 0x3ff6cfa00000000 & (1 &<< UInt64(byte)) as UInt64 != 0 }
        if byte < 128 { return 0x57ffffffc7fffffe & (1 &<< UInt64(byte &- 64)) as UInt64 != 0 }
        return false
    }

    /// True for 0 to 9.
    @inlinable @inline(__always)
    public static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// The value of a hex digit; nil for anything else.
    @inlinable @inline(__always)
    public static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x37
        case 0x61...0x66: Int(byte) - 0x57
        default: nil
        }
    }

    /// A letter in lower case; other bytes as they are.
    @inlinable @inline(__always)
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

    /// True when the bytes begin with a literal.
    @inlinable
    public static func starts(_ bytes: Span<UInt8>, with prefix: StaticString) -> Bool {
        guard bytes.count >= prefix.utf8CodeUnitCount else { return false }
        let literal = UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount)
        for index in literal.indices where bytes[index] != literal[index] { return false }
        return true
    }
}
