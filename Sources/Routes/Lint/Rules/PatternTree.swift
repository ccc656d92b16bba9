/// A PCRE2 pattern as far as checks look at one: which bytes may stand where, and what repeats.
///
/// The pattern has been compiled by the library already, so a text that this reader does not know is taken for a set of
/// any bytes rather than refused.
indirect enum PatternTree {
    case bytes(ByteSet)
    case sequence([PatternTree])
    case choice([PatternTree])
    /// `most` nil has no end; a possessive one never gives back.
    case repeated(PatternTree, least: Int, most: Int?, isPossessive: Bool)
    /// An anchor, a boundary, a look to either side.
    case nothing

    init(_ pattern: String, flags: String = "") {
        var reader = PatternReader(Array(pattern.utf8), flags)
        self = reader.choice(depth: 0)
    }

    /// True when it may match without taking a byte.
    var isNullable: Bool {
        switch self {
        case .bytes: false
        case .nothing: true
        case .sequence(let parts): parts.allSatisfy(\.isNullable)
        case .choice(let branches): branches.contains(where: \.isNullable)
        case .repeated(let body, let least, _, _): least == 0 || body.isNullable
        }
    }

    /// Every byte that may stand in it.
    var alphabet: ByteSet {
        switch self {
        case .bytes(let set): set
        case .nothing: ByteSet()
        case .sequence(let parts), .choice(let parts): parts.reduce(ByteSet()) { $0.union($1.alphabet) }
        case .repeated(let body, _, _, _): body.alphabet
        }
    }

    /// True when every match holds a byte of some small set, so that text without it need not be searched.
    var hasRequiredByte: Bool {
        switch self {
        case .bytes(let set): set.count <= 16
        case .nothing: false
        case .sequence(let parts): parts.contains(where: \.hasRequiredByte)
        case .choice(let branches): !branches.isEmpty && branches.allSatisfy(\.hasRequiredByte)
        case .repeated(let body, let least, _, _): least > 0 && body.hasRequiredByte
        }
    }

    /// True when a repeated part can split the same text in exponentially many ways.
    var mayExplode: Bool {
        switch self {
        case .bytes, .nothing: false
        case .sequence(let parts), .choice(let parts): parts.contains(where: \.mayExplode)
        case .repeated(let body, _, let most, let isPossessive):
            body.mayExplode || !isPossessive && most ?? .max > 16 && body.isAmbiguousWhenRepeated
        }
    }

    /// A branch in which something unbounded meets only what may be absent or takes the same bytes; or two branches of
    /// one byte each that share it.
    private var isAmbiguousWhenRepeated: Bool {
        let branches: [PatternTree] = if case .choice(let branches) = self { branches } else { [self] }
        for (number, branch) in branches.enumerated() {
            let parts: [PatternTree] = if case .sequence(let parts) = branch { parts } else { [branch] }
            for (place, part) in parts.enumerated() {
                if case .repeated(let body, _, let most, isPossessive: false) = part, most ?? .max > 16 {
                    let others = parts.enumerated().filter { $0.offset != place }.map(\.element)
                    let set = body.alphabet
                    if others.allSatisfy({ $0.isNullable || $0.alphabet.overlaps(set) }) { return true }
                }
                if parts.count == 1, part.isAmbiguousInside { return true }
            }
            guard case .bytes(let set) = branch else { continue }
            for other in branches[..<number] {
                if case .bytes(let earlier) = other, earlier.overlaps(set) { return true }
            }
        }
        return false
    }

    /// A group of one branch inside a group: `((a+))+`.
    private var isAmbiguousInside: Bool {
        switch self {
        case .sequence, .choice: isAmbiguousWhenRepeated
        default: false
        }
    }

    /// The globs that match the same whole values; nil when there are none, or more than eight.
    var globs: [String]? {
        switch self {
        case .choice(let branches):
            guard branches.count <= 8 else { return nil }
            let parts = branches.map(\.globs)
            return parts.contains { $0 == nil } ? nil : parts.flatMap { $0 ?? [] }
        default: return glob.map { [$0] }
        }
    }

    private var glob: String? {
        switch self {
        case .nothing: return ""
        case .bytes(let set):
            if set == .notNewline || set == .all { return "?" }
            guard let byte = set.single, byte > 0x20, byte < 0x7F else { return nil }
            let letter = String(UnicodeScalar(byte))
            return "*?[]{},\\".contains(letter) ? "\\\(letter)" : letter
        case .sequence(let parts):
            var text = ""
            for part in parts {
                guard let glob = part.glob else { return nil }
                text += glob
            }
            return text
        case .choice: return nil
        case .repeated(.bytes(let set), let least, nil, _) where set == .notNewline || set == .all:
            return least == 0 ? "*" : least == 1 ? "?*" : nil
        case .repeated: return nil
        }
    }
}
