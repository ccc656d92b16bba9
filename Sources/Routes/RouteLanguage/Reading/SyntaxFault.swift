import Report

/// What libyaml said, in words for the author of a route file.
struct SyntaxFault {
    private(set) var problems: [Problem] = []
    /// A byte that may be taken for a letter to go on reading.
    private(set) var repairOffset: Int?

    init(_ failure: YAMLFailure, _ source: SourceText, _ bytes: [UInt8]) {
        let line = failure.mark.line + 1
        let column = failure.mark.column + 1
        let offset = source.offset(line: line, column: column)
        let byte = offset < bytes.count ? bytes[offset] : 0
        if failure.context == "while scanning an alias" || failure.context == "while scanning an anchor" {
            let start = source.offset(line: failure.contextMark.line + 1, column: failure.contextMark.column + 1)
            // The sign itself is where the context begins.
            let sign = start < bytes.count ? bytes[start] : 0
            if sign == UInt8(ascii: "*") {
                let word = Self.word(source, start)
                problems = [Self.starProblem(word, Self.wordSpot(source, start), Self.quoting(word, source, start))]
                repairOffset = start
                return
            }
        }
        if failure.context == "while scanning a tag" {
            let start = source.offset(line: failure.contextMark.line + 1, column: failure.contextMark.column + 1)
            let word = Self.word(source, start)
            problems = [Self.tagProblem(word, Self.wordSpot(source, start), Self.quoting(word, source, start))]
            repairOffset = start
            return
        }
        if byte == 0x09, failure.problem.contains("token") || failure.problem.contains("tab") {
            problems = Self.tabs(source, failure)
            return
        }
        if failure.problem == "found character that cannot start any token" {
            let sign = String(decoding: [byte], as: UTF8.self)
            let word = Self.word(source, offset)
            let isGroup = ["@local", "@remote", "@any"].contains(word)
            problems = [
                Problem(
                    .error,
                    "HP005",
                    "`\(sign)` cannot start a YAML value",
                    at: Self.wordSpot(source, offset),
                    help: [
                        isGroup ? "groups are plain words:  \(word.dropFirst())" : "quote it:  \"\(word)\""
                    ],
                    fix: .safe,
                    edits: isGroup
                        ? [Edit(path: source.path, range: offset..<(offset + 1), replacement: "")]
                        : Self.quoting(word, source, offset)
                )
            ]
            repairOffset = offset
            return
        }
        problems = [Self.longKey(failure, source) ?? Self.general(failure, source)]
    }

    /// HP007: libyaml looks for the `:` behind a key no further than 1,024 characters (YAML 1.2.2 §7.4).
    private static func longKey(_ failure: YAMLFailure, _ source: SourceText) -> Problem? {
        let limit = DocumentReader.keyLimitBytes
        let start: (line: Int, column: Int)
        let length: Int
        switch failure.problem {
        case "could not find expected ':'":
            start = (failure.contextMark.line + 1, failure.contextMark.column + 1)
            let rest = Array(source.line(start.line).unicodeScalars.dropFirst(failure.contextMark.column))
            guard
                let end = rest.indices.first(where: {
                    rest[$0] == ":" && (rest.count == $0 + 1 || rest[$0 + 1] == " ")
                })
            else { return nil }
            length = end
        case "mapping values are not allowed in this context":
            let before = Array(source.line(failure.mark.line + 1).unicodeScalars.prefix(failure.mark.column))
            var column = before.firstIndex { $0 != " " } ?? 0
            while column + 1 < before.count, "-?".unicodeScalars.contains(before[column]), before[column + 1] == " " {
                column = before[column...].dropFirst().firstIndex { $0 != " " } ?? before.count
            }
            // Behind another key's colon this is a value with a colon in it.
            let hasColon = before.indices.dropFirst(column + 1).contains { before[$0 - 1] == ":" && before[$0] == " " }
            if hasColon, before[column] != "\"", before[column] != "'" { return nil }
            start = (failure.mark.line + 1, column + 1)
            length = before.count - column
        default: return nil
        }
        guard length >= limit else { return nil }
        let spot = Spot(path: source.path, line: start.line, column: start.column, length: length)
        return Problem(.error, "HP007", "a key has at most \(limit) bytes", at: spot)
    }

    /// HP003: a glob that YAML takes for an alias.
    static func starProblem(_ word: String, _ spot: Spot, _ edits: [Edit]) -> Problem {
        let name = word.dropFirst()
        let mark =
            name.isEmpty ? "YAML expects an anchor's name here" : "refers to an anchor `\(name)`, which does not exist"
        return Problem(
            .error,
            "HP003",
            "`\(word)` is a YAML alias here, not a glob",
            at: spot,
            mark: mark,
            help: ["quote globs that start with `*`:  \"\(word)\""],
            fix: .safe,
            edits: edits
        )
    }

    /// HP004: a text that YAML takes for a tag.
    static func tagProblem(_ word: String, _ spot: Spot, _ edits: [Edit]) -> Problem {
        Problem(
            .error,
            "HP004",
            "`\(word)` is a YAML tag here, which leaves the value empty",
            at: spot,
            help: ["quote a text that starts with `!`:  \"\(word)\"", "for the opposite, write `not:`"],
            fix: .safe,
            edits: edits
        )
    }

    /// Puts a word of the source into double quotes.
    static func quoting(_ word: String, _ source: SourceText, _ offset: Int) -> [Edit] {
        var quoted = ""
        for letter in word {
            if letter == "\"" || letter == "\\" { quoted += "\\" }
            quoted.append(letter)
        }
        let range = offset..<min(source.bytes.count, offset + word.utf8.count)
        return [Edit(path: source.path, range: range, replacement: "\"\(quoted)\"")]
    }

    private static func word(_ source: SourceText, _ offset: Int) -> String {
        var end = offset
        let stops: [UInt8] = [0x20, 0x09, 0x0A, 0x0D, 0x2C, 0x5D, 0x7D]
        while end < source.bytes.count, !stops.contains(source.bytes[end]) { end += 1 }
        return String(decoding: source.bytes[min(offset, end)..<end], as: UTF8.self)
    }

    private static func wordSpot(_ source: SourceText, _ offset: Int) -> Spot {
        let place = source.place(ofOffset: offset)
        let length = max(1, word(source, offset).unicodeScalars.count)
        return Spot(path: source.path, line: place.line, column: place.column, length: length)
    }

    /// HP011 for every line that is indented with a tab, not only the one libyaml stopped at.
    private static func tabs(_ source: SourceText, _ failure: YAMLFailure) -> [Problem] {
        var found: [Problem] = []
        for number in 1...source.lineCount {
            let line = source.line(number)
            let indentation = String(line.unicodeScalars.prefix { $0 == " " || $0 == "\t" })
            guard let tab = indentation.unicodeScalars.firstIndex(of: "\t"),
                indentation.count < line.unicodeScalars.count
            else {
                continue
            }
            let column = line.unicodeScalars.distance(from: line.unicodeScalars.startIndex, to: tab) + 1
            let spot = Spot(path: source.path, line: number, column: column, length: 1)
            let start = source.offset(line: number, column: 1)
            let spaces = String(indentation.unicodeScalars.flatMap { $0 == "\t" ? [" ", " "] : [" "] as [Character] })
            let end = start + indentation.utf8.count
            found.append(Self.tab(at: spot, [Edit(path: source.path, range: start..<end, replacement: spaces)]))
        }
        if found.isEmpty {
            let (line, column) = (failure.mark.line + 1, failure.mark.column + 1)
            found = [Self.tab(at: Spot(path: source.path, line: line, column: column, length: 1))]
        }
        return found
    }

    private static func tab(at spot: Spot, _ edits: [Edit] = []) -> Problem {
        Problem(
            .error,
            "HP011",
            "a tab cannot indent YAML",
            at: spot,
            mark: "a tab",
            help: ["use two spaces for each level"],
            fix: edits.isEmpty ? nil : .safe,
            edits: edits
        )
    }

    private static let words: [String: String] = [
        "did not find expected ',' or ']'": "expected `,` or `]`",
        "did not find expected ',' or '}'": "expected `,` or `}`",
        "did not find expected key": "expected a key at this indentation",
        "did not find expected '-' indicator": "expected `- ` at this indentation",
        "did not find expected node content": "expected a value",
        "did not find expected <document start>": "the document has ended, here stands something more",
        "could not find expected ':'": "a key needs `:` and a space behind it",
        "mapping values are not allowed in this context": "a second `:` on this line: quote a value that holds `: `",
        "block sequence entries are not allowed in this context": "a list cannot start on this line",
        "found unexpected end of stream": "the file ends inside quotes",
        "found unexpected document indicator": "`---` inside quotes",
        "found unknown escape character": "no such escape in double quotes: single quotes take `\\` as it is",
        "did not find expected alphabetic or numeric character": "expected a name of letters, digits, `-` and `_`",
    ]

    private static let contexts: [String: String] = [
        "while parsing a flow sequence": "the list opened here",
        "while parsing a flow mapping": "the mapping opened here",
        "while parsing a block mapping": "the mapping began here",
        "while parsing a block collection": "the list began here",
        "while scanning a quoted scalar": "the quotes opened here",
        "while scanning a double-quoted scalar": "the quotes opened here",
        "while scanning a simple key": "the key",
    ]

    private static func general(_ failure: YAMLFailure, _ source: SourceText) -> Problem {
        let sentence = words[failure.problem] ?? "YAML: \(failure.problem)"
        var spot = Spot(path: source.path, line: failure.mark.line + 1, column: failure.mark.column + 1, length: 1)
        if spot.line > source.lineCount || (spot.line > 1 && spot.column == 1 && source.line(spot.line).isEmpty) {
            spot = lastPlace(source, before: spot.line)
        }
        var labels: [Label] = []
        if let context = contexts[failure.context] {
            let line = failure.contextMark.line + 1
            let column = failure.contextMark.column + 1
            let place = Spot(path: source.path, line: line, column: column, length: 1)
            if place != spot { labels = [Label(place, context)] }
        }
        let offset = source.offset(line: failure.mark.line + 1, column: failure.mark.column + 1)
        let isShell = offset > 0 && source.bytes[offset - 1] == UInt8(ascii: "$")
        let help = isShell ? ["variables are written  env:NAME,  without `$` and braces"] : []
        return Problem(.error, "HP001", sentence, at: spot, labels: labels, help: help)
    }

    /// The end of the last line with text: where something that is missing at the end of a file belongs.
    private static func lastPlace(_ source: SourceText, before line: Int) -> Spot {
        var line = min(line, source.lineCount)
        while line > 1, source.line(line).allSatisfy({ $0 == " " }) { line -= 1 }
        let column = source.line(line).unicodeScalars.count + 1
        return Spot(path: source.path, line: line, column: column, length: 1)
    }
}
