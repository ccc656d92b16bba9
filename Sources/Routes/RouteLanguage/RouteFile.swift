import Decision
import Providers
import Report

/// A route file, from bytes to a configuration.
package enum RouteFile {
    /// What the file is read for.
    package enum Purpose: Sendable {
        /// Keys without an engine and missing secrets refuse it.
        case serve
        /// Secrets are not looked at.
        case lint
    }

    /// Reads, checks and compiles a file; the configuration is nil when there is any error.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - purpose: serve or lint.
    ///   - environment: looks up `env:NAME`.
    /// - Returns: everything found, and what may serve.
    package static func load(
        _ path: String,
        purpose: Purpose,
        environment: (String) -> String?
    ) -> (problems: Problems, configuration: Configuration?) {
        var problems = Problems()
        let spot = Spot(path: path, line: 1, column: 1, length: 1)
        problems.add(Problem(.error, "HP001", "this build cannot read route files yet", at: spot))
        return (problems, nil)
    }
}

/// `hoosh-proxy lint`.
package enum LintCommand {
    /// Checks files and folders; answers the exit code.
    package static func run(_ arguments: [String], print: (String) -> Void) -> Int32 { 2 }
}
