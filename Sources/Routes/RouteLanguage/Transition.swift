import Decision
import RouteModel
import Routing

/// Compiles what the first engine knew, until the compiler takes this over.
enum Transition {
    static func configuration(_ loaded: Loaded, _ meaning: DocumentMeaning, _ findings: Findings) -> Configuration? {
        guard let document = loaded.document, !findings.problems.hasErrors else { return nil }
        var routes: [Route] = []
        var boxes: [Box] = []
        for entry in document.activeRoutes {
            boxes.append(box(entry.match, routes.count))
            routes.append(Route(name: entry.name.value, position: entry.spot.description, action: action(entry)))
        }
        guard let file = loaded.files.first else { return nil }
        return Configuration(
            listen: meaning.listen,
            providers: meaning.providers,
            program: Program(routes: routes, boxes: boxes),
            aliases: meaning.aliases,
            advertisedModels: meaning.advertisedModels,
            sourcePath: file.path,
            sourceBytes: file.source.bytes
        )
    }

    private static func action(_ entry: RouteEntry) -> Route.Action {
        switch entry.action {
        case .deny(let status, let message): return .deny(status: status, message: message)
        case .forward(let tiers):
            let plan = Plan(
                tiers: tiers.map { tier in
                    Tier(
                        targets: tier.targets.map { target in
                            Target(
                                provider: target.provider,
                                model: target.model,
                                weight: target.weight.value,
                                headers: target.headers,
                                isFromGroup: target.group != nil
                            )
                        },
                        strategy: tier.strategy.value
                    )
                },
                timeouts: entry.settings.timeouts,
                retry: entry.settings.retry,
                failover: entry.settings.failover,
                latency: entry.settings.latency,
                setHeaders: entry.setHeaders,
                removedHeaders: entry.removedHeaders
            )
            return .forward([plan, plan, plan, plan])
        }
    }

    private static func box(_ match: Match?, _ route: Int) -> Box {
        var box = Box(route: route)
        guard let match else { return box }
        func globs(_ texts: [Located<String>]?) -> [[Glob]] {
            texts.map { [$0.compactMap { try? Glob(parsing: $0.value) }] } ?? []
        }
        if let apis = match.apis { box.apis = APISet(apis.map { APISet($0.value) }) }
        if let stream = match.stream { box.stream = stream.value ? .on : .off }
        box.models = globs(match.models)
        box.paths = globs(match.paths)
        box.methods = match.methods.map { [$0.map(\.value)] } ?? []
        box.headers = match.headers.map { condition in
            HeaderTest(
                name: condition.name.value,
                matchers: condition.matchers.compactMap { try? Values.matcher($0.value) }
            )
        }
        return box
    }
}
