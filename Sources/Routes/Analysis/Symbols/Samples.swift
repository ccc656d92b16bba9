import Dialect
import Interpreter

/// Texts that stand for all others: for any text there is one here that fits the same globs of a set.
package enum Samples {
    /// States of the product automaton before it is given up (`routes.md` 3.9).
    static let stateLimit = 65_536
    /// Pairs of a beginning and an end before these are given up.
    static let pairLimit = 40_000

    /// The texts for these globs; nil when there are too many to look at.
    package static func standing(for atoms: [GlobAtom], _ effort: Effort = Effort()) -> [[UInt8]]? {
        if atoms.allSatisfy({ $0.form != .general }) { return closed(atoms, effort) }
        var automaton = ProductAutomaton(atoms)
        return automaton.texts(effort)
    }

    /// The same for paths that come to the routes; the atoms tell the endpoints apart (`Doorway.atoms`).
    static func standingPaths(for atoms: [GlobAtom], _ effort: Effort) -> [[UInt8]]? {
        guard atoms.allSatisfy({ $0.form != .general }), !atoms.contains(where: { endsInPercent($0.head) }),
            let texts = closed(atoms, effort)
        else {
            var automaton = ProductAutomaton(atoms, reader: PathReader())
            return automaton.texts(effort)
        }
        return texts
    }

    /// Behind an unfinished `%XX` not every character may follow.
    private static func endsInPercent(_ head: [UInt8]) -> Bool { head.suffix(2).contains(UInt8(ascii: "%")) }

    /// A character that no glob of the set names.
    static func fresh(_ atoms: [GlobAtom]) -> UInt8? {
        var isSeen = [Bool](repeating: false, count: 256)
        for atom in atoms {
            for byte in atom.head { isSeen[Int(byte)] = true }
            for byte in atom.tail { isSeen[Int(byte)] = true }
        }
        return "xzqjkvwyubnm0123456789hgfdsplotirecaXZQJKVWYUBNM~_-+=!".utf8.first { !isSeen[Int($0)] }
    }

    /// Complete for exact texts and `p*s`: a beginning, perhaps something fresh, and an end, or both overlapping.
    private static func closed(_ atoms: [GlobAtom], _ effort: Effort) -> [[UInt8]]? {
        guard let fresh = fresh(atoms) else {
            var automaton = ProductAutomaton(atoms)
            return automaton.texts(effort)
        }
        var texts = Set(atoms.filter { $0.form == .exact }.map(\.head))
        let around = atoms.filter { $0.form == .around }
        let heads = Set(around.map(\.head)).union([[]])
        let tails = Set(around.map(\.tail)).union([[]])
        if heads.count * tails.count > pairLimit || !effort.spend(atoms.count + 40 * heads.count * tails.count) {
            effort.giveUp()
            return nil
        }
        for head in heads {
            for tail in tails {
                texts.insert(head + [fresh] + tail)
                for overlap in 0...min(head.count, tail.count)
                where head[(head.count - overlap)...].elementsEqual(tail[..<overlap]) {
                    texts.insert(head + tail[overlap...])
                }
            }
        }
        return Array(texts)
    }
}

/// All globs of a set read a text at once; each state that is reached stands for the texts that lead there.
private struct ProductAutomaton {
    private let pieces: [GlobPattern.Piece?]
    private let starts: [Int]
    private let ends: [Int]
    private let words: Int
    private let reader: PathReader?

    /// With a reader, only texts that it reads as whole paths are found.
    init(_ atoms: [GlobAtom], reader: PathReader? = nil) {
        self.reader = reader
        var pieces: [GlobPattern.Piece?] = []
        var starts: [Int] = []
        var ends: [Int] = []
        for atom in atoms {
            starts.append(pieces.count)
            pieces += atom.pieces.map { $0 }
            ends.append(pieces.count)
            pieces.append(nil)
        }
        self.pieces = pieces
        self.starts = starts
        self.ends = ends
        words = (pieces.count + 63) / 64
    }

    private struct Place: Hashable {
        var state: [UInt64]
        var reader: PathReader?
    }

    /// One shortest text for each set of globs that some text fits; nil over the limit.
    mutating func texts(_ effort: Effort) -> [[UInt8]]? {
        var first = [UInt64](repeating: 0, count: words)
        for start in starts { enter(start, &first) }
        // The empty text stands for itself alone: most texts may not be empty, so others must not hide behind it.
        var seen: Set<Place> = []
        var open: [(place: Place, text: String.UnicodeScalarView)] = [
            (Place(state: first, reader: reader), String.UnicodeScalarView())
        ]
        var found: [[Bool]: [UInt8]] = [:]
        var next = 0
        var work = 0
        while next < open.count {
            let (place, text) = open[next]
            next += 1
            let accepted = ends.map { has($0, place.state) }
            if found[accepted] == nil, next > 1, place.reader?.isWhole ?? true {
                found[accepted] = Array(String(text).utf8)
            }
            let scalars = alphabet(place)
            // A step looks at every piece for each character, and most of all keeps what it finds.
            if !effort.spend(100 + scalars.count * (60 + pieces.count / 2)) { return nil }
            for scalar in scalars {
                var after = Place(state: step(place.state, scalar), reader: place.reader)
                work += words
                guard after.reader?.take(UInt8(exactly: scalar.value) ?? 0) ?? true, seen.insert(after).inserted else {
                    continue
                }
                if seen.count > Samples.stateLimit || work > 8 * Samples.stateLimit {
                    effort.giveUp()
                    return nil
                }
                var longer = text
                longer.append(scalar)
                open.append((after, longer))
            }
        }
        return [[]] + found.values
    }

    private func has(_ place: Int, _ state: [UInt64]) -> Bool { state[place / 64] & (1 << UInt64(place % 64)) != 0 }

    /// Adds a place, and what lies behind it when it is a star.
    private func enter(_ place: Int, _ state: inout [UInt64]) {
        state[place / 64] |= 1 << UInt64(place % 64)
        if pieces[place] == .run { enter(place + 1, &state) }
    }

    private func step(_ state: [UInt64], _ scalar: Unicode.Scalar) -> [UInt64] {
        var after = [UInt64](repeating: 0, count: words)
        for place in pieces.indices where has(place, state) {
            guard let piece = pieces[place], piece.takes(scalar) else { continue }
            if piece == .run { enter(place, &after) } else { enter(place + 1, &after) }
        }
        return after
    }

    /// Where a reader of paths tells characters apart: `#`, `%`, `.`, `/`, `?`, and the ends of what a path may hold.
    private static let pathEdges: [UInt32] = [0x21, 0x23, 0x24, 0x25, 0x26, 0x2E, 0x2F, 0x30, 0x3F, 0x40, 0x7F]
    /// And behind `%`: each digit of hex numbers.
    private static let escapeEdges = Array(0x30...0x3A) + Array(0x41...0x47) + Array(0x61...UInt32(0x67))

    /// One character of each kind that the state tells apart.
    private func alphabet(_ place: Place) -> [Unicode.Scalar] {
        var edges: Set<UInt32> = []
        for number in pieces.indices where has(number, place.state) {
            switch pieces[number] {
            case .exactly(let scalar): edges.formUnion([scalar.value, scalar.value + 1])
            case .within(let ranges, _):
                for range in ranges { edges.formUnion([range.lowerBound, range.upperBound + 1]) }
            case .run, .one, nil: break
            }
        }
        // A glob that does not tell `%` from what stands beside it fits a text without escapes just as well.
        let isEscapeNamed = edges.contains(0x25) && edges.contains(0x26)
        if let reader = place.reader { edges.formUnion(reader.isInEscape ? Self.escapeEdges : Self.pathEdges) }
        // Between two edges all characters are alike; a readable one stands for its stretch.
        let cuts = [0] + edges.sorted() + [0x11_0000]
        let readable = "xzqjkvwyubnm0123456789hgfdsplotirecaXZ~_".unicodeScalars
        return zip(cuts, cuts.dropFirst()).compactMap { low, high in
            if low >= high || low == 0x25 && place.reader != nil && !isEscapeNamed { return nil }
            if let nice = readable.first(where: { $0.value >= low && $0.value < high }) { return nice }
            let printable = max(low, 0x21)
            let candidates = [printable, low, max(low, 0xE000)]
            return candidates.first { $0 < high && Unicode.Scalar($0) != nil }.flatMap(Unicode.Scalar.init)
        }
    }
}
