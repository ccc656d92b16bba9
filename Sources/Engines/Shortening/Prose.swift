import Bytes

/// Takes white space that nobody sees out of texts that are prose from end to end, and leaves all others alone.
///
/// A text is touched only when every paragraph of it is either prose or made of words alone; fenced blocks between them
/// stay byte for byte. Of such a text go the spaces at the ends of lines of prose, but for the two that are Markdown's
/// line break (CommonMark 0.31 §6.7), and the empty lines between two paragraphs of prose, but for one. What stands within
/// a line is never touched. One sign of anything else (`docs/context.md` lists them) and the text stays as it is.
package enum Prose {
    /// The text, collapsed; the same bytes when there is nothing to collapse.
    package static func collapsed(_ text: [UInt8]) -> [UInt8] {
        guard mayCollapse(text), let pieces = pieces(of: text) else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for (index, piece) in pieces.enumerated() {
            switch piece.kind {
            case .blank:
                // The last piece is no line: nothing ends it.
                let isInner =
                    index > 0 && index + 1 < pieces.count && pieces[index - 1].kind == .prose
                    && pieces[index + 1].kind == .prose
                if isInner, piece.lines.count > 1 {
                    result += lineEnd(of: text[piece.lines[0]])
                } else {
                    for line in piece.lines { result += text[line] }
                }
            case .prose:
                for (number, line) in piece.lines.enumerated() {
                    append(text[line], isLast: number == piece.lines.count - 1, to: &result)
                }
            case .words, .fenced: for line in piece.lines { result += text[line] }
            }
        }
        return result
    }

    private enum Kind { case blank, prose, words, fenced }

    /// Lines of one kind in a row, with their ends.
    private struct Piece {
        var kind: Kind
        var lines: [Range<Int>]
    }

    /// Nearly all texts have nothing to collapse: spaces before a line end, or three line ends together.
    private static func mayCollapse(_ text: [UInt8]) -> Bool {
        var ends = 0
        var last: UInt8 = 0
        for byte in text {
            if byte == 0x0a {
                if last == 0x20 { return true }
                ends += 1
                if ends > 2 { return true }
            } else if byte == 0x0d {
                if last == 0x20 { return true }
            } else if byte != 0x20, byte != 0x09 {
                ends = 0
            }
            last = byte
        }
        return false
    }

    // MARK: Pieces

    /// The text's pieces; nil when one of them is neither words nor a fenced block, or a block is not surely closed.
    private static func pieces(of text: [UInt8]) -> [Piece]? {
        var pieces: [Piece] = []
        var fence: Fence?
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: 0x0a).map { $0 + 1 } ?? text.count
            let line = text[start..<end]
            let kind: Kind
            if let mark = Fence(line) {
                guard mark.isClear else { return nil }
                if let open = fence {
                    // A sign with a language inside a block: one writer nests what another closes.
                    guard mark.byte == open.byte, mark.count == open.count, !mark.hasWord else { return nil }
                    fence = nil
                } else {
                    fence = mark
                }
                kind = .fenced
            } else if fence != nil {
                kind = .fenced
            } else {
                kind = line.allSatisfy(isSpace) ? .blank : .words
            }
            if let last = pieces.indices.last, pieces[last].kind == kind {
                pieces[last].lines.append(start..<end)
            } else {
                pieces.append(Piece(kind: kind, lines: [start..<end]))
            }
            start = end
        }
        guard fence == nil else { return nil }
        for index in pieces.indices where pieces[index].kind == .words {
            var paragraph = Paragraph()
            for line in pieces[index].lines {
                guard paragraph.take(content(text[line])) else { return nil }
            }
            if paragraph.isProse { pieces[index].kind = .prose }
        }
        return pieces
    }

    /// A line that begins or ends a block of code (CommonMark 0.31 §4.5).
    private struct Fence {
        let byte: UInt8
        let count: Int
        /// Something stands behind the sign: the language.
        let hasWord: Bool
        /// Not indented, quoted or in a list, where it depends on who reads it what it opens or closes.
        let isClear: Bool

        init?(_ line: ArraySlice<UInt8>) {
            let rest = line.drop { isSpace($0) || $0 == 0x3e || $0 == 0x2d || $0 == 0x2a || $0 == 0x2b }
            guard let first = rest.first, first == 0x60 || first == 0x7e else { return nil }
            let signs = rest.prefix { $0 == first }
            guard signs.count >= 3 else { return nil }
            let word = rest[signs.endIndex...]
            byte = first
            count = signs.count
            hasWord = !word.allSatisfy(isSpace)
            isClear = rest.startIndex == line.startIndex && !word.contains(0x60)
        }
    }

    // MARK: Lines

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }

    private static func lineEnd(of line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard line.last == 0x0a else { return [] }
        return line.suffix(line.dropLast().last == 0x0d ? 2 : 1)
    }

    /// A line without its end and the spaces before it.
    private static func content(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        line[..<(line.lastIndex { $0 != 0x20 && $0 != 0x0a && $0 != 0x0d }.map { $0 + 1 } ?? line.startIndex)]
    }

    /// A line without the spaces at its end, but for a line break within a paragraph.
    private static func append(_ line: ArraySlice<UInt8>, isLast: Bool, to result: inout [UInt8]) {
        let words = content(line)
        let end = lineEnd(of: line)
        // What ends the whole text may be gone on with.
        guard !end.isEmpty else { return result += line }
        result += words
        if !isLast, line.count - words.count - end.count >= 2 { result += [0x20, 0x20] }
        result += end
    }
}
