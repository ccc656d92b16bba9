/// Reads the text of a pattern (pcre2pattern(3)) into a tree.
struct PatternReader {
    private let bytes: [UInt8]
    private var offset = 0
    private var ignoresCase: Bool
    private var isSpaced: Bool
    private var dotTakesAll: Bool

    /// Groups deeper than this are taken for anything.
    private static let deepest = 40

    init(_ bytes: [UInt8], _ flags: String) {
        self.bytes = bytes
        ignoresCase = flags.contains("i")
        isSpaced = flags.contains("x")
        dotTakesAll = flags.contains("s")
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    /// Reads branches up to a closing parenthesis or the end.
    mutating func choice(depth: Int) -> PatternTree {
        var branches: [PatternTree] = []
        var parts: [PatternTree] = []
        while let byte = next {
            if byte == UInt8(ascii: ")"), depth > 0 { break }
            if byte == UInt8(ascii: "|") {
                offset += 1
                branches.append(Self.joined(parts))
                parts = []
                continue
            }
            if let part = atom(depth: depth) { parts.append(quantified(part)) }
        }
        branches.append(Self.joined(parts))
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private static func joined(_ parts: [PatternTree]) -> PatternTree {
        parts.count == 1 ? parts[0] : parts.isEmpty ? .nothing : .sequence(parts)
    }

    private func set(_ set: ByteSet) -> PatternTree { .bytes(ignoresCase ? set.foldingCase : set) }

    private mutating func atom(depth: Int) -> PatternTree? {
        guard let byte = next else { return nil }
        offset += 1
        switch byte {
        case UInt8(ascii: "("): return group(depth: depth)
        case UInt8(ascii: "["): return set(characterClass())
        case UInt8(ascii: "."): return .bytes(dotTakesAll ? .all : .notNewline)
        case UInt8(ascii: "^"), UInt8(ascii: "$"): return .nothing
        case UInt8(ascii: "\\"):
            guard let set = escape(inClass: false) else { return .nothing }
            return self.set(set)
        case 0x20, 0x0A, 0x09, 0x0D:
            return isSpaced ? nil : .bytes(ByteSet(byte))
        case UInt8(ascii: "#") where isSpaced:
            while let byte = next, byte != 0x0A { _ = byte; offset += 1 }
            return nil
        default: return set(ByteSet(byte))
        }
    }

    private mutating func group(depth: Int) -> PatternTree {
        guard depth < Self.deepest else {
            offset = bytes.count
            return .bytes(.all)
        }
        let flags = (ignoresCase, isSpaced, dotTakesAll)
        var looks = false
        var isAtomic = false
        if next == UInt8(ascii: "?") {
            offset += 1
            let kind = next
            switch kind {
            case UInt8(ascii: ">"):
                isAtomic = true
                offset += 1
            case UInt8(ascii: "="), UInt8(ascii: "!"):
                looks = true
                offset += 1
            case UInt8(ascii: "<"), UInt8(ascii: "P"), UInt8(ascii: "'"):
                let second = offset + 1 < bytes.count ? bytes[offset + 1] : 0
                if kind == UInt8(ascii: "<"), second == UInt8(ascii: "=") || second == UInt8(ascii: "!") {
                    looks = true
                    offset += 2
                } else {
                    while let byte = next, byte != UInt8(ascii: ">"), byte != UInt8(ascii: ")") {
                        _ = byte; offset += 1
                    }
                    offset += 1
                }
            default:
                // `(?i)` holds to the end of the group that it stands in.
                if inlineFlags() { return .nothing }
            }
        }
        let body = choice(depth: depth + 1)
        offset += 1
        (ignoresCase, isSpaced, dotTakesAll) = flags
        if looks { return .nothing }
        return isAtomic ? .repeated(body, least: 1, most: 1, isPossessive: true) : body
    }

    /// Reads `i-s` and what ends it; true for a group that holds flags alone.
    private mutating func inlineFlags() -> Bool {
        var isOn = true
        while let byte = next, byte != UInt8(ascii: ")") {
            offset += 1
            switch byte {
            case UInt8(ascii: ":"): return false
            case UInt8(ascii: "-"): isOn = false
            case UInt8(ascii: "i"): ignoresCase = isOn
            case UInt8(ascii: "x"): isSpaced = isOn
            case UInt8(ascii: "s"): dotTakesAll = isOn
            default: break
            }
        }
        offset += 1
        return true
    }

    private mutating func quantified(_ part: PatternTree) -> PatternTree {
        guard let (least, most) = counts() else { return part }
        var isPossessive = false
        if next == UInt8(ascii: "?") {
            offset += 1
        } else if next == UInt8(ascii: "+") {
            isPossessive = true
            offset += 1
        }
        return quantified(.repeated(part, least: least, most: most, isPossessive: isPossessive))
    }

    private mutating func counts() -> (Int, Int?)? {
        switch next {
        case UInt8(ascii: "*"):
            offset += 1
            return (0, nil)
        case UInt8(ascii: "+"):
            offset += 1
            return (1, nil)
        case UInt8(ascii: "?"):
            offset += 1
            return (0, 1)
        case UInt8(ascii: "{"):
            guard let end = bytes[offset...].firstIndex(of: UInt8(ascii: "}")) else { return nil }
            let text = String(decoding: bytes[(offset + 1)..<end], as: UTF8.self)
            let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard let least = Int(parts[0]), parts.count <= 2 else { return nil }
            offset = end + 1
            return (least, parts.count == 1 ? least : Int(parts[1]))
        default: return nil
        }
    }

    // MARK: Sets

    /// What an escape stands for; nil for one that takes no byte.
    private mutating func escape(inClass: Bool) -> ByteSet? {
        guard let byte = next else { return nil }
        offset += 1
        switch byte {
        case UInt8(ascii: "d"): return .digits
        case UInt8(ascii: "D"): return ByteSet.digits.inverted
        case UInt8(ascii: "w"): return .word
        case UInt8(ascii: "W"): return ByteSet.word.inverted
        case UInt8(ascii: "s"), UInt8(ascii: "h"), UInt8(ascii: "v"), UInt8(ascii: "R"): return .space
        case UInt8(ascii: "S"), UInt8(ascii: "H"), UInt8(ascii: "V"): return ByteSet.space.inverted
        case UInt8(ascii: "N"): return .notNewline
        case UInt8(ascii: "t"): return ByteSet(0x09)
        case UInt8(ascii: "n"): return ByteSet(0x0A)
        case UInt8(ascii: "r"): return ByteSet(0x0D)
        case UInt8(ascii: "p"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "x"), UInt8(ascii: "o"):
            if next == UInt8(ascii: "{") {
                while let byte = next, byte != UInt8(ascii: "}") { _ = byte; offset += 1 }
            }
            offset += 1
            return .all
        case UInt8(ascii: "b") where !inClass, UInt8(ascii: "B"), UInt8(ascii: "A"), UInt8(ascii: "z"),
            UInt8(ascii: "Z"), UInt8(ascii: "G"), UInt8(ascii: "K"), UInt8(ascii: "E"), UInt8(ascii: "Q"):
            return nil
        default: return ByteSet(byte)
        }
    }

    private mutating func characterClass() -> ByteSet {
        var result = ByteSet()
        let isNegated = next == UInt8(ascii: "^")
        if isNegated { offset += 1 }
        var isFirst = true
        while let byte = next, isFirst || byte != UInt8(ascii: "]") {
            isFirst = false
            offset += 1
            if byte == UInt8(ascii: "["), next == UInt8(ascii: ":") {
                // `[:alpha:]` and its like: letters and digits are near enough.
                while let byte = next, byte != UInt8(ascii: "]") { _ = byte; offset += 1 }
                offset += 1
                result = result.union(.word)
                continue
            }
            var low = ByteSet(byte)
            if byte == UInt8(ascii: "\\") { low = escape(inClass: true) ?? ByteSet() }
            guard next == UInt8(ascii: "-"), offset + 1 < bytes.count, bytes[offset + 1] != UInt8(ascii: "]"),
                let from = low.single
            else {
                result = result.union(low)
                continue
            }
            offset += 1
            var to = bytes[offset]
            offset += 1
            if to == UInt8(ascii: "\\") { to = escape(inClass: true)?.single ?? from }
            result = result.union(from <= to ? ByteSet(from...to) : low)
        }
        offset += 1
        return isNegated ? result.inverted : result
    }
}
