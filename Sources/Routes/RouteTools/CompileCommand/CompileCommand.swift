import Compiler
import Decision
import Report
import RouteModel
import Routing

/// `hoosh-proxy compile --print FILE`: what the server reads, as text or JSON.
package enum CompileCommand {
    enum Format: String, CaseIterable { case text, json }

    static let usage = """
        usage: hoosh-proxy compile --print [--format text|json] FILE
               the compiled tree node by node, and for each route its settings and its plan for each class

        """

    /// Does what the command line asks for and answers the exit code (`routes.md` 4.3).
    package static func run(_ arguments: [String], _ terminal: Terminal) -> Int32 {
        do throws(Misuse) {
            let options = try Arguments(arguments, [.init("--print"), .init("--format", "a format")])
            if options.has("--help") {
                terminal.print(usage)
                return ExitCode.success
            }
            let format = try options.word("--format", Format.text)
            guard options.has("--print") else {
                throw Misuse("nothing is written anywhere: say --print to see the program")
            }
            guard options.paths.count == 1 else { throw Misuse("name one route file") }
            guard let document = try CheckedDocument.load(options.paths[0], terminal, command: "compile") else {
                return ExitCode.finding
            }
            let compiled = RouteCompiler.compile(document)
            if format == .json { terminal.print(json(compiled)) } else { terminal.show(text(compiled)) }
            return ExitCode.success
        } catch {
            return terminal.misuse(error, command: "compile", usage: usage)
        }
    }

    // MARK: Text

    private static func text(_ compiled: Compiled) -> String {
        let program = compiled.program
        var lines = [
            "program  \(program.routes.count) routes, \(program.boxes.count) boxes, \(program.nodes.count) nodes, "
                + "needs \(EffectiveRoute.stage(program.needs))",
            "tags     \(listed(program.tagNames))", "windows  \(listed(program.windows))",
            "samples  \(listed(program.sampleSubjects.map(\.word)))", "headers  \(listed(program.headerNames))", "",
            program.print(),
        ]
        for index in program.routes.indices {
            let route = EffectiveRoute(compiled, index)
            lines.append("route \(route.name)  \(route.position)")
            let width = route.settings.map(\.name.count).max() ?? 0
            for setting in route.settings {
                let padding = String(repeating: " ", count: width - setting.name.count)
                lines.append(
                    "    \(setting.name)\(padding)  \(setting.value)\(setting.origin.map { "   \($0)" } ?? "")"
                )
            }
            for plan in route.plans { lines.append("    \(plan.level.word): \(plan.tiers)") }
            lines.append("")
        }
        return lines.joined(separator: "\n")
    }

    private static func listed(_ texts: [String]) -> String { texts.isEmpty ? "none" : texts.joined(separator: ", ") }

    // MARK: JSON

    private static func json(_ compiled: Compiled) -> String {
        let program = compiled.program
        let nodes = program.nodes.map { node in
            JSONValue.object([
                "kind": .text("\(node.kind)"), "count": .number(Int(node.count)), "first": .number(Int(node.first)),
                "second": .number(Int(node.second)),
            ])
        }
        let routes = program.routes.indices.map { index -> JSONValue in
            let route = EffectiveRoute(compiled, index)
            let settings = route.settings.map { setting in
                JSONValue.object([
                    "name": .text(setting.name), "value": .text(setting.value), "from": .optional(setting.origin),
                ])
            }
            let plans = route.plans.map { plan in
                JSONValue.object(["class": .text(plan.level.word), "plan": .text(plan.tiers)])
            }
            return .object([
                "name": .text(route.name), "position": .text(route.position), "settings": .list(settings),
                "plans": .list(plans),
            ])
        }
        let value = JSONValue.object([
            "schema": .text("program-v1"), "boxes": .number(program.boxes.count),
            "needs": .text(EffectiveRoute.stage(program.needs)), "tags": .texts(program.tagNames),
            "windows": .texts(program.windows), "samples": .texts(program.sampleSubjects.map(\.word)),
            "headers": .texts(program.headerNames), "nodes": .list(nodes), "routes": .list(routes),
        ])
        return value.written() + "\n"
    }
}

/// A route as it runs: every setting with where it comes from, and the plan of each class.
struct EffectiveRoute {
    struct Entry {
        let name: String
        let value: String
        /// `file:line:column`, nil for a default of the language.
        let origin: String?
    }

    let name: String
    let position: String
    private(set) var settings: [Entry] = []
    private(set) var plans: [(level: Level, tiers: String)] = []
    private let document: RouteDocument

    init(_ compiled: Compiled, _ index: Int) {
        document = compiled.document
        let route = compiled.program.routes[index]
        name = route.name
        position = route.position
        let own = compiled.positions.indices.contains(index) ? document.routes[compiled.positions[index]] : nil
        switch route.action {
        case .deny(let status, let message):
            settings = [Entry(name: "deny", value: "\(status) \(message)", origin: nil)]
        case .forward(let plans):
            if let own { settings = Self.settings(own.settings) }
            for (level, plan) in zip(Level.allCases, plans) { self.plans.append((level, tiers(plan))) }
        }
    }

    static func stage(_ stage: Facts.Stage) -> String {
        switch stage {
        case .head: "the head"
        case .measure: "the body's size and features"
        case .content: "the text itself"
        }
    }

    private func tiers(_ plan: Plan) -> String {
        let tiers = plan.tiers.filter { !$0.targets.isEmpty }.map { tier in
            let targets = tier.targets.map { target in
                document.providers[target.provider].name.value + (target.model.map { "/\($0)" } ?? "")
            }
            return targets.count == 1 ? targets[0] : "[\(targets.joined(separator: ", "))] \(tier.strategy.rawValue)"
        }
        return tiers.isEmpty ? "nowhere: 403" : tiers.joined(separator: ", then ")
    }

    private static func settings(_ settings: RouteSettings) -> [Entry] {
        func entry(_ name: String, _ value: String) -> Entry {
            Entry(name: name, value: value, origin: settings.places[name].map(\.description))
        }
        func time(_ milliseconds: Int) -> String {
            milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000)s" : "\(milliseconds)ms"
        }
        let (timeouts, retry, ema) = (settings.timeouts, settings.retry, settings.latency)
        let reasons =
            (retry.onConnect ? ["connect"] : []) + (retry.onTimeout ? ["timeout"] : []) + statuses(retry.statuses)
        let strategy = settings.strategy
        return [
            Entry(name: "strategy", value: strategy.value.rawValue, origin: strategy.spot?.description),
            entry("timeout.connect", time(timeouts.connectMilliseconds)),
            entry("timeout.first_byte", time(timeouts.firstByteMilliseconds)),
            entry("timeout.idle", time(timeouts.idleMilliseconds)),
            entry("timeout.total", time(timeouts.totalMilliseconds)),
            entry("retry.attempts", "\(retry.attempts)"), entry("retry.retry_on", reasons.joined(separator: " ")),
            entry("retry.backoff", "\(time(retry.backoffStartMilliseconds))..\(time(retry.backoffCapMilliseconds))"),
            entry("retry.jitter", "\(retry.jitterPercent)%"), entry("retry.budget", "\(retry.budgetPercent)%"),
            entry("retry.retry_after", time(retry.retryAfterMilliseconds)),
            entry("failover.max_tries", "\(settings.failover.maxTries)"),
            entry("failover.panic", settings.failover.panicTries ? "try" : "fail"),
            entry("usage", settings.usage.rawValue),
            entry("ema.metric", ema.metric.rawValue),
            ema.halfLifeMilliseconds.map { entry("ema.half_life", time($0)) } ?? entry("ema.alpha", "\(ema.alpha)"),
            entry("ema.stale_after", time(ema.staleAfterMilliseconds)),
            entry("ema.tolerance", "\(ema.tolerancePercent)%"), entry("ema.explore", "\(ema.explorePercent)%"),
        ]
    }

    /// `5xx` for the whole hundred.
    private static func statuses(_ all: Set<Int>) -> [String] {
        let isWhole = (500...599).allSatisfy(all.contains)
        let rest = isWhole ? all.filter { $0 < 500 } : all
        return rest.sorted().map { "\($0)" } + (isWhole ? ["5xx"] : [])
    }
}
