import Glibc

/// Bytes being written, with the few spellings HTTP and JSON need.
struct ByteText {
    private(set) var bytes: [UInt8] = []

    var count: Int { bytes.count }

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

    mutating func add(_ literal: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    mutating func add(text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func add(bytes more: [UInt8]) { bytes.append(contentsOf: more) }

    mutating func add(raw: UnsafeRawBufferPointer) { bytes.append(contentsOf: raw) }

    mutating func add(byte: UInt8) { bytes.append(byte) }

    mutating func add(number: Int) {
        if number < 0 {
            bytes.append(UInt8(ascii: "-"))
            add(magnitude: number.magnitude)
        } else {
            add(magnitude: UInt(number))
        }
    }

    private mutating func add(magnitude: UInt) {
        if magnitude >= 10 { add(magnitude: magnitude / 10) }
        bytes.append(UInt8(ascii: "0") + UInt8(magnitude % 10))
    }

    mutating func add(hex: UInt64, digits least: Int = 1, uppercase: Bool = false) {
        let letters: UInt8 = (uppercase ? UInt8(ascii: "A") : UInt8(ascii: "a")) - 10
        let width = max(least, (64 - hex.leadingZeroBitCount + 3) / 4)
        var shift = UInt64(width * 4)
        while shift > 0 {
            shift -= 4
            let digit = shift > 60 ? 0 : UInt8((hex >> shift) & 15)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : letters + digit)
        }
    }

    /// Letters to make up a wanted size.
    mutating func fill(_ count: Int, with byte: UInt8 = UInt8(ascii: "x")) {
        guard count > 0 else { return }
        // Whole blocks: byte by byte, a debug build takes a minute for the hundreds of MB that some tests ask for.
        let block = [UInt8](unsafeUninitializedCapacity: min(count, 65_536)) { room, filled in
            if let start = room.baseAddress { memset(start, Int32(byte), room.count) }
            filled = room.count
        }
        for _ in 0..<(count / block.count) { bytes.append(contentsOf: block) }
        bytes.append(contentsOf: block[..<(count % block.count)])
    }

    /// Base64 with padding (RFC 4648 §4).
    mutating func add(base64 raw: [UInt8]) {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var index = 0
        while index < raw.count {
            let left = raw.count - index
            var group = UInt32(raw[index]) << 16
            if left > 1 { group |= UInt32(raw[index + 1]) << 8 }
            if left > 2 { group |= UInt32(raw[index + 2]) }
            bytes.append(letters[Int(group >> 18) & 63])
            bytes.append(letters[Int(group >> 12) & 63])
            bytes.append(left > 1 ? letters[Int(group >> 6) & 63] : UInt8(ascii: "="))
            bytes.append(left > 2 ? letters[Int(group) & 63] : UInt8(ascii: "="))
            index += 3
        }
    }

    /// A JSON string literal, quotes included.
    mutating func add(quoted text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): add("\\\"")
            case UInt8(ascii: "\\"): add("\\\\")
            case 0x0a: add("\\n")
            case 0x0d: add("\\r")
            case 0x09: add("\\t")
            case 0..<0x20:
                add("\\u")
                add(hex: UInt64(byte), digits: 4)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

/// True when both are the same bytes.
func isSame(_ raw: UnsafeRawBufferPointer, _ literal: StaticString) -> Bool {
    guard raw.count == literal.utf8CodeUnitCount, let base = raw.baseAddress else {
        return raw.isEmpty && literal.utf8CodeUnitCount == 0
    }
    return memcmp(base, literal.utf8Start, raw.count) == 0
}

/// True when both are the same letters; the literal is in lower case.
func isSameIgnoringCase(_ raw: UnsafeRawBufferPointer, _ literal: StaticString) -> Bool {
    raw.count == literal.utf8CodeUnitCount && hasPrefixIgnoringCase(raw, literal)
}

/// True when `raw` begins with these letters; the literal is in lower case.
func hasPrefixIgnoringCase(_ raw: UnsafeRawBufferPointer, _ literal: StaticString) -> Bool {
    guard raw.count >= literal.utf8CodeUnitCount else { return false }
    var index = 0
    while index < literal.utf8CodeUnitCount {
        var byte = raw[index]
        if byte >= 0x41, byte <= 0x5a { byte |= 0x20 }
        if byte != literal.utf8Start[index] { return false }
        index += 1
    }
    return true
}

/// The bytes as text, with what is not UTF-8 replaced.
func text(_ raw: UnsafeRawBufferPointer) -> String { String(decoding: raw, as: UTF8.self) }

/// A part of a buffer as a buffer.
func part(_ raw: UnsafeRawBufferPointer, _ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: raw[range])
}

/// Writes a line to the standard error.
func tell(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(2, bytes, bytes.count)
}
