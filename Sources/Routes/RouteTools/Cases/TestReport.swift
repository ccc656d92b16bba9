import Report
import RouteModel
import Routing

/// The results of one test file.
struct FileReport {
    var path: String
    var results: [CaseResult]
    var coverage: Coverage
}

/// Results as text, JSON (schema `test-v1`) or JUnit XML.
struct TestReport {
    enum Format: String, CaseIterable { case human, json, junit }

    let files: [FileReport]
    let showsCoverage: Bool
    /// In hundredths of a percent; nil asks for none.
    let failUnder: Int?
    let isColored: Bool

    private var all: [CaseResult] { files.flatMap(\.results) }

    /// True when a test failed or too little is covered.
    var hasFailed: Bool { all.contains { $0.state != .passed } || !thin.isEmpty }

    /// True when the program disagreed with itself.
    var hasFault: Bool { all.contains { $0.state == .fault } }

    /// Files below the asked-for coverage.
    private var thin: [FileReport] { files.filter { $0.coverage.share < failUnder ?? 0 } }

    /// The whole report, line ends included.
    func text(_ format: Format) -> String {
        switch format {
        case .human: human
        case .json: json.written() + "\n"
        case .junit: junit
        }
    }

    // MARK: For people

    private func painted(_ text: String, _ code: String) -> String {
        isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    private func title(_ result: CaseResult) -> String {
        result.isProof ? "prove \"\(result.name)\"" : result.name
    }

    /// Names and values without control characters, which could rewrite a terminal.
    private func shown(_ text: String) -> String { Columns.printable(text) }

    private var human: String {
        var lines: [String] = []
        for file in files {
            for result in file.results {
                if result.state == .passed {
                    lines.append("\(painted("ok", "32"))   \(shown(title(result)))")
                    lines += result.lines.map { "  \(painted("warning", "33")): \(shown($0))" }
                    continue
                }
                lines.append(
                    "\(painted("FAIL", "1;31")) \(shown(title(result)))      \(shown(file.path)):\(result.spot.line)"
                )
                lines += result.lines.map { "  \(shown($0))" }
                if result.hasCounterexample {
                    lines.append(
                        result.savedCase == nil
                            ? "  no case can say this: keep the proof"
                            : "  add as a case: hoosh-proxy test --save-counterexamples"
                    )
                }
            }
            if showsCoverage || failUnder != nil {
                lines.append("coverage \(shown(file.path))   \(file.coverage.summary)")
            }
            if showsCoverage {
                lines += file.coverage.missing.map { shown("  not shown: \($0.sentence)   \($0.spot)") }
            }
        }
        for file in thin {
            let (share, least) = (Words.percent(file.coverage.share), Words.percent(failUnder ?? 0))
            lines.append("\(painted("FAIL", "1;31")) coverage of \(shown(file.path)) is \(share), below \(least)")
        }
        return lines.map { $0 + "\n" }.joined() + summary + "\n"
    }

    private var summary: String {
        let proofs = all.filter(\.isProof)
        let cases = all.count - proofs.count
        func counted(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
        let failed = all.filter { $0.state != .passed }.count
        return "\(counted(files.count, "file")), \(counted(cases, "case")), \(counted(proofs.count, "proof")): "
            + "\(all.count - failed) passed, \(failed) failed"
    }

    // MARK: For programs

    private var json: JSONValue {
        .object([
            "schema": .text("test-v1"),
            "passed": .number(all.filter { $0.state == .passed }.count),
            "failed": .number(all.filter { $0.state != .passed }.count),
            "files": .list(files.map(file)),
        ])
    }

    private func file(_ file: FileReport) -> JSONValue {
        let tests = file.results.map { result in
            JSONValue.object([
                "name": .text(result.name), "kind": .text(result.isProof ? "proof" : "case"),
                "state": .text(result.state.rawValue), "at": .text("\(result.spot)"), "lines": .texts(result.lines),
                "case": .optional(result.savedCase),
            ])
        }
        let counts = Coverage.Kind.allCases.map { kind -> JSONValue.Member in
            let (covered, all) = file.coverage.count(kind)
            let value = JSONValue.object(["covered": .number(covered), "all": .number(all)])
            return JSONValue.Member(name: kind.rawValue, value: value)
        }
        let missing = file.coverage.missing.map { item in
            JSONValue.object(["what": .text(item.sentence), "at": .text("\(item.spot)")])
        }
        return .object([
            "path": .text(file.path), "tests": .list(tests), "coverage": .object(counts),
            "not_shown": .list(missing),
        ])
    }

    private var junit: String {
        let failed = all.filter { $0.state != .passed }.count
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<testsuites name=\"hoosh-proxy test\" tests=\"\(all.count)\" failures=\"\(failed)\">",
        ]
        for file in files {
            let failed = file.results.filter { $0.state != .passed }.count
            let name = Self.escaped(file.path)
            lines.append("  <testsuite name=\"\(name)\" tests=\"\(file.results.count)\" failures=\"\(failed)\">")
            for result in file.results {
                let place = "file=\"\(name)\" line=\"\(result.spot.line)\""
                let start = "    <testcase classname=\"\(name)\" name=\"\(Self.escaped(title(result)))\" \(place)"
                if result.state == .passed {
                    lines.append(start + "/>")
                } else {
                    let text = Self.escaped(result.lines.joined(separator: "\n"))
                    let first = Self.escaped(result.lines.first ?? "")
                    lines.append("\(start)><failure message=\"\(first)\">\(text)</failure></testcase>")
                }
            }
            lines.append("  </testsuite>")
        }
        return (lines + ["</testsuites>", ""]).joined(separator: "\n")
    }

    /// Text for XML 1.0, in attributes and elements: what may not stand there at all becomes U+FFFD.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n": result += "&#10;"
            default:
                let isAllowed = scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
                result.unicodeScalars.append(isAllowed || scalar == "\t" ? scalar : "\u{FFFD}")
            }
        }
        return result
    }
}
