import RouteModel
import Routing

/// A match as alternatives of boxes (`routes.md` 3.1): `any`, `not` and lists of regular expressions multiplied out.
struct BoxBuilder {
    /// Boxes of one match before it is given up: the language allows 64 (`routes.md` 3.9).
    static let limit = 512
    private(set) var universe: Universe
    private(set) var isTooLarge = false

    init(_ universe: Universe) { self.universe = universe }

    /// The atoms of a glob.
    mutating func atoms(of glob: String) -> [GlobAtom] { universe.atoms(of: glob).map { universe.atoms[$0] } }

    /// The boxes of a match; nil when there are too many.
    mutating func boxes(_ match: Match?, route: Int) -> [Box]? {
        isTooLarge = !universe.effort.spend(100)
        if isTooLarge { return nil }
        let whole = Box(route: route)
        guard let match else { return [whole] }
        let boxes = self.boxes(match, isNegated: false, in: whole)
        return isTooLarge ? nil : boxes
    }

    /// The boxes in which some, or all, of these alternatives hold.
    mutating func product(_ left: [Box], _ right: [Box]) -> [Box] {
        if right.count == 1, isPlain(right[0]) { return left }
        var product: [Box] = []
        for one in left {
            if !universe.effort.spend(60 * right.count) {
                isTooLarge = true
                return []
            }
            for other in right {
                if let box = one.meeting(other, universe) { product.append(box) }
            }
            if product.count > Self.limit {
                isTooLarge = true
                return []
            }
        }
        return product
    }

    private func isPlain(_ box: Box) -> Bool {
        box.open(over: Box(route: box.route), universe).isEmpty
    }

    private mutating func boxes(_ match: Match, isNegated: Bool, in whole: Box) -> [Box] {
        var parts = predicates(match, isNegated: isNegated, whole)
        if let any = match.any {
            parts.append(
                isNegated
                    ? any.reduce([whole]) { product($0, boxes($1, isNegated: true, in: whole)) }
                    : any.flatMap { boxes($0, isNegated: false, in: whole) }
            )
        }
        for inner in match.not { parts.append(boxes(inner, isNegated: !isNegated, in: whole)) }
        if isNegated {
            let all = parts.flatMap { $0 }
            if all.count > Self.limit { isTooLarge = true }
            return isTooLarge ? [] : all
        }
        return parts.reduce([whole]) { product($0, $1) }
    }

    /// One list of alternatives for each key of a match, or for its opposite.
    private mutating func predicates(_ match: Match, isNegated: Bool, _ whole: Box) -> [[Box]] {
        var parts: [[Box]] = []
        func add(_ change: (inout Box) -> Void) {
            var box = whole
            change(&box)
            parts.append([box])
        }
        if let apis = match.apis {
            let set = apis.reduce(UInt16(0)) { $0 | 1 << UInt16($1.value.rawValue) }
            add { $0.apis = isNegated ? $0.apis & ~set : set }
        }
        if let stream = match.stream { add { $0.streams = stream.value != isNegated ? 2 : 1 } }
        if let levels = match.levels {
            let set = LevelSet(levels.value)
            add { $0.levels = isNegated ? LevelSet.all.subtracting(set) : set }
        }
        if let range = match.tokens?.value { parts.append(tokens(range, isNegated, whole)) }
        if let features = match.features {
            let set = features.reduce(UInt64(0)) { $0 | UInt64(FeatureSet($1.value).rawValue) }
            parts.append(each(set, isNegated, whole) { $0.features = $1 })
        }
        if let tags = match.tags { parts.append(self.tags(tags, isNegated, whole)) }
        if let sample = match.sample {
            let subject = universe.subject(match.sampleBy?.value ?? .request)
            let share = min(max(sample.value, 0), SampleBucket.count)
            var buckets = Buckets(lower: 0, upper: share, isAbsentIn: false)
            if isNegated { buckets = Buckets(lower: share, upper: SampleBucket.count, isAbsentIn: true) }
            add { $0.samples = [(subject, buckets)] }
        }
        if let times = match.times { parts.append(self.times(times.map(\.value), isNegated, whole)) }
        let lists: [(TextName, [Located<String>]?)] = [
            (.model, match.models), (.path, match.paths), (.key, match.keys), (.tenant, match.tenants),
        ]
        for (name, list) in lists {
            guard let list else { continue }
            let number = universe.text(name)
            universe.effort.spend(20 * list.count)
            let clause = universe.clause(list.flatMap { universe.atoms(of: $0.value) }, isNegated: isNegated)
            add { $0.texts = [Box.Text(name: number, clauses: [clause])] }
        }
        if let methods = match.methods {
            let number = universe.text(.method)
            let atoms = methods.map { universe.atom(GlobAtom(exactly: $0.value)) }
            let clause = universe.clause(atoms, isNegated: isNegated)
            add { $0.texts = [Box.Text(name: number, clauses: [clause])] }
        }
        for header in match.headers { parts.append(self.header(header, isNegated, whole)) }
        // A part that nothing can meet is kept: it makes the whole match empty, or adds nothing to its opposite.
        return parts.map {
            $0.filter { $0.apis != 0 && !$0.levels.isEmpty && $0.samples.allSatisfy { !$0.buckets.isEmpty } }
        }
    }

    private func tokens(_ range: TokenRange, _ isNegated: Bool, _ whole: Box) -> [Box] {
        let upper = range.upper ?? .max
        let spans =
            isNegated
            ? [
                Box.TokenSpan(lower: 0, upper: min(range.lower, upper)),
                Box.TokenSpan(lower: max(upper, 0), upper: .max),
            ]
            : [Box.TokenSpan(lower: max(range.lower, 0), upper: upper)]
        // An empty range has everything outside it: both halves then overlap, which does no harm.
        return spans.filter { $0.lower < $0.upper }.map { span in
            var box = whole
            box.tokens = span
            return box
        }
    }

    /// All bits on; or, negated, any of them off.
    private func each(_ set: UInt64, _ isNegated: Bool, _ whole: Box, _ write: (inout Box, Bits) -> Void) -> [Box] {
        let wanted = isNegated ? bits(set).map { Bits(on: 0, off: 1 << UInt64($0)) } : [Bits(on: set, off: 0)]
        return wanted.map { bits in
            var box = whole
            write(&box, bits)
            return box
        }
    }

    private mutating func tags(_ condition: TagCondition, _ isNegated: Bool, _ whole: Box) -> [Box] {
        func set(_ names: [Located<String>]) -> UInt64 {
            names.reduce(0) { $0 | 1 << UInt64(universe.tag($1.value)) }
        }
        let (all, any, none) = (set(condition.all), set(condition.any), set(condition.none))
        var wanted: [Bits]
        if isNegated {
            wanted = bits(all).map { Bits(on: 0, off: 1 << UInt64($0)) }
            wanted += bits(none).map { Bits(on: 1 << UInt64($0), off: 0) }
            if any != 0 { wanted.append(Bits(on: 0, off: any)) }
        } else {
            wanted = [Bits(on: all, off: none)]
            if any != 0 { wanted = bits(any).map { Bits(on: all | 1 << UInt64($0), off: none) } }
        }
        return wanted.filter { !$0.isEmpty }.map { bits in
            var box = whole
            box.tags = bits
            return box
        }
    }

    /// Windows of one zone are one set of cells; those of several are alternatives.
    private func times(_ windows: [TimeWindow], _ isNegated: Bool, _ whole: Box) -> [Box] {
        var masks: [(zone: Int, cells: UInt64)] = []
        for window in windows {
            guard let zone = universe.zoneNumbers[window.zone] else { continue }
            if let index = masks.firstIndex(where: { $0.zone == zone }) {
                masks[index].cells |= universe.mask(of: window)
            } else {
                masks.append((zone, universe.mask(of: window)))
            }
        }
        var box = whole
        if isNegated {
            box.times = masks.map { ($0.zone, universe.zones[$0.zone].all & ~$0.cells) }
            return box.times.contains { $0.cells == 0 } ? [] : [box]
        }
        return masks.filter { $0.cells != 0 }.map { mask in
            box.times = [mask]
            return box
        }
    }

    /// Globs of one field together are one alternative, each regular expression another.
    private mutating func header(_ condition: HeaderCondition, _ isNegated: Bool, _ whole: Box) -> [Box] {
        let name = universe.text(.header(condition.name.value))
        let globs = condition.matchers.map(\.value).filter { !$0.hasPrefix("re:") }
        let expressions = condition.matchers.map(\.value).filter { $0.hasPrefix("re:") }
            .map { universe.expression(name, String($0.dropFirst(3))) }
        let clause = universe.clause(globs.flatMap { universe.atoms(of: $0) }, isNegated: isNegated)
        let text = Box.Text(name: name, clauses: [clause])
        var box = whole
        if isNegated {
            box.texts = [text]
            box.expressions.off = expressions.reduce(0) { $0 | 1 << UInt64($1) }
            return [box]
        }
        var alternatives: [Box] = []
        if !globs.isEmpty {
            box.texts = [text]
            alternatives.append(box)
        }
        let present = universe.clause(universe.atoms(of: "*"), isNegated: false)
        for expression in expressions {
            var box = whole
            box.texts = [Box.Text(name: name, clauses: [present])]
            box.expressions.on = 1 << UInt64(expression)
            alternatives.append(box)
        }
        return alternatives
    }
}
