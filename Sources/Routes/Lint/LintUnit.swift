import Interpreter
import Report
import RouteLanguage
import RouteModel

/// What a rule looks at: one configuration, read and proved about.
package struct LintUnit: Sendable {
    /// The files with their texts and nodes.
    package let loaded: Loaded
    /// The typed configuration.
    package let document: RouteDocument
    /// Matches header values against PCRE2 patterns, as the program does.
    package let patterns: PatternMatcher
    /// True when the environment and other files may be looked at (`--resolve`, and the server always).
    package let resolves: Bool

    /// Gathers what rules need.
    package init(loaded: Loaded, document: RouteDocument, patterns: @escaping PatternMatcher, resolves: Bool) {
        self.loaded = loaded
        self.document = document
        self.patterns = patterns
        self.resolves = resolves
    }
}
