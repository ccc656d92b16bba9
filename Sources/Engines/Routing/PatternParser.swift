/// Reads PCRE2's syntax (pcre2pattern(3)) without the constructs that routes do not allow.
struct PatternParser {
    private typealias Node = PatternTree.Node
    /// PCRE2's own bound on groups within groups.
    private static let depthLimit = 250

    let bytes: [UInt8]
    var offset = 0
    var flags: PatternTree.Flags
    private var depth = 0

    init(_ bytes: [UInt8], _ flags: PatternTree.Flags) {
        self.bytes = bytes
        self.flags = flags
    }

    mutating func pattern() throws(PatternTree.Fault) -> PatternTree.Node {
        let root = try alternation()
        guard offset == bytes.count else { throw unknown("a group ends here that does not begin") }
        return root
    }

    func at(_ distance: Int = 0) -> UInt8 { offset + distance < bytes.count ? bytes[offset + distance] : 0 }
    func stands(_ text: StaticString) -> Bool {
        guard offset + text.utf8CodeUnitCount <= bytes.count else { return false }
        let literal = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        return bytes[offset..<offset + literal.count].elementsEqual(literal)
    }
    func forbidden(_ sentence: String) -> PatternTree.Fault {
        PatternTree.Fault(cause: .forbidden, sentence: sentence, offset: offset)
    }
    func unknown(_ sentence: String = "this construct is not allowed here") -> PatternTree.Fault {
        PatternTree.Fault(cause: .unknown, sentence: sentence, offset: min(offset, bytes.count))
    }

    private mutating func alternation() throws(PatternTree.Fault) -> Node {
        let start = offset
        let outer = flags
        // Options set inside a group end with it.
        defer { flags = outer }
        var branches: [Node] = []
        while true {
            branches.append(try sequence())
            guard offset < bytes.count, at() == UInt8(ascii: "|") else { break }
            offset += 1
        }
        if branches.count == 1, let only = branches.first { return only }
        return Node(kind: .alternation(branches), range: start..<offset)
    }

    private mutating func sequence() throws(PatternTree.Fault) -> Node {
        let start = offset
        var parts: [Node] = []
        while offset < bytes.count, at() != UInt8(ascii: "|"), at() != UInt8(ascii: ")") {
            if passComment() { continue }
            guard let part = try atom() else { continue }
            parts.append(try repeated(part))
        }
        if parts.count == 1, let only = parts.first { return only }
        return Node(kind: .sequence(parts), range: start..<offset)
    }

    /// White space and comments that mean nothing under `x`, and `(?#…)`.
    private mutating func passComment() -> Bool {
        if flags.isExtended, CharacterSet.spaces.contains(at()) {
            offset += 1
            return true
        }
        if flags.isExtended, at() == UInt8(ascii: "#") {
            while offset < bytes.count, at() != UInt8(ascii: "\n") { offset += 1 }
            return true
        }
        guard stands("(?#") else { return false }
        while offset < bytes.count, at() != UInt8(ascii: ")") { offset += 1 }
        offset = min(offset + 1, bytes.count)
        return true
    }

    /// One thing that can be repeated; nil for what only sets options.
    private mutating func atom() throws(PatternTree.Fault) -> Node? {
        let start = offset
        switch at() {
        case UInt8(ascii: "("): return try group()
        case UInt8(ascii: "["): return node(.character(try characterClass()), start)
        case UInt8(ascii: "\\"): return try escape()
        case UInt8(ascii: "."):
            offset += 1
            return node(.character(.all), start)
        case UInt8(ascii: "^"), UInt8(ascii: "$"):
            offset += 1
            return node(.assertion, start)
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"): throw unknown("there is nothing to repeat")
        default: return node(.character(cased(literal())), start)
        }
    }

    private func node(_ kind: PatternTree.Kind, _ start: Int) -> Node { Node(kind: kind, range: start..<offset) }

    func cased(_ set: CharacterSet) -> CharacterSet { flags.isCaseless ? set.caseless : set }

    /// Passes one character as it stands.
    mutating func literal() -> CharacterSet {
        let byte = at()
        offset += 1
        while byte >= 0x80, offset < bytes.count, at() & 0xc0 == 0x80 { offset += 1 }
        return CharacterSet(byte)
    }

    // MARK: Repetition

    private mutating func repeated(_ part: Node) throws(PatternTree.Fault) -> Node {
        var part = part
        while passCommentBeforeQuantifier(), let (minimum, maximum) = try quantifier() {
            var isPossessive = false
            if at() == UInt8(ascii: "+") { isPossessive = true }
            if at() == UInt8(ascii: "+") || at() == UInt8(ascii: "?") { offset += 1 }
            let kind = PatternTree.Kind.repetition(
                part,
                minimum: minimum,
                maximum: maximum,
                isPossessive: isPossessive
            )
            part = Node(kind: kind, range: part.range.lowerBound..<offset)
        }
        return part
    }

    /// PCRE2 lets white space stand before a quantifier under `x`.
    private mutating func passCommentBeforeQuantifier() -> Bool {
        while offset < bytes.count, passComment() {}
        return offset < bytes.count
    }

    private mutating func quantifier() throws(PatternTree.Fault) -> (Int, Int?)? {
        switch at() {
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
            if let counts = countedQuantifier() { return counts }
            // Later versions of PCRE2 read `{,3}` and `{ 3 }` as counts, so they mean nothing certain.
            guard at(1) != UInt8(ascii: ","), at(1) != UInt8(ascii: " "), !CharacterSet.digits.contains(at(1)) else {
                throw unknown("counts are written `{2}`, `{2,}` or `{2,3}`, the character `\\{`")
            }
            return nil
        default: return nil
        }
    }

    /// `{2}`, `{2,}`, `{2,3}`; any other brace is a character.
    private mutating func countedQuantifier() -> (Int, Int?)? {
        var index = offset + 1
        func number() -> Int? {
            var value: Int?
            while index < bytes.count, CharacterSet.digits.contains(bytes[index]), value ?? 0 < 100_000 {
                value = (value ?? 0) * 10 + Int(bytes[index] - 0x30)
                index += 1
            }
            return value
        }
        func take(_ mark: Unicode.Scalar) -> Bool {
            guard index < bytes.count, bytes[index] == UInt8(ascii: mark) else { return false }
            index += 1
            return true
        }
        guard let minimum = number() else { return nil }
        var maximum: Int? = minimum
        if take(",") { maximum = number() }
        guard take("}") else { return nil }
        offset = index
        return (minimum, maximum)
    }

    // MARK: Groups

    private mutating func group() throws(PatternTree.Fault) -> Node? {
        let start = offset
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw forbidden("groups are nested too deep") }
        if at(1) == UInt8(ascii: "*") { throw forbidden("verbs are not allowed here") }
        let opening = try groupOpening()
        if case .options = opening { return nil }
        let outer = flags
        if case .scoped(let inner) = opening { flags = inner }
        let content = try alternation()
        flags = outer
        guard offset < bytes.count, at() == UInt8(ascii: ")") else { throw unknown("a group has no end") }
        offset += 1
        switch opening {
        case .look: return Node(kind: .assertion, range: start..<offset)
        case .atomic: return Node(kind: .atomic(content), range: start..<offset)
        default: return Node(kind: content.kind, range: start..<offset)
        }
    }

    private enum Opening {
        case plain, atomic, look, options
        case scoped(PatternTree.Flags)
    }

    /// Passes what follows a parenthesis up to the group's content; options without content are passed whole.
    private mutating func groupOpening() throws(PatternTree.Fault) -> Opening {
        guard at(1) == UInt8(ascii: "?") else {
            offset += 1
            return .plain
        }
        let plain: [(StaticString, Opening)] = [
            ("(?:", .plain), ("(?|", .plain), ("(?>", .atomic), ("(?=", .look), ("(?!", .look), ("(?<=", .look),
            ("(?<!", .look),
        ]
        for (text, opening) in plain where stands(text) {
            offset += text.utf8CodeUnitCount
            return opening
        }
        if let fault = forbiddenGroup() { throw fault }
        for (text, end) in [("(?<" as StaticString, ">" as Unicode.Scalar), ("(?P<", ">"), ("(?'", "'")]
        where stands(text) {
            guard let close = bytes[(offset + text.utf8CodeUnitCount)...].firstIndex(of: UInt8(ascii: end)) else {
                throw unknown("a group's name has no end")
            }
            offset = close + 1
            return .plain
        }
        return try options()
    }

    private func forbiddenGroup() -> PatternTree.Fault? {
        let (mark, next) = (at(2), at(3))
        let isSigned = (mark == UInt8(ascii: "+") || mark == UInt8(ascii: "-")) && CharacterSet.digits.contains(next)
        switch mark {
        case UInt8(ascii: "R"), UInt8(ascii: "&"), 0x30...0x39:
            return forbidden("recursion and back-references are not allowed here")
        case UInt8(ascii: "P") where next == UInt8(ascii: ">") || next == UInt8(ascii: "="):
            return forbidden("recursion and back-references are not allowed here")
        case _ where isSigned: return forbidden("recursion and back-references are not allowed here")
        case UInt8(ascii: "C"): return forbidden("call-outs are not allowed here")
        case UInt8(ascii: "("): return forbidden("conditions are not allowed here")
        default: return nil
        }
    }

    /// `(?i)` and `(?i:`; `x` would change what the rest of the text means, so it is a flag of the whole pattern.
    private mutating func options() throws(PatternTree.Fault) -> Opening {
        var changed = flags
        var isOn = true
        var index = 2
        while true {
            switch at(index) {
            case UInt8(ascii: "-"): isOn = false
            case UInt8(ascii: "i"): changed.isCaseless = isOn
            case UInt8(ascii: "m"): changed.isMultiline = isOn
            case UInt8(ascii: "s"): changed.dotMatchesLineEnds = isOn
            case UInt8(ascii: "x"): throw forbidden("`x` is not allowed inside a pattern: write it in `flags`")
            case UInt8(ascii: ")"):
                flags = changed
                offset += index + 1
                return .options
            case UInt8(ascii: ":"):
                offset += index + 1
                return .scoped(changed)
            default: throw unknown()
            }
            index += 1
        }
    }
}
