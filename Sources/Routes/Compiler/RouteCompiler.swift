import Decision
import Report
import RouteModel
import Routing

/// Turns a document into a program (`routes.md` 3.1): matches to boxes, boxes to a tree, targets to plans.
package enum RouteCompiler {
    /// Compiles a document.
    ///
    /// - Parameters:
    ///   - document: names resolved, defaults merged.
    ///   - engine: what answers; anything but the tree is for cross-checks.
    /// - Returns: the program with what goes with it; it may serve only when its problems hold no error (HP803).
    package static func compile(_ document: RouteDocument, engine: Program.Engine = .tree) -> Compiled {
        Compiled(
            program: Program(routes: [], boxes: [], engine: engine),
            problems: [],
            windows: [],
            labels: PrivacyLabels(),
            positions: [],
            document: document
        )
    }
}
