import Bytes
import Decision
import Routing
import Providers
import Report
import RouteLanguage
import Testing

@Suite struct RouteFileTests {
    private func load(_ text: String, name: String = "test") throws -> Configuration {
        let (problems, configuration) = Cases.load(Array(text.utf8), name)
        return try #require(configuration, "\(Render(problems).text(.human))")
    }

    private func everything() throws -> Configuration {
        let bytes = try #require(Cases.bytes("\(Cases.folder)/good/everything.yaml"))
        return try #require(Cases.load(bytes, "everything").configuration)
    }

    private func plan(_ route: Route) throws -> Plan {
        guard case .forward(let plans) = route.action else {
            throw Denied()
        }
        return plans[0]
    }
    private struct Denied: Error {}

    @Test(arguments: ["dev", "minimal", "sidecar"])
    func `the files in routes load without an error or a warning`(name: String) throws {
        let path = "\(Cases.folder)/../../routes/\(name).yaml"
        let loading = RouteFile.load(path, purpose: .lint, environment: { _ in nil })
        let (problems, configuration) = (loading.problems, loading.configuration)
        #expect(Render(problems).text(.short) == "")
        #expect(configuration != nil)
    }

    @Test func `the minimal file serves when its key is set, and says which one is not`() throws {
        let path = "\(Cases.folder)/../../routes/minimal.yaml"
        let loading = RouteFile.load(path, purpose: .serve, environment: Cases.environment)
        let (_, configuration) = (loading.problems, loading.configuration)
        let loaded = try #require(configuration)
        #expect(loaded.providers.map(\.name) == ["ollama", "openai"])
        #expect(loaded.listen == ListenSettings())
        let tiers = try plan(loaded.program.routes[1]).tiers
        #expect(tiers.map { $0.targets.map(\.provider) } == [[1], [0]])
        let loading = RouteFile.load(path, purpose: .serve, environment: { _ in nil })
        let (problems, none) = (loading.problems, loading.configuration)
        #expect(none == nil)
        #expect(Render(problems).text(.short).contains("`OPENAI_API_KEY` is not set"))
    }

    @Test func `the development file needs nothing from the environment`() throws {
        let path = "\(Cases.folder)/../../routes/dev.yaml"
        let loading = RouteFile.load(path, purpose: .serve, environment: { _ in nil })
        let (_, configuration) = (loading.problems, loading.configuration)
        let loaded = try #require(configuration)
        #expect(loaded.providers.allSatisfy { $0.isLocal })
    }

    @Test func `a file that is not there is a problem, not a crash`() {
        let loading = RouteFile.load("/nonexistent.yaml", purpose: .serve, environment: { _ in nil })
        let (problems, configuration) = (loading.problems, loading.configuration)
        #expect(configuration == nil)
        #expect(Render(problems).text(.short).contains("HP012"))
    }

    @Test func `listen settings are read with their units`() throws {
        let listen = try everything().listen
        #expect(listen.address == "127.0.0.1:0" && listen.admin == nil)
        #expect(listen.maxBodyBytes == 1 << 20 && listen.maxUploadBytes == 2 << 30)
        #expect(listen.maxConnections == 8_000 && listen.headerTimeoutMilliseconds == 1_500)
        #expect(listen.drainMilliseconds == 90_000 && listen.splice == .auto)
    }

    @Test func `providers are read with every setting`() throws {
        let providers = try everything().providers
        #expect(providers.map(\.name) == ["ollama", "second", "socket", "cluster", "openai"])
        #expect(providers.map(\.index) == [0, 1, 2, 3, 4])
        #expect(providers.map(\.isLocal) == [true, true, true, true, false])
        #expect(providers[1].url.port == 11_435 && !providers[1].isEnabled && providers[1].health.unhealthyAfter == 2)
        #expect(providers[2].url.unixPath == "/run/llama.sock")
        let cluster = providers[3]
        #expect(cluster.url.basePath == "/v1" && cluster.url.isTLS && cluster.url.port == 8_443)
        #expect(cluster.tls.caPath == "tls/ca.pem" && cluster.tls.pins.count == 2 && cluster.tls.isTLS13Required)
        #expect(cluster.tls.certificatePath == "/run/tls/client.pem" && cluster.tls.serverName == "vllm.internal")
        #expect(cluster.timeouts.firstByteMilliseconds == 90_000)
        #expect(cluster.headers == [HeaderPair(name: "x-team", value: "search")])
        #expect(cluster.apis == [.chat, .embeddings] && cluster.health.mode == .active)
        #expect(providers[4].health.mode == .passive && providers[4].secretName == "env:OPENAI_API_KEY")
        #expect(providers[0].keepalive.maxIdle == 4 && providers[0].keepalive.idleMilliseconds == 10_000)
    }

    @Test func `routes inherit defaults key by key`() throws {
        let routes = try everything().program.routes
        #expect(routes.map(\.name) == ["blocked", "batch", "route-4", "default"])
        guard case .deny(405, "read only") = routes[0].action else {
            Issue.record("not a denial")
            return
        }
        let batch = try plan(routes[1])
        #expect(batch.tiers.map(\.strategy) == [.roundRobin, .leastBusy])
        #expect(batch.tiers[0].targets.map(\.model) == ["llama3", "llama-3.3"])
        #expect(batch.tiers[0].targets.map(\.weight) == [3, 1])
        #expect(batch.tiers[1].targets.map(\.model) == ["gpt-4o-mini"])
        #expect(batch.setHeaders == [HeaderPair(name: "x-from", value: "hoosh")] && batch.removedHeaders == ["x-debug"])
        #expect(batch.timeouts.connectMilliseconds == 1_000 && batch.timeouts.totalMilliseconds == 5_400_000)
        #expect(batch.retry.attempts == 2 && batch.retry.statuses == [429, 503] && !batch.retry.onTimeout)
        #expect(batch.retry.backoffStartMilliseconds == 0 && batch.retry.budgetPercent == 13)
        #expect(
            batch.failover
                == {
                    var policy = FailoverPolicy(); policy.maxTries = 6; policy.panicTries = false; return policy
                }()
        )
        #expect(batch.latency.halfLifeMilliseconds == 30_000 && batch.latency.priorMilliseconds == 250)
        let groups = try plan(routes[3]).tiers
        #expect(groups.map { $0.targets.map(\.provider) } == [[0, 2, 3], [4]])
        #expect(groups[0].targets.allSatisfy { $0.isFromGroup })
        #expect(routes[1].position.hasPrefix("everything.yaml:"))
    }

    @Test func `requests find their routes`() throws {
        let program = try everything().program
        #expect(program.headerNames == ["x-workload"])
        func decide(_ model: String, _ api: API, _ workload: String? = nil, stream: Bool = false) -> String {
            let head = Array("GET /v1/x \(workload ?? "")".utf8)
            let facts = Facts(
                api: api,
                method: TextRange(start: 0, count: 3),
                stream: stream,
                path: TextRange(start: 4, count: 5),
                headers: [workload.map { TextRange(start: 10, count: Int32($0.utf8.count)) } ?? .absent]
            )
            let route = program.decide(facts, model: Array(model.utf8).span, head: head.span)
            return route < 0 ? "none" : program.routes[route].name
        }
        #expect(decide("gpt-4o", .chat) == "route-4")
        #expect(decide("gpt-4o", .embeddings) == "default")
        #expect(decide("gpt-4o", .chat, "batch") == "batch")
        #expect(decide("gpt-4o", .chat, "night-12") == "batch")
        #expect(decide("gpt-4o", .chat, "night-12", stream: true) == "route-4")
        #expect(decide("gpt-4o", .chat, "night-x") == "route-4")
        #expect(decide("o2", .chat) == "default")
        #expect(decide("", .other) == "default")
    }

    @Test func `aliases are found by their bytes`() throws {
        let configuration = try everything()
        func alias(_ name: String) -> String? {
            configuration.resolvedAlias(of: Array(name.utf8).span).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(alias("fast") == "qwen3-mini")
        #expect(alias("smart") == "gpt-4o")
        #expect(alias("slow") == nil && alias("") == nil)
        #expect(configuration.advertisedModels == ["fast", "qwen3", "smart"])
    }

    @Test func `many aliases are told apart`() throws {
        let lines = (0..<500).map { "    alias-\($0): model-\($0)\n" }.joined()
        let text = "version: 1\nproviders:\n  a: {kind: ollama}\nmodels:\n  aliases:\n\(lines)routes:\n  - to: [a]\n"
        let configuration = try load(text)
        for number in 0..<500 {
            let found = configuration.resolvedAlias(of: Array("alias-\(number)".utf8).span)
            #expect(found == Array("model-\(number)".utf8))
        }
    }

    @Test func `a repaired fault does not hide the others`() {
        let text =
            "version: 1\nproviders:\n  a: {kind: ollama}\nroutes:\n  - match: {model: *}\n    to: [@local]\n  - to: [b]\n"
        let problems = Cases.load(Array(text.utf8), "x").problems
        #expect(problems.all.map(\.code) == ["HP003", "HP005", "HP201"])
    }

    @Test func `ten thousand routes load in seconds`() throws {
        let routes = (0..<10_000).map { "  - {name: r\($0), match: {model: \"m\($0)-*\"}, to: [a]}\n" }.joined()
        let configuration = try load("version: 1\nproviders:\n  a: {kind: ollama}\nroutes:\n\(routes)")
        let facts = Facts(api: .chat)
        let nothing: [UInt8] = []
        let answer = configuration.program.decide(facts, model: Array("m7777-x".utf8).span, head: nothing.span)
        #expect(answer == 7_777)
    }

    @Test(arguments: [
        "version: 1\nproviders: {" + (0..<100_000).map { "p\($0): {kind: x}" }.joined(separator: ", ") + "}\n",
        "version: 1\n" + (0..<100_000).map { "k\($0): 1\n" }.joined(),
        "version: 1\nproviders:\n" + (0..<3_000).map { "  p\($0): {kind: vllm}\n" }.joined() + "routes:\n  - to: ["
            + (0..<100_000).map { "q\($0)" }.joined(separator: ", ") + "]\n",
        "[" + String(repeating: "x, ", count: 300_000) + "]", String(repeating: "[", count: 1 << 20),
    ])
    func `a file of a hundred thousand slips is answered within limits`(text: String) {
        let began = ContinuousClock.now
        let (problems, configuration) = Cases.load(Array(text.utf8), "large")
        #expect(ContinuousClock.now - began < .seconds(20))
        #expect(configuration == nil && problems.hasErrors)
        #expect(problems.all.count <= 5_000)
    }
}
