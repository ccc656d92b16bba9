import Analysis
import Compiler
import Interpreter
import Lint
import RouteModel
import Routing

/// What changes for requests from one route file to another (`routes.md` 5.2).
struct Comparison {
    /// Requests that go another way.
    struct Way {
        /// Which requests, alternatives.
        var requests: [String]
        var before: String
        var after: String
        var oldRoute: String?
        var newRoute: String?
        var witness: String
    }
    /// A provider that a class or a tag can reach now, or no longer.
    struct Reach {
        var provider: String
        var label: String
        var isOpened: Bool
        var witness: String
    }
    /// A setting of a route that both files have.
    struct Setting {
        var route: String
        var name: String
        var before: String
        var after: String
    }

    private(set) var ways: [Way] = []
    private(set) var reaches: [Reach] = []
    private(set) var settings: [Setting] = []
    /// Routes of the new file whose requests and settings are as before.
    private(set) var unchangedRoutes = 0
    private(set) var worstTries: (before: Int, after: Int)?
    /// False when there was too much to look at: then only what was found is known.
    private(set) var isComplete = true
    let hasOtherText: Bool

    init(_ old: Revision, _ new: Revision) {
        hasOtherText = !old.sources.map(\.bytes).elementsEqual(new.sources.map(\.bytes))
        let patterns = Patterns.matcher()
        let changes = Difference.between(old: old.document, new: new.document, patterns: patterns)
        isComplete = changes != nil
        let explainer = Explainer(new.document)
        for change in changes ?? [] {
            let example = CounterExample(exactly: change.witness, explainer, now: 0)
            let api = change.witness.api == .chat ? "chat   " : ""
            let witness = api + example.words
            switch change.kind {
            case .way:
                ways.append(
                    Way(
                        requests: change.requests,
                        before: Self.words(change.before, old.document),
                        after: Self.words(change.after, new.document),
                        oldRoute: change.oldRoute.map { old.document.routes[$0].name.value },
                        newRoute: change.newRoute.map { new.document.routes[$0].name.value },
                        witness: witness
                    )
                )
            case .opened(let provider, let label):
                reaches.append(Reach(provider: provider, label: label, isOpened: true, witness: witness))
            case .closed(let provider, let label):
                reaches.append(Reach(provider: provider, label: label, isOpened: false, witness: witness))
            }
        }
        compareSettings(old.document, new.document)
        let touched = Set(ways.compactMap(\.newRoute) + settings.map(\.route))
        unchangedRoutes = new.document.activeRoutes.filter { !touched.contains($0.name.value) }.count
        compareTries(old.document, new.document, patterns)
    }

    /// True when any request is treated otherwise.
    var differs: Bool { !ways.isEmpty || !reaches.isEmpty || !settings.isEmpty || !isComplete }

    /// True when something may go where it could not go before.
    var weakensPrivacy: Bool { reaches.contains(where: \.isOpened) }

    private mutating func compareTries(_ old: RouteDocument, _ new: RouteDocument, _ patterns: @escaping PatternMatcher)
    {
        func worst(_ document: RouteDocument) -> Int {
            let analysis = Analysis(document, patterns: patterns)
            return document.routes.indices.filter { document.routes[$0].isEnabled }.map(analysis.worstTries).max() ?? 0
        }
        let tries = (worst(old), worst(new))
        if tries.0 > 0 || tries.1 > 0 { worstTries = tries }
    }

    // MARK: Settings

    private mutating func compareSettings(_ old: RouteDocument, _ new: RouteDocument) {
        let before = Dictionary(old.activeRoutes.map { ($0.name.value, $0) }) { first, _ in first }
        for route in new.activeRoutes {
            guard let own = before[route.name.value] else { continue }
            let earlier = RouteSettingWords.all(own, old)
            for word in RouteSettingWords.all(route, new) {
                guard let before = earlier.first(where: { $0.name == word.name })?.value, before != word.value else {
                    continue
                }
                let name = route.name.value
                settings.append(Setting(route: name, name: word.name, before: before, after: word.value))
            }
        }
    }

    /// Where a verdict sends a request.
    static func words(_ verdict: Verdict, _ document: RouteDocument) -> String {
        switch verdict.outcome {
        case .noRoute: return "404"
        case .deny(let status, _): return "denied \(status)"
        case .forward(let tiers):
            let shown = tiers.filter { !$0.isEmpty }.map { tier in
                let names = tier.map { place in
                    let provider = document.providers[place.provider].name.value
                    return place.model.map { "\(provider)/\($0)" } ?? provider
                }
                return names.count == 1 ? names[0] : "[\(names.joined(separator: ", "))]"
            }
            return shown.isEmpty ? "no target" : shown.joined(separator: ", then ")
        }
    }
}

/// A route's settings as texts, by name.
enum RouteSettingWords {
    static func all(_ route: RouteEntry, _ document: RouteDocument) -> [(name: String, value: String)] {
        let settings = route.settings
        let (timeouts, retry, latency) = (settings.timeouts, settings.retry, settings.latency)
        var words: [(String, String)] = [
            ("timeout.connect", Words.duration(timeouts.connectMilliseconds)),
            ("timeout.first_byte", Words.duration(timeouts.firstByteMilliseconds)),
            ("timeout.idle", Words.duration(timeouts.idleMilliseconds)),
            ("timeout.total", Words.duration(timeouts.totalMilliseconds)),
            ("retry.attempts", "\(retry.attempts)"),
            ("retry.retry_on", "\(retry.onConnect) \(retry.onTimeout) \(retry.statuses.sorted())"),
            (
                "retry.backoff",
                "\(Words.duration(retry.backoffStartMilliseconds))..\(Words.duration(retry.backoffCapMilliseconds))"
            ),
            ("retry.jitter", "\(retry.jitterPercent)%"), ("retry.budget", "\(retry.budgetPercent)%"),
            ("retry.retry_after", Words.duration(retry.retryAfterMilliseconds)),
            ("failover.max_tries", "\(settings.failover.maxTries)"),
            ("failover.panic", settings.failover.panicTries ? "try" : "fail"),
            ("ema", "\(latency)"), ("pool", pool(settings.pool.value)),
            ("limits", settings.limits.isEmpty ? "none" : settings.limits.map(\.value).joined(separator: ", ")),
            ("queue", settings.queue.value.rawValue), ("cache.mode", settings.cache.mode.value.rawValue),
            ("cache.scope", settings.cache.scope.value.rawValue),
            ("cache.max_class", settings.cache.maxLevel.value.word),
            ("max_tokens", settings.maxTokens.value.map { Words.count($0) } ?? "none"),
            ("sticky", "\(settings.sticky.value)"),
            ("hedge", settings.hedge.value.map { "after \(Words.duration($0.afterMilliseconds))" } ?? "none"),
        ]
        // Of tiers with the same targets only: another target is another way, which is told as such.
        for (number, tier) in route.tiers.enumerated() {
            let targets = tier.targets.map { Words.target($0, document) }.joined(separator: ", ")
            let name = "tier \(number) [\(targets)]"
            if tier.targets.count > 1 { words.append(("strategy of \(name)", tier.strategy.value.rawValue)) }
            words.append(("weights of \(name)", tier.targets.map { "\($0.weight.value)" }.joined(separator: ", ")))
        }
        return words
    }

    private static func pool(_ choice: RouteSettings.PoolChoice) -> String {
        switch choice {
        case .none: "none"
        case .named(let name): name
        case .fromRequest(let allowed, let standard):
            "from request, of [\(allowed.map(\.value).joined(separator: ", "))], else \(standard?.value ?? "none")"
        }
    }
}
