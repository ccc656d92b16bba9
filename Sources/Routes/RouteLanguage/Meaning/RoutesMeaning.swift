import Providers
import Report
import RouteModel
import Routing

/// Reads `routes`: settings merged, names resolved.
struct RoutesMeaning {
    private(set) var routes: [RouteEntry] = []
    private let findings: Findings
    private let secrets: Secrets
    private let drafts: [ProvidersMeaning.Draft]
    private let positions: [String: Int]
    private let matches: MatchMeaning
    private let settings: SettingsMeaning
    private var names: [String: Spot] = [:]

    init(
        _ assembly: Assembly,
        _ drafts: [ProvidersMeaning.Draft],
        _ settings: SettingsMeaning,
        _ secrets: Secrets
    ) {
        findings = secrets.findings
        self.secrets = secrets
        self.drafts = drafts
        self.settings = settings
        matches = MatchMeaning(findings: findings, purpose: secrets.purpose)
        positions = Dictionary(drafts.enumerated().map { ($1.name, $0) }) { first, _ in first }
        for (number, node) in assembly.routes.enumerated() where node.isMapping { route(node, number + 1) }
    }

    private mutating func route(_ node: Node, _ number: Int) {
        let name = self.name(node, number)
        let settings = self.settings.applying(node)
        let to = node.entry("to")
        let deny = node.entry("deny")
        checkAction(to, deny, node, name.value)
        let headers = self.headers(node["headers"])
        let model = Read.located(node, "model", Read.text)
        var action = self.deny(node["deny"], name.value)
        if let to, !to.value.isBroken {
            let targets = TargetsMeaning(to.value, settings, model: model?.value, drafts, positions, secrets)
            action = .forward(targets.tiers)
        }
        var route = RouteEntry(
            name: name,
            isNamed: node["name"] != nil,
            spot: node.spot,
            extent: node.extent,
            match: node["match"].flatMap { $0.isMapping ? matches.match($0) : nil },
            action: action,
            actionSpot: (to ?? deny)?.key.spot ?? node.spot,
            settings: settings
        )
        route.model = model
        route.setHeaders = headers.set
        route.removedHeaders = headers.removed
        route.isEnabled = Read.boolean(node, "enabled") ?? true
        routes.append(route)
    }

    private func checkAction(_ to: Node.Entry?, _ deny: Node.Entry?, _ node: Node, _ name: String) {
        if let to, let deny {
            findings.error(
                "HP109",
                "`\(name)` both forwards and denies: keep one of `to` and `deny`",
                at: deny.key.spot,
                labels: [Label(to.key.spot, "the other")]
            )
        } else if to == nil, deny == nil {
            findings.error(
                "HP109",
                "`\(name)` neither forwards nor denies: it needs `to` or `deny`",
                at: node.spot,
                help: ["for example  to: [\(drafts.first?.name ?? "local")]"]
            )
        }
    }

    private mutating func name(_ node: Node, _ number: Int) -> Located<String> {
        guard let written = node["name"], let text = written.text, (try? Values.name(text)) != nil else {
            return Located("route-\(number)", at: node.spot)
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
        return Located(text, at: written.spot)
    }

    private func deny(_ node: Node?, _ name: String) -> RouteEntry.Action {
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
}
