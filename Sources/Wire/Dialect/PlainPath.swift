import Bytes

/// Paths that have one spelling only: routes are matched as written, and an upstream might read another path from it.
package enum PlainPath {
    /// True when a path has no empty segment, none at its end, and nothing encoded that needs no encoding (RFC 3986 §6.2.2.2).
    ///
    /// An encoded slash is let through behind `/v1/models/` alone, where it belongs to a model's name.
    package static func holds(_ bytes: Span<UInt8>) -> Bool {
        if bytes.count > 1, bytes[bytes.count - 1] == UInt8(ascii: "/") { return false }
        for index in bytes.indices {
            if bytes[index] == UInt8(ascii: "/"), index > 0, bytes[index - 1] == bytes[index] { return false }
            guard bytes[index] == UInt8(ascii: "%") else { continue }
            guard index + 2 < bytes.count, let high = digit(bytes[index + 1]), let low = digit(bytes[index + 2]) else {
                return false
            }
            let byte = high << 4 | low
            if isUnreserved(byte) { return false }
            let isSlash = byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\")
            if isSlash, !isOfModel(bytes) { return false }
        }
        return true
    }

    private static func isOfModel(_ bytes: Span<UInt8>) -> Bool { ASCII.starts(bytes, with: "/v1/models/") }

    static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._~".utf8.contains(byte)
        }
    }
}
