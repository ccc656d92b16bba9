import Bytes

/// Encodings of text besides UTF-8 that are read (RFC 2046 §4.1.2, names as IANA registers them).
enum Charset: Equatable {
    case utf8, utf16, utf32
    /// ISO 8859-1 as browsers take it: Windows-1252.
    case latin
    /// Any other: what is in it is not read.
    case unknown

    /// What a Content-Type says; nil when it says nothing.
    static func declared(_ contentType: Span<UInt8>) -> Charset? {
        let word = "charset" as StaticString
        let count = word.utf8CodeUnitCount
        var found: Charset?
        var index = 0
        while index + count <= contentType.count {
            guard ASCII.equalsIgnoringCase(contentType.extracting(index..<(index + count)), word) else {
                index += 1
                continue
            }
            index += count
            // Twice, or spelled as RFC 2231 has it: readers may take the one or the other.
            guard found == nil, let name = value(contentType, &index) else { return .unknown }
            found = Charset(name)
        }
        return found
    }

    private static func value(_ text: Span<UInt8>, _ index: inout Int) -> String? {
        func skip(_ bytes: [UInt8]) { while index < text.count, bytes.contains(text[index]) { index += 1 } }
        skip([0x20, 0x09])
        guard index < text.count, text[index] == UInt8(ascii: "=") else { return nil }
        index += 1
        skip([0x20, 0x09, 0x22, 0x27])
        let start = index
        while index < text.count, ASCII.isToken(text[index]), text[index] != 0x27 { index += 1 }
        return String(decoding: (start..<index).map { text[$0] }, as: UTF8.self)
    }

    /// By its name.
    init(_ name: String) {
        switch name.lowercased() {
        case "utf-8", "utf8", "us-ascii", "ascii", "": self = .utf8
        case "utf-16", "utf-16le", "utf-16be", "utf16", "ucs-2", "iso-10646-ucs-2": self = .utf16
        case "utf-32", "utf-32le", "utf-32be", "utf32": self = .utf32
        case "iso-8859-1", "iso8859-1", "latin1", "windows-1252", "cp1252", "iso-8859-15": self = .latin
        default: self = .unknown
        }
    }

    /// A byte order mark says UTF-16 (RFC 2781 §3.2).
    static func isMarked(_ bytes: Span<UInt8>) -> Bool {
        bytes.count >= 2 && bytes.count % 2 == 0
            && (bytes[0] == 0xff && bytes[1] == 0xfe || bytes[0] == 0xfe && bytes[1] == 0xff)
    }

    /// All that the bytes may say, in UTF-8: with the low byte first and last, as readers differ when no mark stands there.
    func readings(_ bytes: Span<UInt8>) -> [[UInt8]] {
        switch self {
        case .utf8, .unknown: []
        case .latin: [Self.latin(bytes)]
        case .utf16: [Self.wide(bytes, 2, isLittle: true), Self.wide(bytes, 2, isLittle: false)]
        case .utf32: [Self.wide(bytes, 4, isLittle: true), Self.wide(bytes, 4, isLittle: false)]
        }
    }

    private static func latin(_ bytes: Span<UInt8>) -> [UInt8] {
        var text = String()
        for index in bytes.indices {
            // Of what Windows puts among the controls only dashes and spaces matter.
            switch bytes[index] {
            case 0x96: text.unicodeScalars.append("\u{2013}")
            case 0x97: text.unicodeScalars.append("\u{2014}")
            default: text.unicodeScalars.append(Unicode.Scalar(bytes[index]))
            }
        }
        return Array(text.utf8)
    }

    private static func wide(_ bytes: Span<UInt8>, _ width: Int, isLittle: Bool) -> [UInt8] {
        func unit(_ index: Int) -> UInt32 {
            (0..<width).reduce(0) { $0 << 8 | UInt32(bytes[index + (isLittle ? width - 1 - $1 : $1)]) }
        }
        let units = stride(from: 0, to: bytes.count - width + 1, by: width).map(unit)
        if width == 2 { return Array(String(decoding: units.map { UInt16($0) }, as: UTF16.self).utf8) }
        return Array(String(decoding: units, as: UTF32.self).utf8)
    }
}

/// How a part of a form is carried (RFC 2045 §6).
///
/// RFC 7578 §4.7 does away with it, but servers take it.
enum Carrier {
    case plain, base64, quotedPrintable

    /// By its name; nil for one that is not read.
    init?(_ name: String) {
        switch name.lowercased() {
        case "", "7bit", "8bit", "binary": self = .plain
        case "base64": self = .base64
        case "quoted-printable": self = .quotedPrintable
        default: return nil
        }
    }

    /// What was carried; nil when the bytes are none of the kind.
    func unpacked(_ bytes: Span<UInt8>) -> [UInt8]? {
        switch self {
        case .plain: bytes.indices.map { bytes[$0] }
        case .base64: Self.fromBase64(bytes)
        case .quotedPrintable: Self.fromQuotedPrintable(bytes)
        }
    }

    private static func fromBase64(_ text: Span<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 4 * 3)
        var (bits, count): (UInt32, Int) = (0, 0)
        for index in text.indices {
            let digit: UInt8
            switch text[index] {
            case 0x41...0x5a: digit = text[index] - 0x41
            case 0x61...0x7a: digit = text[index] - 0x61 + 26
            case 0x30...0x39: digit = text[index] - 0x30 + 52
            case 0x2b, 0x2d: digit = 62
            case 0x2f, 0x5f: digit = 63
            // Readers pass over the padding, and over spaces and line ends.
            case 0x3d, 0x20, 0x09, 0x0a, 0x0d: continue
            default: return nil
            }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return result
    }

    private static func fromQuotedPrintable(_ text: Span<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "=") else {
                result.append(text[index])
                index += 1
                continue
            }
            var next = index + 1
            while next < text.count, text[next] == 0x20 || text[next] == 0x09 { next += 1 }
            // A soft line break, at the end too.
            if next == text.count || text[next] == 0x0a || text[next] == 0x0d {
                if next + 1 < text.count, text[next] == 0x0d, text[next + 1] == 0x0a { next += 1 }
                index = next + 1
                continue
            }
            guard index + 2 < text.count, let high = ASCII.hexValue(text[index + 1]),
                let low = ASCII.hexValue(text[index + 2])
            else { return nil }
            result.append(UInt8(high << 4 | low))
            index += 3
        }
        return result
    }
}
