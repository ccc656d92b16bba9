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
    /// The same bytes under another label.
    struct Loosening {
        var words: String
        var witness: String
    }
    private(set) var loosenings: [Loosening] = []
    private(set) var settings: [Setting] = []
    /// What is set outside of routes; `route` is empty.
    private(set) var fileSettings: [Setting] = []
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
            let witness = DiffWitness.words(change.witness, explainer, old.document, new.document)
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
        let analyses = (
            Analysis(old.document, patterns: patterns), Analysis(new.document, patterns: patterns)
        )
        comparePool(old.document, new.document, analyses, explainer, patterns)
        compareSettings(old.document, new.document)
        fileSettings = FileSettingWords.changes(old.roots, new.roots)
        let touched = Set(ways.compactMap(\.newRoute) + settings.map(\.route))
        unchangedRoutes = new.document.activeRoutes.filter { !touched.contains($0.name.value) }.count
        compareTries(analyses.0, analyses.1)
    }

    /// True when any request is treated otherwise, or the server reads anything otherwise.
    var differs: Bool {
        !ways.isEmpty || !reaches.isEmpty || !loosenings.isEmpty || !settings.isEmpty || !fileSettings.isEmpty
            || !isComplete
    }

    /// True when something may go where it could not go before.
    var weakensPrivacy: Bool { !loosenings.isEmpty || reaches.contains(where: \.isOpened) }

    /// Decides requests made from both documents' labels, aliases and header words under both.
    private mutating func comparePool(
        _ old: RouteDocument,
        _ new: RouteDocument,
        _ analyses: (Analysis, Analysis),
        _ explainer: Explainer,
        _ patterns: @escaping PatternMatcher
    ) {
        var seeds = [Request()]
        for analysis in [analyses.0, analyses.1] {
            for route in analysis.document.routes.indices {
                for level in Level.allCases {
                    guard let seed = analysis.witness(of: route, level: level) else { continue }
                    if !seeds.contains(seed) { seeds.append(seed) }
                }
            }
        }
        for finding in DifferencePool(old, new, patterns: patterns).findings(seeds) {
            let change = finding.change
            let witness = DiffWitness.words(change.witness, explainer, old, new)
            let (before, after) = (Self.words(change.before, old), Self.words(change.after, new))
            let isKnown = ways.contains { $0.before == before && $0.after == after }
            if before != after, !isKnown {
                ways.append(
                    Way(
                        requests: [witness],
                        before: before,
                        after: after,
                        oldRoute: change.oldRoute.map { old.routes[$0].name.value },
                        newRoute: change.newRoute.map { new.routes[$0].name.value },
                        witness: witness
                    )
                )
            }
            let names = finding.opened.filter { name in
                finding.fell || !reaches.contains { $0.isOpened && $0.provider == name }
            }
            guard finding.fell || !names.isEmpty else { continue }
            let (was, now) = (change.before.level.word, change.after.level.word)
            let label = was == now ? "class \(now)" : "was class \(was), now \(now)"
            let words = "a request \(label): \(before) → \(after)"
            if !loosenings.contains(where: { $0.words == words }) {
                loosenings.append(Loosening(words: words, witness: witness))
            }
        }
    }

    private mutating func compareTries(_ old: Analysis, _ new: Analysis) {
        func worst(_ analysis: Analysis) -> Int {
            let routes = analysis.document.routes
            return routes.indices.filter { routes[$0].isEnabled }.map(analysis.worstTries).max() ?? 0
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
        // A route under another name must not hide other settings.
        let names = Set(new.activeRoutes.map(\.name.value))
        let gone = old.activeRoutes.filter { !names.contains($0.name.value) }.map { RouteSettingWords.all($0, old) }
        for route in new.activeRoutes where before[route.name.value] == nil && !gone.isEmpty && ways.isEmpty {
            let own = RouteSettingWords.all(route, new)
            if gone.contains(where: { $0.elementsEqual(own) { $0 == $1 } }) { continue }
            guard let near = gone.first else { continue }
            for (left, right) in zip(near, own) where left != right {
                settings.append(
                    Setting(route: route.name.value, name: right.name, before: left.value, after: right.value)
                )
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
