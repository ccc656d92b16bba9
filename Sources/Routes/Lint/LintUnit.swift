import Interpreter
import Report
import RouteModel

/// What a rule looks at: one configuration, read and proved about.
package struct LintUnit: Sendable {
    /// The typed configuration.
    package let document: RouteDocument
    /// Matches header values against PCRE2 patterns, as the program does.
    package let patterns: PatternMatcher
    /// True when the environment and other files may be looked at (`--resolve`, and the server always).
    package let resolves: Bool

    /// Gathers what rules need.
    package init(document: RouteDocument, patterns: @escaping PatternMatcher, resolves: Bool) {
        self.document = document
        self.patterns = patterns
        self.resolves = resolves
    }
}
