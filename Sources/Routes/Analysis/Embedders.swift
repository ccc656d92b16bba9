import RouteModel
import Routing

/// Who is shown the text of a route's requests besides its targets: the embedder of `cache.semantic`.
///
/// Claims about where requests go hold for it as well.
struct Embedder {
    /// Position in the document's providers.
    let provider: Int
    private let maxLevel: Level
    private let deniedTags: Set<String>
    private static let apis: [API] = [.chat, .responses, .messages]

    /// Nil for a route that compares nothing.
    init?(_ route: RouteEntry, _ document: RouteDocument) {
        let cache = route.settings.cache
        guard cache.mode.value == .exact, let names = cache.semantic.value?.names,
            let provider = document.providers.firstIndex(where: { $0.name.value == names.provider })
        else { return nil }
        self.provider = provider
        let entry = document.providers[provider]
        maxLevel = min(cache.maxLevel.value, entry.clearance.value)
        deniedTags = Set(entry.denyTags.map(\.value))
    }

    /// True when it may be shown a request with this label.
    func sees(_ request: Request, _ label: (Level, Set<String>)) -> Bool {
        Embedder.apis.contains(request.api) && label.0 <= maxLevel && label.1.isDisjoint(with: deniedTags)
    }

    /// The requests that it may be shown.
    func box(_ universe: Universe) -> Box {
        var box = Box(route: -1)
        box.apis &= Embedder.apis.reduce(0) { $0 | 1 << UInt16($1.rawValue) }
        box.levels = LevelSet(.public...maxLevel)
        box.tags.off = deniedTags.reduce(0) { set, tag in universe.tags[tag].map { set | 1 << UInt64($0) } ?? set }
        return box
    }
}
