import Interpreter
import RouteModel
import Routing

/// Which labels can come to which targets.
struct Flows {
    let scene: Scene
    let targets: Targets
    var search: Search
    var builder: BoxBuilder

    init(_ scene: Scene, _ search: Search) {
        self.scene = scene
        self.search = search
        targets = Targets(scene.document)
        builder = BoxBuilder(search.world.universe)
    }

    /// A request that comes to the route and lies in one of these boxes; nil also when that cannot be told.
    private mutating func ask(
        _ route: Int,
        _ boxes: [Box],
        accepts: (Request) -> Bool = { _ in true }
    ) -> Search.Answer {
        guard let own = scene.boxes[route] else { return .unknown }
        let wanted = builder.product(own, boxes)
        if builder.isTooLarge {
            builder = BoxBuilder(builder.universe)
            return .unknown
        }
        search.world.universe = builder.universe
        return search.find(in: wanted, past: [scene.cover(before: route)]) { request in
            self.scene.takes(route, request) && accepts(request)
        }
    }

    private mutating func request(
        _ route: Int,
        _ boxes: [Box],
        accepts: (Request) -> Bool = { _ in true }
    ) -> Request? {
        if case .found(let request) = ask(route, boxes, accepts: accepts) { return request }
        return nil
    }

    private func box(_ level: Level) -> Box {
        var box = Box(route: -1)
        box.levels = LevelSet(level)
        return box
    }

    /// One request of each class that can come to a route, by class; `known` is one that does.
    mutating func witnesses(_ route: Int, _ known: Request?) -> [Request?] {
        let interpreter = scene.interpreter
        let knownLevel = known.map { interpreter.label($0).0 }
        let possible = search.world.labels.levels
        return Level.allCases.map { level in
            if level == knownLevel { return known }
            if !possible.contains(LevelSet(level)) { return nil }
            if let raised = raised(known, to: level, route) { return raised }
            return request(route, [box(level)], accepts: { interpreter.label($0).0 == level })
        }
    }

    /// The same request with a class that its client asks for, if that comes to the route too: it spares a search.
    private func raised(_ request: Request?, to level: Level, _ route: Int) -> Request? {
        guard var request, let name = scene.document.privacy.header.value, request.header(name) == nil,
            search.world.labels.raises.isEmpty, scene.document.routes.count <= Reachability.replayLimit,
            !search.effort.isSpent
        else { return nil }
        request.headers.append((name, level.word))
        return scene.takes(route, request) && scene.interpreter.label(request).0 == level ? request : nil
    }

    /// The flows of one route, tiers and targets in order.
    mutating func flows(_ route: Int, _ witnesses: [Request?]) -> [Flow] {
        var flows: [Flow] = []
        let interpreter = scene.interpreter
        let takes = witnesses.map { $0.map { interpreter.eligibility($0) } }
        for (number, tier) in scene.document.routes[route].tiers.enumerated() {
            for (place, target) in tier.targets.enumerated() {
                let clearance = scene.document.providers[target.provider].clearance.value
                for (level, known) in zip(Level.allCases, witnesses) where level <= clearance {
                    guard let isTaken = takes[Int(level.rawValue)] else { continue }
                    var witness: Request? = isTaken(target) ? known : nil
                    if witness == nil {
                        let eligible = targets.eligible(target, &builder)
                        let wanted = builder.product(eligible, [box(level)])
                        witness = request(route, wanted) { request in
                            interpreter.isEligible(target, request) && interpreter.label(request).0 == level
                        }
                    }
                    guard let witness else { continue }
                    flows.append(
                        Flow(
                            route: route,
                            tier: number,
                            target: place,
                            provider: target.provider,
                            level: level,
                            witness: witness
                        )
                    )
                }
            }
        }
        return flows
    }

    /// A request with a tag that may be sent to a provider.
    mutating func witness(tag: String, provider: Int) -> Request? {
        guard let bit = search.world.universe.tags[tag] else { return nil }
        let interpreter = scene.interpreter
        for (route, entry) in scene.document.routes.enumerated() where entry.isEnabled {
            for target in entry.tiers.flatMap(\.targets) where target.provider == provider {
                var box = Box(route: -1)
                box.tags.on = 1 << UInt64(bit)
                let wanted = builder.product(targets.eligible(target, &builder), [box])
                let found = request(route, wanted) { request in
                    interpreter.isEligible(target, request) && interpreter.label(request).1.contains(tag)
                }
                if let found { return found }
            }
        }
        return nil
    }

    /// Whether some request of the route is for an endpoint and a model that the target serves.
    mutating func serves(_ route: Int, _ target: TargetEntry) -> Bool? {
        let served = targets.served(target, &builder)
        if served.isEmpty { return false }
        switch ask(route, served) {
        case .found: return true
        case .covered, .nothing: return false
        case .unknown: return nil
        }
    }

    /// Requests of a route that have a target by endpoint, model and class, and by `deny_tags` have none.
    mutating func starvation(_ route: Int) -> Starvation? {
        if search.effort.isSpent { return nil }
        let entries = scene.document.routes[route].tiers.flatMap(\.targets)
        let universe = builder.universe
        // No request has a tag that no rule gives.
        let given = Set(scene.document.privacy.rules.map(\.tag.value))
        let possible = universe.tagNames.indices.reduce(UInt64(0)) { set, tag in
            given.contains(universe.tagNames[tag]) ? set | 1 << UInt64(tag) : set
        }
        let denied = entries.map { targets.cleared($0, universe).tags.off & possible }
        let interpreter = scene.interpreter
        for tags in Self.tagSets(denied) {
            for level in Level.allCases {
                if !search.effort.spend(50 * entries.count) { return nil }
                let high = entries.indices.filter {
                    targets.cleared(entries[$0], universe).levels.contains(LevelSet(level))
                }
                let lost = high.filter { denied[$0] & tags != 0 }
                if lost.isEmpty { continue }
                var box = self.box(level)
                box.tags.on = tags
                // Whoever else is cleared must not serve what is asked for.
                var boxes = [box]
                for other in high where denied[other] & tags == 0 {
                    boxes = builder.product(boxes, targets.unserved(entries[other], &builder))
                }
                for target in lost where !boxes.isEmpty {
                    let wanted = builder.product(boxes, targets.served(entries[target], &builder))
                    let found = request(route, wanted) { request in
                        !entries.contains { interpreter.isEligible($0, request) }
                    }
                    if let found {
                        return Starvation(route: route, tags: bits(tags).map { universe.tagNames[$0] }, witness: found)
                    }
                }
            }
        }
        return nil
    }

    /// Single tags first, then pairs, then all.
    private static func tagSets(_ denied: [UInt64]) -> [UInt64] {
        let all = denied.reduce(0, |)
        let single = bits(all).prefix(16).map { UInt64(1) << UInt64($0) }
        let pairs = single.indices.flatMap { left in single[(left + 1)...].map { single[left] | $0 } }
        return single + pairs + (single.count > 2 ? [all] : [])
    }
}
