import Analysis
import Compiler
import Foundation
import Lint

/// Measures what checking costs (`--decide`): which routes can be reached, and `lint` over a folder.
struct CheckBench {
    private static let files = 1_000
    private static let routesPerFile = 50

    /// Runs it; the Markdown of the table, the aims beside what was measured.
    static func run() throws -> String {
        let thousand = reachability(1_000)
        let compiling = compile(1_000)
        let more = compile(10_000)
        let lint = try lint()
        let rows = [
            ("compile 1,000 routes", compiling, 10.0), ("compile 10,000 routes", more, 150),
            ("reachability of 1,000 routes", thousand, 10),
            ("reachability of 10,000 routes", reachability(10_000), nil),
            ("`lint` of 1,000 files of 7 KB, wall clock", lint, 1_000),
        ]
        var text = "| work | ms | aim ms |\n| --- | ---: | ---: |\n"
        for (name, milliseconds, aim) in rows {
            let goal = aim.map { "\(Table.number($0))\(milliseconds > $0 ? " **missed**" : "")" } ?? ""
            text += "| \(name) | \(Table.number(milliseconds)) | \(goal) |\n"
        }
        return text
    }

    private static func compile(_ size: Int) -> Double {
        let document = DecideDocument(routes: size).document
        return DecideBench.best(of: 5) { _ = RouteCompiler.compile(document) }
    }

    /// The document is there; boxes, index and proofs are made.
    private static func reachability(_ size: Int) -> Double {
        let document = DecideDocument(routes: size).document
        let patterns = HeaderPatterns.matcher()
        return DecideBench.best(of: size > 1_000 ? 1 : 5) { _ = Analysis.reaches(document, patterns: patterns) }
    }

    /// The files of `Tests/lint-speed.sh`, on two threads.
    private static func lint() throws -> Double {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hoosh-bench-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for number in 0..<files {
            try file.write(to: folder.appendingPathComponent("\(number).yaml"), atomically: false, encoding: .utf8)
        }
        let quiet = LintCommand.Surroundings(print: { _ in }, complain: { _ in })
        let times = (0..<3).map { _ in
            let started = ContinuousClock.now
            _ = LintCommand.run(["--format", "human", folder.path], quiet)
            return (ContinuousClock.now - started) / .milliseconds(1)
        }
        return times.min() ?? 0
    }

    private static var file: String {
        var text = """
            version: 1
            providers:
              ollama: {kind: ollama}
              vllm: {kind: vllm, url: http://10.0.0.5:8000}
              openai: {kind: openai, key: env:OPENAI_API_KEY, tls: {ca: system}}
            routes:

            """
        for number in 0..<routesPerFile {
            text += """
                  - name: team-\(number)
                    match: {model: ["team-\(number)-*", "gpt-\(number)*"], headers: {x-team: "t\(number)-*"}, stream: true}
                    to: [[ollama, vllm], openai]

                """
        }
        return text + "  - name: default\n    to: [ollama, openai]\n"
    }
}
