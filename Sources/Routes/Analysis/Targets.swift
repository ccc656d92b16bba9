import RouteModel
import Routing

/// What targets ask of requests, as boxes (`routes.md` 2.7, eligibility).
struct Targets {
    let document: RouteDocument
    private let whole = Box(route: -1)

    init(_ document: RouteDocument) { self.document = document }

    /// Requests whose endpoint and model the target serves; they are empty for a disabled one.
    func served(_ target: TargetEntry, _ builder: inout BoxBuilder) -> [Box] {
        let provider = document.providers[target.provider]
        var box = whole
        box.apis = apis(provider)
        if !provider.isEnabled || box.apis == 0 { return [] }
        guard let globs = provider.models else { return [box] }
        var universe = builder.universe
        let atoms = globs.flatMap { universe.atoms(of: $0.value) }
        if let model = target.model {
            let isServed = atoms.contains { universe.atoms[$0].matches(Array(model.utf8)) }
            return isServed ? [box] : []
        }
        let name = universe.text(.model)
        let fitting = universe.clause(atoms, isNegated: false)
        let absent = universe.clause(universe.atoms(of: "*"), isNegated: true)
        builder = BoxBuilder(universe)
        return [fitting, absent].map { clause in
            var box = box
            box.texts = [Box.Text(name: name, clauses: [clause])]
            return box
        }
    }

    /// Requests whose endpoint or model it does not serve.
    func unserved(_ target: TargetEntry, _ builder: inout BoxBuilder) -> [Box] {
        let provider = document.providers[target.provider]
        if served(target, &builder).isEmpty { return [whole] }
        var boxes: [Box] = []
        var box = whole
        box.apis &= ~apis(provider)
        if box.apis != 0 { boxes.append(box) }
        guard target.model == nil, let globs = provider.models else { return boxes }
        var universe = builder.universe
        let name = universe.text(.model)
        let atoms = globs.flatMap { universe.atoms(of: $0.value) }
        let others = universe.clause(atoms, isNegated: true)
        let present = universe.clause(universe.atoms(of: "*"), isNegated: false)
        builder = BoxBuilder(universe)
        box = whole
        box.texts = [Box.Text(name: name, clauses: [others, present])]
        return boxes + [box]
    }

    /// Labels that may go there.
    func cleared(_ target: TargetEntry, _ universe: Universe) -> Box {
        let provider = document.providers[target.provider]
        var box = whole
        box.levels = LevelSet(.public...provider.clearance.value)
        box.tags.off = denied(provider, universe)
        return box
    }

    /// Labels that may not.
    func uncleared(_ target: TargetEntry, _ universe: Universe) -> [Box] {
        let cleared = self.cleared(target, universe)
        var boxes: [Box] = []
        var box = whole
        box.levels = LevelSet.all.subtracting(cleared.levels)
        if !box.levels.isEmpty { boxes.append(box) }
        for tag in bits(cleared.tags.off) {
            box = whole
            box.tags.on = 1 << UInt64(tag)
            boxes.append(box)
        }
        return boxes
    }

    func eligible(_ target: TargetEntry, _ builder: inout BoxBuilder) -> [Box] {
        let served = self.served(target, &builder)
        return builder.product(served, [cleared(target, builder.universe)])
    }

    func ineligible(_ target: TargetEntry, _ builder: inout BoxBuilder) -> [Box] {
        unserved(target, &builder) + uncleared(target, builder.universe)
    }

    private func denied(_ provider: ProviderEntry, _ universe: Universe) -> UInt64 {
        provider.denyTags.reduce(0) { set, tag in universe.tags[tag.value].map { set | 1 << UInt64($0) } ?? set }
    }

    private func apis(_ provider: ProviderEntry) -> UInt16 {
        provider.apis.reduce(0) { $0 | 1 << UInt16($1.rawValue) }
    }
}
