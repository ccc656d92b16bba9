import RouteModel

/// Why a route does not take a request: `explain --why-not`.
struct WhyNot {
    private let explainer: Explainer
    private let explanation: Explanation

    init(_ explainer: Explainer, _ explanation: Explanation) {
        self.explainer = explainer
        self.explanation = explanation
    }

    /// The first reason, with its place; the route's own predicates count before the routes above it.
    func text(_ route: Int) -> String {
        let document = explanation.document
        let entry = document.routes[route]
        let name = entry.name.value
        if !entry.isEnabled { return "\(name)   is disabled   \(entry.name.spot)\n" }
        if explanation.verdict.route == route { return "\(name)   takes this request   \(entry.name.spot)\n" }
        if let reason = explainer.reason(route, explanation.subject) {
            return "\(name)   \(reason.sentence)   \(reason.spot)\n"
        }
        guard let winner = explanation.route else { return "\(name)   would take this request\n" }
        let what = winner.match.map { "\($0.spot)" } ?? "\(winner.name.spot)"
        return "\(name)   would take this request, but `\(winner.name.value)` stands above it and wins   \(what)\n"
    }
}
