import Routing

/// What becomes of a request, as the language defines it.
package struct Verdict: Equatable, Sendable {
    /// Where a request may be sent: a provider by position, and the model it is asked for.
    package struct Place: Hashable, Sendable {
        package var provider: Int
        package var model: String?
        package init(provider: Int, model: String?) {
            self.provider = provider
            self.model = model
        }
    }
    package enum Outcome: Equatable, Sendable {
        /// No route takes it: 404.
        case noRoute
        case deny(status: Int, message: String)
        /// Tiers in order with the targets that privacy, endpoint and model leave in them; a tier may be empty.
        case forward([[Place]])
    }
    package var level: Level
    package var tags: Set<String>
    /// Position in `RouteDocument.routes`; nil when no route takes it.
    package var route: Int?
    package var outcome: Outcome
    package init(level: Level, tags: Set<String>, route: Int?, outcome: Outcome) {
        self.level = level
        self.tags = tags
        self.route = route
        self.outcome = outcome
    }
}
