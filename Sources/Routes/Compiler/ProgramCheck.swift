import Decision
import Interpreter
import RouteModel
import Routing

/// Translation validation at load (`routes.md` 3.6.5): reads a program again and compares it with the document.
///
/// It knows nothing of how the tree was built, and believes nothing that the program's arrays say. Four things together leave
/// no room: the tree is proved to answer as its boxes do, each route's boxes are compared with its match, every plan with the
/// privacy lattice, and whole decisions with the interpreter's.
package enum ProgramCheck {
    /// Requests that are put to routes, all together.
    private static let routeRequests = 4_000
    /// Requests times routes that are put to the whole interpreter.
    private static let wholeWork = 40_000
    /// More would not help anybody.
    private static let faultLimit = 8

    /// Everything in which a program differs from its document; empty when it may serve.
    ///
    /// - Parameters:
    ///   - compiled: what is to serve.
    ///   - patterns: matches `re:` texts.
    /// - Returns: one sentence each, the first few.
    package static func faults(_ compiled: Compiled, patterns: @escaping PatternMatcher) -> [String] {
        // Until the tree is sound it must not be walked.
        let tree = compiled.program.faults()
        if !tree.isEmpty { return tree }
        let shape = shape(compiled)
        if !shape.isEmpty { return shape }
        let interpreter = Interpreter(compiled.document, patterns: patterns)
        let faults = routes(compiled, interpreter)
        return faults.isEmpty ? decisions(compiled, interpreter) : faults
    }

    // MARK: Routes and plans

    private static func shape(_ compiled: Compiled) -> [String] {
        let document = compiled.document
        let active = document.routes.indices.filter { document.routes[$0].isEnabled }
        guard compiled.positions == active, compiled.program.routes.count == active.count else {
            return ["the routes are not those of the file"]
        }
        var faults: [String] = []
        for (route, position) in active.enumerated() where faults.count < faultLimit {
            if let fault = action(compiled.program.routes[route].action, position, compiled) {
                faults.append("route `\(document.routes[position].name.value)`: \(fault)")
            }
        }
        return faults
    }

    private static func action(_ action: Route.Action, _ position: Int, _ compiled: Compiled) -> String? {
        switch (action, compiled.document.routes[position].action) {
        case (.deny(let status, let message), .deny(let wantedStatus, let wantedMessage)):
            return status == wantedStatus && message == wantedMessage ? nil : "another denial"
        case (.forward(let plans), .forward(let tiers)):
            guard plans.count == Level.allCases.count else { return "a class has no plan" }
            for level in Level.allCases {
                let most = compiled.document.routes[position].settings.maxTokens.value
                if let fault = plan(plans[Int(level.rawValue)], level, tiers, most, compiled) {
                    return "the plan for \(level.word): \(fault)"
                }
            }
            return nil
        default: return "forwards what it should deny, or the reverse"
        }
    }

    /// Everyone whom the class may reach is there, and nobody else.
    private static func plan(
        _ plan: Plan,
        _ level: Level,
        _ tiers: [TierEntry],
        _ most: Int?,
        _ compiled: Compiled
    ) -> String? {
        let providers = compiled.document.providers
        guard plan.tiers.count == tiers.count else { return "another number of tiers" }
        for (tier, wanted) in zip(plan.tiers, tiers) {
            var rest = tier.targets[...]
            for entry in wanted.targets {
                let isAllowed =
                    providers[entry.provider].isEnabled && providers[entry.provider].clearance.value >= level
                if !isAllowed { continue }
                guard let target = rest.popFirst(), target.provider == entry.provider, target.model == entry.model
                else {
                    return "`\(providers[entry.provider].name.value)` is not where it should be"
                }
                for limit in [entry.maxTokens?.value, most, providers[entry.provider].maxTokens?.value] {
                    guard let limit else { continue }
                    guard let own = target.maxTokens, own <= limit else {
                        return "`\(providers[entry.provider].name.value)` would be asked for more than `max_tokens`"
                    }
                }
                for tag in providers[entry.provider].denyTags {
                    let bit = compiled.program.tagNames.firstIndex(of: tag.value)
                    guard let bit, target.deniedTags & (1 << UInt64(bit)) != 0 else {
                        return "`\(providers[entry.provider].name.value)` would get what is tagged `\(tag.value)`"
                    }
                }
            }
            if !rest.isEmpty { return "a target that the class may not reach" }
        }
        return nil
    }

    // MARK: Requests

    /// Each route's boxes against its match, at its edges.
    private static func routes(_ compiled: Compiled, _ interpreter: Interpreter) -> [String] {
        let document = compiled.document
        let boundary = Boundary(document: document)
        let steps = min(Boundary.steps, max(2, routeRequests / max(1, compiled.positions.count)))
        var faults: [String] = []
        for (route, position) in compiled.positions.enumerated() where faults.count < faultLimit {
            let match = document.routes[position].match
            let fitting = boundary.fitting(match)
            for step in 0..<steps {
                // With few steps for each, routes take turns over all of them.
                let step = step == 0 || steps == Boundary.steps ? step : 1 + (route + step) % (Boundary.steps - 1)
                let request = boundary.request(fitting, match, step: step)
                let expected = match.map { interpreter.matches($0, request) } ?? true
                if takes(route, request, compiled) != expected {
                    faults.append(
                        "route `\(document.routes[position].name.value)` takes other requests than its match says"
                    )
                    break
                }
            }
        }
        return faults
    }

    private static func takes(_ route: Int, _ request: Request, _ compiled: Compiled) -> Bool {
        let subject = compiled.facts(for: request)
        return compiled.program.takes(
            route,
            subject.facts,
            model: subject.model.span,
            head: subject.head.span,
            identity: subject.identity.span
        )
    }

    /// Whole decisions, labels and targets included.
    private static func decisions(_ compiled: Compiled, _ interpreter: Interpreter) -> [String] {
        let count = compiled.positions.count
        let boundary = Boundary(document: compiled.document)
        let asked = min(4 * max(1, compiled.program.boxes.count), max(16, wholeWork / max(1, count)))
        for number in 0..<asked {
            let position = count == 0 ? nil : compiled.positions[number * count / asked % count]
            let match = position.flatMap { compiled.document.routes[$0].match }
            let request = boundary.request(boundary.fitting(match), match, step: number % Boundary.steps)
            if compiled.decide(request) != interpreter.decide(request) {
                let names = compiled.document.routes
                func name(_ route: Int?) -> String { route.map { "`\(names[$0].name.value)`" } ?? "no route" }
                let (found, expected) = (compiled.decide(request).route, interpreter.decide(request).route)
                return [
                    "a request goes to \(name(found)), not to \(name(expected)) as the definition says, or not as it says"
                ]
            }
        }
        return []
    }
}
