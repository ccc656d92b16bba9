import Providers
import Report
import RouteModel
import Routing

/// Reads `to`: names to positions, groups to their members.
struct TargetsMeaning {
    private let findings: Findings
    private let secrets: Secrets
    private let drafts: [ProvidersMeaning.Draft]
    private let positions: [String: Int]
    private(set) var tiers: [TierEntry] = []
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

    private mutating func tier(_ node: Node, _ strategy: Setting<Strategy>) {
        // What a tier has from its route is not its own.
        var inherited = strategy
        inherited.isInherited = true
        var tier = TierEntry(spot: node.spot, targets: [], strategy: inherited)
        if let items = node.items {
            for item in items { target(item, &tier) }
        } else if node.isMapping, node.entry("targets") != nil {
            Read.set(&tier.strategy, word: node, "strategy")
            for item in node["targets"]?.items ?? [] { target(item, &tier) }
        } else {
            target(node, &tier)
        }
        tiers.append(tier)
    }

    private mutating func target(_ node: Node, _ tier: inout TierEntry) {
        if node.isMapping {
            guard let provider = node["provider"], let name = provider.text,
                var target = named(name, node["model"]?.text, provider)
            else {
                isWhole = false
                return
            }
            Read.set(&target.weight, node, "weight") { try Values.count($0, 0...1_000) }
            target.headers = Read.headers(node["headers"], secrets)
            target.prices = ProviderPlaces.prices(node["price"], findings)
            target.maxTokens = Read.located(node, "max_tokens") { try Values.count($0, 1...Int.max) }
            tier.targets.append(target)
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
        var name = text
        var model: String?
        if let slash = text.firstIndex(of: "/") {
            let rest = String(text[text.index(after: slash)...])
            if rest.isEmpty {
                findings.error("HP103", "`\(text)` names no model behind the `/`", at: node.spot)
                isWhole = false
                return
            }
            name = String(text[..<slash])
            model = rest
        }
        if let target = named(name, model, node) { tier.targets.append(target) } else { isWhole = false }
    }

    private mutating func named(_ name: String, _ model: String?, _ node: Node) -> TargetEntry? {
        guard let position = positions[name] else {
            unknown(name, model, node)
            return nil
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
        return TargetEntry(spot: node.spot, provider: position, group: nil, model: model ?? routeModel)
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
                fix: near == nil ? nil : .unsafe,
                edits: findings.edits(node, near, 0..<name.utf8.count)
            )
        )
    }

    private func group(_ word: String, _ node: Node, _ tier: inout TierEntry) {
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
        tier.targets += members.map { position in
            TargetEntry(spot: node.spot, provider: position, group: word, model: routeModel)
        }
    }

    // MARK: Checks

    private func check(_ settings: RouteSettings) {
        guard isWhole else { return }
        for tier in tiers {
            weights(tier)
            single(tier, settings)
        }
        let isDirect = tiers.contains { $0.strategy.value == .direct }
        let count = tiers.reduce(0) { $0 + $1.targets.count }
        guard isDirect, count > 1 || tiers.contains(where: \.hasGroup), let first = tiers.first else { return }
        let spot = tiers.compactMap(\.ownStrategy).first ?? settings.ownStrategy
        let labels = spot == nil ? [] : tiers.dropFirst().prefix(1).map { Label($0.spot, "another tier") }
        findings.error(
            "HP409",
            "`direct` takes exactly one target by name",
            at: spot ?? first.spot,
            labels: labels,
            help: ["keep one target, or use `priority`"]
        )
    }

    private func weights(_ tier: TierEntry) {
        guard let first = tier.targets.compactMap(\.weight.spot).first else { return }
        if tier.targets.allSatisfy({ $0.weight.value == 0 }) {
            findings.error("HP410", "every weight of this tier is 0, so nothing would be picked", at: first)
            return
        }
        switch tier.strategy.value {
        case .priority, .direct, .cost:
            findings.warning(
                "HP410",
                "`\(tier.strategy.value.rawValue)` pays no heed to `weight`",
                at: first,
                help: ["use  strategy: round-robin"]
            )
        case .roundRobin, .leastBusy, .leastLatency: break
        }
    }

    private func single(_ tier: TierEntry, _ settings: RouteSettings) {
        guard [.roundRobin, .leastBusy, .leastLatency].contains(tier.strategy.value) else { return }
        guard tier.targets.count == 1, !tier.hasGroup else { return }
        // An inherited strategy is no mistake of this route, and another tier may need the route's own.
        guard let own = tier.ownStrategy ?? (tiers.count == 1 ? settings.ownStrategy : nil) else { return }
        findings.warning(
            "HP512",
            "`\(tier.strategy.value.rawValue)` has one target to pick from",
            at: own,
            labels: [Label(tier.spot, "a tier of one")],
            help: ["targets of equal rank stand in one list:  to: [[a, b]]"]
        )
    }
}

extension TierEntry {
    fileprivate var hasGroup: Bool { targets.contains { $0.group != nil } }
    /// Where the tier itself names its strategy.
    fileprivate var ownStrategy: Spot? { strategy.isInherited ? nil : strategy.spot }
}

extension RouteSettings {
    /// Where the route itself names its strategy.
    fileprivate var ownStrategy: Spot? { strategy.isInherited ? nil : strategy.spot }
}
