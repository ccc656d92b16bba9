import Interpreter
import Report
import RouteModel
import Routing
import Testing

private let nowhere = Spot(path: "test.yaml", line: 1, column: 1, length: 1)
private func at<Value>(_ value: Value) -> Located<Value> { Located(value, at: nowhere) }
private func all<Value>(_ values: Value...) -> [Located<Value>] { values.map(at) }

@Suite struct PredicateTests {
    private func takes(
        _ request: Request = Request(),
        in document: RouteDocument = RouteDocument(path: "test.yaml"),
        _ fill: (inout Match) -> Void
    ) -> Bool {
        var match = Match(spot: nowhere)
        fill(&match)
        return Interpreter(document) { pattern, value in pattern == "a+" && value == "aa" }.matches(match, request)
    }

    private func request(_ fill: (inout Request) -> Void) -> Request {
        var request = Request()
        fill(&request)
        return request
    }

    @Test func `a model is matched by any glob of the list`() {
        let asked = request { $0.model = "gpt-4o" }
        #expect(takes(asked) { $0.models = all("llama*", "gpt-*") })
        #expect(!takes(asked) { $0.models = all("llama*") })
        #expect(!takes(asked) { $0.models = [] })
    }

    @Test func `an alias is resolved once before the model is matched`() {
        var document = RouteDocument(path: "test.yaml")
        document.aliases = [.init(name: at("fast"), model: at("smart")), .init(name: at("smart"), model: at("gpt-4o"))]
        let asked = request { $0.model = "fast" }
        #expect(takes(asked, in: document) { $0.models = all("smart") })
        #expect(!takes(asked, in: document) { $0.models = all("fast", "gpt-4o") })
    }

    @Test func `what a request lacks makes a predicate false and its opposite true`() {
        let fills: [(inout Match) -> Void] = [
            { $0.models = all("*") }, { $0.tenants = all("*") }, { $0.keys = all("*") },
            { $0.headers = [HeaderCondition(name: at("x-a"), matchers: all("*"))] },
            { $0.headers = [HeaderCondition(name: at("x-a"), matchers: all("re:a+"))] },
            {
                $0.sample = at(10_000)
                $0.sampleBy = at(.tenant)
            },
        ]
        for fill in fills {
            #expect(!takes(Request(), fill))
            var inner = Match(spot: nowhere)
            fill(&inner)
            #expect(takes { $0.not = [inner] })
        }
        #expect(!takes(request { $0.model = "" }) { $0.models = all("*") })
    }

    @Test func `endpoint, method and path are compared with the request's`() {
        let asked = request {
            $0.api = .other
            $0.method = "GET"
            $0.path = "/v2/files/7"
        }
        #expect(takes(asked) { $0.paths = all("/v2/*") })
        #expect(!takes(asked) { $0.paths = all("/v2") })
        #expect(takes(asked) { $0.methods = all("POST", "GET") })
        #expect(!takes(asked) { $0.methods = all("get") })
        #expect(!takes(asked) { $0.apis = all(.chat, .embeddings) })
        #expect(takes { $0.apis = all(.chat) })
    }

    @Test func `a header needs every named field and any of its matchers`() {
        let asked = request { $0.headers = [("x-a", "aa"), ("x-b", ""), ("x-a", "zz")] }
        func header(_ name: String, _ matchers: String...) -> HeaderCondition {
            HeaderCondition(name: at(name), matchers: matchers.map(at))
        }
        #expect(takes(asked) { $0.headers = [header("x-a", "b", "a*")] })
        #expect(takes(asked) { $0.headers = [header("x-a", "re:a+"), header("x-b", "*")] })
        #expect(!takes(asked) { $0.headers = [header("x-a", "zz")] })
        #expect(!takes(asked) { $0.headers = [header("x-a", "aa"), header("x-c", "*")] })
    }

    @Test func `stream, tokens and features`() {
        let asked = request {
            $0.stream = true
            $0.tokens = 8_000
            $0.features = [FeatureSet(.tools), FeatureSet(.vision)]
        }
        #expect(takes(asked) { $0.stream = at(true) })
        #expect(!takes(asked) { $0.stream = at(false) })
        #expect(takes(asked) { $0.tokens = at(TokenRange(lower: 8_000, upper: nil)) })
        #expect(!takes(asked) { $0.tokens = at(TokenRange(lower: 0, upper: 8_000)) })
        #expect(takes(asked) { $0.features = all(.tools) })
        #expect(!takes(asked) { $0.features = all(.tools, .audio) })
    }

    @Test func `tags are asked for all, any and none`() {
        let asked = request { $0.contentTags = ["pii", "legal"] }
        func condition(_ fill: (inout TagCondition) -> Void) -> TagCondition {
            var condition = TagCondition(spot: nowhere)
            fill(&condition)
            return condition
        }
        #expect(takes(asked) { $0.tags = condition { $0.all = all("pii", "legal") } })
        #expect(!takes(asked) { $0.tags = condition { $0.all = all("pii", "phi") } })
        #expect(takes(asked) { $0.tags = condition { $0.any = all("phi", "pii") } })
        #expect(!takes(asked) { $0.tags = condition { $0.any = all("phi") } })
        #expect(!takes(asked) { $0.tags = condition { $0.none = all("pii") } })
        #expect(takes(asked) { $0.tags = condition { $0.none = all("phi") } })
    }

    @Test func `a window is open when the caller says so`() {
        let day = TimeWindow(days: 31, startMinute: 540, endMinute: 1_080, zone: "UTC")
        let night = TimeWindow(days: 127, startMinute: 1_200, endMinute: 360, zone: "UTC")
        let asked = request { $0.openWindows = [day] }
        #expect(takes(asked) { $0.times = all(night, day) })
        #expect(!takes(asked) { $0.times = all(night) })
    }

    @Test func `a sample takes the buckets below its share`() {
        let asked = request { $0.buckets = [.request: 499, .tenant: 500] }
        #expect(takes(asked) { $0.sample = at(500) })
        #expect(!takes(asked) { $0.sample = at(499) })
        #expect(
            !takes(asked) {
                $0.sample = at(500)
                $0.sampleBy = at(.tenant)
            }
        )
    }

    @Test func `any needs one of its matches and not needs its match to fail`() {
        var chat = Match(spot: nowhere)
        chat.apis = all(.chat)
        var images = Match(spot: nowhere)
        images.apis = all(.images)
        #expect(takes { $0.any = [images, chat] })
        #expect(!takes { $0.any = [images] })
        #expect(!takes { $0.any = [] })
        #expect(takes { $0.not = [images] })
        #expect(!takes { $0.not = [chat] })
        #expect(!takes { $0.not = [Match(spot: nowhere)] })
    }
}

@Suite struct LabelTests {
    private func label(_ privacy: Privacy, _ fill: (inout Request) -> Void) -> (Level, Set<String>) {
        var document = RouteDocument(path: "test.yaml")
        document.privacy = privacy
        var request = Request()
        fill(&request)
        return Interpreter(document) { $0 == $1 }.label(request)
    }

    @Test func `a client raises its class and never lowers it`() {
        var privacy = Privacy()
        privacy.standard = Setting(.internal)
        #expect(label(privacy) { $0.headers = [("x-privacy", "restricted")] }.0 == .restricted)
        #expect(label(privacy) { $0.headers = [("x-privacy", "public")] }.0 == .internal)
        #expect(label(privacy) { $0.contentLevel = .confidential }.0 == .confidential)
        privacy.header = Setting(nil)
        #expect(label(privacy) { $0.headers = [("x-privacy", "restricted")] }.0 == .internal)
    }

    @Test(arguments: ["Restricted", "secret", "", "public "]) func `a word that is no class counts as the highest`(
        word: String
    ) {
        #expect(label(Privacy()) { $0.headers = [("x-privacy", word)] }.0 == .restricted)
    }

    @Test func `rules by tenant, key and header join their tag and class`() {
        var privacy = Privacy()
        var legal = PrivacyRule(spot: nowhere, tag: at("legal"))
        legal.level = at(.restricted)
        legal.tenants = all("leg*")
        legal.keys = all("counsel")
        var resident = PrivacyRule(spot: nowhere, tag: at("eu"))
        resident.headers = [HeaderCondition(name: at("x-residency"), matchers: all("eu", "re:de"))]
        privacy.rules = [legal, resident]
        #expect(label(privacy) { _ in } == (.public, []))
        #expect(label(privacy) { $0.tenant = "legal" } == (.restricted, ["legal"]))
        #expect(label(privacy) { $0.key = "counsel" } == (.restricted, ["legal"]))
        #expect(label(privacy) { $0.headers = [("x-residency", "de")] } == (.public, ["eu"]))
        let joined = label(privacy) {
            $0.tenant = "legal"
            $0.headers = [("x-residency", "eu")]
            $0.contentTags = ["pii"]
        }
        #expect(joined == (.restricted, ["legal", "eu", "pii"]))
    }
}

@Suite struct VerdictTests {
    private func provider(_ name: String, _ clearance: Level, _ fill: (inout ProviderEntry) -> Void = { _ in })
        -> ProviderEntry
    {
        var entry = ProviderEntry(
            name: at(name),
            kind: at("openai-compatible"),
            url: Setting("http://127.0.0.1:1"),
            host: "127.0.0.1",
            port: 1,
            isTLS: false,
            apis: [.chat],
            isLocal: true,
            clearance: Setting(clearance),
            healthMode: Setting("active")
        )
        fill(&entry)
        return entry
    }

    private func route(_ name: String, _ match: Match?, _ action: RouteEntry.Action) -> RouteEntry {
        RouteEntry(
            name: at(name),
            isNamed: true,
            spot: nowhere,
            extent: 0..<1,
            match: match,
            action: action,
            actionSpot: nowhere,
            settings: RouteSettings()
        )
    }

    private func tier(_ targets: (Int, String?)...) -> TierEntry {
        TierEntry(
            spot: nowhere,
            targets: targets.map { TargetEntry(spot: nowhere, provider: $0.0, group: nil, model: $0.1) },
            strategy: Setting(.priority)
        )
    }

    private func decide(_ document: RouteDocument, _ fill: (inout Request) -> Void) -> Verdict {
        var request = Request()
        fill(&request)
        return Interpreter(document) { $0 == $1 }.decide(request)
    }

    @Test func `the first enabled route that matches wins, and no other is tried`() {
        var document = RouteDocument(path: "test.yaml")
        document.providers = [provider("one", .public)]
        var images = Match(spot: nowhere)
        images.apis = all(.images)
        var off = route("off", nil, .deny(status: 400, message: "off"))
        off.isEnabled = false
        document.routes = [
            off, route("images", images, .deny(status: 451, message: "no pictures")),
            route("all", nil, .forward([tier((0, nil))])), route("never", nil, .deny(status: 418, message: "tea")),
        ]
        #expect(decide(document) { $0.api = .images }.outcome == .deny(status: 451, message: "no pictures"))
        let verdict = decide(document) { $0.model = "m" }
        #expect(verdict.route == 2)
        #expect(verdict.outcome == .forward([[.init(provider: 0, model: "m")]]))
        document.routes = [off]
        #expect(decide(document) { _ in } == Verdict(level: .public, tags: [], route: nil, outcome: .noRoute))
    }

    @Test func `privacy, endpoint, model and a switched-off provider thin out tiers`() {
        var document = RouteDocument(path: "test.yaml")
        document.providers = [
            provider("public", .public), provider("near", .restricted) { $0.denyTags = all("eu") },
            provider("gpt", .restricted) { $0.models = all("gpt-*") },
            provider("off", .restricted) { $0.isEnabled = false },
        ]
        document.routes = [
            route("all", nil, .forward([tier((0, nil), (1, "llama")), tier((2, nil), (2, "gpt-5")), tier((3, nil))]))
        ]
        func places(_ fill: (inout Request) -> Void) -> [[Verdict.Place]] {
            guard case .forward(let tiers) = decide(document, fill).outcome else { return [] }
            return tiers
        }
        let near = Verdict.Place(provider: 1, model: "llama")
        let rewritten = Verdict.Place(provider: 2, model: "gpt-5")
        #expect(places { $0.model = "x" } == [[.init(provider: 0, model: "x"), near], [rewritten], []])
        #expect(
            places {
                $0.model = "gpt-4o"
                $0.contentLevel = .restricted
            } == [[near], [.init(provider: 2, model: "gpt-4o"), rewritten], []]
        )
        #expect(
            places { $0.contentTags = ["eu"] } == [
                [.init(provider: 0, model: nil)], [.init(provider: 2, model: nil), rewritten], [],
            ]
        )
        #expect(places { $0.api = .images } == [[], [], []])
    }
}
