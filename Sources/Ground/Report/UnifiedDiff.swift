/// The difference of two texts, as `diff -u` and `git` write it; secrets are masked.
package struct UnifiedDiff {
    private enum Line {
        case same(old: Int, new: Int)
        case gone(Int)
        case added(Int)
    }

    private static let context = 3

    /// The difference; empty when there is none.
    ///
    /// - Parameters:
    ///   - path: names the file on both sides.
    ///   - old: its bytes.
    ///   - new: what they will be.
    ///   - problems: knows the secrets.
    ///   - fresh: knows where they stand in what will be.
    /// - Returns: the text, line ends included.
    package static func text(
        path: String,
        old: [UInt8],
        new: [UInt8],
        hiding problems: Problems,
        _ fresh: Problems = Problems()
    ) -> String {
        if old == new { return "" }
        let redaction = Redaction(values: problems.secrets, spots: problems.secretSpots)
        let added = Redaction(values: problems.secrets.union(fresh.secrets), spots: fresh.secretSpots)
        let (before, after) = (lines(old), lines(new))
        func drawn(_ sign: String, _ line: ArraySlice<UInt8>, _ number: Int, _ redaction: Redaction) -> String {
            let text = String(decoding: line, as: UTF8.self)
            let isEnded = text.unicodeScalars.last == "\n"
            let body = isEnded ? String(String.UnicodeScalarView(text.unicodeScalars.dropLast())) : text
            let masked = Columns.printable(
                redaction.masked(line: body, number: number, path: path),
                keeping: ["\t", "\r"]
            )
            return sign + masked + (isEnded ? "\n" : "\n\\ No newline at end of file\n")
        }
        let name = Columns.printable(redaction.masked(path))
        var text = "--- \(name)\n+++ \(name)\n"
        for hunk in hunks(script(before, after)) {
            text += head(hunk)
            for line in hunk {
                switch line {
                case .same(let index, _): text += drawn(" ", before[index], index + 1, redaction)
                case .gone(let index): text += drawn("-", before[index], index + 1, redaction)
                case .added(let index): text += drawn("+", after[index], index + 1, added)
                }
            }
        }
        return text
    }

    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.count
            lines.append(bytes[start..<end])
            start = end
        }
        return lines
    }

    /// Myers' algorithm between what both begin and end with; beyond a limit everything between counts as changed.
    private static func script(_ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>]) -> [Line] {
        var first = 0
        while first < min(old.count, new.count), old[first] == new[first] { first += 1 }
        var tail = 0
        while tail < min(old.count, new.count) - first, old[old.count - 1 - tail] == new[new.count - 1 - tail] {
            tail += 1
        }
        var result = (0..<first).map { Line.same(old: $0, new: $0) }
        result += middle(old, new, first..<(old.count - tail), first..<(new.count - tail))
        result += (0..<tail).map { Line.same(old: old.count - tail + $0, new: new.count - tail + $0) }
        return result
    }

    private static func middle(
        _ old: [ArraySlice<UInt8>],
        _ new: [ArraySlice<UInt8>],
        _ left: Range<Int>,
        _ right: Range<Int>
    ) -> [Line] {
        let limit = 1_000
        let most = min(left.count + right.count, limit)
        var reached = [Int](repeating: 0, count: 2 * most + 3)
        var history: [[Int]] = []
        for steps in 0...most {
            history.append(reached)
            for diagonal in stride(from: -steps, through: steps, by: 2) {
                let slot = diagonal + most + 1
                let isDown = diagonal == -steps || diagonal != steps && reached[slot - 1] < reached[slot + 1]
                var x = isDown ? reached[slot + 1] : reached[slot - 1] + 1
                while x < left.count, x - diagonal < right.count,
                    old[left.lowerBound + x] == new[right.lowerBound + x - diagonal]
                { x += 1 }
                reached[slot] = x
                if x >= left.count, x - diagonal >= right.count {
                    return path(history, most, left, right)
                }
            }
        }
        return left.map { .gone($0) } + right.map { .added($0) }
    }

    /// The way back from the end.
    private static func path(_ history: [[Int]], _ most: Int, _ left: Range<Int>, _ right: Range<Int>) -> [Line] {
        var lines: [Line] = []
        var (x, y) = (left.count, right.count)
        for steps in stride(from: history.count - 1, through: 0, by: -1) {
            let reached = history[steps]
            let diagonal = x - y
            let slot = diagonal + most + 1
            let isDown = diagonal == -steps || diagonal != steps && reached[slot - 1] < reached[slot + 1]
            let from = steps == 0 ? 0 : isDown ? reached[slot + 1] : reached[slot - 1]
            let fromY = steps == 0 ? 0 : from - (isDown ? diagonal + 1 : diagonal - 1)
            let start = steps == 0 ? 0 : isDown ? from : from + 1
            while x > start, y > 0 {
                (x, y) = (x - 1, y - 1)
                lines.append(.same(old: left.lowerBound + x, new: right.lowerBound + y))
            }
            if steps > 0 {
                lines.append(isDown ? .added(right.lowerBound + fromY) : .gone(left.lowerBound + from))
                (x, y) = (from, fromY)
            }
        }
        return lines.reversed()
    }

    /// Changes with three lines around them; those that touch are one.
    private static func hunks(_ lines: [Line]) -> [[Line]] {
        var ranges: [Range<Int>] = []
        for (index, line) in lines.enumerated() {
            if case .same = line { continue }
            let range = max(0, index - context)..<min(lines.count, index + context + 1)
            if let last = ranges.last, last.upperBound >= range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
        }
        return ranges.map { Array(lines[$0]) }
    }

    private static func head(_ hunk: [Line]) -> String {
        var (old, new): ([Int], [Int]) = ([], [])
        for line in hunk {
            switch line {
            case .same(let left, let right):
                old.append(left)
                new.append(right)
            case .gone(let left): old.append(left)
            case .added(let right): new.append(right)
            }
        }
        func range(_ lines: [Int]) -> String {
            let start = lines.first.map { $0 + 1 } ?? 0
            return lines.count == 1 ? "\(start)" : "\(start),\(lines.count)"
        }
        return "@@ -\(range(old)) +\(range(new)) @@\n"
    }
}
