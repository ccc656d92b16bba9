import Report

/// What a route file may consist of: UTF-8 without characters that hide or reorder text (HP009).
package enum TextCheck {
    /// Largest file, in bytes.
    package static let limitBytes = 4 << 20

    /// The first fault of the bytes, if any.
    static func fault(in source: SourceText) -> Problem? {
        let bytes = source.bytes
        var offset = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte >= 0x20 && byte < 0x7F || byte == 0x0A || byte == 0x0D || byte == 0x09 {
                offset += 1
                continue
            }
            guard let (value, count) = decoded(bytes, offset) else {
                return problem("the file is not UTF-8", offset, source, "this byte")
            }
            if let name = forbidden(value) {
                return problem("\(name) in the file", offset, source, "U+\(hexadecimal(value))")
            }
            offset += count
        }
        return nil
    }

    private static func problem(_ sentence: String, _ offset: Int, _ source: SourceText, _ mark: String) -> Problem {
        let place = source.place(ofOffset: offset)
        let spot = Spot(path: source.path, line: place.line, column: place.column, length: 1)
        return Problem(.error, "HP009", sentence, at: spot, mark: mark)
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// A code point of well-formed UTF-8 (RFC 3629 §3): no overlong form, no surrogate.
    private static func decoded(_ bytes: [UInt8], _ offset: Int) -> (value: UInt32, count: Int)? {
        let first = UInt32(bytes[offset])
        let count: Int
        switch first {
        case 0..<0x80: return (first, 1)
        case 0xC2..<0xE0: count = 2
        case 0xE0..<0xF0: count = 3
        case 0xF0..<0xF5: count = 4
        default: return nil
        }
        guard offset + count <= bytes.count else { return nil }
        var value = first & (0x7F >> UInt32(count))
        for index in 1..<count {
            let byte = UInt32(bytes[offset + index])
            guard byte & 0xC0 == 0x80 else { return nil }
            value = value << 6 | (byte & 0x3F)
        }
        let least: UInt32 = count == 2 ? 0x80 : count == 3 ? 0x800 : 0x10000
        return value >= least && value <= 0x10FFFF && !(0xD800...0xDFFF).contains(value) ? (value, count) : nil
    }

    private static func forbidden(_ value: UInt32) -> String? {
        switch value {
        case 0: "a NUL character"
        case 1..<0x20, 0x7F..<0x85, 0x86..<0xA0: "a control character"
        // libyaml ends a line at these, editors do not: positions would differ.
        case 0x85, 0x2028, 0x2029: "an invisible line separator"
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: "a bidirectional control character"
        case 0xFEFF: "a byte order mark"
        case 0xFFFE, 0xFFFF: "a noncharacter"
        default: nil
        }
    }
}
