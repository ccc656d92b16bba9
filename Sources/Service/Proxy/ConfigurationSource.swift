import Decision
import Glibc
import Lint
import Report
import RouteLanguage

/// Where configurations come from: a route file with all that it includes, checked.
package struct ConfigurationSource: Sendable {
    /// The root file.
    package var path: String

    package init(path: String) { self.path = path }

    /// What came of reading the files once.
    struct Reading {
        /// Everything found.
        var problems: Problems
        /// What may serve; nil when an error forbids it.
        var configuration: Configuration?
        /// Files that were read.
        var files: [String]
        /// The problems as text for people, without colour.
        var text: String { Render(problems).text(.human) }
        /// The problems as `lint-v1`.
        var json: String { Render(problems).text(.json, files: files) }
    }

    /// Reads, checks and compiles.
    func read() -> Reading {
        let (problems, configuration) = CheckedFile.load(path, purpose: .serve) { name in
            getenv(name).map { String(cString: $0) }
        }
        let files = problems.sources.keys.sorted()
        return Reading(problems: problems, configuration: configuration, files: files.isEmpty ? [path] : files)
    }
}
