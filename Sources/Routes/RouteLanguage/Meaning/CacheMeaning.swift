import Dialect
import Providers
import Report
import RouteModel
import Routing

/// What a cache says of others: who compares its questions, and who asks them first.
struct CacheMeaning {
    private let drafts: [ProvidersMeaning.Draft]
    private let findings: Findings

    init(_ drafts: [ProvidersMeaning.Draft], _ findings: Findings) {
        self.drafts = drafts
        self.findings = findings
    }

    /// Refuses to share answers where there is no store that several proxies share.
    static func checkStore(_ document: RouteDocument, _ findings: Findings) {
        var told: Set<Spot> = []
        for setting in [document.cache.store] + document.routes.map(\.settings.cache.store) {
            guard setting.value == .shared, let spot = setting.spot, told.insert(spot).inserted else { continue }
            findings.error(
                "HP104",
                "`store: shared` needs a store that several proxies share",
                at: spot,
                help: ["state: redis://host:port/number"]
            )
        }
    }

    /// Checks every embedder where it is written: one that can never answer would be a cache that never hits.
    func checkEmbedders(_ document: RouteDocument) {
        var told: Set<Spot> = []
        let settings = [document.cache.semantic] + document.routes.map(\.settings.cache.semantic)
        for setting in settings {
            guard let semantic = setting.value, told.insert(semantic.embedder.spot).inserted else { continue }
            check(semantic)
        }
    }

    private func check(_ semantic: SemanticSettings) {
        let spot = semantic.embedder.spot
        guard let (name, model) = semantic.names else {
            findings.error(
                "HP103",
                "\(Values.shown(semantic.embedder.value)) names no provider and model",
                at: spot,
                help: ["write  provider/model"]
            )
            return
        }
        guard let draft = drafts.first(where: { $0.name == name }) else {
            let near = Suggestion.nearest(to: name, among: drafts.map(\.name))
            let list = drafts.map(\.name).prefix(12).joined(separator: ", ")
            let help = near.map { "did you mean `\($0)`?" } ?? "providers: \(list)"
            findings.error("HP201", "no provider is called \(Values.shown(name))", at: spot, help: [help])
            return
        }
        guard let provider = draft.provider else { return }
        let wanted = Array(model.utf8)
        guard provider.format(for: EmbeddingFormat.openAI) != nil, provider.serves(model: wanted.span, api: .embeddings)
        else {
            findings.error(
                "HP103",
                "`\(name)` gives no embeddings of \(Values.shown(model))",
                at: spot,
                notes: ["its kind, `enabled`, `apis` and `models` tell what it serves"]
            )
            return
        }
    }

    /// Reads `cache.warm`.
    static func warm(_ node: Node?, _ root: String, _ names: NamesMeaning, _ findings: Findings) -> WarmSettings? {
        guard let node, node.isMapping else { return nil }
        var warm = WarmSettings()
        for item in Read.all(node, "requests", Read.text) ?? [] {
            guard !WarmSettings.isInline(item.value) else {
                warm.requests.append(item)
                continue
            }
            let path = resolved(item.value, root)
            findings.depends(on: path)
            warm.requests.append(Located(path, at: item.spot))
        }
        warm.key = node["key"].flatMap { names.located(.key, $0) }
        warm.tenant = node["tenant"]?.text
        warm.concurrency = Read.count(node, "concurrency", Schema.warmConcurrency) ?? warm.concurrency
        warm.holdsReadiness = Read.boolean(node, "ready") ?? false
        if names.hasAny(.key), node["key"] == nil {
            findings.error(
                "HP104",
                "`warm` does not say with which key it asks",
                at: node.spot,
                help: ["add  key: <one of auth.keys>"]
            )
        }
        return warm
    }

    /// Beside the file that names it.
    private static func resolved(_ path: String, _ root: String) -> String {
        guard !path.hasPrefix("/"), let slash = root.lastIndex(of: "/") else { return path }
        return root[...slash] + path
    }
}
