import Bytes
import JSON

/// Tells whose seal on thinking it is, as far as its first bytes show: a provider refuses another's.
///
/// Both are base64 of a protocol buffer that nobody describes; what is looked for here is what recorded answers begin
/// with. A seal that is neither's may be Anthropic's, whose clients it comes from, but is not given to Google.
package enum Seal {
    /// A seal of Anthropic's: field 2, in it field 1, in it the fields 1 and 2 or 3, which are numbers.
    package static func isAnthropics(_ seal: JSONString) -> Bool {
        let bytes = start(of: seal)
        guard let place = inner(bytes), place + 2 < bytes.count, bytes[place] == 0x08 else { return false }
        return bytes[place + 2] == 0x18 || bytes[place + 2] == 0x10
    }

    /// A seal of Google's: its bytes begin with 1, within up to two fields; or fields 1 and 2 of which one is bytes.
    package static func isGoogles(_ seal: JSONString) -> Bool {
        let bytes = start(of: seal)
        if let place = inner(bytes), place + 2 < bytes.count {
            return bytes[place] == 0x01 || (bytes[place] == 0x08 && bytes[place + 2] == 0x12)
        }
        guard bytes.count > 8 else { return false }
        if bytes[0] == 0x0a { return afterLength(bytes, 1).map { $0 < bytes.count && bytes[$0] == 0x01 } ?? false }
        return bytes[0] == 0x01
    }

    /// Where field 1 within field 2 begins; nil when the bytes do not begin so.
    private static func inner(_ bytes: [UInt8]) -> Int? {
        guard bytes.count > 8, bytes[0] == 0x12, let field = afterLength(bytes, 1), field < bytes.count,
            bytes[field] == 0x0a
        else { return nil }
        return afterLength(bytes, field + 1)
    }

    private static func afterLength(_ bytes: [UInt8], _ start: Int) -> Int? {
        var place = start
        while place < bytes.count, bytes[place] & 0x80 != 0 { place += 1 }
        return place + 1 < bytes.count ? place + 1 : nil
    }

    /// The first bytes, of either alphabet (RFC 4648 §4 and §5); none when it is no base64.
    private static func start(of seal: JSONString) -> [UInt8] {
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in seal.plain.prefix(32) {
            guard let digit = digit(byte) else { return byte == 0x3d ? result : [] }
            bits = (bits << 6 | UInt32(digit)) & 0xff_ffff
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return result
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x41...0x5a: byte - 0x41
        case 0x61...0x7a: byte - 0x61 + 26
        case 0x30...0x39: byte - 0x30 + 52
        case 0x2b, 0x2d: 62
        case 0x2f, 0x5f: 63
        default: nil
        }
    }
}
