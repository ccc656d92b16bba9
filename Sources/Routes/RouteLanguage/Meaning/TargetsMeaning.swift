import Decision
import Routing
import Providers
import Report

/// Reads `to`: names to numbers, groups to their members.
struct TargetsMeaning {
    /// A tier with what its checks need.
    struct DraftTier {
        var targets: [Target] = []
        var strategy: Strategy
        /// Where the tier's own strategy is written.
        var strategyNode: Node?
        var weights: [Node] = []
        var hasGroup = false
        let spot: Spot
    }

    private let findings: Findings
    private let secrets: Secrets
    private let drafts: [ProvidersMeaning.Draft]
    private let positions: [String: Int]
    private(set) var tiers: [DraftTier] = []
    private var places: [String: Spot] = [:]
    private let routeModel: String?
    private(set) var isWhole = true

    init(
        _ node: Node,
        _ settings: RouteSettings,
        model: String?,
        _ drafts: [ProvidersMeaning.Draft],
        _ positions: [String: Int],
        _ secrets: Secrets
    ) {
        findings = secrets.findings
        self.secrets = secrets
        self.drafts = drafts
        self.positions = positions
        routeModel = model
        for item in node.items ?? [] where !item.isBroken { tier(item, settings.strategy) }
        check(settings)
    }

    private mutating func tier(_ node: Node, _ strategy: Strategy) {
        var tier = DraftTier(strategy: strategy, spot: node.spot)
        if let items = node.items {
            for item in items { target(item, &tier) }
        } else if node.isMapping, node.entry("targets") != nil {
            if let own = Read.word(node, "strategy", Strategy.self) {
                tier.strategy = own
                tier.strategyNode = node["strategy"]
            }
            for item in node["targets"]?.items ?? [] { target(item, &tier) }
        } else {
            target(node, &tier)
        }
        tiers.append(tier)
    }

    private mutating func target(_ node: Node, _ tier: inout DraftTier) {
        if node.isMapping {
            guard let provider = node["provider"], let name = provider.text else {
                isWhole = false
                return
            }
            let weight = Read.count(node, "weight", 0...1_000)
            if let node = node["weight"] { tier.weights.append(node) }
            named(name, node["model"]?.text, weight ?? 1, Read.headers(node["headers"], secrets), provider, &tier)
            return
        }
        guard let text = node.text, !node.isNothing else {
            isWhole = false
            return
        }
        if ["local", "remote", "any"].contains(text) {
            group(text, node, &tier)
            return
        }
        guard let slash = text.firstIndex(of: "/") else {
            named(text, nil, 1, [], node, &tier)
            return
        }
        let model = String(text[text.index(after: slash)...])
        if model.isEmpty {
            findings.error("HP103", "`\(text)` names no model behind the `/`", at: node.spot)
            isWhole = false
            return
        }
        named(String(text[..<slash]), model, 1, [], node, &tier)
    }

    private mutating func named(
        _ name: String,
        _ model: String?,
        _ weight: Int,
        _ headers: [HeaderPair],
        _ node: Node,
        _ tier: inout DraftTier
    ) {
        guard let position = positions[name] else {
            isWhole = false
            unknown(name, model, node)
            return
        }
        let identity = "\(name)\u{0}\(model ?? "")"
        if let first = places[identity] {
            findings.warning(
                "HP407",
                "`\(name)\(model.map { "/\($0)" } ?? "")` is a target of this route twice",
                at: node.spot,
                labels: [Label(first, "first here")],
                help: ["remove one; a larger share is written  {provider: \(name), weight: 2}"]
            )
        } else {
            places[identity] = node.spot
        }
        tier.targets.append(
            Target(
                provider: position,
                model: model ?? routeModel,
                weight: weight,
                headers: headers,
                isFromGroup: false
            )
        )
    }

    private func unknown(_ name: String, _ model: String?, _ node: Node) {
        // Without any provider that was the first thing to say.
        if drafts.isEmpty { return }
        var spot = node.spot
        if model != nil, node.isPlain { spot.length = min(spot.length, name.unicodeScalars.count) }
        if ["local", "remote", "any"].contains(name) {
            findings.error("HP201", "the group `\(name)` takes no model", at: spot, help: ["write  \(name)"])
            return
        }
        guard findings.wantsSuggestions("HP201") else {
            findings.error("HP201", "no provider is called \(Values.shown(name))", at: spot)
            return
        }
        let known = drafts.map(\.name)
        let near = Suggestion.nearest(to: name, among: known + ["local", "remote", "any"])
        let list = known.prefix(12).joined(separator: ", ")
        findings.add(
            Problem(
                .error,
                "HP201",
                "no provider is called \(Values.shown(name))",
                at: spot,
                help: [near.map { "did you mean `\($0)`?" } ?? "providers: \(list)\(known.count > 12 ? ", …" : "")"],
                fix: near == nil ? nil : .unsafe
            )
        )
    }

    private mutating func group(_ word: String, _ node: Node, _ tier: inout DraftTier) {
        tier.hasGroup = true
        var members: [Int] = []
        for (position, draft) in drafts.enumerated() where draft.isEnabled {
            if word == "any" || draft.isLocal == (word == "local") { members.append(position) }
        }
        if members.isEmpty, !drafts.isEmpty, drafts.allSatisfy({ $0.provider != nil }) {
            findings.error(
                "HP209",
                "no \(word == "any" ? "enabled" : word) provider, so the group `\(word)` is empty",
                at: node.spot
            )
        }
        for position in members {
            tier.targets.append(
                Target(provider: position, model: routeModel, weight: 1, headers: [], isFromGroup: true)
            )
        }
    }

    // MARK: Checks

    private func check(_ settings: RouteSettings) {
        guard isWhole else { return }
        for tier in tiers {
            weights(tier)
            single(tier, settings)
        }
        let isDirect = tiers.contains { $0.strategy == .direct }
        let count = tiers.reduce(0) { $0 + $1.targets.count }
        guard isDirect, count > 1 || tiers.contains(where: \.hasGroup) else { return }
        let strategy = tiers.compactMap(\.strategyNode).first ?? settings.strategyNode
        let labels = strategy == nil ? [] : tiers.dropFirst().prefix(1).map { Label($0.spot, "another tier") }
        findings.error(
            "HP409",
            "`direct` takes exactly one target by name",
            at: strategy?.spot ?? tiers.first?.spot ?? Spot(path: "", line: 1, column: 1, length: 1),
            labels: labels,
            help: ["keep one target, or use `priority`"]
        )
    }

    private func weights(_ tier: DraftTier) {
        guard let first = tier.weights.first else { return }
        if !tier.targets.isEmpty, tier.targets.allSatisfy({ $0.weight == 0 }) {
            findings.error("HP410", "every weight of this tier is 0, so nothing would be picked", at: first.spot)
            return
        }
        switch tier.strategy {
        case .priority, .direct, .cost:
            findings.warning(
                "HP410",
                "`\(tier.strategy.rawValue)` pays no heed to `weight`",
                at: first.spot,
                help: ["use  strategy: round-robin"]
            )
        case .roundRobin, .leastBusy, .leastLatency: break
        }
    }

    private func single(_ tier: DraftTier, _ settings: RouteSettings) {
        guard [.roundRobin, .leastBusy, .leastLatency].contains(tier.strategy) else { return }
        guard tier.targets.count == 1, !tier.hasGroup else { return }
        // An inherited strategy is no mistake of this route, and another tier may need the route's own.
        let own = tier.strategyNode ?? (tiers.count == 1 ? settings.strategyNode : nil)
        guard let own else { return }
        findings.warning(
            "HP512",
            "`\(tier.strategy.rawValue)` has one target to pick from",
            at: own.spot,
            labels: [Label(tier.spot, "a tier of one")],
            help: ["targets of equal rank stand in one list:  to: [[a, b]]"]
        )
    }
}
