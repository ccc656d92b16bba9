/// `json`, `jsonl` (schema `lint-v1`) and reviewdog's `rdjson`.
extension Render {
    /// A JSON text, secrets masked.
    func masked(_ text: String) -> JSONValue { .text(redaction.masked(text)) }

    /// All findings, uncounted: programs can count themselves.
    func json(files: [String]) -> String {
        var text = "{\"schema\": \"lint-v1\", \"files\": \(files.count), "
        text += "\"errors\": \(problems.count(.error)), \"warnings\": \(problems.count(.warning)), "
        text += "\"notes\": \(problems.count(.note)), \"problems\": ["
        text += problems.all.map { "\n  \(object($0).line)" }.joined(separator: ",")
        return text + (problems.isEmpty ? "]}\n" : "\n]}\n")
    }

    /// One finding of `lint-v1`.
    func object(_ problem: Problem) -> JSONValue {
        let labels = problem.labels.map { JSONValue.object(place($0.spot) + [("text", masked($0.text))]) }
        var members: [(String, JSONValue)] = [
            ("code", .text(problem.code)), ("severity", .text(problem.severity.rawValue)),
            ("message", masked(problem.sentence)),
        ]
        members += place(problem.spot)
        members += [
            ("mark", masked(problem.mark)), ("labels", .list(labels)), ("notes", .list(problem.notes.map(masked))),
            ("help", .list(problem.help.map(masked))),
            ("fix", problem.fix.map { .text($0.rawValue) } ?? .null),
        ]
        if let edits = shown(problem.edits) {
            let list = edits.map { edit in
                JSONValue.object([
                    ("path", masked(edit.path)), ("start", .number(edit.range.lowerBound)),
                    ("end", .number(edit.range.upperBound)), ("text", masked(edit.replacement)),
                ])
            }
            members.append(("edits", .list(list)))
        }
        return .object(members)
    }

    private func place(_ spot: Spot) -> [(String, JSONValue)] {
        [
            ("path", masked(spot.path)), ("line", .number(spot.line)), ("column", .number(spot.column)),
            ("length", .number(spot.length)),
        ]
    }

    /// Reviewdog's diagnostic format; its columns count bytes.
    func rdjson() -> String {
        let diagnostics = problems.all.map { problem in
            var members: [(String, JSONValue)] = [
                ("message", masked(([problem.sentence] + problem.help).joined(separator: "\n"))),
                ("location", reviewLocation(problem.spot)),
                ("severity", .text(Self.reviewSeverity(problem.severity))),
                ("code", .object([("value", .text(problem.code))])),
            ]
            if let edits = shown(problem.edits), edits.allSatisfy({ $0.path == problem.spot.path }) {
                members.append(("suggestions", .list(edits.compactMap(suggestion))))
            }
            if !problem.labels.isEmpty {
                let related = problem.labels.map { label in
                    JSONValue.object([("message", masked(label.text)), ("location", reviewLocation(label.spot))])
                }
                members.append(("relatedLocations", .list(related)))
            }
            return JSONValue.object(members)
        }
        let whole = JSONValue.object([
            ("source", .object([("name", .text("hoosh-proxy lint"))])), ("diagnostics", .list(diagnostics)),
        ])
        return whole.page() + "\n"
    }

    private static func reviewSeverity(_ severity: Severity) -> String {
        switch severity {
        case .error: "ERROR"
        case .warning: "WARNING"
        case .note: "INFO"
        }
    }

    private func reviewLocation(_ spot: Spot) -> JSONValue {
        .object([("path", masked(spot.path)), ("range", reviewRange(spot))])
    }

    private func reviewRange(_ spot: Spot) -> JSONValue {
        let source = problems.sources[spot.path]
        func column(_ column: Int) -> Int {
            guard let source else { return column }
            return source.offset(line: spot.line, column: column) - source.offset(line: spot.line, column: 1) + 1
        }
        return .object([
            ("start", Self.reviewPlace(spot.line, column(spot.column))),
            ("end", Self.reviewPlace(spot.line, column(spot.column + max(spot.length, 1)))),
        ])
    }

    private func suggestion(_ edit: Edit) -> JSONValue? {
        guard let source = problems.sources[edit.path] else { return nil }
        func place(_ offset: Int) -> JSONValue {
            let line = source.place(ofOffset: offset).line
            return Self.reviewPlace(line, offset - source.offset(line: line, column: 1) + 1)
        }
        let range: JSONValue = .object([
            ("start", place(edit.range.lowerBound)), ("end", place(edit.range.upperBound)),
        ])
        return .object([("range", range), ("text", masked(edit.replacement))])
    }

    private static func reviewPlace(_ line: Int, _ column: Int) -> JSONValue {
        .object([("line", .number(line)), ("column", .number(column))])
    }
}
