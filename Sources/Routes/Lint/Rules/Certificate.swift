/// The time in which a certificate is valid, read from its PEM text (RFC 7468, RFC 5280 §4.1).
struct Certificate {
    /// Seconds since 1970.
    let notAfter: Int

    /// Reads the first certificate of a text; nil when there is none, or it is not of the usual form.
    init?(pem text: String) {
        let lines = text.split(whereSeparator: \.isNewline)
        guard let start = lines.firstIndex(where: { $0.contains("BEGIN CERTIFICATE") }) else { return nil }
        let body = lines[(start + 1)...].prefix { !$0.contains("END CERTIFICATE") }
        guard let bytes = Self.base64(body.joined()) else { return nil }
        // Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { [0] version, serial, algorithm, issuer, validity … } … }
        var reader = DER(bytes)
        guard reader.enter(0x30), reader.enter(0x30) else { return nil }
        if reader.tag == 0xA0 { reader.skip() }
        for _ in 0..<3 { reader.skip() }
        guard reader.enter(0x30) else { return nil }
        reader.skip()
        guard let time = reader.text(), let seconds = Self.seconds(time) else { return nil }
        notAfter = seconds
    }

    private static func base64(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits = 0
        var count = 0
        for byte in text.utf8 where byte > 0x20 && byte != UInt8(ascii: "=") {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - 0x41
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - 0x61 + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - 0x30 + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            bits = (bits << 6 | Int(value)) & 0xFFFFFF
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        return bytes
    }

    /// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ` (RFC 5280 §4.1.2.5): years 50 to 99 are of the last century.
    private static func seconds(_ text: String) -> Int? {
        let digits = text.utf8.prefix { $0 >= 0x30 && $0 <= 0x39 }.map { Int($0) - 0x30 }
        guard digits.count == 12 || digits.count == 14, text.hasSuffix("Z") else { return nil }
        func pair(_ index: Int) -> Int { digits[index] * 10 + digits[index + 1] }
        let rest = digits.count - 10
        let year = rest == 4 ? pair(0) * 100 + pair(2) : pair(0) + (pair(0) < 50 ? 2_000 : 1_900)
        let month = pair(rest)
        let day = pair(rest + 2)
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        // Days from 1970-03-01 by the months that end a year with February.
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        return days * 86_400 + pair(rest + 4) * 3_600 + pair(rest + 6) * 60 + pair(rest + 8)
    }
}

/// Steps through DER (X.690 §8.1).
private struct DER {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var tag: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    /// The length of the value at hand, and where it starts.
    private func header() -> (start: Int, length: Int)? {
        guard offset + 1 < bytes.count else { return nil }
        let first = Int(bytes[offset + 1])
        if first < 0x80 { return (offset + 2, first) }
        let count = first & 0x7F
        guard count >= 1, count <= 3, offset + 2 + count <= bytes.count else { return nil }
        return (offset + 2 + count, bytes[(offset + 2)..<(offset + 2 + count)].reduce(0) { $0 << 8 | Int($1) })
    }

    mutating func enter(_ expected: UInt8) -> Bool {
        guard tag == expected, let header = header() else { return false }
        offset = header.start
        return true
    }

    mutating func skip() {
        guard let header = header() else {
            offset = bytes.count
            return
        }
        offset = min(bytes.count, header.start + header.length)
    }

    func text() -> String? {
        guard let header = header(), header.start + header.length <= bytes.count else { return nil }
        return String(decoding: bytes[header.start..<(header.start + header.length)], as: UTF8.self)
    }
}
