import Report
import RouteModel
import Routing

/// What matches say by themselves: HP404 where no proof is needed, HP414, HP415, HP416, HP417.
enum MatchRules {
    static func check(_ survey: Survey, _ findings: inout [Problem]) {
        for route in survey.document.routes where route.isEnabled {
            for match in Survey.matches(route.match) {
                contradictions(match, route, &findings)
                samples(match, survey, &findings)
                times(match, &findings)
            }
        }
        let live = survey.live
        for (first, second) in zip(live, live.dropFirst()) {
            let above = survey.document.routes[first]
            let below = survey.document.routes[second]
            ranges(above, below, survey, &findings)
            twins(above, below, &findings)
        }
    }

    // MARK: HP404

    private static func contradictions(_ match: Match, _ route: RouteEntry, _ findings: inout [Problem]) {
        guard let tags = match.tags else { return }
        for tag in tags.all {
            guard let other = tags.none.first(where: { $0.value == tag.value }) else { continue }
            findings.append(
                Problem(
                    .error,
                    "HP404",
                    "`\(route.name.value)` can never match: it wants the tag `\(tag.value)` there and not there",
                    at: other.spot,
                    labels: [Label(tag.spot, "wanted here")],
                    help: ["keep one of them"]
                )
            )
        }
        guard !tags.any.isEmpty, tags.any.allSatisfy({ tag in tags.none.contains { $0.value == tag.value } }),
            let first = tags.any.first
        else { return }
        findings.append(
            Problem(
                .error,
                "HP404",
                "`\(route.name.value)` can never match: every tag of `any` is also under `none`",
                at: first.spot,
                labels: tags.none.prefix(1).map { Label($0.spot, "must not be there") },
                help: ["keep one of them"]
            )
        )
    }

    // MARK: HP415, HP417

    private static func samples(_ match: Match, _ survey: Survey, _ findings: inout [Problem]) {
        guard let sample = match.sample, match.sampleBy == nil else { return }
        let subject = survey.document.auth.isBearer.value ? "key" : "header:x-session"
        findings.append(
            Problem(
                .warning,
                "HP415",
                "one client's requests fall on both sides of this sample",
                at: sample.spot,
                notes: ["every request is drawn anew"],
                help: [
                    "keep a client on its side:  sample_by: \(subject)", "or say that it is meant:  sample_by: request",
                ]
            )
        )
    }

    private static func times(_ match: Match, _ findings: inout [Problem]) {
        for time in match.times ?? [] {
            let window = time.value
            let isWholeDay =
                window.startMinute == window.endMinute || window.startMinute == 0 && window.endMinute == 1_440
            let isAlways = isWholeDay && window.days & 0x7F == 0x7F
            guard isAlways || window.days & 0x7F == 0 else { continue }
            findings.append(
                Problem(
                    .warning,
                    "HP417",
                    isAlways ? "this window is always open" : "this window is never open",
                    at: time.spot,
                    help: isAlways ? ["leave `time` out, or give the window an end"] : ["name its days"]
                )
            )
        }
    }

    // MARK: HP414

    /// Neighbours whose token ranges miss one another by one.
    private static func ranges(
        _ above: RouteEntry,
        _ below: RouteEntry,
        _ survey: Survey,
        _ findings: inout [Problem]
    ) {
        guard let first = above.match?.tokens, let second = below.match?.tokens else { return }
        let (low, high) = first.value.lower <= second.value.lower ? (first, second) : (second, first)
        guard let end = low.value.upper else { return }
        let start = high.value.lower
        guard start - end == 1 || end - start == 1 else { return }
        let isGap = start > end
        let range = "\(Words.count(end)).." + (high.value.upper.map { Words.count($0) } ?? "")
        // An overlap is the first route's already, unless the first is the higher one.
        let isSafe = !isGap && low.spot == first.spot
        findings.append(
            Problem(
                .warning,
                "HP414",
                isGap
                    ? "a prompt of \(end) tokens falls between these two routes"
                    : "a prompt of \(start) tokens fits both of these routes",
                at: high.spot,
                labels: [Label(low.spot, isGap ? "ends before \(end)" : "ends after \(start)")],
                notes: ["the end of a range is not inside: `..8k` and `8k..` leave nothing out"],
                help: ["tokens: \(range)"],
                fix: isSafe ? .safe : .unsafe,
                edits: survey.edits.rewriting(high.spot, to: range)
            )
        )
    }

    // MARK: HP416

    private static func twins(_ above: RouteEntry, _ below: RouteEntry, _ findings: inout [Problem]) {
        guard let first = above.match?.models, let second = below.match?.models, isModelsOnly(above.match),
            isModelsOnly(below.match), Sameness.isSame(above, below)
        else { return }
        let list = (first + second).map { "\"\($0.value)\"" }.joined(separator: ", ")
        findings.append(
            Problem(
                .note,
                "HP416",
                "`\(above.name.value)` and `\(below.name.value)` do the same",
                at: below.name.spot,
                labels: [Label(above.name.spot, "could take both")],
                help: ["one route with  model: [\(list)]"]
            )
        )
    }

    private static func isModelsOnly(_ match: Match?) -> Bool {
        guard let match else { return false }
        return match.apis == nil && match.paths == nil && match.methods == nil && match.headers.isEmpty
            && match.tenants == nil && match.keys == nil && match.tags == nil && match.levels == nil
            && match.stream == nil && match.tokens == nil && match.features == nil && match.times == nil
            && match.sample == nil && match.any == nil && match.not.isEmpty
    }
}

/// Whether two routes do the same with what they take.
enum Sameness {
    static func isSame(_ left: RouteEntry, _ right: RouteEntry) -> Bool {
        switch (left.action, right.action) {
        case (.deny(let status, let message), .deny(let other, let text)): return status == other && message == text
        case (.forward(let tiers), .forward(let others)):
            guard tiers.count == others.count, left.model?.value == right.model?.value,
                left.setHeaders == right.setHeaders, left.removedHeaders == right.removedHeaders
            else { return false }
            return zip(tiers, others).allSatisfy(isSame) && isSame(left.settings, right.settings)
        default: return false
        }
    }

    private static func isSame(_ left: TierEntry, _ right: TierEntry) -> Bool {
        left.strategy.value == right.strategy.value && left.targets.count == right.targets.count
            && zip(left.targets, right.targets).allSatisfy { one, other in
                one.provider == other.provider && one.model == other.model && one.weight.value == other.weight.value
                    && one.headers == other.headers && one.maxTokens?.value == other.maxTokens?.value
                    && one.prices.isEmpty && other.prices.isEmpty
            }
    }

    private static func isSame(_ left: RouteSettings, _ right: RouteSettings) -> Bool {
        left.timeouts == right.timeouts && left.retry == right.retry && left.failover == right.failover
            && left.latency == right.latency && left.usage == right.usage && left.sticky.value == right.sticky.value
            && left.hedge.value == nil && right.hedge.value == nil && isSame(left.cache, right.cache)
            && isSame(left.pool.value, right.pool.value) && left.limits.map(\.value) == right.limits.map(\.value)
            && left.queue.value == right.queue.value && left.maxTokens.value == right.maxTokens.value
            && left.scanResponses.value == right.scanResponses.value
    }

    private static func isSame(_ left: CacheSettings, _ right: CacheSettings) -> Bool {
        left.mode.value == right.mode.value && left.ttlMilliseconds.value == right.ttlMilliseconds.value
            && left.scope.value == right.scope.value && left.maxLevel.value == right.maxLevel.value
            && left.maxEntries.value == right.maxEntries.value && left.maxBytes.value == right.maxBytes.value
            && left.streams.value == right.streams.value && left.pace.value == right.pace.value
            && left.store.value == right.store.value
            && isSame(left.semantic.value, right.semantic.value)
    }

    private static func isSame(_ left: SemanticSettings?, _ right: SemanticSettings?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.isSame(as: right)
    }

    private static func isSame(_ left: RouteSettings.PoolChoice, _ right: RouteSettings.PoolChoice) -> Bool {
        switch (left, right) {
        case (.none, .none): true
        case (.named(let one), .named(let other)): one == other
        default: false
        }
    }
}
