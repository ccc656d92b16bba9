import Analysis
import Report
import RouteModel
import Routing

/// What requests come to which routes, proved: HP401, HP402, HP403, HP404, HP405, HP406, HP890.
struct ReachRules {
    private let survey: Survey
    private let analysis: Analysis
    private let witness: Witness

    static func check(_ survey: Survey, _ analysis: Analysis, _ findings: inout [Problem]) {
        let rules = ReachRules(survey: survey, analysis: analysis, witness: Witness(analysis.interpreter))
        for (position, reach) in analysis.reaches.enumerated() {
            switch reach {
            case .dead(let blockers, let example): rules.dead(position, blockers, example, &findings)
            case .empty: rules.empty(position, &findings)
            case .alive, .disabled, .unknown: break
            }
        }
        for value in analysis.deadValues { rules.deadValue(value, &findings) }
        rules.uncovered(&findings)
    }

    /// To be asked last: every question may be the one that is too much.
    static func checkCompleteness(_ survey: Survey, _ analysis: Analysis, _ findings: inout [Problem]) {
        let rules = ReachRules(survey: survey, analysis: analysis, witness: Witness(analysis.interpreter))
        rules.incomplete(&findings)
    }

    private var document: RouteDocument { survey.document }

    // MARK: HP401, HP402, HP406

    private func dead(_ position: Int, _ blockers: [Int], _ example: Request?, _ findings: inout [Problem]) {
        let route = document.routes[position]
        let name = route.name.value
        guard let first = blockers.first else { return empty(position, &findings) }
        let blocker = document.routes[first]
        var notes = ["routes are tried top to bottom; proved for all requests"]
        if let example { notes.append(exampleNote(example, route)) }
        if blockers.count > 1 {
            let names = blockers.map { document.routes[$0].name.value }
            findings.append(
                Problem(
                    .error,
                    "HP402",
                    "route `\(name)` can never match",
                    at: route.name.spot,
                    mark: "unreachable",
                    labels: blockers.prefix(8).map {
                        Label(place(of: document.routes[$0]), "takes some of its requests")
                    },
                    notes: ["\(Words.listed(names)) together take every request that `\(name)` would take"] + notes,
                    help: ["move `\(name)` above `\(blocker.name.value)`, or remove it"],
                    fix: .unsafe,
                    edits: survey.edits.moving(route, above: blocker)
                )
            )
            return
        }
        if takesEverything(blocker) {
            findings.append(
                Problem(
                    .error,
                    "HP406",
                    "route `\(name)` stands below a route that takes everything",
                    at: route.name.spot,
                    mark: "unreachable",
                    labels: [Label(blocker.name.spot, "takes every request")],
                    notes: notes,
                    help: ["move `\(name)` above `\(blocker.name.value)`"],
                    fix: .unsafe,
                    edits: survey.edits.moving(route, above: blocker)
                )
            )
            return
        }
        findings.append(single(route, blocker, example, notes))
    }

    private func single(_ route: RouteEntry, _ blocker: RouteEntry, _ example: Request?, _ notes: [String]) -> Problem {
        let name = route.name.value
        var labels = [
            Label(cause(blocker, example) ?? place(of: blocker), "takes every request that `\(name)` would take")
        ]
        if let own = route.match?.models, own.count == 1, let glob = own.first,
            let wide = blocker.match?.models?.first(where: { survey.globs.covers($0.value, glob.value) })
        {
            labels = [
                Label(wide.spot, "takes every request that `\(name)` would take"),
                Label(glob.spot, "lies inside `\(wide.value)`"),
            ]
        }
        return Problem(
            .error,
            "HP401",
            "route `\(name)` can never match",
            at: route.name.spot,
            mark: "unreachable",
            labels: labels,
            notes: notes,
            help: [
                "move `\(name)` above `\(blocker.name.value)`\n"
                    + "hoosh-proxy lint --fix --unsafe-fixes \(route.name.spot.path)"
            ],
            fix: .unsafe,
            edits: survey.edits.moving(route, above: blocker)
        )
    }

    private func exampleNote(_ example: Request, _ route: RouteEntry) -> String {
        let never = route.tiers.first?.targets.first.flatMap(survey.provider)?.name.value
        let end = never.map { ", never to \($0)" } ?? ""
        let way = witness.way(example)
        return "for example, \(witness.short(example)) goes to \(way)\(way.hasSuffix("→ \(never ?? "")") ? "" : end)"
    }

    /// The value of the blocker's list that takes the example.
    private func cause(_ route: RouteEntry, _ example: Request?) -> Spot? {
        guard let model = example.flatMap({ analysis.interpreter.resolvedModel($0) }) else { return nil }
        return route.match?.models?.first { survey.globs.matches($0.value, model) }?.spot
    }

    private func place(of route: RouteEntry) -> Spot { route.match?.spot ?? route.name.spot }

    private func takesEverything(_ route: RouteEntry) -> Bool {
        guard let match = route.match else { return true }
        let models = match.models?.contains { survey.globs[$0.value]?.matchesEverything ?? false } ?? true
        return models && match.apis == nil && match.paths == nil && match.methods == nil && match.headers.isEmpty
            && match.tenants == nil && match.keys == nil && match.tags == nil && match.levels == nil
            && match.stream == nil && match.tokens == nil && match.features == nil && match.times == nil
            && match.sample == nil && match.any == nil && match.not.isEmpty
    }

    // MARK: HP404

    private func empty(_ position: Int, _ findings: inout [Problem]) {
        let route = document.routes[position]
        // A contradiction that can be pointed at has been.
        if findings.contains(where: { $0.code == "HP404" && contains(route, $0.spot) }) { return }
        findings.append(
            Problem(
                .error,
                "HP404",
                "route `\(route.name.value)` can never match: no request meets all of its conditions",
                at: route.match?.spot ?? route.name.spot,
                mark: "never true",
                notes: ["proved for all requests"] + (testsWay(route) ? [Self.waysNote] : []),
                help: ["remove a condition, or the route"]
            )
        )
    }

    private static let waysNote =
        "the path decides the endpoint, and not every path and method comes to the routes"

    private func testsWay(_ route: RouteEntry) -> Bool {
        Survey.matches(route.match).contains { $0.apis != nil || $0.paths != nil || $0.methods != nil }
    }

    private func contains(_ route: RouteEntry, _ spot: Spot) -> Bool {
        guard spot.path == route.spot.path, let range = survey.edits.range(spot) else { return false }
        return route.extent.contains(range.lowerBound)
    }

    // MARK: HP403

    private func deadValue(_ value: DeadValue, _ findings: inout [Problem]) {
        let route = document.routes[value.route]
        guard let list = list(value.key, route), list.indices.contains(value.index) else { return }
        let own = list[value.index]
        let edits = list.count > 1 ? survey.edits.removingItem(own.spot) : []
        var notes: [String] = []
        if let example = value.example {
            notes = ["for example, \(witness.short(example)) goes to \(witness.way(example))"]
        }
        switch value.cause {
        case .sibling(let other):
            guard list.indices.contains(other) else { return }
            findings.append(
                Problem(
                    .warning,
                    "HP403",
                    "`\(own.value)` adds nothing: `\(list[other].value)` takes all of it",
                    at: own.spot,
                    labels: [Label(list[other].spot, "in the same list")],
                    help: ["remove it"],
                    fix: edits.isEmpty ? nil : .safe,
                    edits: edits
                )
            )
        case .nobody:
            findings.append(
                Problem(
                    .warning,
                    "HP403",
                    "`\(own.value)` never matches here: no request that meets the other conditions has it",
                    at: own.spot,
                    notes: [Self.waysNote],
                    help: ["remove it"],
                    fix: edits.isEmpty ? nil : .safe,
                    edits: edits
                )
            )
        case .routes(let blockers):
            let names = blockers.map { document.routes[$0].name.value }
            findings.append(
                Problem(
                    .warning,
                    "HP403",
                    "`\(own.value)` never matches here: \(Words.listed(names)) "
                        + "\(names.count == 1 ? "takes" : "take") it before",
                    at: own.spot,
                    labels: blockers.prefix(4).map { position in
                        let blocker = document.routes[position]
                        return Label(cause(blocker, value.example) ?? place(of: blocker), "takes it")
                    },
                    notes: notes,
                    help: ["remove it, or move `\(route.name.value)` up"],
                    fix: edits.isEmpty ? nil : .unsafe,
                    edits: edits
                )
            )
        }
    }

    private func list(_ key: String, _ route: RouteEntry) -> [Located<String>]? {
        guard let match = route.match else { return nil }
        switch key {
        case "model": return match.models
        case "path": return match.paths
        case "method": return match.methods
        case "tenant": return match.tenants
        case "key": return match.keys
        case "api": return match.apis?.map { Located($0.value.word ?? "other", at: $0.spot) }
        default:
            guard key.hasPrefix("headers.") else { return nil }
            let name = key.dropFirst(8)
            return match.headers.first { $0.name.value == name }?.matchers
        }
    }

    // MARK: HP405, HP890

    private func uncovered(_ findings: inout [Problem]) {
        guard let request = analysis.uncovered, let last = document.routes.last(where: \.isEnabled) else { return }
        let target = document.providers.first(where: \.isEnabled)?.name.value ?? "local"
        let edits = survey.edits.appending("name: default", "to: [\(target)]", after: last)
        findings.append(
            Problem(
                .warning,
                "HP405",
                "some requests end in 404: no route takes them",
                at: last.name.spot,
                mark: "the last route",
                notes: ["witness: \(witness.long(request))"],
                help: ["let a last route take the rest:  - {name: default, to: [\(target)]}"],
                fix: edits.isEmpty ? nil : .unsafe,
                edits: edits
            )
        )
    }

    private func incomplete(_ findings: inout [Problem]) {
        guard analysis.isIncomplete, let first = document.routes.first else { return }
        let unknown = analysis.reaches.enumerated().filter { if case .unknown = $1 { true } else { false } }
        let route = unknown.first.map { document.routes[$0.offset] } ?? first
        findings.append(
            Problem(
                .note,
                "HP890",
                "the proofs hit their limit: not everything could be told about these routes",
                at: route.name.spot,
                notes: unknown.isEmpty ? [] : ["unknown for \(Words.amount(unknown.count, "route"))"]
            )
        )
    }
}
