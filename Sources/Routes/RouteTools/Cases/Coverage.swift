import Interpreter
import Report
import RouteModel
import Routing

/// What of a route file the cases have shown at work: routes, each value of a list, each edge of a range, each tier.
struct Coverage {
    enum Kind: String, CaseIterable { case routes, values, edges, tiers }

    /// One thing that a case can show.
    struct Item {
        let kind: Kind
        let route: Int
        let sentence: String
        let spot: Spot
        /// Tells whether a case shows it; the route has taken the request.
        let isShown: (Explanation, Prediction) -> Bool
        var isCovered = false
    }

    private(set) var items: [Item] = []

    init(_ document: RouteDocument, _ interpreter: Interpreter) {
        for (index, route) in document.routes.enumerated() where route.isEnabled {
            let name = route.name.value
            items.append(
                Item(kind: .routes, route: index, sentence: "route \(name)", spot: route.name.spot) { _, _ in true }
            )
            if let match = route.match { add(match, index, name, interpreter) }
            for (number, tier) in route.tiers.enumerated() {
                items.append(
                    Item(kind: .tiers, route: index, sentence: "tier \(number) of \(name)", spot: tier.spot) {
                        $1.first?.tier == number
                    }
                )
            }
        }
    }

    private mutating func add(_ match: Match, _ route: Int, _ name: String, _ interpreter: Interpreter) {
        func value(_ what: String, _ spot: Spot, _ fill: (inout Match) -> Void) {
            var single = Match(spot: spot)
            fill(&single)
            items.append(
                Item(kind: .values, route: route, sentence: "\(what) of \(name)", spot: spot) { explanation, _ in
                    interpreter.matches(single, explanation.request)
                }
            )
        }
        for text in match.models ?? [] { value("model `\(text.value)`", text.spot) { $0.models = [text] } }
        for api in match.apis ?? [] { value("api \(api.value.word ?? "other")", api.spot) { $0.apis = [api] } }
        for text in match.paths ?? [] { value("path `\(text.value)`", text.spot) { $0.paths = [text] } }
        for text in match.methods ?? [] { value("method \(text.value)", text.spot) { $0.methods = [text] } }
        for text in match.tenants ?? [] { value("tenant `\(text.value)`", text.spot) { $0.tenants = [text] } }
        for text in match.keys ?? [] { value("key `\(text.value)`", text.spot) { $0.keys = [text] } }
        for header in match.headers {
            for matcher in header.matchers {
                let single = HeaderCondition(name: header.name, matchers: [matcher])
                let shown = SecretField.shown(matcher.value, of: header.name.value)
                value("\(header.name.value): `\(shown)`", matcher.spot) { $0.headers = [single] }
            }
        }
        for window in match.times ?? [] {
            value("time \(Words.window(window.value))", window.spot) { $0.times = [window] }
        }
        for tag in (match.tags?.all ?? []) + (match.tags?.any ?? []) {
            var condition = TagCondition(spot: tag.spot)
            condition.all = [tag]
            value("tag `\(tag.value)`", tag.spot) { $0.tags = condition }
        }
        addEdges(match, route, name)
    }

    private mutating func addEdges(_ match: Match, _ route: Int, _ name: String) {
        func edge(_ what: String, _ spot: Spot, _ isShown: @escaping (Explanation) -> Bool) {
            items.append(
                Item(kind: .edges, route: route, sentence: "\(what) of \(name)", spot: spot) { explanation, _ in
                    isShown(explanation)
                }
            )
        }
        if let tokens = match.tokens {
            let range = tokens.value
            if range.lower > 0 {
                edge("\(Words.count(range.lower)) tokens", tokens.spot) { $0.request.tokens == range.lower }
            }
            if let upper = range.upper {
                edge("\(upper - 1) tokens", tokens.spot) { $0.request.tokens == upper - 1 }
            }
        }
        if let levels = match.levels {
            for level in Set([levels.value.lowerBound, levels.value.upperBound]).sorted() {
                edge("class \(level.word)", levels.spot) { $0.verdict.level == level }
            }
        }
        for inner in match.any ?? [] { addEdges(inner, route, name) }
    }

    /// Takes a case into account.
    mutating func note(_ explanation: Explanation, _ prediction: Prediction) {
        guard let route = explanation.verdict.route else { return }
        for index in items.indices
        where items[index].route == route && !items[index].isCovered && items[index].isShown(explanation, prediction) {
            items[index].isCovered = true
        }
    }

    /// Covered and all of a kind; of everything for nil.
    func count(_ kind: Kind?) -> (covered: Int, all: Int) {
        let chosen = items.filter { kind == nil || $0.kind == kind }
        return (chosen.filter(\.isCovered).count, chosen.count)
    }

    /// Hundredths of a percent, rounded down; all of nothing is everything.
    var share: Int {
        let (covered, all) = count(nil)
        return all == 0 ? 10_000 : covered * 10_000 / all
    }

    /// What no case shows, in file order.
    var missing: [Item] { items.filter { !$0.isCovered } }

    /// `routes 9/14   values 12/40   edges 1/3   tiers 10/22   in all 40.5%`.
    var summary: String {
        let parts = Kind.allCases.map { kind in
            let (covered, all) = count(kind)
            return "\(kind.rawValue) \(covered)/\(all)"
        }
        return parts.joined(separator: "   ") + "   in all \(Words.percent(share))"
    }
}
