import Decision
import Routing
import Providers
import Report

/// Reads `routes`: settings merged, names resolved, matches to boxes.
struct RoutesMeaning {
    private(set) var routes: [Route] = []
    private(set) var boxes: [Box] = []
    private let findings: Findings
    private let secrets: Secrets
    private let drafts: [ProvidersMeaning.Draft]
    private let positions: [String: Int]
    private var names: [String: Spot] = [:]

    init(_ root: Node, _ drafts: [ProvidersMeaning.Draft], _ secrets: Secrets) {
        findings = secrets.findings
        self.secrets = secrets
        self.drafts = drafts
        positions = Dictionary(drafts.enumerated().map { ($1.name, $0) }) { first, _ in first }
        var defaults = RouteSettings()
        defaults.apply(root["defaults"], findings)
        for (number, node) in (root["routes"]?.items ?? []).enumerated() where node.isMapping {
            route(node, number + 1, defaults)
        }
    }

    private mutating func route(_ node: Node, _ number: Int, _ defaults: RouteSettings) {
        let name = self.name(node, number)
        var settings = defaults
        settings.apply(node, findings)
        let to = node.entry("to")
        let deny = node.entry("deny")
        if let to, let deny {
            findings.error(
                "HP109",
                "`\(name)` both forwards and denies: keep one of `to` and `deny`",
                at: deny.key.spot,
                labels: [Label(to.key.spot, "the other")]
            )
        } else if to == nil, deny == nil, node.entry("include") == nil {
            findings.error(
                "HP109",
                "`\(name)` neither forwards nor denies: it needs `to` or `deny`",
                at: node.spot,
                help: ["for example  to: [\(drafts.first?.name ?? "local")]"]
            )
        }
        let headers = self.headers(node["headers"])
        var action = self.deny(node["deny"], name)
        if let to, !to.value.isBroken {
            let model = node["model"]?.text
            let targets = TargetsMeaning(to.value, settings, model: model, drafts, positions, secrets)
            let tiers = targets.tiers.map { Tier(targets: $0.targets, strategy: $0.strategy) }
            let plan =
                Plan(
                    tiers: tiers,
                    timeouts: settings.timeouts,
                    retry: settings.retry,
                    failover: settings.failover,
                    latency: settings.latency,
                    setHeaders: headers.set,
                    removedHeaders: headers.removed
                )
            action = .forward([plan, plan, plan, plan])
        }
        let box = self.box(node["match"])
        if Read.boolean(node, "enabled") == false { return }
        routes.append(Route(name: name, position: node.spot.description, action: action))
        boxes.append(box)
    }

    private mutating func name(_ node: Node, _ number: Int) -> String {
        guard let written = node["name"], let text = written.text, (try? Values.name(text)) != nil else {
            return "route-\(number)"
        }
        if let first = names[text] {
            findings.error(
                "HP203",
                "two routes are called `\(text)`",
                at: written.spot,
                labels: [Label(first, "first here")]
            )
        } else {
            names[text] = written.spot
        }
        return text
    }

    private func deny(_ node: Node?, _ name: String) -> Route.Action {
        let status = Read.count(node, "status", 400...599) ?? 403
        return .deny(status: status, message: node?["message"]?.text ?? "denied by route `\(name)`")
    }

    private func headers(_ node: Node?) -> (set: [HeaderPair], removed: [String]) {
        let removed = (Read.scalars(node?["remove"]) ?? []).compactMap { field -> String? in
            guard let text = field.text, let name = try? Values.headerName(text) else { return nil }
            Read.checkField(name, field, findings)
            return name
        }
        return (Read.headers(node?["set"], secrets), removed)
    }

    private func box(_ node: Node?) -> Box {
        var box = Box(route: routes.count)
        guard let node else { return box }
        if let apis = Read.apis(node["api"]) { box.apis = APISet(apis.map { APISet($0) }) }
        if let stream = Read.boolean(node, "stream") { box.stream = stream ? .on : .off }
        box.models = Read.globs(node["model"]).map { [$0] } ?? []
        box.paths = Read.globs(node["path"]).map { [$0] } ?? []
        box.methods = Read.texts(node["method"]).flatMap { $0.isEmpty ? nil : [$0] } ?? []
        for entry in node["headers"]?.entries ?? [] {
            guard let name = try? Values.headerName(entry.name) else { continue }
            Read.checkField(name, entry.key, findings)
            let matchers = (Read.texts(entry.value) ?? []).compactMap { try? Values.matcher($0) }
            box.headers.append(HeaderTest(name: name, matchers: matchers))
        }
        return box
    }
}
