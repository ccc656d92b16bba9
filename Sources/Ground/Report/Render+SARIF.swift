/// SARIF 2.1.0: Static Analysis Results Interchange Format, OASIS Standard.
extension Render {
    func sarif(files: [String]) -> String {
        let positions = Dictionary(rules.enumerated().map { ($1.code, $0) }) { first, _ in first }
        let driver: JSONValue = .object([
            ("name", .text("hoosh-proxy")), ("version", .text(version)), ("semanticVersion", .text(version)),
            ("rules", .list(rules.map(descriptor))),
        ])
        let found = problems.all
        let fingerprints = Fingerprint.all(found, in: problems)
        let results = zip(found, fingerprints).map { result($0, $1, positions[$0.code]) }
        let run: JSONValue = .object([
            ("tool", .object([("driver", driver)])),
            ("columnKind", .text("unicodeCodePoints")),
            ("invocations", .list([.object([("executionSuccessful", .bool(true))])])),
            ("artifacts", .list(files.map { .object([("location", artifact($0))]) })),
            ("results", .list(results)),
        ])
        let log: JSONValue = .object([
            (
                "$schema",
                .text("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json")
            ),
            ("version", .text("2.1.0")),
            ("runs", .list([run])),
        ])
        return log.page() + "\n"
    }

    private static func level(_ severity: Severity) -> JSONValue {
        switch severity {
        case .error: .text("error")
        case .warning: .text("warning")
        case .note: .text("note")
        }
    }

    /// A rule of the tool (§3.49); `helpUri` must be absolute, and the pages travel with the program: a `urn:` says which.
    private func descriptor(_ rule: RuleInfo) -> JSONValue {
        .object([
            ("id", .text(rule.code)),
            ("shortDescription", .object([("text", .text(rule.rule))])),
            ("help", .object([("text", .text(rule.page)), ("markdown", .text(rule.page))])),
            ("helpUri", .text("urn:hoosh-proxy:rule:\(rule.code)")),
            ("defaultConfiguration", .object([("level", Self.level(rule.severity))])),
        ])
    }

    private func result(_ problem: Problem, _ fingerprint: Fingerprint, _ rule: Int?) -> JSONValue {
        var members: [(String, JSONValue)] = [("ruleId", .text(problem.code))]
        if let rule { members.append(("ruleIndex", .number(rule))) }
        let notes = problem.notes + problem.help.map { "help: \($0)" }
        members += [
            ("level", Self.level(problem.severity)),
            ("message", .object([("text", masked(([problem.sentence] + notes).joined(separator: "\n")))])),
            ("locations", .list([.object([("physicalLocation", physical(problem.spot))])])),
        ]
        if !problem.labels.isEmpty {
            let related = problem.labels.enumerated().map { number, label in
                var members: [(String, JSONValue)] = [
                    ("id", .number(number + 1)), ("physicalLocation", physical(label.spot)),
                ]
                if !label.text.isEmpty { members.append(("message", .object([("text", masked(label.text))]))) }
                return JSONValue.object(members)
            }
            members.append(("relatedLocations", .list(related)))
        }
        if let edits = shown(problem.edits) { members.append(("fixes", .list([fix(problem, edits)]))) }
        members.append(("partialFingerprints", .object([("hooshFinding/v1", .text(fingerprint.description))])))
        return .object(members)
    }

    /// A file: relative as it was named, or absolute (§3.4, RFC 3986).
    private func artifact(_ path: String) -> JSONValue {
        var name = path
        while name.hasPrefix("./") { name.removeFirst(2) }
        var uri = name.hasPrefix("/") ? "file://" : ""
        for byte in redaction.masked(name).utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                uri.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                uri += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return .object([("uri", .text(uri))])
    }

    private func physical(_ spot: Spot) -> JSONValue {
        let region: JSONValue = .object([
            ("startLine", .number(max(spot.line, 1))), ("startColumn", .number(max(spot.column, 1))),
            ("endLine", .number(max(spot.line, 1))),
            ("endColumn", .number(max(spot.column, 1) + max(spot.length, 1))),
        ])
        return .object([("artifactLocation", artifact(spot.path)), ("region", region)])
    }

    /// An edit (§3.55): one change for each file, regions in code points.
    private func fix(_ problem: Problem, _ edits: [Edit]) -> JSONValue {
        var paths: [String] = []
        for edit in edits where !paths.contains(edit.path) { paths.append(edit.path) }
        let changes = paths.map { path in
            let replacements = edits.filter { $0.path == path }.map { edit in
                JSONValue.object([
                    ("deletedRegion", region(edit)),
                    ("insertedContent", .object([("text", masked(edit.replacement))])),
                ])
            }
            return JSONValue.object([("artifactLocation", artifact(path)), ("replacements", .list(replacements))])
        }
        let what = problem.help.first ?? problem.sentence
        let safety = problem.fix.map { " (\($0.rawValue) fix)" } ?? ""
        return .object([
            ("description", .object([("text", masked(what + safety))])), ("artifactChanges", .list(changes)),
        ])
    }

    private func region(_ edit: Edit) -> JSONValue {
        guard let source = problems.sources[edit.path] else { return .empty }
        let start = source.place(ofOffset: edit.range.lowerBound)
        let end = source.place(ofOffset: edit.range.upperBound)
        return .object([
            ("startLine", .number(start.line)), ("startColumn", .number(start.column)),
            ("endLine", .number(end.line)), ("endColumn", .number(end.column)),
        ])
    }
}
