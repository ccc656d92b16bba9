import Bytes

/// The text of JSON strings, with and without escapes.
package enum JSONText {
    /// What a checked string stands for, as UTF-8; lone surrogates become U+FFFD.
    package static func unescape(_ text: Span<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            guard text[index] == 0x5c, index + 1 < text.count else {
                result.append(text[index])
                index += 1
                continue
            }
            switch text[index + 1] {
            case 0x62: result.append(0x08)
            case 0x66: result.append(0x0c)
            case 0x6e: result.append(0x0a)
            case 0x72: result.append(0x0d)
            case 0x74: result.append(0x09)
            case 0x75:
                index += appendUnicode(text, index, &result)
                continue
            default: result.append(text[index + 1])
            }
            index += 2
        }
        return result
    }

    /// Appends the character of a `\u` escape, or of two that form a pair; answers the bytes read.
    private static func appendUnicode(_ text: Span<UInt8>, _ index: Int, _ result: inout [UInt8]) -> Int {
        guard let first = unit(text, index) else {
            result += Array("\u{fffd}".utf8)
            return min(6, text.count - index)
        }
        if first & 0xfc00 == 0xd800, let second = unit(text, index + 6), second & 0xfc00 == 0xdc00 {
            let scalar = 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff)
            if let scalar = Unicode.Scalar(scalar) { result += Array(String(Character(scalar)).utf8) }
            return 12
        }
        result += Array(String(Character(Unicode.Scalar(first) ?? "\u{fffd}")).utf8)
        return 6
    }

    private static func unit(_ text: Span<UInt8>, _ index: Int) -> UInt32? {
        guard index + 6 <= text.count, text[index] == 0x5c, text[index + 1] == 0x75 else { return nil }
        var value: UInt32 = 0
        for place in (index + 2)..<(index + 6) {
            guard let digit = ASCII.hexValue(text[place]) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Writes text as the inside of a JSON string.
    package static func escape(_ text: Span<UInt8>, into writer: inout ByteWriter) {
        var index = 0
        while index < text.count {
            let start = index
            index = plainEnd(text, from: index)
            if index > start { writer.put(text.extracting(start..<index)) }
            guard index < text.count else { return }
            escape(text[index]) { writer.put(byte: $0) }
            index += 1
        }
    }

    /// Text as the inside of a JSON string.
    package static func escaped(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for byte in text { escape(byte) { result.append($0) } }
        return result
    }

    /// How long `escape` makes it.
    package static func escapedCount(_ text: [UInt8]) -> Int {
        var count = 0
        for byte in text { escape(byte) { _ in count += 1 } }
        return count
    }

    /// Where the bytes that stand for themselves end (RFC 8259 §7; DEL does not either, which terminals act upon).
    private static func plainEnd(_ text: Span<UInt8>, from start: Int) -> Int {
        Scan.first(in: text, from: start) { word in
            Scan.below(0x20, in: word) | Scan.equal(0x22, in: word) | Scan.equal(0x5c, in: word)
                | Scan.equal(0x7f, in: word)
        }
    }

    /// Calls with the bytes that spell one byte.
    @inline(__always)
    package static func escape(_ byte: UInt8, _ put: (UInt8) -> Void) {
        switch byte {
        case 0x22, 0x5c:
            put(0x5c)
            put(byte)
        case 0x0a:
            put(0x5c)
            put(0x6e)
        case 0x0d:
            put(0x5c)
            put(0x72)
        case 0x09:
            put(0x5c)
            put(0x74)
        case 0..<0x20, 0x7f:
            for character: UInt8 in [0x5c, 0x75, 0x30, 0x30] { put(character) }
            for digit in [byte >> 4, byte & 15] { put(digit < 10 ? 0x30 + digit : 0x57 + digit) }
        default: put(byte)
        }
    }
}
