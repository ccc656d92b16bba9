/// A file's bytes with its line starts; turns lines and columns into bytes.
///
/// Lines end at LF, CRLF or a lone CR, as libyaml counts them; columns are code points.
package struct SourceText: Sendable {
    package let path: String
    package let bytes: [UInt8]
    private let lineStarts: [Int]

    /// Finds the lines.
    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
        var starts = [0]
        var offset = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if byte == 0x0A {
                starts.append(offset)
            } else if byte == 0x0D {
                if offset < bytes.count, bytes[offset] == 0x0A { offset += 1 }
                starts.append(offset)
            }
        }
        lineStarts = starts
    }

    /// Number of lines; a last line end opens no new one for people, but does here.
    package var lineCount: Int { lineStarts.count }

    /// The text of a line from 1, without its end; empty outside the file.
    package func line(_ number: Int) -> String {
        guard number >= 1, number <= lineStarts.count else { return "" }
        let start = lineStarts[number - 1]
        var end = number < lineStarts.count ? lineStarts[number] : bytes.count
        while end > start, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    /// The byte offset of a line and a column, both from 1; the end of the line when the column is beyond it.
    package func offset(line: Int, column: Int) -> Int {
        guard line >= 1, line <= lineStarts.count else { return bytes.count }
        var offset = lineStarts[line - 1]
        let end = line < lineStarts.count ? lineStarts[line] : bytes.count
        var left = column - 1
        while left > 0, offset < end {
            offset += 1
            while offset < end, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
            left -= 1
        }
        return offset
    }

    /// The line and the column, both from 1, of a byte offset.
    package func place(ofOffset target: Int) -> (line: Int, column: Int) {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= target { low = middle } else { high = middle }
        }
        var column = 1
        for offset in lineStarts[low]..<max(lineStarts[low], min(target, bytes.count))
        where bytes[offset] & 0xC0 != 0x80 {
            column += 1
        }
        return (low + 1, column)
    }
}
