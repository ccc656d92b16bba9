import CLinux
import Glibc

/// Searching and copying by the C library's vectorised routines; the only unsafe code of the scanners.
public enum Scan {
    /// Puts a copy of `piece` behind what is there, in one move.
    @inlinable public static func append(_ piece: Span<UInt8>, to bytes: inout [UInt8]) {
        piece.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    /// Puts a literal behind what is there, in one move.
    @inlinable public static func append(_ literal: StaticString, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// The first place of `byte` at or after `start`; nil when there is none.
    public static func find(_ byte: UInt8, in bytes: Span<UInt8>, from start: Int = 0) -> Int? {
        guard start < bytes.count else { return nil }
        return bytes.withUnsafeBytes { raw -> Int? in
            guard let base = raw.baseAddress, let hit = memchr(base + start, Int32(byte), raw.count - start) else {
                return nil
            }
            return UnsafeRawPointer(hit) - base
        }
    }

    /// The first place of a literal at or after `start`; nil when there is none.
    public static func find(_ literal: StaticString, in bytes: Span<UInt8>, from start: Int = 0) -> Int? {
        guard start <= bytes.count else { return nil }
        return bytes.withUnsafeBytes { raw -> Int? in
            guard let base = raw.baseAddress,
                let hit = clinux_find(base + start, raw.count - start, literal.utf8Start, literal.utf8CodeUnitCount)
            else { return nil }
            return UnsafeRawPointer(hit) - base
        }
    }

    /// The first place of some bytes at or after `start`; nil when there is none.
    public static func find(_ needle: Span<UInt8>, in bytes: Span<UInt8>, from start: Int = 0) -> Int? {
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

    /// Eight bytes as one number, the first byte lowest; traps when they are not all there.
    @inlinable
    @inline(__always)
    public static func word(_ bytes: Span<UInt8>, at offset: Int) -> UInt64 {
        // Bounds are checked by the standard library; "unsafe" is only that any bit pattern becomes a number.
        UInt64(littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The top bit of every byte of `word` below `limit` (at most 128); exact for the lowest of them.
    @inlinable
    @inline(__always)
    public static func below(_ limit: UInt8, in word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101 &* UInt64(limit)) & ~word & 0x8080_8080_8080_8080
    }

    /// The top bit of every byte of `word` that is `byte`; exact for the lowest of them.
    @inlinable
    @inline(__always)
    public static func equal(_ byte: UInt8, in word: UInt64) -> UInt64 {
        below(1, in: word ^ (0x0101_0101_0101_0101 &* UInt64(byte)))
    }

    /// The offset of the first byte at or after `start` that is marked, or the end: eight bytes are looked at together.
    ///
    /// * `marks`: sets the top bit of each marked byte of a word; exact for the lowest of them.
    @inlinable
    @inline(__always)
    public static func first(in bytes: Span<UInt8>, from start: Int, _ marks: (_ word: UInt64) -> UInt64) -> Int {
        var index = start
        while index + 8 <= bytes.count {
            let found = marks(word(bytes, at: index))
            if found != 0 { return index + (found.trailingZeroBitCount >> 3) }
            index += 8
        }
        while index < bytes.count, marks(UInt64(bytes[index])) & 0x80 == 0 { index += 1 }
        return index
    }

    /// The offset of the first control byte (tabs and DEL are some) at or after `start`, or the end.
    @inlinable
    public static func control(in bytes: Span<UInt8>, from start: Int) -> Int {
        first(in: bytes, from: start) { below(0x20, in: $0) | equal(0x7f, in: $0) }
    }
}
