import Compiler
import Lint
import Report
import RouteLanguage
import RouteModel

/// What must hold for any bytes taken for a route file.
///
/// The fuzzer runs this on what it makes up, the tests on seeds.
package enum RouteCheck {
    /// Text that one run of lint may print about a small file.
    static let outputLimitBytes = 4 << 20

    /// Checks it on these bytes; answers what does not hold, nil when all does.
    package static func violation(_ bytes: [UInt8]) -> String? {
        for purpose in [RouteFile.Purpose.lint, .serve] {
            let loaded = RouteFile.read(bytes, path: "fuzz.yaml", purpose: purpose) { name in "value-of-\(name)" }
            let checked = CheckedFile(loaded, resolves: false)
            let (problems, configuration) = (checked.problems, checked.configuration)
            if configuration != nil, problems.hasErrors { return "a file with errors has a configuration" }
            if configuration == nil, !problems.hasErrors { return "a file without errors has no configuration" }
            if let fault = drawing(problems, bytes) { return fault }
            if let fault = places(problems, bytes) { return fault }
            if let fault = program(loaded) { return fault }
        }
        return nil
    }

    /// Every format draws every finding.
    private static func drawing(_ problems: Problems, _ bytes: [UInt8]) -> String? {
        for format in Render.Format.allCases {
            let text = Render(problems).text(format)
            if text.utf8.count > outputLimitBytes { return "\(format) prints \(text.utf8.count) bytes" }
        }
        return nil
    }

    /// Findings point into the file, and edits replace bytes that it has.
    private static func places(_ problems: Problems, _ bytes: [UInt8]) -> String? {
        for problem in problems.all {
            if problem.spot.line < 1 || problem.spot.column < 1 { return "\(problem.code) at \(problem.spot)" }
            for edit in problem.edits where edit.range.upperBound > bytes.count {
                return "\(problem.code) edits bytes \(edit.range) of \(bytes.count)"
            }
        }
        return nil
    }

    /// What compiles is what was read.
    private static func program(_ loaded: Loaded) -> String? {
        guard let document = loaded.document, !loaded.problems.hasErrors else { return nil }
        let compiled = RouteCompiler.compile(document)
        if compiled.problems.contains(where: { $0.severity == .error }) { return nil }
        return ProgramCheck.faults(compiled, patterns: HeaderPatterns.matcher()).first
    }
}
