import Decision
import RouteModel
import Routing

/// Spells a match out as boxes (`routes.md` 3.1): `any` and `not` go down to the single conditions, what is left is an OR of ANDs.
struct MatchBoxes {
    let route: Int
    let words: Words
    let texts: PatternTexts

    /// Boxes on the way, before the unsatisfiable and the doubled ones are gone.
    private static let workLimit = 4_096

    /// The boxes of a route's match; none when nothing can fit it.
    func boxes(_ match: Match?) throws(TooManyBoxes) -> [Box] {
        guard let match else { return [Box(route: route)] }
        let boxes = distinct(try positive(match))
        if boxes.count > RouteCompiler.boxLimitPerRoute { throw TooManyBoxes() }
        return boxes
    }

    private func distinct(_ boxes: [Box]) -> [Box] {
        if boxes.count < 2 { return boxes }
        var seen: Set<BoxIdentity> = []
        return boxes.filter { seen.insert(BoxIdentity($0)).inserted }
    }

    // MARK: A match that must hold

    private func positive(_ match: Match) throws(TooManyBoxes) -> [Box] {
        guard let box = keys(match) else { return [] }
        var result = [box]
        if let any = match.any {
            var either: [Box] = []
            for match in any { either += try positive(match) }
            result = try product(result, either)
        }
        for not in match.not { result = try product(result, try negative(not)) }
        return result
    }

    /// The keys of a match but for `any` and `not`; nil when they exclude one another.
    private func keys(_ match: Match) -> Box? {
        var box = Box(route: route)
        if let apis = match.apis { box.apis = APISet(apis.map { APISet($0.value) }) }
        if let stream = match.stream { box.stream = stream.value ? .on : .off }
        if let models = match.models { box.models = [texts.globs(models)] }
        if let paths = match.paths { box.paths = [texts.globs(paths)] }
        if let methods = match.methods { box.methods = [methods.map(\.value)] }
        if let tenants = match.tenants { box.tenants = [texts.globs(tenants)] }
        if let keys = match.keys { box.keys = [texts.globs(keys)] }
        box.headers = match.headers.map { test($0, isNegated: false) }
        if let tags = match.tags {
            box.tagsAll = words.mask(of: tags.all)
            box.tagsNone = words.mask(of: tags.none)
            if !tags.any.isEmpty { box.tagsAny = [words.mask(of: tags.any)] }
        }
        if let levels = match.levels { box.levels = LevelSet(levels.value) }
        if let tokens = match.tokens?.value { box.tokens = Self.range(tokens.lower, tokens.upper ?? .max) }
        if let features = match.features { box.featuresAll = FeatureSet(features.map { FeatureSet($0.value) }) }
        if let times = match.times { box.times = [times.reduce(0) { $0 | words.mask(of: $1.value) }] }
        if let sample = match.sample { box.samples = [share(sample.value, match, isNegated: false)] }
        return box.simplified()
    }

    private func test(_ condition: HeaderCondition, isNegated: Bool) -> HeaderTest {
        let matchers = condition.matchers.compactMap { texts.matcher($0.value) }
        return HeaderTest(name: condition.name.value, matchers: matchers, isNegated: isNegated)
    }

    private func share(_ share: Int, _ match: Match, isNegated: Bool) -> SampleTest {
        let subject = words.position(of: match.sampleBy?.value ?? .request)
        return SampleTest(subject: subject, share: share, isNegated: isNegated)
    }

    private static func range(_ low: Int, _ high: Int) -> Range<Int> { low..<max(low, high) }

    // MARK: A match that must not hold

    /// One of its keys fails: the boxes of each failure, one after the other.
    private func negative(_ match: Match) throws(TooManyBoxes) -> [Box] {
        var boxes = negatedKeys(match).compactMap { $0.simplified() }
        if let any = match.any {
            // None of them holds.
            var all = [Box(route: route)]
            for match in any { all = try product(all, try negative(match)) }
            boxes += all
        }
        for not in match.not { boxes += try positive(not) }
        return boxes
    }

    private func negatedKeys(_ match: Match) -> [Box] {
        var boxes: [Box] = []
        func add(_ change: (inout Box) -> Void) {
            var box = Box(route: route)
            change(&box)
            boxes.append(box)
        }
        if let apis = match.apis { add { $0.apis = APISet.all.subtracting(APISet(apis.map { APISet($0.value) })) } }
        if let stream = match.stream { add { $0.stream = stream.value ? .off : .on } }
        if let models = match.models { add { $0.notModels = texts.globs(models) } }
        if let paths = match.paths { add { $0.notPaths = texts.globs(paths) } }
        if let methods = match.methods { add { $0.notMethods = methods.map(\.value) } }
        if let tenants = match.tenants { add { $0.notTenants = texts.globs(tenants) } }
        if let keys = match.keys { add { $0.notKeys = texts.globs(keys) } }
        for header in match.headers { add { $0.headers = [test(header, isNegated: true)] } }
        if let tags = match.tags {
            for tag in tags.all { add { $0.tagsNone = words.mask(of: tag.value) } }
            if !tags.any.isEmpty { add { $0.tagsNone = words.mask(of: tags.any) } }
            if !tags.none.isEmpty { add { $0.tagsAny = [words.mask(of: tags.none)] } }
        }
        if let levels = match.levels { add { $0.levels = LevelSet.all.subtracting(LevelSet(levels.value)) } }
        if let tokens = match.tokens?.value {
            if tokens.lower > 0 { add { $0.tokens = 0..<tokens.lower } }
            if let upper = tokens.upper { add { $0.tokens = Self.range(max(0, upper), .max) } }
        }
        for feature in match.features ?? [] { add { $0.featuresNone = FeatureSet(feature.value) } }
        if let times = match.times { add { $0.timesNone = times.reduce(0) { $0 | words.mask(of: $1.value) } } }
        if let sample = match.sample { add { $0.samples = [share(sample.value, match, isNegated: true)] } }
        return boxes
    }

    // MARK: Both

    private func product(_ left: [Box], _ right: [Box]) throws(TooManyBoxes) -> [Box] {
        if left.count * right.count > Self.workLimit { throw TooManyBoxes() }
        var boxes: [Box] = []
        for one in left {
            for other in right { if let box = one.joined(with: other).simplified() { boxes.append(box) } }
        }
        return boxes.count > RouteCompiler.boxLimitPerRoute ? distinct(boxes) : boxes
    }
}
