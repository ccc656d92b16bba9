import Decision
import RouteModel
import Synchronization

/// Compiled `re:` patterns by their text, so that proofs and the interpreter ask the very engine the program asks.
package final class Patterns: Sendable {
    private let compiled = Mutex<[String: HeaderPattern?]>([:])

    /// No patterns yet.
    package init() {}

    /// True when the whole value matches; a text that is no pattern matches nothing.
    package func matches(_ pattern: String, _ value: String) -> Bool {
        let found = compiled.withLock { table -> HeaderPattern? in
            if let known = table[pattern] { return known }
            let fresh = try? HeaderPattern(parsing: pattern)
            table[pattern] = .some(fresh)
            return fresh
        }
        guard let found else { return false }
        return found.matches(Array(value.utf8).span)
    }

    /// The same as a closure that keeps its own patterns.
    package static func matcher() -> PatternMatcher {
        let patterns = Patterns()
        return { patterns.matches($0, $1) }
    }
}
