import Bytes

/// Typography: text as a keyboard would have typed it, so that a number is found whatever a word processor made of it.
///
/// Looked at beside the text as it stands. What is folded is Unicode's own sorting (UAX #44), no list of tricks:
/// decimal digits, spaces, dashes, what has no width and is ignored by default, forms of letters (docs/privacy.md).
enum Folding {
    /// What becomes of one character.
    private enum Fold {
        case same, dropped
        case byte(UInt8)
    }

    /// Bytes with which something begins that may be folded; the letters of most languages are none of them.
    static func mayFold(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x08, 0x0b, 0x0c, 0x0e...0x1f, 0x7f: true
        case 0xc2, 0xcb, 0xcc, 0xcd, 0xd6, 0xd8, 0xd9, 0xdb, 0xdf, 0xe0...0xe3, 0xea, 0xef, 0xf0, 0xf3: true
        default: false
        }
    }

    /// The text folded; nil when nothing changes.
    static func folded(_ text: Span<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var copied = 0
        walk(text) { range, fold in
            if copied == 0 { result.reserveCapacity(text.count) }
            Scan.append(text.extracting(copied..<range.lowerBound), to: &result)
            if case .byte(let byte) = fold { result.append(byte) }
            copied = range.upperBound
        }
        guard copied > 0 else { return nil }
        Scan.append(text.extracting(copied...), to: &result)
        return result
    }

    /// For each byte of the folded text where what it stands for begins and ends in the text.
    static func places(_ text: Span<UInt8>) -> (starts: [Int], ends: [Int]) {
        var starts: [Int] = []
        var ends: [Int] = []
        var copied = 0
        func copy(upTo end: Int) {
            for index in copied..<end {
                starts.append(index)
                ends.append(index + 1)
            }
        }
        walk(text) { range, fold in
            copy(upTo: range.lowerBound)
            if case .byte = fold {
                starts.append(range.lowerBound)
                ends.append(range.upperBound)
            }
            copied = range.upperBound
        }
        copy(upTo: text.count)
        return (starts, ends)
    }

    /// Shows every character that changes.
    private static func walk(_ text: Span<UInt8>, _ take: (Range<Int>, Fold) -> Void) {
        var index = 0
        while index < text.count {
            guard mayFold(text[index]) else {
                index += 1
                continue
            }
            let (scalar, length) = character(text, index)
            let fold = scalar.map(fold) ?? .same
            if case .same = fold {} else { take(index..<(index + length), fold) }
            index += length
        }
    }

    /// The character that begins there (RFC 3629); a byte that begins none stands for itself.
    private static func character(_ text: Span<UInt8>, _ index: Int) -> (UInt32?, length: Int) {
        let first = text[index]
        if first < 0x80 { return (UInt32(first), 1) }
        let length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
        guard first >= 0xc2, first <= 0xf4, index + length <= text.count else { return (nil, 1) }
        var scalar = UInt32(first) & (length == 2 ? 0x1f : length == 3 ? 0x0f : 0x07)
        for next in (index + 1)..<(index + length) {
            guard text[next] & 0xc0 == 0x80 else { return (nil, 1) }
            scalar = scalar << 6 | UInt32(text[next] & 0x3f)
        }
        return (scalar, length)
    }

    // MARK: Characters

    private static let space = Fold.byte(0x20)
    private static let dash = Fold.byte(0x2d)
    private static let dot = Fold.byte(0x2e)

    private static func fold(_ scalar: UInt32) -> Fold {
        switch scalar {
        case 0x0b, 0x0c, 0x85, 0x2028, 0x2029: space
        // Controls, and marks that are set over letters: a number that is struck through is one.
        case 0..<0x20, 0x7f..<0xa0, 0x300...0x36f, 0x20d0...0x20ff: .dropped
        // Minus signs, the hyphen bullet.
        case 0x2d7, 0x2043, 0x207b, 0x208b, 0x2212: dash
        // Middle dots, bullets, the ideographic full stop.
        case 0xb7, 0x2022, 0x2024, 0x2027, 0x2219, 0x22c5, 0x3002, 0xfe52, 0xff61: dot
        // Hangul's filler.
        case 0x3164: .dropped
        case 0xfe55: .byte(0x3a)
        case 0xfe66: .byte(0x3d)
        case 0xfe6b: .byte(0x40)
        // Full-width forms of ASCII, and the tags that are ASCII nobody sees.
        case 0xff01...0xff5e: .byte(UInt8(truncatingIfNeeded: scalar - 0xfee0))
        case 0xe0020...0xe007e: .byte(UInt8(truncatingIfNeeded: scalar - 0xe0000))
        case 0x1d400...0x1d6a3: letter((scalar - 0x1d400) % 52)
        case 0x24b6...0x24e9: letter(scalar - 0x24b6)
        case 0x1f130...0x1f149: letter(scalar - 0x1f130)
        case 0x1f150...0x1f169: letter(scalar - 0x1f150)
        case 0x1f170...0x1f189: letter(scalar - 0x1f170)
        case 0x2100...0x2138: letterlike(scalar)
        // Letters of Arabic, Georgian, kana, Han, Hangul, Latin with marks; private use.
        case 0x620..<0x660, 0x66a..<0x6f0, 0x10a0..<0x1100, 0x3041..<0x30a0, 0x30a1..<0xa620, 0xabfa..<0xfe00,
            0x1e00..<0x2000:
            .same
        // Where the scripts of India and its neighbours have no digits.
        case 0x900..<0xe00 where !(0x66...0x6f).contains(scalar & 0x7f): .same
        default: sorted(scalar)
        }
    }

    /// `A` to `Z`, then `a` to `z`.
    private static func letter(_ number: UInt32) -> Fold {
        .byte(UInt8(truncatingIfNeeded: number < 26 ? 0x41 + number : 0x61 + number - 26))
    }

    /// Letters of mathematics that are older than their alphabets.
    private static func letterlike(_ scalar: UInt32) -> Fold {
        for (index, known) in letterlikes.enumerated() where known == scalar {
            return .byte(Array("CgHHHhIILlNPQRRRZZBCeEFMoi".utf8)[index])
        }
        return .same
    }
    private static let letterlikes: [UInt32] = [
        0x2102, 0x210a, 0x210b, 0x210c, 0x210d, 0x210e, 0x2110, 0x2111, 0x2112, 0x2113, 0x2115, 0x2119, 0x211a, 0x211b,
        0x211c, 0x211d, 0x2124, 0x2128, 0x212c, 0x212d, 0x212f, 0x2130, 0x2131, 0x2133, 0x2134, 0x2139,
    ]

    /// By Unicode's categories and properties.
    private static func sorted(_ scalar: UInt32) -> Fold {
        guard let character = Unicode.Scalar(scalar) else { return .same }
        let properties = character.properties
        // Digits, raised, lowered and circled ones.
        if let type = properties.numericType, type == .decimal || type == .digit, let value = properties.numericValue {
            return .byte(0x30 + UInt8(value))
        }
        switch properties.generalCategory {
        case .spaceSeparator: return space
        case .dashPunctuation: return dash
        default: return properties.isDefaultIgnorableCodePoint ? .dropped : .same
        }
    }
}
