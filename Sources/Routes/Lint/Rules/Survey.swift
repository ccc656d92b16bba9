import Report
import RouteModel
import Routing

/// A configuration with what several rules ask of it, looked up once.
struct Survey {
    /// A target of a route.
    struct Use {
        /// Position in `RouteDocument.routes`.
        let route: Int
        let tier: Int
        let target: TargetEntry
    }

    let document: RouteDocument
    let edits: SourceEdits
    let globs = GlobTable()
    let resolves: Bool
    /// Positions of the routes that take part and can be reached, in file order.
    let live: [Int]
    /// By provider: the first target of a live route that names it, and else the first by a group.
    let firstUses: [Use?]

    init(
        _ document: RouteDocument,
        sources: [String: SourceText],
        resolves: Bool,
        dead: Set<Int>
    ) {
        self.document = document
        self.resolves = resolves
        edits = SourceEdits(sources)
        live = document.routes.indices.filter { document.routes[$0].isEnabled && !dead.contains($0) }
        firstUses = Self.firstUses(document, live)
    }

    private static func firstUses(_ document: RouteDocument, _ live: [Int]) -> [Use?] {
        var named: [Use?] = Array(repeating: nil, count: document.providers.count)
        var grouped = named
        for position in live {
            for (number, tier) in document.routes[position].tiers.enumerated() {
                for target in tier.targets where named.indices.contains(target.provider) {
                    let use = Use(route: position, tier: number, target: target)
                    if target.group == nil {
                        if named[target.provider] == nil { named[target.provider] = use }
                    } else if grouped[target.provider] == nil {
                        grouped[target.provider] = use
                    }
                }
            }
        }
        return zip(named, grouped).map { $0 ?? $1 }
    }

    /// The live routes with their positions.
    var liveRoutes: some Sequence<(Int, RouteEntry)> { live.lazy.map { ($0, document.routes[$0]) } }

    /// The provider of a target.
    func provider(_ target: TargetEntry) -> ProviderEntry? {
        document.providers.indices.contains(target.provider) ? document.providers[target.provider] : nil
    }

    /// The targets of a route that may ever be used.
    func targets(_ route: RouteEntry) -> [(target: TargetEntry, provider: ProviderEntry)] {
        route.tiers.flatMap(\.targets).compactMap { target in
            guard let provider = provider(target), provider.isEnabled else { return nil }
            return (target, provider)
        }
    }

    /// `openai/gpt-4o`, as a route file writes it.
    func name(_ target: TargetEntry) -> String {
        let provider = provider(target)?.name.value ?? "?"
        return target.model.map { "\(provider)/\($0)" } ?? provider
    }

    /// Every match, with those inside `any` and `not`.
    static func matches(_ match: Match?) -> [Match] {
        guard let match else { return [] }
        return [match] + (match.any ?? []).flatMap { matches($0) } + match.not.flatMap { matches($0) }
    }
}
