import Glibc
import Report
import RouteLanguage

/// One reading of all files: what was found, and which file was read for which root.
struct LintPass: Sendable {
    /// What came of one input.
    struct Result: Sendable {
        var problems: Problems
        /// The file and what it includes, as findings name them.
        var files: [String]
        var silencedCount = 0
    }

    let inputs: [LintInput]
    let resolves: Bool
    /// Whether the formatter is asked too.
    let checksLayout: Bool

    /// Checks every input, on two threads.
    ///
    /// - Parameter overlay: texts that stand for files, by their names.
    /// - Returns: one for each input, in order.
    func results(_ overlay: [String: [UInt8]]) -> [Result] {
        var results = InParallel.map(inputs) { input in
            Files.$overlay.withValue(overlay) { result(input, overlay[input.name] ?? input.bytes) }
        }
        var included: Set<String> = []
        for (input, result) in zip(inputs, results) where input.kind == .root {
            for file in result.files.dropFirst() { included.insert(LintInput.realPath(file)) }
        }
        for (index, input) in inputs.enumerated() where input.kind == .fragment {
            if !included.contains(LintInput.realPath(input.path)) {
                results[index].problems.add(Self.orphan(input, results[index].problems))
            }
        }
        return results
    }

    private func result(_ input: LintInput, _ bytes: [UInt8]) -> Result {
        switch input.kind {
        case .root:
            let loaded = RouteFile.read(bytes, path: input.name, purpose: .lint, environment: environment)
            let checked = CheckedFile(
                loaded,
                resolves: resolves,
                checksLayout: checksLayout,
                compiles: resolves
            )
            let files = loaded.files.isEmpty ? [input.name] : loaded.files.map(\.path)
            return Result(problems: checked.problems, files: files, silencedCount: checked.silencedCount)
        case .fragment:
            // Roots that include it say what is wrong with it; alone, only its layout can be judged.
            var problems = Problems()
            let source = SourceText(path: input.name, bytes: Self.withoutMark(bytes))
            problems.add(source: source)
            if checksLayout, let problem = LayoutCheck.problem(source, .fragment) { problems.add(problem) }
            return Result(problems: problems, files: [input.name])
        case .tests:
            var problems = CaseReader.read(bytes, path: input.name).problems
            let source = SourceText(path: input.name, bytes: Self.withoutMark(bytes))
            problems.add(source: source)
            if checksLayout, let problem = LayoutCheck.problem(source, .other) { problems.add(problem) }
            return Result(problems: problems, files: [input.name])
        }
    }

    /// A byte order mark at the start is no part of the text that findings point into.
    private static func withoutMark(_ bytes: [UInt8]) -> [UInt8] {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }

    private func environment(_ name: String) -> String? {
        resolves ? getenv(name).map { String(cString: $0) } : nil
    }

    private static func orphan(_ input: LintInput, _ problems: Problems) -> Problem {
        let source = problems.sources[input.name]
        let line = (1...max(1, source?.lineCount ?? 1)).first { source?.line($0).hasPrefix("fragment:") == true } ?? 1
        return Problem(
            .warning,
            "HP016",
            "no route file that was checked includes this fragment",
            at: Spot(path: input.name, line: line, column: 1, length: 8),
            notes: ["a fragment is checked as a part of the files that include it; this one was not"],
            help: ["check it together with its root file, or remove it"]
        )
    }
}
