/// A source line as it is drawn: tabs expanded, cut to a window, with the column of every code point.
struct DrawnLine {
    /// Lines are cut to this many columns.
    static let windowColumns = 100

    /// What stands on the screen.
    let text: String
    /// Column on the screen of each code point, and one more for the end; negative when cut off on the left.
    private let columns: [Int]
    private let width: Int

    /// Draws a line so that the code points of `focus` can be seen.
    init(_ line: String, focus: Range<Int>) {
        var columns: [Int] = []
        var cells: [(text: String, column: Int, width: Int)] = []
        var column = 0
        for scalar in line.unicodeScalars {
            columns.append(column)
            let width = scalar == "\t" ? Columns.tab - column % Columns.tab : Columns.width(scalar)
            let text = scalar == "\t" ? String(repeating: " ", count: width) : Columns.printable(String(scalar))
            let drawn = text.unicodeScalars.count > 1 && scalar != "\t" ? text.unicodeScalars.count : width
            cells.append((text, column, drawn))
            column += drawn
        }
        columns.append(column)
        guard column > Self.windowColumns else {
            text = cells.map(\.text).joined()
            self.columns = columns
            width = column
            return
        }
        let start = columns[min(focus.lowerBound, columns.count - 1)]
        let end = columns[min(focus.upperBound, columns.count - 1)]
        // The span in the middle when it fits, else its start near the left edge.
        let slack = max(0, Self.windowColumns - (end - start)) / 2
        let from = max(0, min(start - slack, column - Self.windowColumns))
        let shown = cells.filter { $0.column >= from && $0.column + $0.width <= from + Self.windowColumns }
        let first = shown.first?.column ?? from
        let last = shown.last.map { $0.column + $0.width } ?? from
        let left = from > 0 ? "…" : ""
        let right = last < column ? "…" : ""
        text = left + shown.map(\.text).joined() + right
        let shift = first - left.unicodeScalars.count
        self.columns = columns.map { $0 - shift }
        width = last - shift
    }

    /// Where marks under code points `start..<start + length` begin and how many columns they take, at least one.
    func marks(start: Int, length: Int) -> (column: Int, count: Int) {
        let from = max(0, columns[min(max(start, 0), columns.count - 1)])
        let to = columns[min(max(start + length, 0), columns.count - 1)]
        let end = min(to, max(width, from + 1))
        // A place at the end of the line, where something is missing, still gets a mark.
        return (from, max(1, end - from))
    }
}

/// One finding with its source lines, carets and help, as `routes.md` 4.4 draws it.
struct Frame {
    let problem: Problem
    let sources: [String: SourceText]
    let redaction: Redaction
    let paint: Paint
    /// The code's page is named at its first frame.
    var tellsMore = false
    /// Where the word stands that tells of a fix.
    static let fixColumn = 81

    private var marks: [(spot: Spot, text: String, isPrimary: Bool)] {
        let others = problem.labels.map { (spot: $0.spot, text: $0.text, isPrimary: false) }
        return ([(problem.spot, problem.mark, true)] + others).sorted { left, right in
            if left.spot.line != right.spot.line { return left.spot.line < right.spot.line }
            if left.isPrimary != right.isPrimary { return left.isPrimary }
            return left.spot.column < right.spot.column
        }
    }

    func lines() -> [String] {
        let spot = problem.spot
        let head = "\(problem.severity.rawValue)[\(problem.code)]"
        let sentence = Columns.printable(redaction.masked(problem.sentence))
        var lines = ["\(paint.severity(head, problem.severity)): \(paint.strong(sentence))"]
        let here = marks.filter { $0.spot.path == spot.path }
        let width = max(2, String(here.map(\.spot.line).max() ?? 1).count)
        let margin = String(repeating: " ", count: width)
        lines.append("\(margin)\(paint.quiet("-->")) \(Columns.printable(spot.description))")
        if let source = sources[spot.path] {
            lines.append("\(margin) \(paint.quiet("|"))")
            lines += excerpt(source, here, width)
        }
        lines += closing(margin)
        return lines.map { line in
            var line = line
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }

    /// What stands below the source lines: notes, help, where to read more.
    private func closing(_ margin: String) -> [String] {
        var lines: [String] = []
        var fix = problem.edits.isEmpty ? nil : problem.fix.map { "[\($0.rawValue) fix]" }
        var parts = elsewhere() + problem.notes.map(Self.noted) + problem.help.map { ("help", $0) }
        if fix != nil, problem.help.isEmpty { parts.append(("help", "`lint --fix` makes the edit")) }
        if tellsMore { parts.append(("more", "hoosh-proxy rule \(problem.code)")) }
        if !parts.isEmpty { lines.append("\(margin) \(paint.quiet("|"))") }
        for (word, text) in parts {
            let pieces = redaction.masked(text).split(separator: "\n", omittingEmptySubsequences: false)
            for (number, piece) in pieces.enumerated() {
                let lead = number == 0 ? "= \(word): " : String(repeating: " ", count: word.count + 4)
                var line = "\(margin) \(lead)\(Columns.printable(String(piece)))"
                if word == "help", let text = fix {
                    line += String(repeating: " ", count: max(2, Self.fixColumn - line.unicodeScalars.count)) + text
                    fix = nil
                }
                lines.append(line)
            }
        }
        return lines
    }

    /// A note that begins with `witness: ` is one.
    private static func noted(_ text: String) -> (String, String) {
        let word = "witness: "
        return text.hasPrefix(word) ? ("witness", String(text.dropFirst(word.count))) : ("note", text)
    }

    /// Places in other files have no frame of their own.
    private func elsewhere() -> [(String, String)] {
        problem.labels.filter { $0.spot.path != problem.spot.path }.map { ("note", "\($0.spot): \($0.text)") }
    }

    private func excerpt(
        _ source: SourceText,
        _ marks: [(spot: Spot, text: String, isPrimary: Bool)],
        _ width: Int
    ) -> [String] {
        var lines: [String] = []
        var last: Int?
        let margin = String(repeating: " ", count: width)
        for number in Set(marks.map(\.spot.line)).sorted() {
            if let last, number > last + 1 { lines.append("\(margin) \(paint.quiet(":"))") }
            last = number
            let onLine = marks.filter { $0.spot.line == number }
            let text = redaction.masked(line: source.line(number), number: number, path: source.path)
            let focus =
                onLine.first.map { ($0.spot.column - 1)..<($0.spot.column - 1 + max($0.spot.length, 0)) } ?? 0..<0
            let drawn = DrawnLine(text, focus: focus)
            let label = String(number)
            let padded = String(repeating: " ", count: max(0, width - label.count)) + label
            lines.append("\(paint.quiet("\(padded) |")) \(drawn.text)")
            for mark in onLine {
                let place = drawn.marks(start: mark.spot.column - 1, length: mark.spot.length)
                let sign = String(repeating: mark.isPrimary ? "^" : "-", count: place.count)
                let words = Columns.printable(redaction.masked(mark.text))
                let drawnMark = words.isEmpty ? sign : "\(sign) \(words)"
                let painted = mark.isPrimary ? paint.severity(drawnMark, problem.severity) : paint.quiet(drawnMark)
                lines.append("\(margin) \(paint.quiet("|")) \(String(repeating: " ", count: place.column))\(painted)")
            }
        }
        return lines
    }
}

/// Terminal colours, or none.
struct Paint {
    let isOn: Bool

    private func wrapped(_ text: String, _ code: String) -> String {
        isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    func severity(_ text: String, _ severity: Severity) -> String {
        switch severity {
        case .error: wrapped(text, "1;31")
        case .warning: wrapped(text, "1;33")
        case .note: wrapped(text, "1;36")
        }
    }

    func strong(_ text: String) -> String { wrapped(text, "1") }
    func quiet(_ text: String) -> String { wrapped(text, "34") }
}
