import CLinux
import Glibc

/// Searching by the C library's vectorised routines; the only unsafe code of the scanners.
package enum Scan {
    /// The first place of `byte` at or after `start`; nil when there is none.
    package static func find(_ byte: UInt8, in bytes: Span<UInt8>, from start: Int = 0) -> Int? {
        guard start < bytes.count else { return nil }
        return bytes.withUnsafeBytes { raw -> Int? in
            guard let base = raw.baseAddress, let hit = memchr(base + start, Int32(byte), raw.count - start) else {
                return nil
            }
            return UnsafeRawPointer(hit) - base
        }
    }

    /// The first place of a literal at or after `start`; nil when there is none.
    package static func find(_ literal: StaticString, in bytes: Span<UInt8>, from start: Int = 0) -> Int? {
        guard start <= bytes.count else { return nil }
        return bytes.withUnsafeBytes { raw -> Int? in
            guard let base = raw.baseAddress,
                let hit = clinux_find(base + start, raw.count - start, literal.utf8Start, literal.utf8CodeUnitCount)
            else { return nil }
            return UnsafeRawPointer(hit) - base
        }
    }

    /// The first place of some bytes at or after `start`; nil when there is none.
    package static func find(_ needle: Span<UInt8>, in bytes: Span<UInt8>, from start: Int = 0) -> Int? {
        guard start <= bytes.count else { return nil }
        return bytes.withUnsafeBytes { raw -> Int? in
            needle.withUnsafeBytes { wanted -> Int? in
                guard let base = raw.baseAddress, let what = wanted.baseAddress,
                    let hit = clinux_find(base + start, raw.count - start, what, wanted.count)
                else { return nil }
                return UnsafeRawPointer(hit) - base
            }
        }
    }
}
