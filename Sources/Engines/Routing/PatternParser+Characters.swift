extension PatternParser {
    /// Passes a backslash with what it makes of the next characters.
    mutating func escape() throws(PatternTree.Fault) -> PatternTree.Node {
        let start = offset
        let letter = at(1)
        switch letter {
        case UInt8(ascii: "1")...UInt8(ascii: "9"), UInt8(ascii: "k"), UInt8(ascii: "g"):
            throw forbidden("back-references and subroutine calls are not allowed here")
        case UInt8(ascii: "C"): throw forbidden("`\\C` is not allowed here")
        case UInt8(ascii: "Q"), UInt8(ascii: "E"):
            throw forbidden("`\\\(Character(Unicode.Scalar(letter)))` is not allowed here: escape each character")
        case UInt8(ascii: "K"): throw forbidden("`\\K` is not allowed here: use a look-behind, `(?<=…)`")
        case UInt8(ascii: "b"), UInt8(ascii: "B"), UInt8(ascii: "A"), UInt8(ascii: "Z"), UInt8(ascii: "z"),
            UInt8(ascii: "G"):
            offset += 2
            return PatternTree.Node(kind: .assertion, range: start..<offset)
        case UInt8(ascii: "R"), UInt8(ascii: "X"):
            offset += 2
            return PatternTree.Node(kind: .something, range: start..<offset)
        default:
            let set = cased(try escapedSet())
            return PatternTree.Node(kind: .character(set), range: start..<offset)
        }
    }

    /// Passes an escape that stands for one character, inside a class or outside.
    private mutating func escapedSet() throws(PatternTree.Fault) -> CharacterSet {
        let letter = at(1)
        guard offset + 1 < bytes.count else { throw unknown("a backslash ends the pattern") }
        offset += 2
        switch letter {
        case UInt8(ascii: "d"): return .digits
        case UInt8(ascii: "D"): return CharacterSet.digits.inverted
        case UInt8(ascii: "w"): return .words
        case UInt8(ascii: "W"): return CharacterSet.words.inverted
        case UInt8(ascii: "s"): return .spaces
        case UInt8(ascii: "S"): return CharacterSet.spaces.inverted
        case UInt8(ascii: "h"):
            var set = CharacterSet(0x09).union(CharacterSet(0x20))
            set.isWide = true
            return set
        case UInt8(ascii: "v"):
            var set = CharacterSet(0x0a...0x0d)
            set.isWide = true
            return set
        case UInt8(ascii: "H"), UInt8(ascii: "V"), UInt8(ascii: "N"):
            // `\N{U+…}` is a character by its number; `\N` is any.
            if letter == UInt8(ascii: "N"), at() == UInt8(ascii: "{") { try passBraces() }
            return .all
        case UInt8(ascii: "p"), UInt8(ascii: "P"):
            if at() == UInt8(ascii: "{") { try passBraces() } else { offset += 1 }
            return .all
        case UInt8(ascii: "t"): return CharacterSet(0x09)
        case UInt8(ascii: "n"): return CharacterSet(0x0a)
        case UInt8(ascii: "r"): return CharacterSet(0x0d)
        case UInt8(ascii: "f"): return CharacterSet(0x0c)
        case UInt8(ascii: "e"): return CharacterSet(0x1b)
        case UInt8(ascii: "a"): return CharacterSet(0x07)
        case UInt8(ascii: "x"): return try hexadecimal()
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "o"), UInt8(ascii: "c"):
            offset -= 2
            throw unknown("write the character by its number: `\\x{41}`")
        case 0x41...0x5a, 0x61...0x7a:
            offset -= 2
            throw unknown("`\\\(Character(Unicode.Scalar(letter)))` is not known")
        default:
            offset -= 1
            return literal()
        }
    }

    private mutating func passBraces() throws(PatternTree.Fault) {
        guard let end = bytes[offset...].firstIndex(of: UInt8(ascii: "}")) else { throw unknown("a brace has no end") }
        offset = end + 1
    }

    /// What follows `\x`: up to two digits, or any in braces.
    private mutating func hexadecimal() throws(PatternTree.Fault) -> CharacterSet {
        let isBraced = at() == UInt8(ascii: "{")
        if isBraced { offset += 1 }
        var value = 0
        var count = 0
        while offset < bytes.count, isBraced || count < 2, let digit = Self.hexValue(at()) {
            value = min(value * 16 + digit, 0x11_0000)
            offset += 1
            count += 1
        }
        if isBraced {
            guard count > 0, at() == UInt8(ascii: "}") else { throw unknown("`\\x{` takes hexadecimal digits and `}`") }
            offset += 1
        }
        return CharacterSet(UInt8(min(value, 0x80)))
    }

    private static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x37
        case 0x61...0x66: Int(byte) - 0x57
        default: nil
        }
    }

    // MARK: Classes

    /// Passes `[…]`.
    mutating func characterClass() throws(PatternTree.Fault) -> CharacterSet {
        if stands("[[:<:]]") || stands("[[:>:]]") { throw unknown("write `\\b` for the edge of a word") }
        let start = offset
        offset += 1
        let isInverted = at() == UInt8(ascii: "^")
        if isInverted { offset += 1 }
        var set = CharacterSet()
        var isFirst = true
        while isFirst || at() != UInt8(ascii: "]") {
            guard offset < bytes.count else {
                offset = start
                throw unknown("a class has no end")
            }
            set = set.union(try classItem())
            isFirst = false
        }
        offset += 1
        let whole = cased(set)
        return isInverted ? whole.inverted : whole
    }

    /// A character, a range, a class by name.
    private mutating func classItem() throws(PatternTree.Fault) -> CharacterSet {
        if stands("[:") || stands("[.") || stands("[="), let named = try namedClass() { return named }
        let (lower, lowerByte) = try classCharacter()
        guard at() == UInt8(ascii: "-"), at(1) != UInt8(ascii: "]"), offset + 1 < bytes.count, let lowerByte else {
            return lower
        }
        offset += 1
        let (upper, upperByte) = try classCharacter()
        guard let upperByte else { return lower.union(upper).union(CharacterSet(UInt8(ascii: "-"))) }
        guard lowerByte <= upperByte else { throw unknown("a range runs backwards") }
        return CharacterSet(lowerByte...upperByte)
    }

    /// One character of a class; the byte is nil when it is a set of its own.
    private mutating func classCharacter() throws(PatternTree.Fault) -> (CharacterSet, UInt8?) {
        guard at() == UInt8(ascii: "\\") else {
            let byte = at()
            return (literal(), min(byte, 0x80))
        }
        switch at(1) {
        case UInt8(ascii: "b"):
            offset += 2
            return (CharacterSet(0x08), 0x08)
        case UInt8(ascii: "C"), UInt8(ascii: "Q"), UInt8(ascii: "E"), UInt8(ascii: "K"): return (try refused(), nil)
        default:
            let isSet = [UInt8](("dDwWsShHvVNpP").utf8).contains(at(1))
            let set = try escapedSet()
            return (set, isSet ? nil : set.only)
        }
    }

    private func refused() throws(PatternTree.Fault) -> CharacterSet {
        throw forbidden("`\\\(Character(Unicode.Scalar(at(1))))` is not allowed here: escape each character")
    }

    /// `[:alpha:]`; nil when it is only a bracket that looks like one.
    private mutating func namedClass() throws(PatternTree.Fault) -> CharacterSet? {
        let mark = at(1)
        var index = offset + 2
        if index < bytes.count, bytes[index] == UInt8(ascii: "^") { index += 1 }
        let nameStart = index
        while index < bytes.count, CharacterSet.letters.contains(bytes[index]) { index += 1 }
        guard index + 1 < bytes.count, bytes[index] == mark, bytes[index + 1] == UInt8(ascii: "]") else { return nil }
        guard mark == UInt8(ascii: ":") else { throw unknown() }
        let name = String(decoding: bytes[nameStart..<index], as: UTF8.self)
        let isInverted = nameStart > offset + 2
        guard let set = Self.named[name] else { throw unknown("no class is called `\(name)`") }
        offset = index + 2
        return isInverted ? set.inverted : set
    }

    private static let named: [String: CharacterSet] = [
        "alpha": .letters, "digit": .digits, "alnum": .letters.union(.digits), "word": .words, "space": .spaces,
        "upper": CharacterSet(0x41...0x5a), "lower": CharacterSet(0x61...0x7a),
        "blank": CharacterSet(0x09).union(CharacterSet(0x20)),
        "cntrl": CharacterSet(0x00...0x1f).union(CharacterSet(0x7f)),
        "graph": CharacterSet(0x21...0x7e), "print": CharacterSet(0x20...0x7e), "ascii": CharacterSet(0x00...0x7f),
        "xdigit": CharacterSet(0x30...0x39).union(CharacterSet(0x41...0x46)).union(CharacterSet(0x61...0x66)),
        "punct": CharacterSet(0x21...0x2f).union(CharacterSet(0x3a...0x40)).union(CharacterSet(0x5b...0x60)).union(
            CharacterSet(0x7b...0x7e)
        ),
    ]
}
