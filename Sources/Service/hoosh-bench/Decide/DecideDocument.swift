import Report
import RouteModel
import Routing

/// A large route file as teams write them: most routes name a caller or a model, some ask for size, text, hours or shares.
struct DecideDocument {
    private(set) var document = RouteDocument(path: "bench.yaml")
    private var random = SplitMix(state: 42)
    private static let spot = Spot(path: "bench.yaml", line: 1, column: 1, length: 1)
    /// Shared, as those of one file's `defaults` are.
    private let settings = RouteSettings()
    private static let window = TimeWindow(days: 0x1F, startMinute: 480, endMinute: 1_080, zone: "UTC")

    init(routes count: Int) {
        document.providers = [provider("local", .restricted), provider("remote", .internal)]
        document.providers[1].denyTags = [at("eu-resident")]
        var email = PrivacyRule(spot: Self.spot, tag: at("pii"))
        email.level = at(.confidential)
        email.builtins = [at("email")]
        var residency = PrivacyRule(spot: Self.spot, tag: at("eu-resident"))
        residency.headers = [HeaderCondition(name: at("x-residency"), matchers: [at("eu")])]
        document.privacy.rules = [email, residency]
        for number in 0..<(count - 1) { add(match(number), number) }
        add(nil, count - 1)
    }

    private func at<Value>(_ value: Value) -> Located<Value> { Located(value, at: Self.spot) }

    private func provider(_ name: String, _ clearance: Level) -> ProviderEntry {
        ProviderEntry(
            name: at(name),
            kind: at("openai-compatible"),
            url: Setting("http://127.0.0.1:1"),
            host: "127.0.0.1",
            port: 1,
            isTLS: false,
            apis: Set(API.allCases),
            isLocal: true,
            clearance: Setting(clearance),
            healthMode: Setting("none")
        )
    }

    private mutating func add(_ match: Match?, _ number: Int) {
        let targets = [0, 1].map { TargetEntry(spot: Self.spot, provider: $0, group: nil, model: nil) }
        document.routes.append(
            RouteEntry(
                name: at("route-\(number)"),
                isNamed: true,
                spot: Self.spot,
                extent: 0..<0,
                match: match,
                action: .forward([TierEntry(spot: Self.spot, targets: targets, strategy: Setting(.priority))]),
                actionSpot: Self.spot,
                settings: settings
            )
        )
    }

    /// Of a hundred routes: 25 for a tenant, 30 for models, 15 for a team's header, the others for everything else.
    private mutating func match(_ number: Int) -> Match {
        var match = Match(spot: Self.spot)
        let family = ["gpt-", "claude-", "llama-", "qwen-", "mistral-"][random.below(5)]
        switch number % 100 {
        case 0..<25:
            match.tenants = [at("tenant-\(number)")]
            if number % 2 == 0 { match.models = [at("\(family)*")] }
            if number % 5 == 0 { match.apis = [at(.chat)] }
        case 25..<55:
            match.models = [at("\(family)\(number)*"), at("vendor-\(number)/\(family)large")]
            if number % 3 == 0 { match.apis = [at(.chat)] }
        case 55..<70:
            match.headers = [HeaderCondition(name: at("x-team"), matchers: [at("team-\(number)")])]
            match.models = [at("\(family)*")]
        case 70..<78:
            match.apis = [at(.chat)]
            match.tokens = at(TokenRange(lower: 1_000 * (number % 97), upper: 1_000 * (number % 97) + 400))
            match.models = [at("*-\(number)k")]
        case 78..<84:
            match.levels = at(Level.confidential...Level.restricted)
            match.models = [at("\(family)\(number)-*")]
        case 84..<88:
            var tags = TagCondition(spot: Self.spot)
            tags.all = [at("eu-resident")]
            match.tags = tags
            match.keys = [at("key-\(number)")]
        case 88..<92:
            match.features = [at(.vision)]
            match.models = [at("\(family)v\(number)*")]
        case 92..<95:
            match.times = [at(Self.window)]
            match.tenants = [at("night-\(number)*")]
        case 95..<97:
            match.sample = at(500)
            match.sampleBy = at(.tenant)
            match.models = [at("\(family)canary-\(number)")]
        case 97..<99:
            var not = Match(spot: Self.spot)
            not.stream = at(true)
            match.models = [at("{o1,o3}-\(number)*")]
            match.not = [not]
        default:
            match.headers = [HeaderCondition(name: at("x-job"), matchers: [at("re:job-[0-9]{1,4}-\(number)")])]
        }
        return match
    }

    /// Requests that mostly reach a route of their own, in no order.
    mutating func requests(_ count: Int) -> [Request] {
        (0..<count).map { _ in
            var request = Request()
            request.tenant = "tenant-\(random.below(50))"
            request.key = "key-\(random.below(50))"
            request.stream = random.below(2) == 0
            request.tokens = random.below(4_000)
            request.buckets[.tenant] = random.below(10_000)
            let number = random.below(document.routes.count)
            if let match = document.routes[number].match { fit(&request, match, number) }
            if request.model == nil { request.model = ["gpt-4o", "claude-sonnet-4-5", "llama3.1"][random.below(3)] }
            return request
        }
    }

    private mutating func fit(_ request: inout Request, _ match: Match, _ number: Int) {
        if let tenant = match.tenants?.first { request.tenant = tenant.value.replacing("*", with: "x") }
        if let key = match.keys?.first { request.key = key.value }
        if let model = match.models?.last?.value {
            request.model = model.replacing("{o1,o3}", with: "o3").replacing("*", with: "turbo")
        }
        if let api = match.apis?.first { request.api = api.value }
        if let tokens = match.tokens?.value { request.tokens = tokens.lower + random.below(200) }
        if match.levels != nil { request.contentLevel = .confidential }
        if match.tags != nil { request.headers.append(("x-residency", "eu")) }
        if match.features != nil { request.features = FeatureSet(.vision) }
        if match.times != nil { request.openWindows = [Self.window] }
        if let header = match.headers.first, let matcher = header.matchers.first?.value {
            let value = matcher.hasPrefix("re:") ? "job-17-\(number)" : matcher
            request.headers.append((header.name.value, value))
        }
        // One in four misses narrowly.
        if random.below(4) == 0 { request.model = (request.model ?? "") + "-x" }
    }
}

/// Repeatable numbers.
struct SplitMix {
    var state: UInt64
    mutating func below(_ count: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ (word >> 31)) % UInt64(max(count, 1)))
    }
}
