import JSON

/// Short names for long ones: the same for the same text, in every process.
///
/// Nothing depends on their being hard to find out: they only keep texts apart (FNV-1a,
/// <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>, twice with different beginnings for 128 bits).
package enum Digest {
    private static let digits = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)

    /// Letters and digits, as many as are wanted, at most 20.
    package static func letters(_ count: Int, of text: JSONString) -> JSONString {
        let plain = text.plain
        var result: [UInt8] = []
        for basis: UInt64 in [0xcbf2_9ce4_8422_2325, 0x8422_2325_cbf2_9ce4] {
            var value = hash(plain, basis)
            for _ in 0..<10 {
                result.append(digits[Int(value % 62)])
                value /= 62
            }
        }
        return JSONString(spelled: result.prefix(count))
    }

    /// The text itself when it has no more characters than that; else a digest of it.
    package static func shortened(_ text: JSONString, to longest: Int?) -> JSONString {
        guard let longest, text.spelled.count > longest, text.text.unicodeScalars.count > longest else { return text }
        return letters(20, of: text)
    }

    private static func hash(_ bytes: [UInt8], _ basis: UInt64) -> UInt64 {
        var value = basis
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
        // Its low digits alone differ little for texts that end alike.
        value = (value ^ value >> 33) &* 0xff51_afd7_ed55_8ccd
        return value ^ value >> 33
    }
}
