import Foundation
import RouteLanguage
import Testing

import RouteTools

/// Holds `docs/tools.md` to what the commands really print; `UPDATE_DOCS=1` writes it anew.
@Suite(.serialized) struct PageTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let page = root.appendingPathComponent("docs/tools.md")

    /// A command line's words; single quotes hold several together.
    private static func words(_ line: String) -> [String] {
        line.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
            index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
        }
    }

    private static func output(_ line: String) -> String {
        final class Box { var text = "" }
        let box = Box()
        let terminal = Terminal(print: { box.text += $0 }, complain: { box.text += $0 })
        let words = words(line)
        let arguments = Array(words.dropFirst(2))
        switch words.count > 1 ? words[1] : "" {
        case "explain": _ = ExplainCommand.run(arguments, terminal)
        case "test": _ = TestCommand.run(arguments, terminal)
        case "diff": _ = DiffCommand.run(arguments, terminal)
        default: box.text = "unknown command\n"
        }
        return box.text
    }

    /// The page with every block below `<!-- run -->` run again.
    private static func written(_ text: String) -> String {
        var lines: [String] = []
        var isRun = false
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if isInside {
                if line == "```" {
                    isInside = false
                    isRun = false
                } else if line.hasPrefix("$ ") {
                    lines.append(line)
                    lines += output(String(line.dropFirst(2))).split(separator: "\n", omittingEmptySubsequences: false)
                        .dropLast().map(String.init)
                    continue
                } else {
                    continue
                }
            } else if line == "<!-- run -->" {
                isRun = true
            } else if isRun, line == "```console" {
                isInside = true
            }
            lines.append(line)
        }
        return withTable(lines.joined(separator: "\n"))
    }

    /// The keys of a test file, from the table that checks them.
    private static func withTable(_ text: String) -> String {
        guard let start = text.range(of: "<!-- cases -->\n"), let end = text.range(of: "<!-- end -->") else {
            return text
        }
        var rows = ["| Key | Type | Default | Meaning |", "|---|---|---|---|"]
        for key in Schema.caseTable {
            let standard = key.isRequired ? "required" : key.standard.isEmpty ? "–" : "`\(key.standard)`"
            rows.append("| `\(key.path)` | \(key.type.text) | \(standard) | \(key.note) |")
        }
        return text[..<start.upperBound] + rows.joined(separator: "\n") + "\n" + text[end.lowerBound...]
    }

    @Test func `the outputs on the page are what the commands print`() throws {
        // The examples name files as somebody in the repository would.
        #expect(FileManager.default.changeCurrentDirectoryPath(Self.root.path))
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let fresh = Self.written(text)
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil {
            try fresh.write(to: Self.page, atomically: true, encoding: .utf8)
        } else {
            let (old, new) = (text.split(separator: "\n"), fresh.split(separator: "\n"))
            for (left, right) in zip(old, new) { #expect(left == right) }
            #expect(old.count == new.count)
        }
        #expect(text.contains("<!-- run -->\n```console\n$ hoosh-proxy explain"))
    }

    @Test func `the tests beside the shipped routes pass`() {
        #expect(FileManager.default.changeCurrentDirectoryPath(Self.root.path))
        #expect(
            Self.output("hoosh-proxy test routes").hasSuffix(" 0 failed\n"),
            "\(Self.output("hoosh-proxy test routes"))"
        )
    }
}
