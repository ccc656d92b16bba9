import Compiler
import Report
import RouteLanguage

/// A route file with every check behind it: what the server serves and `lint` reports.
package struct CheckedFile: Sendable {
    /// What reading brought.
    package let loaded: Loaded
    /// Everything found, severities set and silenced findings left out.
    package let problems: Problems
    /// How many findings comments and `lint:` keep silent.
    package let silencedCount: Int
    /// What may serve; nil when there is any error.
    package let configuration: Configuration?

    /// Reads, checks and compiles a file; the configuration is nil when there is any error.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - purpose: serve or lint.
    ///   - environment: looks up `env:NAME`.
    /// - Returns: everything found, and what may serve.
    package static func load(
        _ path: String,
        purpose: RouteFile.Purpose,
        environment: (String) -> String?
    ) -> (problems: Problems, configuration: Configuration?) {
        let loaded = RouteFile.load(path, purpose: purpose, environment: environment)
        let checked = CheckedFile(loaded, resolves: purpose == .serve)
        return (checked.problems, checked.configuration)
    }

    /// Runs the rules over what was read.
    ///
    /// - Parameters:
    ///   - loaded: the file with what it includes.
    ///   - resolves: whether the environment and other files may be looked at.
    ///   - checksLayout: whether to ask the formatter too, which takes as long as all the rest.
    ///   - compiles: whether a program is made, so that there is a configuration; the findings are the same without.
    package init(_ loaded: Loaded, resolves: Bool, checksLayout: Bool = false, compiles: Bool = true) {
        self.loaded = loaded
        var found = ReadingEdits.added(to: loaded.problems)
        let patterns = HeaderPatterns.matcher()
        if let document = loaded.document {
            let unit = LintUnit(loaded: loaded, document: document, patterns: patterns, resolves: resolves)
            for problem in Rules.all(unit) { found.add(problem) }
        }
        if checksLayout, let source = loaded.files.first?.source, let problem = LayoutCheck.problem(source, .root) {
            found.add(problem)
        }
        // A program that will not serve need not be proved.
        let checking = resolves ? patterns : nil
        var compiled: Configuration?
        var mayServe = false
        if !loaded.problems.hasErrors, let document = loaded.document {
            if compiles {
                compiled = Configuration(loaded, patterns: checking, problems: &found)
                mayServe = compiled != nil
            } else {
                let against = RouteCompiler.problems(document)
                for problem in against { found.add(problem) }
                mayServe = against.isEmpty
            }
        }
        let silence = Silence(loaded, resolves: resolves)
        var result = silence.applied(to: found)
        // Where reading stopped at an error, silence cannot make a configuration of it.
        if !result.hasErrors, !mayServe, found.hasErrors { result = found }
        silencedCount = found.all.count - result.all.count
        for problem in silence.problems(about: found) { result.add(problem) }
        problems = result
        configuration = result.hasErrors ? nil : compiled
    }
}
