/// A glob as the language defines it (`routes.md` 2.4), read and matched as plainly as can be.
///
/// `*` is any run of characters, also none and also `/`; `?` is one character; `[a-z]` and `[!a-z]` are one character
/// inside or outside ranges; `{a,b}` is either; `\` takes the next character as it is. The whole text must fit, case
/// matters, a character is a code point.
package struct GlobPattern: Sendable {
    /// One step of a pattern.
    package enum Piece: Hashable, Sendable {
        case run
        case one
        case exactly(Unicode.Scalar)
        case within([ClosedRange<UInt32>], isNegated: Bool)
    }

    /// The pattern with its braces written out, in order: it fits what any of these fits.
    package let alternatives: [[Piece]]

    /// Reads a pattern; one that is not well-formed fits nothing.
    package init(_ text: String) {
        var reader = GlobReader(rest: Array(text.unicodeScalars)[...])
        let read = reader.sequence(isNested: false)
        alternatives = reader.isBroken || !reader.rest.isEmpty ? [] : read
    }

    /// Tells whether the whole text fits.
    package func matches(_ text: String) -> Bool {
        alternatives.contains { Self.mayFit($0, text) && Self.matches($0, Array(text.unicodeScalars)) }
    }

    /// False when the text differs before the first `*`, as most do: then nothing need be laid out.
    private static func mayFit(_ pieces: [Piece], _ text: String) -> Bool {
        var scalars = text.unicodeScalars.makeIterator()
        for piece in pieces {
            if case .run = piece { return true }
            guard let scalar = scalars.next(), piece.takes(scalar) else { return false }
        }
        return scalars.next() == nil
    }

    private static func matches(_ pieces: [Piece], _ text: [Unicode.Scalar]) -> Bool {
        var place = 0
        for (number, piece) in pieces.enumerated() {
            if piece == .run { return matches(pieces[number...], text, from: place) }
            if place == text.count || !piece.takes(text[place]) { return false }
            place += 1
        }
        return place == text.count
    }

    /// Follows all places at once where a reader of the text can be: no pattern makes this slow.
    private static func matches(_ pieces: ArraySlice<Piece>, _ text: [Unicode.Scalar], from start: Int) -> Bool {
        if pieces.count == 1 { return true }
        var places = [start]
        for piece in pieces {
            if piece == .run {
                guard let first = places.first else { return false }
                places = Array(first...text.count)
            } else {
                places = places.filter { $0 < text.count && piece.takes(text[$0]) }.map { $0 + 1 }
            }
            if places.isEmpty { return false }
        }
        return places.last == text.count
    }
}

extension GlobPattern.Piece {
    /// Tells whether this step takes that one character; a run takes any.
    package func takes(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .run, .one: true
        case .exactly(let own): own == scalar
        case .within(let ranges, let isNegated): ranges.contains { $0.contains(scalar.value) } != isNegated
        }
    }
}

/// Text to alternatives, left to right.
private struct GlobReader {
    var rest: ArraySlice<Unicode.Scalar>
    var isBroken = false

    /// Reads to the end, or inside braces up to `,` or `}`.
    mutating func sequence(isNested: Bool) -> [[GlobPattern.Piece]] {
        var all: [[GlobPattern.Piece]] = [[]]
        while let first = rest.first, !(isNested && (first == "," || first == "}")) {
            rest.removeFirst()
            if first == "{" {
                let choices = choices()
                all = all.flatMap { head in choices.map { head + $0 } }
                continue
            }
            if first == "}" { isBroken = true }
            let piece: GlobPattern.Piece =
                switch first {
                case "*": .run
                case "?": .one
                case "[": characterClass()
                case "\\": .exactly(next())
                default: .exactly(first)
                }
            for index in all.indices { all[index].append(piece) }
        }
        return all
    }

    private mutating func choices() -> [[GlobPattern.Piece]] {
        var all: [[GlobPattern.Piece]] = []
        while !isBroken {
            all += sequence(isNested: true)
            if next() == "}" { break }
        }
        return all
    }

    private mutating func characterClass() -> GlobPattern.Piece {
        let isNegated = rest.first == "!"
        if isNegated { rest.removeFirst() }
        var ranges: [ClosedRange<UInt32>] = []
        while let first = rest.first, first != "]", !isBroken {
            let low = classCharacter()
            var high = low
            if rest.first == "-", rest.dropFirst().first != "]" {
                rest.removeFirst()
                high = classCharacter()
            }
            if high < low { isBroken = true } else { ranges.append(low...high) }
        }
        _ = next()
        return .within(ranges, isNegated: isNegated)
    }

    private mutating func classCharacter() -> UInt32 {
        let first = next()
        return first == "\\" ? next().value : first.value
    }

    private mutating func next() -> Unicode.Scalar {
        if let first = rest.popFirst() { return first }
        isBroken = true
        return "\0"
    }
}
