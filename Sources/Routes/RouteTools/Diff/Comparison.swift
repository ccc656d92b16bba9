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
        /// How many ways that differ in their targets are told as one, by this first one.
        var count = 1
        /// Where from and where to, whatever the model asked for.
        var shape = ""
    }
    /// Providers that classes or tags can reach now, or no longer.
    struct Reach {
        var providers: [String]
        var labels: [String]
        var isOpened: Bool
        /// How many pairs of a label and a provider are told as one.
        var count: Int { providers.count * labels.count }
        var witness: String
    }
    /// A setting of routes that both files have.
    struct Setting {
        /// None for what is set outside of routes.
        var routes: [String]
        var name: String
        var before: String
        var after: String
    }
    /// The same bytes under another label, for one cause.
    struct Loosening {
        /// Which requests, alternatives.
        var requests: [String]
        var oldClass: String
        var newClass: String
        /// What may be reached now.
        var providers: [String]
        /// In how many ways that differ such requests are treated otherwise.
        var count: Int
        var before: String
        var after: String
        var witness: String
    }

    var ways: [Way] = []
    var reaches: [Reach] = []
    var loosenings: [Loosening] = []
    /// What was replaced in requests and is not any more, a sentence each.
    private(set) var unveilings: [String] = []
    private(set) var settings: [Setting] = []
    /// What is set outside of routes.
    private(set) var fileSettings: [Setting] = []
    /// Routes of the new file that send requests on.
    private(set) var forwardingRoutes = 0
    /// Routes of the new file to which the made-up requests come that go another way.
    var touchedRoutes: Set<String> = []
    /// Routes of the new file whose requests and settings are as before.
    private(set) var unchangedRoutes = 0
    private(set) var worstTries: (before: Int, after: Int)?
    /// Why there may be more than what was found: sentences; none when all was looked at.
    var gaps: [String] = []
    let hasOtherText: Bool

    var isComplete: Bool { gaps.isEmpty }

    init(_ old: Revision, _ new: Revision) {
        hasOtherText = !old.sources.map(\.bytes).elementsEqual(new.sources.map(\.bytes))
        let patterns = HeaderPatterns.matcher()
        let changes = Difference.between(old: old.document, new: new.document, patterns: patterns)
        if changes == nil { gaps.append("too much to compare: only made-up requests were asked about") }
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
                        witness: witness,
                        shape: Self.shape(change, old.document, new.document)
                    )
                )
            case .opened(let provider, let label):
                reaches.append(Reach(providers: [provider], labels: [label], isOpened: true, witness: witness))
            case .closed(let provider, let label):
                reaches.append(Reach(providers: [provider], labels: [label], isOpened: false, witness: witness))
            }
        }
        let analyses = (
            Analysis(old.document, patterns: patterns), Analysis(new.document, patterns: patterns)
        )
        mergeReaches()
        comparePool(old.document, new.document, analyses, explainer, patterns)
        unveilings = Self.unveilings(old.document, new.document)
        compareSettings(old.document, new.document)
        fileSettings = FileSettingWords.changes(old, new)
        forwardingRoutes = new.document.activeRoutes.filter { !$0.tiers.isEmpty }.count
        let touched = touchedRoutes.union(ways.compactMap(\.newRoute) + settings.flatMap(\.routes))
        unchangedRoutes = new.document.activeRoutes.filter { !touched.contains($0.name.value) }.count
        compareTries(analyses.0, analyses.1)
    }

    /// True when any request is treated otherwise, or the server reads anything otherwise.
    var differs: Bool {
        !ways.isEmpty || !reaches.isEmpty || !loosenings.isEmpty || !unveilings.isEmpty || !settings.isEmpty
            || !fileSettings.isEmpty
            || !isComplete
    }

    /// True when something may go where it could not go before.
    var weakensPrivacy: Bool {
        !loosenings.isEmpty || !unveilings.isEmpty || reaches.contains(where: \.isOpened)
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
                guard let before = earlier.first(where: { $0.name == word.name }) else { continue }
                add(before, word, of: route)
            }
        }
        // A route under another name must not hide other settings.
        let names = Set(new.activeRoutes.map(\.name.value))
        let gone = old.activeRoutes.filter { !names.contains($0.name.value) }.map { RouteSettingWords.all($0, old) }
        for route in new.activeRoutes where before[route.name.value] == nil && ways.isEmpty {
            let own = RouteSettingWords.all(route, new)
            guard let near = gone.first, !gone.contains(own) else { continue }
            for (left, right) in zip(near, own) { add(left, right, of: route) }
        }
    }

    /// One entry for all routes in which a setting changes alike, as it does when their default changes.
    private mutating func add(_ before: SettingWord, _ after: SettingWord, of route: RouteEntry) {
        guard before.value != after.value else { return }
        let shown = SecretWords.after(before.shown, after.shown)
        let known = settings.firstIndex { $0.name == after.name && $0.before == before.shown && $0.after == shown }
        // Two secrets that are not shown need not be the same two.
        if let known, !shown.contains(SecretWords.hidden) {
            settings[known].routes.append(route.name.value)
        } else {
            settings.append(
                Setting(routes: [route.name.value], name: after.name, before: before.shown, after: shown)
            )
        }
    }

    /// The same for requests that differ by their model alone, which most targets are asked for.
    static func shape(_ change: Change, _ old: RouteDocument, _ new: RouteDocument) -> String {
        let asked = change.witness.model ?? ""
        func words(_ verdict: Verdict, _ document: RouteDocument) -> String {
            let model = document.aliases.first { $0.name.value == asked }?.model.value ?? asked
            return Self.words(verdict, document).replacing("/\(model)", with: "")
        }
        return "\(words(change.before, old)) → \(words(change.after, new))"
    }

    /// Where a verdict sends a request.
    static func words(_ verdict: Verdict, _ document: RouteDocument) -> String {
        switch verdict.outcome {
        case .noRoute: return "404"
        case .deny(let status, let message):
            return message.isEmpty ? "denied \(status)" : "denied \(status) \"\(message)\""
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
