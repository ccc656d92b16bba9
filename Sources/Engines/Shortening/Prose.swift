import Bytes

/// Collapses spaces and empty lines of prose, and leaves alone all that may mean something by its spaces.
///
/// Works on lines: fenced blocks, and from an open fence on everything, stay as they are; so does a paragraph that has an
/// indented line, inline code, a bracket, a table's bar, a list, a `key:`, columns, or anything else that prose has not.
package enum Prose {
    private struct Line {
        let range: Range<Int>
        var isBlank = false
        var isProse = false
    }

    /// The text, collapsed; the same bytes when there is nothing to collapse.
    package static func collapsed(_ text: [UInt8]) -> [UInt8] {
        guard mayCollapse(text) else { return text }
        let lines = lines(of: text)
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < lines.count {
            let line = lines[index]
            if line.isBlank {
                var end = index
                while end < lines.count, lines[end].isBlank { end += 1 }
                // The last piece is no line: nothing ends it.
                let isInner = index > 0 && end < lines.count && lines[index - 1].isProse && lines[end].isProse
                let kept = isInner && end - index > 1 ? index..<(index + 1) : index..<end
                for place in kept { result += text[lines[place].range] }
                index = end
                continue
            }
            if line.isProse { append(text[line.range], to: &result) } else { result += text[line.range] }
            index += 1
        }
        return result
    }

    /// Nearly all texts have nothing to collapse: two spaces or two line ends stand nowhere together.
    private static func mayCollapse(_ text: [UInt8]) -> Bool {
        var last: UInt8 = 0
        for byte in text {
            if byte == last, byte == 0x20 || byte == 0x0a { return true }
            if byte == 0x0a, last == 0x0d || last == 0x20 { return true }
            last = byte
        }
        return false
    }

    /// Lines with their ends, told apart.
    private static func lines(of text: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: 0x0a).map { $0 + 1 } ?? text.count
            let range = start..<end
            lines.append(Line(range: range, isBlank: text[range].allSatisfy(isSpace)))
            start = end
        }
        var index = 0
        var fence: Fence?
        var isDoubtful = false
        while index < lines.count {
            if lines[index].isBlank {
                index += 1
                continue
            }
            var end = index
            var isProse = true
            while end < lines.count, !lines[end].isBlank {
                let line = text[lines[end].range]
                if let mark = Fence(line) {
                    isProse = false
                    isDoubtful = isDoubtful || mark.isDoubtful
                    if let open = fence {
                        // A sign with a language inside a block: one writer nests what another closes.
                        if mark.hasWord { isDoubtful = true }
                        if open.byte == mark.byte, mark.count >= open.count { fence = nil }
                    } else {
                        fence = mark
                    }
                }
                if fence != nil || isDoubtful { isProse = false }
                end += 1
            }
            isProse = isProse && isParagraph(text, lines[index..<end])
            for place in index..<end { lines[place].isProse = isProse }
            index = end
        }
        return lines
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }

    /// A line that begins or ends a block of code (CommonMark 0.31 §4.5).
    private struct Fence {
        let byte: UInt8
        let count: Int
        /// Something stands behind the sign: the language.
        let hasWord: Bool
        /// Indented, quoted or in a list: what it opens or closes depends on who reads it.
        let isDoubtful: Bool

        init?(_ line: ArraySlice<UInt8>) {
            let rest = line.drop { isSpace($0) || $0 == 0x3e || $0 == 0x2d || $0 == 0x2a || $0 == 0x2b }
            guard let first = rest.first, first == 0x60 || first == 0x7e else { return nil }
            let signs = rest.prefix { $0 == first }
            guard signs.count >= 3 else { return nil }
            let word = rest[signs.endIndex...]
            byte = first
            count = signs.count
            hasWord = !word.allSatisfy(isSpace)
            isDoubtful = rest.startIndex != line.startIndex || word.contains(0x60)
        }
    }

    /// Bytes that prose has beside letters, digits, space and what is no ASCII.
    private static let marks = Set(".,;:!?'\"()-/%&+$".utf8)

    private static func isParagraph(_ text: [UInt8], _ lines: ArraySlice<Line>) -> Bool {
        var words = 0
        var columns = 0
        for line in lines {
            let bytes = text[line.range]
            guard isPlain(bytes) else { return false }
            words += bytes.split(separator: 0x20).count
            let gaps = wideGaps(bytes)
            if gaps > 1 { return false }
            columns += gaps
        }
        return words >= 4 && columns <= 1
    }

    private static func isPlain(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first, ASCII.isLetter(first) || ASCII.isDigit(first) || first >= 0x80 || first == 0x22
        else { return false }
        let content = line.last == 0x0a ? line.dropLast(line.dropLast().last == 0x0d ? 2 : 1) : line
        for byte in content {
            let isOrdinary = ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte >= 0x80 || byte == 0x20
            guard isOrdinary || marks.contains(byte) else { return false }
        }
        // Code ends its lines so; `key: value` begins them so; `1. ` and `a) ` are lists.
        if content.last == 0x3b { return false }
        let word = content.prefix { $0 != 0x20 }
        if word.last == 0x3a { return false }
        if word.count <= 4, let end = word.last, end == 0x2e || end == 0x29 { return false }
        return true
    }

    /// Runs of three and more spaces between words, as columns have them.
    private static func wideGaps(_ line: ArraySlice<UInt8>) -> Int {
        var gaps = 0
        var run = 0
        for byte in line {
            if byte == 0x20 {
                run += 1
            } else {
                if run >= 3, !isSpace(byte) { gaps += 1 }
                run = 0
            }
        }
        return gaps
    }

    /// One space for several between words; those at the end are Markdown's line break.
    private static func append(_ line: ArraySlice<UInt8>, to result: inout [UInt8]) {
        let end = line.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? line.startIndex
        var last: UInt8 = 0
        for byte in line[..<end] {
            if byte != 0x20 || last != 0x20 { result.append(byte) }
            last = byte
        }
        result += line[end...]
    }
}
