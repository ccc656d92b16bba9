/// What build services read: GitHub Actions, GitLab, and everything that knows JUnit.
extension Render {
    /// Workflow commands: `::error file=…,line=…::message`.
    func github() -> String {
        problems.all.map { problem in
            let spot = problem.spot
            let command =
                switch problem.severity {
                case .error: "error"
                case .warning: "warning"
                case .note: "notice"
                }
            let end = spot.column + max(spot.length, 1)
            let fields =
                "file=\(Self.property(relative(spot.path))),line=\(spot.line),endLine=\(spot.line),"
                + "col=\(spot.column),endColumn=\(end),title=\(Self.property(problem.code))"
            let words = ([problem.sentence] + problem.help.map { "help: \($0)" }).joined(separator: "\n")
            return "::\(command) \(fields)::\(Self.data(redaction.masked(words)))\n"
        }.joined()
    }

    /// A file as build services name it, without a leading `./`, secrets masked.
    private func relative(_ path: String) -> String {
        var path = path
        while path.hasPrefix("./") { path.removeFirst(2) }
        return redaction.masked(path)
    }

    /// What a workflow command's message may hold.
    private static func data(_ text: String) -> String {
        var result = ""
        // A build log is read on terminals too.
        for scalar in Columns.printable(text, keeping: ["\r", "\n", "\t"]).unicodeScalars {
            switch scalar {
            case "%": result += "%25"
            case "\r": result += "%0D"
            case "\n": result += "%0A"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// What one of its properties may hold.
    private static func property(_ text: String) -> String {
        var result = ""
        for scalar in data(text).unicodeScalars {
            switch scalar {
            case ":": result += "%3A"
            case ",": result += "%2C"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A code quality report: a list, empty when nothing was found.
    func gitlab() -> String {
        let found = problems.all
        let entries = zip(found, Fingerprint.all(found, in: problems)).map { problem, fingerprint in
            let severity =
                switch problem.severity {
                case .error: "major"
                case .warning: "minor"
                case .note: "info"
                }
            let position: JSONValue = .object([
                ("begin", .object([("line", .number(problem.spot.line)), ("column", .number(problem.spot.column))])),
                (
                    "end",
                    .object([
                        ("line", .number(problem.spot.line)),
                        ("column", .number(problem.spot.column + max(problem.spot.length, 1))),
                    ])
                ),
            ])
            return JSONValue.object([
                ("description", masked("\(problem.code): \(problem.sentence)")), ("check_name", .text(problem.code)),
                ("fingerprint", .text(fingerprint.description)), ("severity", .text(severity)),
                ("location", .object([("path", .text(relative(problem.spot.path))), ("positions", position)])),
            ])
        }
        return JSONValue.list(entries).page() + "\n"
    }

    /// One suite for each file, one case for each finding, and one that passes for a file without.
    func junit(files: [String]) -> String {
        let found = problems.all
        var paths = files
        for problem in found where !paths.contains(problem.spot.path) { paths.append(problem.spot.path) }
        let byPath = Dictionary(grouping: found) { $0.spot.path }
        let cases = paths.reduce(0) { $0 + max(1, byPath[$1]?.count ?? 0) }
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        text += "<testsuites name=\"hoosh-proxy lint\" tests=\"\(cases)\" failures=\"\(found.count)\" errors=\"0\">\n"
        for path in paths {
            let mine = byPath[path] ?? []
            let name = xml(path)
            text +=
                "  <testsuite name=\"\(name)\" tests=\"\(max(1, mine.count))\" failures=\"\(mine.count)\" errors=\"0\">\n"
            if mine.isEmpty { text += "    <testcase name=\"\(name)\" classname=\"hoosh-proxy lint\"/>\n" }
            for problem in mine {
                let place = "\(problem.spot.line):\(problem.spot.column)"
                text += "    <testcase name=\"\(problem.code) at \(place)\" classname=\"\(name)\">\n"
                text += "      <failure type=\"\(problem.severity.rawValue)\" message=\"\(xml(problem.sentence))\">"
                let lines = ["\(problem.spot)"] + problem.notes + problem.help.map { "help: \($0)" }
                text += "\(xml(lines.joined(separator: "\n")))</failure>\n    </testcase>\n"
            }
            text += "  </testsuite>\n"
        }
        return text + "</testsuites>\n"
    }

    /// Text of an XML 1.0 document, secrets masked.
    private func xml(_ text: String) -> String {
        var result = ""
        for scalar in redaction.masked(text).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n": result += "&#10;"
            case "\t": result += "&#9;"
            case "\r": result += "&#13;"
            // XML 1.0 has no way to write these.
            case "\u{0}"..."\u{1F}", "\u{FFFE}"..."\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
