import Interpreter

/// One glob without braces, in the form that proofs need: what it starts with, what it ends with, and a quick match.
package struct GlobAtom {
    enum Form {
        /// The text itself.
        case exact
        /// `p*s`, either part possibly empty.
        case around
        /// Inner stars, `?`, classes.
        case general
    }
    let form: Form
    /// The literal it starts with; of an exact one, all of it.
    let head: [UInt8]
    /// The literal it ends with; empty for an exact one.
    let tail: [UInt8]
    let pieces: [GlobPattern.Piece]

    /// Finds the form.
    package init(_ pieces: [GlobPattern.Piece]) {
        self.pieces = pieces
        head = Self.literal(pieces)
        let stars = pieces.count { $0 == .run }
        let isLiteral = pieces.allSatisfy { piece in
            if case .exactly = piece { true } else { piece == .run }
        }
        form = !isLiteral || stars > 1 ? .general : stars == 0 ? .exact : .around
        tail = form == .exact ? [] : Self.literal(pieces.reversed()).reversed()
    }

    /// The literal text, whatever its characters mean in a glob.
    init(exactly text: String) { self.init(text.unicodeScalars.map { .exactly($0) }) }

    /// True for `*`.
    var isEverything: Bool { form == .around && head.isEmpty && tail.isEmpty }

    /// The bytes up to the first piece that is not one fixed character; reversed pieces give reversed bytes.
    private static func literal(_ pieces: some Sequence<GlobPattern.Piece>) -> [UInt8] {
        var bytes: [UInt8] = []
        let isBackwards = !(pieces is [GlobPattern.Piece])
        for piece in pieces {
            guard case .exactly(let scalar) = piece else { break }
            let encoded = Array(String(scalar).utf8)
            bytes += isBackwards ? encoded.reversed() : encoded
        }
        return bytes
    }

    /// Tells whether the whole text fits.
    package func matches(_ text: [UInt8]) -> Bool {
        switch form {
        case .exact: return text == head
        case .around:
            return text.count >= head.count + tail.count && text.starts(with: head)
                && text[(text.count - tail.count)...].elementsEqual(tail)
        case .general:
            guard text.count >= head.count, text.starts(with: head) else { return false }
            return walk(Array(String(decoding: text, as: UTF8.self).unicodeScalars))
        }
    }

    /// Two pointers and one place to come back to: the last star.
    private func walk(_ text: [Unicode.Scalar]) -> Bool {
        var (piece, offset, star, taken) = (0, 0, -1, 0)
        while true {
            if piece < pieces.count, pieces[piece] == .run {
                (star, taken) = (piece, offset)
                piece += 1
            } else if offset == text.count {
                return piece == pieces.count
            } else if piece < pieces.count, pieces[piece].takes(text[offset]) {
                piece += 1
                offset += 1
            } else if star >= 0 {
                taken += 1
                (piece, offset) = (star + 1, taken)
            } else {
                return false
            }
        }
    }

    /// True when everything this one takes is taken by `other`; false also where that cannot be told quickly.
    func isSurelyInside(_ other: GlobAtom) -> Bool {
        if other.isEverything { return true }
        if form == .exact { return other.matches(head) }
        if other.form == .around { return head.starts(with: other.head) && Self.ends(tail, other.tail) }
        return pieces == other.pieces
    }

    /// False when no text fits both; true also where that cannot be told quickly.
    func mayMeet(_ other: GlobAtom) -> Bool {
        if form == .exact { return other.matches(head) }
        if other.form == .exact { return matches(other.head) }
        return Self.agree(head, other.head)
            && (Self.ends(tail, other.tail) || Self.ends(other.tail, tail))
    }

    /// True when one of the two starts with the other.
    private static func agree(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        for index in 0..<min(left.count, right.count) where left[index] != right[index] { return false }
        return true
    }

    private static func ends(_ text: [UInt8], _ end: [UInt8]) -> Bool {
        text.count >= end.count && text[(text.count - end.count)...].elementsEqual(end)
    }
}
