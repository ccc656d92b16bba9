import Bytes
import Decision
import Report
import RouteModel
import Routing

/// A document, compiled: the program, and what its numbers stand for.
package struct Compiled: Sendable {
    package let program: Program
    /// What was too large to compile (HP803).
    package let problems: [Problem]
    /// Windows by the bits of `Facts.openWindows`.
    package let windows: [TimeWindow]
    /// The part of a request's class and tags that its head decides.
    package let labels: PrivacyLabels
    /// For each of `program.routes`, its position in the document's routes.
    package let positions: [Int]
    package let document: RouteDocument

    /// What becomes of a request: what the tree and the plans say, in the interpreter's terms.
    package struct Outcome: Equatable, Sendable {
        package enum Action: Equatable, Sendable {
            case noRoute
            case deny(status: Int, message: String)
            /// Tiers with the targets that remain.
            case forward([[Place]])
        }
        /// A provider by position, and the model it is asked for.
        package struct Place: Hashable, Sendable {
            package var provider: Int
            package var model: String?
        }
        package var level: Level
        package var tags: Set<String>
        /// Position in the document's routes; nil when no route takes the request.
        package var route: Int?
        package var action: Action
    }

    /// A request as the program takes it: facts, and the bytes they point into.
    package struct Subject: Sendable {
        package var facts: Facts
        package var model: [UInt8]
        package var head: [UInt8]
        package var identity: [UInt8]
    }

    /// Lays a request out for the program.
    package func facts(for request: Request) -> Subject {
        Subject(facts: Facts(api: request.api), model: [], head: [], identity: [])
    }

    /// Decides a request, with everything about it known.
    package func decide(_ request: Request) -> Outcome {
        Outcome(level: .public, tags: [], route: nil, action: .noRoute)
    }
}
