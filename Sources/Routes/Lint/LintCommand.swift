import Glibc
import Report
import RouteLanguage

/// `hoosh-proxy lint PATH…`: every check on files and folders (`routes.md` 4.3).
package enum LintCommand {
    /// What the command says to whom, and what it needs from above.
    package struct Surroundings {
        /// Takes the output, line ends included.
        package var print: (String) -> Void
        /// Takes what is wrong with the command line, or with files that cannot be read.
        package var complain: (String) -> Void
        /// The program's version.
        package var version: String

        /// Says everything to one place.
        package init(
            print: @escaping (String) -> Void,
            complain: @escaping (String) -> Void,
            version: String = "0"
        ) {
            self.print = print
            self.complain = complain
            self.version = version
        }
    }

    /// Checks files and folders.
    ///
    /// - Parameters:
    ///   - arguments: what stands behind `lint`.
    ///   - surroundings: where the output goes.
    /// - Returns: 0 clean, 1 findings, 2 usage or unreadable input, 3 internal error.
    package static func run(_ arguments: [String], _ surroundings: Surroundings) -> Int32 {
        do throws(Misuse) {
            let options = try LintOptions(arguments)
            if options.isHelp {
                surroundings.print("\(LintOptions.usage)\n")
                return 0
            }
            let baseline = try options.baseline.map { path throws(Misuse) in try Baseline(reading: path) }
            return try LintReport(options: options, baseline: baseline, surroundings: surroundings).run()
        } catch {
            surroundings.complain("hoosh-proxy lint: \(error.sentence)\n")
            if !error.isOutput { surroundings.complain("\(LintOptions.usage)\n") }
            return 2
        }
    }
}
