/// Findings as text: for people, for editors, for programs.
package struct Render {
    /// How findings are written.
    package enum Format: String, CaseIterable, Sendable {
        /// Source lines with carets.
        case human
        /// One line each: `file:line:column: error[HP401]: sentence`.
        case short
        /// One object, schema `lint-v1`.
        case json
    }

    /// When colours are used.
    package enum Color: String, CaseIterable, Sendable {
        case auto, always, never

        /// Decides; `NO_COLOR` (no-color.org) counts when set to anything but nothing.
        package func isOn(isTerminal: Bool, noColor: String?) -> Bool {
            switch self {
            case .always: true
            case .never: false
            case .auto: isTerminal && (noColor ?? "").isEmpty
            }
        }
    }

    private let problems: Problems
    private let redaction: Redaction
    private let paint: Paint

    /// Prepares to write what was found.
    package init(_ problems: Problems, isColored: Bool = false) {
        self.problems = problems
        redaction = Redaction(values: problems.secrets, spots: problems.secretSpots)
        paint = Paint(isOn: isColored)
    }

    /// The findings in a format, without a summary; empty when there are none, except in JSON.
    package func text(_ format: Format, files: Int = 1) -> String {
        switch format {
        case .human: human()
        case .short: short()
        case .json: json(files: files)
        }
    }

    private func human() -> String {
        let (shown, more) = problems.shown
        var blocks = shown.map { problem in
            Frame(problem: problem, sources: problems.sources, redaction: redaction, paint: paint).lines()
                .joined(separator: "\n")
        }
        blocks += more.map { "\($0.code): \($0.count) more in \(Columns.printable($0.path))" }
        return blocks.map { $0 + "\n" }.joined(separator: "\n")
    }

    private func short() -> String {
        let (shown, more) = problems.shown
        var lines = shown.map { problem in
            "\(problem.spot): \(problem.severity.rawValue)[\(problem.code)]: \(redaction.masked(problem.sentence))"
        }
        lines += more.map { "\($0.path): \($0.code): \($0.count) more" }
        return lines.map { Columns.printable($0) + "\n" }.joined()
    }

    /// All findings, uncounted: programs can count themselves.
    private func json(files: Int) -> String {
        var text = "{\"schema\": \"lint-v1\", \"files\": \(files), "
        text += "\"errors\": \(problems.count(.error)), \"warnings\": \(problems.count(.warning)), "
        text += "\"notes\": \(problems.count(.note)), \"problems\": ["
        text += problems.all.map { "\n  \(json($0))" }.joined(separator: ",")
        return text + (problems.isEmpty ? "]}\n" : "\n]}\n")
    }

    private func json(_ problem: Problem) -> String {
        var fields = [
            "\"code\": \(quoted(problem.code))", "\"severity\": \(quoted(problem.severity.rawValue))",
            "\"message\": \(quoted(problem.sentence))", json(problem.spot), "\"mark\": \(quoted(problem.mark))",
        ]
        let labels = problem.labels.map { "{\(json($0.spot)), \"text\": \(quoted($0.text))}" }
        fields.append("\"labels\": [\(labels.joined(separator: ", "))]")
        fields.append("\"notes\": [\(problem.notes.map(quoted).joined(separator: ", "))]")
        fields.append("\"help\": [\(problem.help.map(quoted).joined(separator: ", "))]")
        fields.append("\"fix\": \(problem.fix.map { quoted($0.rawValue) } ?? "null")")
        return "{\(fields.joined(separator: ", "))}"
    }

    private func json(_ spot: Spot) -> String {
        "\"path\": \(quoted(spot.path)), \"line\": \(spot.line), \"column\": \(spot.column), \"length\": \(spot.length)"
    }

    /// A JSON string (RFC 8259 §7), secrets masked.
    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in redaction.masked(text).unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7F {
                    let digits = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
