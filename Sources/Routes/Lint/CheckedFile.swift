import Report
import RouteLanguage

/// A route file with every check behind it: what the server serves and `lint` reports.
package enum CheckedFile {
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
        return (loaded.problems, loaded.configuration)
    }
}
