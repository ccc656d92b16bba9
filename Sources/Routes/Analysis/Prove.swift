import Interpreter
import RouteModel
import Routing

extension Analysis {
    /// Decides a claim (`routes.md` 5.1): over every request that its `for_all` takes.
    package func prove(_ claim: Claim) -> Proof {
        let world = World([document], claim.forAll.map { [$0] } ?? [], Effort(), patterns: interpreter.patterns)
        var builder = BoxBuilder(world.universe)
        let scene = Scene(document, interpreter, &builder)
        guard !builder.universe.isOverfull, !scene.isPartial, let meant = builder.boxes(claim.forAll, route: -1) else {
            return .unknown
        }
        var search = Search(world, builder.universe)
        search.sampled = SampledTexts([document], claim.forAll.map { [$0] } ?? [])
        var prover = Prover(scene: scene, claim: claim, search: search, builder: builder)
        return prover.prove(meant)
    }

    /// Tells of single requests whether they break a claim, as the definition decides them.
    ///
    /// - Parameter claim: what is claimed.
    /// - Returns: true for a counter-example.
    package func breaks(_ claim: Claim) -> (Request) -> Bool {
        var builder = BoxBuilder(World([document], [], Effort(), patterns: interpreter.patterns).universe)
        let scene = Scene(document, interpreter, &builder)
        return { [interpreter, document] request in
            if let forAll = claim.forAll, !interpreter.matches(forAll, request) { return false }
            return scene.outcome(request).holds(claim.condition, isAlways: claim.isAlways, document) != claim.isAlways
        }
    }
}

/// What the definition says of one request, in the words of claims.
struct Outcome {
    var route: String?
    /// Eligible targets of each tier: positions of providers.
    var tiers: [[Int]]
    var status: Int
    var tries: Int
    /// Position of a provider that sees the request without being one of its targets.
    var embedder: Int?

    func holds(_ condition: Claim.Condition, isAlways: Bool, _ document: RouteDocument) -> Bool {
        let providers = tiers.joined()
        if let names = condition.providers {
            // Where it goes is a question of secrets: who compares it counts, though he is no target.
            let isNamed = (Array(providers) + [embedder].compactMap(\.self)).map { provider in
                let entry = document.providers[provider]
                return names.contains {
                    $0 == entry.name.value || $0 == "any" || $0 == (entry.isLocal ? "local" : "remote")
                }
            }
            let holds = isAlways ? !isNamed.isEmpty && isNamed.allSatisfy { $0 } : isNamed.contains(true)
            if !holds { return false }
        }
        if let routes = condition.routes, !(route.map { routes.contains($0) } ?? false) { return false }
        if let targets = condition.targets, !targets.contains(providers.reduce(0) { count, _ in count + 1 }) {
            return false
        }
        if let statuses = condition.statuses, !statuses.contains(status) { return false }
        if let tries = condition.tries, !tries.contains(self.tries) { return false }
        return true
    }
}

/// Looks for a request that breaks a claim: route by route, and in it by every way in which targets can be left.
struct Prover {
    /// Ways looked at for one route.
    private static let wayLimit = 4_096

    let scene: Scene
    let claim: Claim
    var search: Search
    var builder: BoxBuilder
    private var isUnknown = false
    private var ways = 0

    init(scene: Scene, claim: Claim, search: Search, builder: BoxBuilder) {
        self.scene = scene
        self.claim = claim
        self.search = search
        self.builder = builder
    }

    mutating func prove(_ meant: [Box]) -> Proof {
        if isBroken(Outcome(route: nil, tiers: [], status: 404, tries: 0)), let found = ask(meant, nil) {
            return .refuted(witness: found)
        }
        for (route, entry) in scene.document.routes.enumerated() where entry.isEnabled {
            guard let own = scene.boxes[route] else { return .unknown }
            let boxes = builder.product(meant, own)
            if builder.isTooLarge { return .unknown }
            if boxes.isEmpty { continue }
            ways = 0
            if let found = walk(boxes, route, [], entry.tiers.flatMap(\.targets)) { return .refuted(witness: found) }
            if isUnknown { return .unknown }
        }
        return isUnknown ? .unknown : .proved
    }

    private func isBroken(_ outcome: Outcome) -> Bool {
        outcome.holds(claim.condition, isAlways: claim.isAlways, scene.document) != claim.isAlways
    }

    /// Splits by the eligibility of each target in turn; `left` says of those before whether they are eligible.
    private mutating func walk(
        _ boxes: [Box],
        _ route: Int,
        _ left: [Bool],
        _ targets: [TargetEntry]
    ) -> Request? {
        ways += 1
        if ways > Self.wayLimit || boxes.count > BoxBuilder.limit {
            isUnknown = true
            return nil
        }
        if boxes.isEmpty { return nil }
        let sets = Targets(scene.document)
        if left.count < targets.count {
            let target = targets[left.count]
            let eligible = builder.product(boxes, sets.eligible(target, &builder))
            let others = builder.product(boxes, sets.ineligible(target, &builder))
            if builder.isTooLarge {
                isUnknown = true
                return nil
            }
            return walk(eligible, route, left + [true], targets) ?? walk(others, route, left + [false], targets)
        }
        let entry = scene.document.routes[route]
        var tiers: [[Int]] = []
        var next = 0
        for tier in entry.tiers {
            tiers.append(tier.targets.indices.filter { left[next + $0] }.map { tier.targets[$0].provider })
            next += tier.targets.count
        }
        var outcome = Outcome(route: entry.name.value, tiers: tiers, status: 200, tries: tries(entry, tiers))
        if case .deny(let status, _) = entry.action {
            outcome.status = status
            return isBroken(outcome) ? ask(boxes, route) : nil
        }
        if left.contains(true) {
            if isBroken(outcome) { return ask(boxes, route) }
            guard let embedder = Embedder(entry, scene.document) else { return nil }
            outcome.embedder = embedder.provider
            guard isBroken(outcome) else { return nil }
            return ask(builder.product(boxes, [embedder.box(builder.universe)]), route)
        }
        outcome.status = 403
        if isBroken(outcome) {
            for target in targets {
                let wanted = builder.product(boxes, sets.served(target, &builder))
                if let found = ask(wanted, route) { return found }
            }
        }
        outcome.status = 404
        if !isBroken(outcome) { return nil }
        var wanted = boxes
        for target in targets { wanted = builder.product(wanted, sets.unserved(target, &builder)) }
        return ask(wanted, route)
    }

    private mutating func ask(_ boxes: [Box], _ route: Int?) -> Request? {
        if builder.isTooLarge {
            isUnknown = true
            return nil
        }
        search.world.universe = builder.universe
        let (scene, claim) = (scene, claim)
        let answer = search.find(in: boxes, past: [scene.cover(before: route)]) { request in
            if let forAll = claim.forAll, !scene.interpreter.matches(forAll, request) { return false }
            let outcome = scene.outcome(request)
            return outcome.holds(claim.condition, isAlways: claim.isAlways, scene.document) != claim.isAlways
        }
        switch answer {
        case .found(let request?): return request
        case .found(nil), .unknown: isUnknown = true
        case .covered, .nothing: break
        }
        return nil
    }

    private func tries(_ entry: RouteEntry, _ tiers: [[Int]]) -> Int {
        min(Tries.most(entry, tiers: tiers.map(\.count)), entry.settings.failover.maxTries)
    }
}

extension Scene {
    /// What becomes of a request, in the words of claims.
    func outcome(_ request: Request) -> Outcome {
        let verdict = interpreter.decide(request)
        guard let route = verdict.route else { return Outcome(route: nil, tiers: [], status: 404, tries: 0) }
        let entry = document.routes[route]
        var outcome = Outcome(route: entry.name.value, tiers: [], status: 200, tries: 0)
        switch verdict.outcome {
        case .noRoute: outcome.status = 404
        case .deny(let status, _): outcome.status = status
        case .forward(let tiers):
            outcome.tiers = tiers.map { $0.map(\.provider) }
            outcome.tries = min(
                Tries.most(entry, tiers: tiers.map(\.count)),
                entry.settings.failover.maxTries
            )
            if let embedder = Embedder(entry, document), !tiers.allSatisfy(\.isEmpty),
                embedder.sees(request, interpreter.label(request))
            {
                outcome.embedder = embedder.provider
            }
            if tiers.allSatisfy(\.isEmpty) {
                outcome.status = entry.tiers.flatMap(\.targets).contains { interpreter.serves($0, request) } ? 403 : 404
            }
        }
        return outcome
    }
}
