import Interpreter
import RouteModel
import Routing

/// What changes for requests between two documents, by effect (`routes.md` 5.2).
package enum Difference {
    /// The changes, in the order of the new document's routes; nil when there is too much to look at.
    ///
    /// Routes correspond by what they do to the same request, not by name. Two documents that send every request the same
    /// way give an empty list, whatever their texts.
    package static func between(
        old: RouteDocument,
        new: RouteDocument,
        effort: Effort = Effort(),
        patterns: @escaping PatternMatcher
    ) -> [Change]? {
        // Labels are those of one document at a time: where `privacy` differs, both are looked through.
        var comparer = Comparer(old, new, isLabelledByNew: true, effort, patterns)
        guard var all = comparer?.changes() else { return nil }
        if !isLabellingAlike(old, new) {
            comparer = Comparer(old, new, isLabelledByNew: false, effort, patterns)
            guard let more = comparer?.changes() else { return nil }
            for change in more {
                let isKnown = all.contains { $0.oldRoute == change.oldRoute && $0.newRoute == change.newRoute }
                if !isKnown { all.append(change) }
            }
        }
        guard let openings = PrivacyComparer(old, new, patterns).changes() else { return nil }
        return all + openings
    }

    /// True when the same bytes surely get the same label and the same model from both documents.
    package static func isLabellingSame(_ old: RouteDocument, _ new: RouteDocument) -> Bool {
        func content(_ document: RouteDocument) -> [String] {
            let privacy = document.privacy
            let levels = [privacy.scanOver, privacy.scanOnError, privacy.scanOpaque].map(\.value.word)
            return levels
                + privacy.rules.map { "\($0.builtins.map(\.value)) \($0.pattern?.value ?? "") \($0.flags)" }
        }
        return isLabellingAlike(old, new) && content(old) == content(new)
    }

    private static func isLabellingAlike(_ old: RouteDocument, _ new: RouteDocument) -> Bool {
        func words(_ document: RouteDocument) -> [String] {
            let privacy = document.privacy
            let rules = privacy.rules.map { rule in
                let headers = rule.headers.map { "\($0.name.value)=\($0.matchers.map(\.value))" }
                return "\(rule.tag.value) \(String(describing: rule.level?.value)) \(headers) "
                    + "\(rule.tenants.map(\.value)) \(rule.keys.map(\.value)) \(rule.hasContentSource)"
            }
            let aliases = document.aliases.map { "\($0.name.value)=\($0.model.value)" }
            return ["\(privacy.standard.value)", privacy.header.value ?? ""] + rules + aliases.sorted()
        }
        return words(old) == words(new)
    }
}

/// Walks the pairs of routes, one of each document, that some request has as its two winners.
struct Comparer {
    /// Ways in which the targets of a pair can be left, before the pair is given up.
    private static let wayLimit = 1_024

    let old: Scene
    let new: Scene
    private var search: Search
    var builder: BoxBuilder
    private var isUnknown = false
    private var ways = 0

    init?(
        _ old: RouteDocument,
        _ new: RouteDocument,
        isLabelledByNew: Bool,
        _ effort: Effort,
        _ patterns: @escaping PatternMatcher
    ) {
        let world = World(isLabelledByNew ? [old, new] : [new, old], [], effort, patterns: patterns)
        builder = BoxBuilder(world.universe)
        self.old = Scene(old, Interpreter(old, patterns: patterns), &builder)
        self.new = Scene(new, Interpreter(new, patterns: patterns), &builder)
        if self.old.isPartial || self.new.isPartial || builder.universe.isOverfull { return nil }
        search = Search(world, builder.universe)
        search.sampled = SampledTexts([old, new])
    }

    mutating func changes() -> [Change]? {
        var changes: [Change] = []
        let oldRoutes = old.document.routes.indices.map { Optional($0) } + [nil]
        let newRoutes = new.document.routes.indices.map { Optional($0) } + [nil]
        for newRoute in newRoutes {
            for oldRoute in oldRoutes {
                if !search.effort.spend(5) { return nil }
                guard let change = change(oldRoute, newRoute) else { continue }
                let known = changes.firstIndex { isAlike($0, change) }
                if let known { changes[known].requests += change.requests } else { changes.append(change) }
            }
        }
        for index in changes.indices { changes[index].requests = Self.unique(changes[index].requests) }
        return isUnknown ? nil : changes
    }

    private static func unique(_ lines: [String]) -> [String] {
        lines.enumerated().filter { index, line in !lines[..<index].contains(line) }.map(\.element)
    }

    /// Two changes that read the same but for the requests.
    private func isAlike(_ left: Change, _ right: Change) -> Bool {
        left.newRoute == right.newRoute
            && effect(left.before, old.document) == effect(right.before, old.document)
            && effect(left.after, new.document) == effect(right.after, new.document)
    }

    private mutating func change(_ oldRoute: Int?, _ newRoute: Int?) -> Change? {
        if oldRoute == nil, newRoute == nil { return nil }
        if isSamePlan(oldRoute, newRoute) { return nil }
        let left = oldRoute.map { old.boxes[$0] ?? [] } ?? [Box(route: -1)]
        let right = newRoute.map { new.boxes[$0] ?? [] } ?? [Box(route: -1)]
        var found: Change?
        var lines: [String] = []
        for one in left {
            for other in right {
                if !search.effort.spend(10) {
                    isUnknown = true
                    return nil
                }
                if !one.mayMeet(other, builder.universe) { continue }
                guard let box = one.meeting(other, builder.universe) else { continue }
                ways = 0
                guard let witness = walk([box], oldRoute, newRoute, targets(oldRoute, newRoute)[...]) else { continue }
                lines.append(BoxWords(builder.universe).words(narrowed(box, witness)))
                if found == nil { found = change(oldRoute, newRoute, witness) }
            }
        }
        found?.requests = lines
        return found
    }

    private func change(_ oldRoute: Int?, _ newRoute: Int?, _ witness: Request) -> Change {
        Change(
            kind: .way,
            requests: [],
            oldRoute: oldRoute,
            newRoute: newRoute,
            before: old.interpreter.decide(witness),
            after: new.interpreter.decide(witness),
            witness: witness
        )
    }

    /// True when the two surely treat every request alike: same targets by name, cleared and serving alike.
    private func isSamePlan(_ oldRoute: Int?, _ newRoute: Int?) -> Bool {
        guard let oldRoute, let newRoute else { return false }
        return plan(oldRoute, old.document) == plan(newRoute, new.document)
    }

    private func plan(_ route: Int, _ document: RouteDocument) -> [String] {
        let entry = document.routes[route]
        if case .deny(let status, let message) = entry.action { return ["deny \(status) \(message)"] }
        return entry.tiers.map { tier in
            tier.targets.map { target in
                let provider = document.providers[target.provider]
                return "\(provider.name.value)/\(target.model ?? "") \(provider.clearance.value) \(provider.isEnabled) "
                    + "\(provider.denyTags.map(\.value).sorted()) \(provider.models.map { $0.map(\.value) } ?? ["any"]) "
                    + "\(provider.apis.map(\.rawValue).sorted())"
            }.joined(separator: ", ")
        }
    }

    private typealias Side = (target: TargetEntry, document: RouteDocument)

    private func targets(_ oldRoute: Int?, _ newRoute: Int?) -> [Side] {
        let left = oldRoute.map { old.document.routes[$0].tiers.flatMap(\.targets) } ?? []
        let right = newRoute.map { new.document.routes[$0].tiers.flatMap(\.targets) } ?? []
        return left.map { ($0, old.document) } + right.map { ($0, new.document) }
    }

    /// Asks for a request treated differently; where the first ones are treated alike, target by target.
    private mutating func walk(
        _ boxes: [Box],
        _ oldRoute: Int?,
        _ newRoute: Int?,
        _ sides: ArraySlice<Side>
    ) -> Request? {
        // Nothing is left when the product was given up, too.
        if builder.isTooLarge { isUnknown = true }
        if boxes.isEmpty { return nil }
        ways += 1
        if ways > Self.wayLimit || boxes.count > BoxBuilder.limit {
            isUnknown = true
            return nil
        }
        search.world.universe = builder.universe
        let (old, new) = (old, new)
        let covers = [old.cover(before: oldRoute), new.cover(before: newRoute)]
        var isAny = false
        let answer = search.find(in: boxes, past: covers) { request in
            old.effort.spend(40 * (old.document.routes.count + new.document.routes.count))
            let (before, after) = (old.interpreter.decide(request), new.interpreter.decide(request))
            guard before.route == oldRoute, after.route == newRoute else { return false }
            isAny = true
            return effect(before, old.document) != effect(after, new.document)
        }
        switch answer {
        case .found(let request?): return request
        case .covered, .nothing: return nil
        case .unknown:
            isUnknown = true
            return nil
        case .found(nil): if !isAny { return nil }
        }
        guard let side = sides.first else { return nil }
        let sets = Targets(side.document)
        let eligible = builder.product(boxes, sets.eligible(side.target, &builder))
        let others = builder.product(boxes, sets.ineligible(side.target, &builder))
        return walk(eligible, oldRoute, newRoute, sides.dropFirst())
            ?? walk(others, oldRoute, newRoute, sides.dropFirst())
    }
}

/// Where a verdict sends a request, in names: equal for requests that notice no difference.
func effect(_ verdict: Verdict, _ document: RouteDocument) -> [String] {
    switch verdict.outcome {
    case .noRoute: return ["404"]
    case .deny(let status, let message): return ["deny \(status) \(message)"]
    case .forward(let tiers):
        let names = tiers.filter { !$0.isEmpty }.map { tier in
            tier.map { "\(document.providers[$0.provider].name.value)/\($0.model ?? "")" }.joined(separator: ", ")
        }
        return ["to"] + names
    }
}

/// Which providers classes and tags can reach, before and after.
struct PrivacyComparer {
    let old: Analysis
    let new: Analysis

    init(_ old: RouteDocument, _ new: RouteDocument, _ patterns: @escaping PatternMatcher) {
        self.old = Analysis(old, patterns: patterns)
        self.new = Analysis(new, patterns: patterns)
    }

    func changes() -> [Change]? {
        if old.isIncomplete || new.isIncomplete { return nil }
        let (before, after) = (reached(old), reached(new))
        let opened = after.keys.filter { before[$0] == nil }.sorted()
        let closed = before.keys.filter { after[$0] == nil }.sorted()
        return opened.compactMap { key in after[key].map { change(key, $0, isOpened: true) } }
            + closed.compactMap { key in before[key].map { change(key, $0, isOpened: false) } }
    }

    private struct Key: Hashable, Comparable {
        var provider: String
        var label: String
        static func < (left: Key, right: Key) -> Bool {
            (left.provider, left.label) < (right.provider, right.label)
        }
    }

    private func change(_ key: Key, _ witness: Request, isOpened: Bool) -> Change {
        var (before, after) = (old.interpreter.decide(witness), new.interpreter.decide(witness))
        var texts = SampledTexts([old.document, new.document])
        let real = texts.realized(witness) { request in
            old.interpreter.decide(request) == before && new.interpreter.decide(request) == after
        }
        // Where no text was found for its bucket, it is shown with the bucket that its own text has.
        let witness = real ?? texts.placed(witness)
        (before, after) = (old.interpreter.decide(witness), new.interpreter.decide(witness))
        let kind: Change.Kind =
            isOpened
            ? .opened(provider: key.provider, label: key.label) : .closed(provider: key.provider, label: key.label)
        return Change(
            kind: kind,
            requests: [key.label],
            oldRoute: before.route,
            newRoute: after.route,
            before: before,
            after: after,
            witness: witness
        )
    }

    private func reached(_ analysis: Analysis) -> [Key: Request] {
        var reached: [Key: Request] = [:]
        let providers = analysis.document.providers
        for flow in analysis.flows {
            let key = Key(provider: providers[flow.provider].name.value, label: "class \(flow.level.word)")
            if reached[key] == nil { reached[key] = flow.witness }
        }
        // Providers alike to all tags cannot differ by one: only tags that some document denies are asked for.
        let denied = (old.document.providers + new.document.providers).flatMap { $0.denyTags.map(\.value) }
        for tag in Set(denied).sorted() {
            for position in providers.indices {
                guard let witness = analysis.witness(tag: tag, provider: position) else { continue }
                reached[Key(provider: providers[position].name.value, label: "tag \(tag)")] = witness
            }
        }
        return reached
    }
}
