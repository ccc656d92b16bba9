import Bytes

/// A character reference of HTML: by number, and those names that stand for typography.
///
/// As browsers read them (HTML 13.2.5.72): numbers need no semicolon, and a few names of old do not either.
struct CharacterReference {
    let scalar: Unicode.Scalar
    /// With the ampersand, and the semicolon where there is one.
    let length: Int

    /// Nil where none begins at the ampersand that stands at `index`.
    init?(_ text: Span<UInt8>, _ index: Int) {
        let near = text.extracting(index...).extracting(first: 32)
        guard near.count > 2 else { return nil }
        let found = near[1] == UInt8(ascii: "#") ? Self.number(near) : Self.name(near)
        guard let found else { return nil }
        (scalar, length) = found
    }

    private static func number(_ near: Span<UInt8>) -> (Unicode.Scalar, Int)? {
        let isHex = near[2] | 0x20 == UInt8(ascii: "x")
        let start = isHex ? 3 : 2
        var end = start
        var value: UInt32 = 0
        while end < near.count, let digit = ASCII.hexValue(near[end]), isHex || digit < 10 {
            value = value * (isHex ? 16 : 10) + UInt32(digit)
            guard value <= 0x10ffff else { return nil }
            end += 1
        }
        guard end > start, let scalar = Unicode.Scalar(value) else { return nil }
        let isClosed = end < near.count && near[end] == UInt8(ascii: ";")
        return (scalar, isClosed ? end + 1 : end)
    }

    private static func name(_ near: Span<UInt8>) -> (Unicode.Scalar, Int)? {
        if let end = Scan.find(UInt8(ascii: ";"), in: near), end > 2 {
            let name = near.extracting(1..<end)
            for (word, scalar) in old where ASCII.equals(name, word) { return (scalar, end + 1) }
            for (word, scalar) in names where ASCII.equals(name, word) { return (scalar, end + 1) }
        }
        let rest = near.extracting(1...)
        for (word, scalar) in old where ASCII.starts(rest, with: word) {
            return (scalar, word.utf8CodeUnitCount + 1)
        }
        return nil
    }

    /// Those that stand without a semicolon, too.
    private static let old: [(StaticString, Unicode.Scalar)] = [
        ("amp", "&"), ("AMP", "&"), ("nbsp", "\u{a0}"), ("shy", "\u{ad}"), ("quot", "\""), ("QUOT", "\""), ("lt", "<"),
        ("LT", "<"), ("gt", ">"), ("GT", ">"), ("middot", "\u{b7}"),
    ]

    private static let names: [(StaticString, Unicode.Scalar)] = [
        // Spaces.
        ("NonBreakingSpace", "\u{a0}"), ("ensp", "\u{2002}"), ("emsp", "\u{2003}"), ("emsp13", "\u{2004}"),
        ("emsp14", "\u{2005}"), ("numsp", "\u{2007}"), ("puncsp", "\u{2008}"), ("thinsp", "\u{2009}"),
        ("ThinSpace", "\u{2009}"), ("hairsp", "\u{200a}"), ("VeryThinSpace", "\u{200a}"), ("MediumSpace", "\u{205f}"),
        ("Tab", "\t"), ("NewLine", "\n"),
        // What is not seen.
        ("ZeroWidthSpace", "\u{200b}"), ("NegativeVeryThinSpace", "\u{200b}"), ("NegativeThinSpace", "\u{200b}"),
        ("NegativeMediumSpace", "\u{200b}"), ("NegativeThickSpace", "\u{200b}"), ("zwnj", "\u{200c}"),
        ("zwj", "\u{200d}"), ("lrm", "\u{200e}"), ("rlm", "\u{200f}"), ("NoBreak", "\u{2060}"), ("af", "\u{2061}"),
        ("ApplyFunction", "\u{2061}"), ("it", "\u{2062}"), ("InvisibleTimes", "\u{2062}"), ("ic", "\u{2063}"),
        ("InvisibleComma", "\u{2063}"),
        // Dashes and dots.
        ("ndash", "\u{2013}"), ("mdash", "\u{2014}"), ("horbar", "\u{2015}"), ("hyphen", "\u{2010}"),
        ("dash", "\u{2010}"), ("minus", "\u{2212}"), ("centerdot", "\u{b7}"), ("CenterDot", "\u{b7}"),
        ("bull", "\u{2022}"), ("bullet", "\u{2022}"), ("period", "."),
        // ASCII.
        ("apos", "'"), ("commat", "@"), ("lowbar", "_"), ("UnderBar", "_"), ("num", "#"), ("dollar", "$"),
        ("percnt", "%"), ("plus", "+"), ("equals", "="), ("colon", ":"), ("semi", ";"), ("comma", ","), ("sol", "/"),
        ("bsol", "\\"), ("lpar", "("), ("rpar", ")"), ("excl", "!"), ("quest", "?"), ("ast", "*"),
    ]
}
