import Decision
import RouteModel
import Synchronization

/// Compiled `re:` patterns by text, for the interpreter and the analysis; threads may share one.
package final class HeaderPatterns: Sendable {
    private let known = Mutex<[String: HeaderPattern?]>([:])
    package init() {}

    /// True when the whole value matches; a text that is no pattern matches nothing.
    package func matches(_ pattern: String, _ value: String) -> Bool {
        let compiled = known.withLock { known in
            if let found = known[pattern] { return found }
            let new = try? HeaderPattern(parsing: pattern)
            known[pattern] = .some(new)
            return new
        }
        let bytes = Array(value.utf8)
        return compiled?.matches(bytes.span) ?? false
    }

    /// A matcher that compiles each pattern once.
    package static func matcher() -> PatternMatcher {
        let patterns = HeaderPatterns()
        return { patterns.matches($0, $1) }
    }
}
