import Report
import RouteModel

/// Why a route does not take a request: `explain --why-not`.
struct WhyNot {
    private let explainer: Explainer
    private let explanation: Explanation

    init(_ explainer: Explainer, _ explanation: Explanation) {
        self.explainer = explainer
        self.explanation = explanation
    }

    /// Why, and where that stands.
    struct Answer {
        let route: String
        let sentence: String
        let spot: Spot?
        /// True when the route takes the request, or would if no other stood above it.
        let matches: Bool

        /// One line for people.
        var text: String { "\(route)   \(sentence)\(spot.map { "   \($0)" } ?? "")\n" }

        /// The same for programs.
        var json: String {
            let value = JSONValue.object([
                "schema": .text("why-not-v1"), "route": .text(route), "matches": .bool(matches),
                "reason": .text(sentence), "at": .optional(spot.map { "\($0)" }),
            ])
            return value.written() + "\n"
        }
    }

    /// The first reason, with its place; the route's own predicates count before the routes above it.
    func answer(_ route: Int) -> Answer {
        let document = explanation.document
        let entry = document.routes[route]
        func answer(_ sentence: String, _ spot: Spot?, matches: Bool = false) -> Answer {
            Answer(route: entry.name.value, sentence: sentence, spot: spot, matches: matches)
        }
        if !entry.isEnabled { return answer("is disabled", entry.name.spot) }
        if explanation.verdict.route == route { return answer("takes this request", entry.name.spot, matches: true) }
        if let reason = explainer.reason(route, explanation.subject) { return answer(reason.sentence, reason.spot) }
        guard let winner = explanation.route else { return answer("would take this request", nil, matches: true) }
        return answer(
            "would take this request, but `\(winner.name.value)` stands above it and wins",
            winner.match?.spot ?? winner.name.spot,
            matches: true
        )
    }
}
