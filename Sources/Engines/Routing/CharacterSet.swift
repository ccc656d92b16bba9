/// Characters that one place of a pattern may stand for: ASCII exactly, all others together.
package struct CharacterSet: Hashable, Sendable {
    /// Bytes 0 to 63, one bit each.
    package private(set) var low: UInt64 = 0
    /// Bytes 64 to 127, one bit each.
    package private(set) var high: UInt64 = 0
    /// True when a character beyond ASCII may stand there too.
    package var isWide = false

    package init() {}
    package init(_ byte: UInt8) { insert(byte) }
    package init(_ range: ClosedRange<UInt8>) { for byte in range { insert(byte) } }

    /// Every character.
    package static let all: CharacterSet = {
        var set = CharacterSet()
        (set.low, set.high, set.isWide) = (.max, .max, true)
        return set
    }()
    package static let digits = CharacterSet(0x30...0x39)
    package static let letters = CharacterSet(0x41...0x5a).union(CharacterSet(0x61...0x7a))
    /// What `\w` is without Unicode properties.
    package static let words = digits.union(letters).union(CharacterSet(0x5f))
    /// What `\s` is.
    package static let spaces = CharacterSet(0x09...0x0d).union(CharacterSet(0x20))

    /// Adds an ASCII byte; any other makes the set wide.
    package mutating func insert(_ byte: UInt8) {
        switch byte {
        case 0..<64: low |= 1 << UInt64(byte)
        case 64..<128: high |= 1 << UInt64(byte - 64)
        default: isWide = true
        }
    }

    package func contains(_ byte: UInt8) -> Bool {
        switch byte {
        case 0..<64: low & (1 << UInt64(byte)) != 0
        case 64..<128: high & (1 << UInt64(byte - 64)) != 0
        default: isWide
        }
    }

    package func union(_ other: CharacterSet) -> CharacterSet {
        var set = self
        set.low |= other.low
        set.high |= other.high
        set.isWide = isWide || other.isWide
        return set
    }

    package func overlaps(_ other: CharacterSet) -> Bool {
        low & other.low != 0 || high & other.high != 0 || isWide && other.isWide
    }

    /// ASCII exactly turned round; a set without characters beyond ASCII gains them all.
    package var inverted: CharacterSet {
        var set = self
        (set.low, set.high) = (~low, ~high)
        // Which characters beyond ASCII a wide set holds is not known, so its opposite may hold others.
        set.isWide = true
        return set
    }

    /// With the other case of every letter, as PCRE2 compares in UTF mode: `k` and `s` have partners beyond ASCII.
    package var caseless: CharacterSet {
        var set = self
        for byte in UInt8(0x41)...0x5a where contains(byte) || contains(byte | 0x20) {
            set.insert(byte)
            set.insert(byte | 0x20)
        }
        for letter in [UInt8(ascii: "k"), UInt8(ascii: "s")] {
            if set.contains(letter) {
                set.isWide = true
            } else if isWide {
                set.insert(letter)
                set.insert(letter & 0x5f)
            }
        }
        return set
    }

    /// The one byte of it, 0x80 for any character beyond ASCII; nil when it holds several.
    package var only: UInt8? {
        if isWide { return count == 0 ? 0x80 : nil }
        guard count == 1 else { return nil }
        return low != 0 ? UInt8(low.trailingZeroBitCount) : UInt8(high.trailingZeroBitCount + 64)
    }

    /// How many ASCII characters it holds.
    package var count: Int { low.nonzeroBitCount + high.nonzeroBitCount }
    package var isEmpty: Bool { count == 0 && !isWide }
}
