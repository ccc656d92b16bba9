import Report
import RouteModel
import Routing

/// A small generator with a seed, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

let nowhere = Spot(path: "test.yaml", line: 1, column: 1, length: 1)

/// A value with a place that nobody looks at.
func at<Value>(_ value: Value) -> Located<Value> { Located(value, at: nowhere) }

/// A list of such values.
func all<Value>(_ values: [Value]) -> [Located<Value>] { values.map(at) }

/// A match filled by hand.
func match(_ fill: (inout Match) -> Void) -> Match {
    var match = Match(spot: nowhere)
    fill(&match)
    return match
}

/// A provider that serves these endpoints.
func provider(
    _ name: String,
    clearance: Level = .restricted,
    isLocal: Bool = true,
    models: [String]? = nil,
    apis: Set<API> = Set(API.allCases),
    denyTags: [String] = []
) -> ProviderEntry {
    var entry = ProviderEntry(
        name: at(name),
        kind: at("openai-compatible"),
        url: Setting("http://127.0.0.1:1"),
        host: "127.0.0.1",
        port: 1,
        isTLS: false,
        apis: apis,
        isLocal: isLocal,
        clearance: Setting(clearance),
        healthMode: Setting("active")
    )
    entry.models = models.map(all)
    entry.denyTags = all(denyTags)
    return entry
}

/// A route to targets (provider position and model), a tier each.
func route(_ name: String, _ match: Match?, to targets: [(Int, String?)] = [(0, nil)]) -> RouteEntry {
    RouteEntry(
        name: at(name),
        isNamed: true,
        spot: nowhere,
        extent: 0..<1,
        match: match,
        action: .forward(
            targets.map { provider, model in
                TierEntry(
                    spot: nowhere,
                    targets: [TargetEntry(spot: nowhere, provider: provider, group: nil, model: model)],
                    strategy: Setting(.priority)
                )
            }
        ),
        actionSpot: nowhere,
        settings: RouteSettings()
    )
}

/// A document of these routes with one provider that takes everything.
func document(_ routes: [RouteEntry], providers: [ProviderEntry]? = nil) -> RouteDocument {
    var document = RouteDocument(path: "test.yaml")
    document.providers = providers ?? [provider("local-one")]
    document.routes = routes
    return document
}

/// A tiny domain in which overlaps are the norm, and every request in it.
struct TinyWorld {
    static let window = TimeWindow(days: 0b1_1111, startMinute: 540, endMinute: 1_080, zone: "UTC")
    static let night = TimeWindow(days: 0b111_1111, startMinute: 1_200, endMinute: 360, zone: "UTC")
    static let globs = ["a", "b", "a*", "*b", "a*b", "ab*", "*", "?", "[ab]b", "*a*", "{a,b}", "[!a]*", "aa", "b?a"]
    static let tenants = ["t", "u", "t*"]
    static let tags = ["p", "q"]

    static let paths = [
        "/v1/*", "*", "/v1/chat/*", "/v1/embeddings", "/v1/images*", "/v1/chat/completions", "*s", "/v1/responses/?*",
        "/other", "/v1/x?", "/v1/[a-m]*", "/v1/models", "/v1/models/*", "/v1/m[!x]*/*", "/v1/%*",
    ]
    static let methods = ["POST", "GET", "PUT", "TRACE"]

    /// Endpoints, paths and methods that come to the routes, written out by hand.
    static let ways: [(API, String, String)] =
        [
            (.chat, "/v1/chat/completions", "POST"), (.completions, "/v1/completions", "POST"),
            (.embeddings, "/v1/embeddings", "POST"), (.messages, "/v1/messages", "POST"),
            (.messages, "/v1/messages/count_tokens", "POST"), (.moderations, "/v1/moderations", "POST"),
        ]
        + ["POST", "GET", "PUT", "LOCK"].flatMap { method in
            [
                (API.responses, "/v1/responses", method), (.responses, "/v1/responses/r1", method),
                (.models, "/v1/models/m", method), (.models, "/v1/models/xm/%2F", method),
                (.images, "/v1/images", method), (.images, "/v1/images/generations", method),
                (.speech, "/v1/audio/speech", method), (.transcriptions, "/v1/audio/transcriptions", method),
                (.translations, "/v1/audio/translations", method), (.other, "/v1/x", method),
                (.other, "/v1/xy", method), (.other, "/v1/files", method), (.other, "/v1/b/s", method),
                (.other, "/v1/zs", method), (.other, "/v1/%5B", method), (.other, "/v1/chat/x", method),
                (.other, "/v1/imagesx", method), (.other, "/v1/health/x", method),
            ]
        }

    /// Requests tried of one world.
    static let most = 1_000

    /// Which predicates a document may use; few at a time keeps the enumeration small.
    var kinds: [Int]

    init(using generator: inout SeededGenerator) {
        kinds = Array(Array(0..<14).shuffled(using: &generator).prefix(3))
    }

    func match(depth: Int = 0, using generator: inout SeededGenerator) -> Match {
        var match = Match(spot: nowhere)
        for kind in kinds where Int.random(in: 0..<10, using: &generator) < 6 {
            fill(&match, kind, &generator)
        }
        if depth < 2, Int.random(in: 0..<8, using: &generator) == 0 {
            match.any = (0..<2).map { _ in self.match(depth: depth + 1, using: &generator) }
        }
        if depth < 2, Int.random(in: 0..<8, using: &generator) == 0 {
            match.not = [self.match(depth: depth + 1, using: &generator)]
        }
        return match
    }

    private func fill(_ match: inout Match, _ kind: Int, _ generator: inout SeededGenerator) {
        func some<Value>(_ values: [Value], _ most: Int) -> [Located<Value>] {
            all(Array(values.shuffled(using: &generator).prefix(Int.random(in: 1...most, using: &generator))))
        }
        switch kind {
        case 0, 1: match.models = some(Self.globs, 3)
        case 2: match.apis = some([API.chat, .embeddings, .images], 2)
        case 3: match.stream = at(Bool.random(using: &generator))
        case 4:
            let levels = [
                Level.allCases.randomElement(using: &generator), Level.allCases.randomElement(using: &generator),
            ]
            .compactMap { $0 }.sorted()
            match.levels = at(levels[0]...levels[1])
        case 5:
            let low = Int.random(in: 0...3, using: &generator)
            match.tokens = at(TokenRange(lower: low, upper: Bool.random(using: &generator) ? nil : low + 2))
        case 6:
            var condition = TagCondition(spot: nowhere)
            let list = some(Self.tags, 2)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: condition.all = list
            case 1: condition.any = list
            default: condition.none = list
            }
            match.tags = condition
        case 7: match.features = some([Feature.tools, .vision], 2)
        case 8: match.times = some([Self.window, Self.night], 2)
        case 9:
            match.sample = at([0, 2_500, 5_000, 10_000].randomElement(using: &generator) ?? 0)
            match.sampleBy = at(Bool.random(using: &generator) ? .request : .tenant)
        case 10: match.tenants = some(Self.tenants, 2)
        case 12: match.paths = some(Self.paths, 2)
        case 13: match.methods = some(Self.methods, 2)
        default:
            match.headers = [HeaderCondition(name: at("x-a"), matchers: some(["a", "a*", "*", "b"], 2))]
        }
    }

    func document(using generator: inout SeededGenerator) -> RouteDocument {
        var routes: [RouteEntry] = []
        for number in 0..<Int.random(in: 3...6, using: &generator) {
            let isWhole = Int.random(in: 0..<20, using: &generator) == 0
            let match = isWhole ? nil : match(using: &generator)
            let provider = Int.random(in: 0...1, using: &generator)
            routes.append(route("r\(number)", match, to: [(provider, nil), (2, nil)]))
        }
        let providers = [
            provider("near"), provider("far", clearance: .internal, isLocal: false, models: ["a*"], denyTags: ["p"]),
            provider("odd", clearance: .confidential, models: ["*b"], apis: [.chat, .embeddings]),
        ]
        var document = AnalysisTests.document(routes, providers: providers)
        document.privacy.header = .init("x-privacy")
        if Int.random(in: 0..<3, using: &generator) == 0 {
            var rule = PrivacyRule(spot: nowhere, tag: at("p"))
            rule.level = at(.confidential)
            rule.tenants = all(["t*"])
            document.privacy.rules = [rule]
        }
        if Int.random(in: 0..<4, using: &generator) == 0 {
            document.aliases = [.init(name: at("aa"), model: at("b"))]
        }
        return document
    }

    /// Every request that differs in what the document's kinds test.
    func requests(_ document: RouteDocument) -> [Request] {
        var requests = [Request()]
        var generator = SeededGenerator(seed: UInt64(document.routes.count))
        func vary<Value>(_ values: [Value], _ write: (inout Request, Value) -> Void) {
            requests = requests.flatMap { request in
                values.map { value in
                    var request = request
                    write(&request, value)
                    return request
                }
            }
            // A larger world is sampled: what the sample lacks, the witnesses of the proofs make up for.
            if requests.count > Self.most { requests = Array(requests.shuffled(using: &generator).prefix(Self.most)) }
        }
        let isModel = kinds.contains(0) || kinds.contains(1)
        if isModel {
            var texts = [""]
            var all: [String] = []
            for _ in 0..<4 {
                texts = texts.flatMap { text in ["a", "b", "z"].map { text + $0 } }
                all += texts
            }
            vary([nil] + all.map { $0 }) { $0.model = $1 }
        } else {
            vary([nil, "a", "b", "ab", "z"]) { $0.model = $1 }
        }
        let isWayTested = kinds.contains { [2, 12, 13].contains($0) }
        let ways = isWayTested ? Self.ways : Self.ways.filter { ["/v1/chat/completions", "/v1/xy"].contains($0.1) }
        vary(ways) { ($0.api, $0.path, $0.method) = $1 }
        // The server refuses these: nothing is said about them.
        let modelled: [API] = [.chat, .completions, .responses, .messages, .embeddings]
        requests.removeAll { request in
            (request.model ?? "").isEmpty && request.method == "POST" && modelled.contains(request.api)
        }
        if kinds.contains(3) { vary([false, true]) { $0.stream = $1 } }
        if kinds.contains(5) { vary(Array(0...6)) { $0.tokens = $1 } }
        if kinds.contains(7) { vary([0, 1, 2, 3]) { $0.features = FeatureSet(rawValue: $1) } }
        if kinds.contains(8) {
            let open: [Set<TimeWindow>] = [[], [Self.window], [Self.night]]
            vary(open) { $0.openWindows = $1 }
        }
        let hasRule = !document.privacy.rules.isEmpty
        if kinds.contains(10) || hasRule || kinds.contains(9) {
            vary([nil, "t", "u", "tu", "z"]) { $0.tenant = $1 }
        }
        if kinds.contains(9) {
            vary([0, 2_499, 2_500, 4_999, 5_000, 9_999]) { $0.buckets[.request] = $1 }
            vary([0, 2_500, 9_999]) { request, bucket in if request.tenant != nil { request.buckets[.tenant] = bucket }
            }
        }
        if kinds.contains(11) {
            vary([nil, "", "a", "ab", "b", "z"]) { if let value = $1 { $0.headers = [("x-a", value)] } }
        }
        vary(Level.allCases) { $0.contentLevel = $1 }
        // With a rule for it, the tag comes from nowhere else.
        let free = Self.tags.filter { !hasRule || $0 != "p" }
        for tag in free { vary([false, true]) { if $1 { $0.contentTags.insert(tag) } } }
        return requests
    }
}
