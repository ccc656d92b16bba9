import Report
import RouteModel
import Routing

/// Random documents over tiny alphabets, where overlaps are the rule.
struct RandomDocument {
    static let spot = Spot(path: "random.yaml", line: 1, column: 1, length: 1)
    static let globs = [
        "a", "b", "ab", "ba", "abb", "*", "a*", "b*", "ab*", "*a", "*b", "*ab", "*a*", "a*b", "?", "a?", "?b", "[ab]",
        "[!a]*", "{a,b}", "{a,ab}*", "a{b,}", "é*", "{*a,b}",
    ]
    static let patterns = ["re:a+", "re:[ab]b", "re:(?:ab)*"]
    static let paths = ["/a", "/*", "/{a,b}", "*b"]
    static let methods = ["GET", "POST"]
    static let headers = ["x-a", "x-b"]
    static let names = ["a", "b", "ab"]
    static let tags = ["p", "q", "r"]
    static let apis: [API] = [.chat, .embeddings, .other]
    static let windows = [
        TimeWindow(days: 0x1F, startMinute: 540, endMinute: 1_080, zone: "UTC"),
        TimeWindow(days: 0x60, startMinute: 0, endMinute: 1_440, zone: "UTC"),
    ]
    static let subjects: [Subject] = [.request, .tenant, .header("x-a")]
    static let shares = [0, 1, 5_000, 10_000]

    private(set) var document = RouteDocument(path: "random.yaml")
    private var dice: Dice

    static func make(routes: Int, _ dice: inout Dice) -> RouteDocument {
        var maker = RandomDocument(dice: dice)
        maker.fill(routes)
        dice = maker.dice
        return maker.document
    }

    private init(dice: Dice) { self.dice = dice }

    static func located<Value>(_ value: Value) -> Located<Value> { Located(value, at: spot) }
    private static func located<Value>(_ values: [Value]) -> [Located<Value>] { values.map { located($0) } }

    private mutating func fill(_ routes: Int) {
        document.providers = (0..<3).map { provider($0) }
        if dice.happens(30) {
            document.aliases = [RouteDocument.Alias(name: Self.located("ba"), model: Self.located("ab"))]
        }
        document.privacy.standard = Setting(dice.happens(70) ? .public : dice.pick(Level.allCases))
        document.privacy.header = Setting(dice.happens(70) ? "x-privacy" : dice.happens(50) ? "x-a" : nil)
        document.privacy.rules = (0..<dice.below(4)).map { _ in rule() }
        document.routes = (0..<routes).map { route($0) }
    }

    private mutating func provider(_ number: Int) -> ProviderEntry {
        var entry = ProviderEntry(
            name: Self.located("p\(number)"),
            kind: Self.located("openai-compatible"),
            url: Setting("http://127.0.0.1:1"),
            host: "127.0.0.1",
            port: 1,
            isTLS: false,
            apis: dice.happens(70) ? Set(API.allCases) : Set(dice.some(Self.apis, atMost: 2)),
            isLocal: true,
            clearance: Setting(dice.pick(Level.allCases)),
            healthMode: Setting("none")
        )
        if dice.happens(40) { entry.models = Self.located(dice.some(Self.globs, atMost: 2)) }
        if dice.happens(40) { entry.denyTags = Self.located(dice.some(Self.tags + ["denied"], atMost: 2)) }
        entry.isEnabled = dice.happens(85)
        return entry
    }

    private mutating func rule() -> PrivacyRule {
        var rule = PrivacyRule(spot: Self.spot, tag: Self.located(dice.pick(Self.tags)))
        if dice.happens(60) { rule.level = Self.located(dice.pick(Level.allCases)) }
        switch dice.below(4) {
        case 0: rule.headers = [header()]
        case 1: rule.tenants = Self.located(dice.some(Self.globs, atMost: 2))
        case 2: rule.keys = Self.located(dice.some(Self.names, atMost: 2))
        default: rule.builtins = [Self.located("email")]
        }
        return rule
    }

    private mutating func header() -> HeaderCondition {
        HeaderCondition(
            name: Self.located(dice.pick(Self.headers)),
            matchers: Self.located(dice.some(Self.globs + Self.patterns + Self.patterns, atMost: 2))
        )
    }

    private mutating func route(_ number: Int) -> RouteEntry {
        let action: RouteEntry.Action =
            dice.happens(15)
            ? .deny(status: 403, message: "no \(number)") : .forward((0..<(1 + dice.below(2))).map { _ in tier() })
        var entry = RouteEntry(
            name: Self.located("r\(number)"),
            isNamed: true,
            spot: Self.spot,
            extent: 0..<0,
            match: dice.happens(92) ? match(depth: 0) : nil,
            action: action,
            actionSpot: Self.spot,
            settings: RouteSettings()
        )
        entry.isEnabled = dice.happens(95)
        return entry
    }

    private mutating func tier() -> TierEntry {
        let targets = (0..<(1 + dice.below(2))).map { _ in
            TargetEntry(
                spot: Self.spot,
                provider: dice.below(3),
                group: dice.happens(30) ? "any" : nil,
                model: dice.happens(30) ? "ab" : nil
            )
        }
        return TierEntry(spot: Self.spot, targets: targets, strategy: Setting(.priority))
    }

    /// Few keys each, so that matches overlap and are not all empty.
    mutating func match(depth: Int) -> Match {
        var match = Match(spot: Self.spot)
        for _ in 0..<(1 + dice.below(depth == 0 ? 3 : 2)) { addKey(to: &match, depth: depth) }
        return match
    }

    private mutating func addKey(to match: inout Match, depth: Int) {
        switch dice.below(depth < 2 ? 20 : 16) {
        case 0, 1, 2: match.models = Self.located(dice.some(Self.globs, atMost: 3))
        case 3: match.apis = Self.located(dice.some(Self.apis, atMost: 2))
        case 4: match.paths = Self.located(dice.some(Self.paths, atMost: 2))
        case 5: match.methods = Self.located(dice.some(Self.methods, atMost: 2))
        case 6: match.headers.append(header())
        case 7: match.tenants = Self.located(dice.some(Self.globs, atMost: 2))
        case 8: match.keys = Self.located(dice.some(Self.globs, atMost: 2))
        case 9: match.tags = tagCondition()
        case 10: match.levels = Self.located(levels())
        case 11: match.stream = Self.located(dice.happens(50))
        case 12: match.tokens = Self.located(tokens())
        case 13: match.features = Self.located(dice.some(Array(Feature.allCases.prefix(2)), atMost: 2))
        case 14: match.times = Self.located(dice.some(Self.windows, atMost: 2))
        case 15:
            match.sample = Self.located(dice.pick(Self.shares))
            if dice.happens(60) { match.sampleBy = Self.located(dice.pick(Self.subjects)) }
        case 16, 17: match.any = (0..<(1 + dice.below(3))).map { _ in self.match(depth: depth + 1) }
        default: match.not = [self.match(depth: depth + 1)]
        }
    }

    private mutating func tagCondition() -> TagCondition {
        var condition = TagCondition(spot: Self.spot)
        if dice.happens(50) { condition.all = Self.located(dice.some(Self.tags, atMost: 2)) }
        if dice.happens(40) { condition.any = Self.located(dice.some(Self.tags, atMost: 2)) }
        if dice.happens(40) { condition.none = Self.located(dice.some(Self.tags, atMost: 2)) }
        return condition
    }

    private mutating func levels() -> ClosedRange<Level> {
        let low = dice.pick(Level.allCases)
        let high = dice.pick(Level.allCases)
        return min(low, high)...max(low, high)
    }

    private mutating func tokens() -> TokenRange {
        let low = dice.below(5)
        return TokenRange(lower: low, upper: dice.happens(60) ? low + 1 + dice.below(3) : nil)
    }
}

extension Request {
    /// A request over the same alphabets.
    static func random(_ dice: inout Dice) -> Request {
        var request = Request()
        request.api = dice.pick(RandomDocument.apis)
        request.method = dice.pick(RandomDocument.methods + ["PUT"])
        request.path = dice.pick(["/a", "/b", "/ab", "/", ""])
        request.model = dice.happens(90) ? word(&dice, longest: 4) : nil
        request.stream = dice.happens(50)
        for name in RandomDocument.headers where dice.happens(60) {
            request.headers.append((name, word(&dice, longest: 3)))
        }
        if dice.happens(25) {
            request.headers.append(("x-privacy", dice.pick(Level.allCases.map(\.word) + ["secret", ""])))
        }
        if dice.happens(70) { request.key = dice.pick(RandomDocument.names + [""]) }
        if dice.happens(70) { request.tenant = word(&dice, longest: 3) }
        request.tokens = dice.below(8)
        request.features = FeatureSet(rawValue: UInt8(dice.below(4)))
        if dice.happens(20) { request.contentLevel = dice.pick(Level.allCases) }
        if dice.happens(30) { request.contentTags = Set(dice.some(RandomDocument.tags + ["unheard"], atMost: 2)) }
        for window in RandomDocument.windows where dice.happens(50) { request.openWindows.insert(window) }
        for subject in RandomDocument.subjects where dice.happens(70) {
            request.buckets[subject] = dice.pick([0, 1, 4_999, 5_000, 9_999])
        }
        return request
    }

    private static func word(_ dice: inout Dice, longest: Int) -> String {
        (0..<dice.below(longest + 1)).map { _ in dice.pick(["a", "a", "b", "b", "é"]) }.joined()
    }
}
