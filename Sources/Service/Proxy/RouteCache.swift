import Cache
import Compiler
import Decision
import Providers
import RouteModel
import Routing

/// What a route keeps of its answers, resolved; immutable.
final class RouteCache: Sendable {
    /// Shared by all routes with the same limits, and by all snapshots.
    let shelf: CacheShelf
    let ttlNanoseconds: Int64
    let scope: CacheScope
    /// The highest class of what is kept.
    let maxLevel: Level
    let keepsStreams: Bool
    /// Streams are replayed as they came, not at once.
    let keepsPace: Bool
    /// A larger body is not kept.
    let bodyLimitBytes: Int
    /// The route and where it leads: what is kept does not outlive a change of that.
    let route: [UInt8]
    /// How questions are compared; nil compares none.
    let semantic: SemanticCache?
    /// What names of answers begin with that other proxies get as well; nil where each keeps its own.
    let sharedSalt: [UInt8]?

    private init(
        _ settings: CacheSettings,
        _ shelf: CacheShelf,
        route: [UInt8],
        _ semantic: SemanticCache?,
        salt: [UInt8]
    ) {
        self.semantic = semantic
        sharedSalt = settings.store.value == .shared ? salt : nil
        self.shelf = shelf
        bodyLimitBytes = RouteCache.limits(settings).bodyBytes
        self.route = route
        let most = Int(Int64.max / 1_000_000)
        ttlNanoseconds = Int64(min(settings.ttlMilliseconds.value, most)) * 1_000_000
        scope =
            switch settings.scope.value {
            case .key: .key
            case .tenant: .tenant
            case .global: .global
            }
        maxLevel = settings.maxLevel.value
        keepsStreams = settings.streams.value == .replay
        keepsPace = settings.pace.value == .recorded
    }

    /// The caches of a configuration, by position of the route; nil for a route that keeps nothing.
    ///
    /// * `salt`: what else shapes answers, for those that another process is given as well: it may have other files.
    static func all(
        _ compiled: Compiled,
        _ providers: [Provider],
        _ clearances: [Clearance],
        _ book: CacheBook,
        salt: [UInt8]
    ) -> [RouteCache?] {
        let deniedTags = clearances.map(\.deniedTags)
        let document = compiled.document
        let common = limits(document.cache)
        var shelves: Set<String> = []
        let caches = zip(compiled.program.routes, compiled.positions).map { route, position -> RouteCache? in
            let settings = document.routes[position].settings.cache
            guard settings.mode.value == .exact, case .forward(let plans) = route.action else { return nil }
            let own = limits(settings)
            // Routes with the limits of all share what those allow.
            let name = own == common ? "" : "route \(route.name)"
            shelves.insert(name)
            let scan = document.routes[position].settings.scanResponses.value.rawValue
            let shaped = [scan] + describe(document.privacy)
            let text = describe(route.name, plans, providers, compiled.program.tagNames, shaped)
            let semantic = settings.semantic.value.flatMap { SemanticCache($0, providers, deniedTags: deniedTags) }
            return RouteCache(settings, book.shelf(name, own), route: text, semantic, salt: salt)
        }
        book.keep(only: shelves)
        return caches
    }

    private static func limits(_ settings: CacheSettings) -> CacheLimits {
        CacheLimits(entries: settings.maxEntries.value, bytes: settings.maxBytes.value)
    }

    /// What is found in texts, and replaced: an answer that was kept under other rules may hold what they would take out.
    private static func describe(_ privacy: Privacy) -> [String] {
        privacy.rules.filter(\.hasContentSource).flatMap { rule in
            [
                rule.tag.value, rule.builtins.map(\.value).joined(separator: ","), rule.pattern?.value ?? "",
                rule.flags,
                rule.replacement ?? "",
            ]
        } + ["\(privacy.scanMaxBytes.value) \(privacy.matchLimit.value)"]
    }

    private static func describe(
        _ name: String,
        _ plans: [Plan],
        _ providers: [Provider],
        _ tags: [String],
        _ shaped: [String]
    ) -> [UInt8] {
        var parts = [name, tags.joined(separator: ",")] + shaped
        for plan in plans {
            parts.append("\(plan.context) \(plan.usage.rawValue)")
            parts += plan.setHeaders.map { "\($0.name): \($0.value)" } + plan.removedHeaders
            for target in plan.tiers.flatMap(\.targets) {
                let provider = providers[target.provider]
                parts.append("\(provider.name) \(provider.kind.name) \(provider.url) \(target.model ?? "")")
                parts += target.headers.map { "\($0.name): \($0.value)" }
            }
        }
        return Snapshot.digest(parts.flatMap { Array("\($0.utf8.count):\($0)".utf8) })
    }
}
