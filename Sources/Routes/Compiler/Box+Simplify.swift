import Decision
import Routing

extension Box {
    /// What both take.
    func joined(with other: Box) -> Box {
        var box = self
        box.apis.formIntersection(other.apis)
        box.stream.formIntersection(other.stream)
        box.models += other.models
        box.notModels += other.notModels
        box.paths += other.paths
        box.notPaths += other.notPaths
        box.methods += other.methods
        box.notMethods += other.notMethods
        box.headers += other.headers
        box.keys += other.keys
        box.notKeys += other.notKeys
        box.tenants += other.tenants
        box.notTenants += other.notTenants
        box.levels.formIntersection(other.levels)
        box.tagsAll |= other.tagsAll
        box.tagsNone |= other.tagsNone
        box.tagsAny += other.tagsAny
        box.tokens = tokens.clamped(to: other.tokens)
        box.featuresAll.formUnion(other.featuresAll)
        box.featuresNone.formUnion(other.featuresNone)
        box.times += other.times
        box.timesNone |= other.timesNone
        box.samples += other.samples
        return box
    }

    /// The same set of requests in fewer words; nil when it is empty as far as one dimension can tell.
    func simplified() -> Box? {
        var box = self
        guard !apis.isEmpty, !stream.isEmpty, !levels.isEmpty, !tokens.isEmpty else { return nil }
        guard tagsAll & tagsNone == 0, featuresAll.isDisjoint(with: featuresNone) else { return nil }
        box.tagsAny = tagsAny.map { $0 & ~tagsNone }
        if box.tagsAny.contains(0) { return nil }
        box.tagsAny = Array(Set(box.tagsAny.filter { $0 & tagsAll == 0 })).sorted()
        box.times = times.map { $0 & ~timesNone }
        if box.times.contains(0) { return nil }
        box.times = Array(Set(box.times)).sorted()
        guard Self.simplify(&box.models, &box.notModels), Self.simplify(&box.paths, &box.notPaths),
            Self.simplify(&box.keys, &box.notKeys), Self.simplify(&box.tenants, &box.notTenants),
            box.simplifyMethods(), box.simplifySamples()
        else { return nil }
        // A header that must fit one of no matchers never does.
        if headers.contains(where: { $0.matchers.isEmpty && !$0.isNegated }) { return nil }
        box.headers = headers.filter { !$0.matchers.isEmpty }
        return box
    }

    /// Where a group names its texts one by one, the others are asked about each of them now.
    private static func simplify(_ groups: inout [[Glob]], _ not: inout [Glob]) -> Bool {
        if groups.contains(where: \.isEmpty) { return false }
        if groups.isEmpty { return true }
        if not.contains(where: \.matchesEverything) { return false }
        guard groups.count > 1 || !not.isEmpty else { return true }
        guard let finite = groups.firstIndex(where: { $0.allSatisfy(\.isLiteral) }) else { return true }
        let others = groups.indices.filter { $0 != finite }.map { groups[$0] }
        let texts = groups[finite].flatMap(\.exactTexts).filter { text in
            let bytes = Array(text.utf8)
            return others.allSatisfy { group in group.contains { $0.matches(bytes.span) } }
                && !not.contains { $0.matches(bytes.span) }
        }
        if texts.isEmpty { return false }
        groups = [texts.map { Glob(exactly: $0) }]
        not = []
        return true
    }

    private mutating func simplifyMethods() -> Bool {
        guard var left = methods.first else { return true }
        for group in methods.dropFirst() { left = left.filter { group.contains($0) } }
        left = left.filter { !notMethods.contains($0) }
        methods = [left]
        notMethods = []
        return !left.isEmpty
    }

    /// Of several shares of one subject the smallest is left, and the largest of what is excluded.
    private mutating func simplifySamples() -> Bool {
        if samples.isEmpty { return true }
        var inside: [Int: Int] = [:]
        var outside: [Int: Int] = [:]
        for test in samples {
            if test.isNegated {
                outside[test.subject] = max(outside[test.subject] ?? 0, test.share)
            } else {
                inside[test.subject] = min(inside[test.subject] ?? .max, test.share)
            }
        }
        for (subject, share) in inside where share <= outside[subject] ?? 0 { return false }
        samples =
            inside.sorted { $0.key < $1.key }.map { SampleTest(subject: $0.key, share: $0.value) }
            + outside.sorted { $0.key < $1.key }.filter { $0.value > 0 }
            .map { SampleTest(subject: $0.key, share: $0.value, isNegated: true) }
        return true
    }
}

/// What makes two boxes of one route the same.
struct BoxIdentity: Hashable {
    private let words: [String]
    private let masks: [UInt64]

    init(_ box: Box) {
        var words: [String] = []
        func add(_ texts: [String]) {
            words += texts
            words.append("|")
        }
        for group in box.models { add(["m"] + group.map(\.text)) }
        add(box.notModels.map(\.text))
        for group in box.paths { add(["p"] + group.map(\.text)) }
        add(box.notPaths.map(\.text))
        for group in box.methods { add(["v"] + group) }
        add(box.notMethods)
        for group in box.keys { add(["k"] + group.map(\.text)) }
        add(box.notKeys.map(\.text))
        for group in box.tenants { add(["t"] + group.map(\.text)) }
        add(box.notTenants.map(\.text))
        for test in box.headers { add([test.isNegated ? "!" : "=", test.name] + test.matchers.map(\.text)) }
        self.words = words
        let samples = box.samples.map {
            UInt64($0.subject) << 32 | UInt64($0.share) << 1 | ($0.isNegated ? 1 : 0)
        }
        masks =
            [
                UInt64(box.apis.rawValue), UInt64(box.stream.rawValue), UInt64(box.levels.rawValue), box.tagsAll,
                box.tagsNone, UInt64(box.tokens.lowerBound), UInt64(box.tokens.upperBound),
                UInt64(box.featuresAll.rawValue), UInt64(box.featuresNone.rawValue), box.timesNone,
                UInt64(box.tagsAny.count), UInt64(box.times.count),
            ] + box.tagsAny + box.times + samples
    }
}
