import Providers
import Report
import RouteLanguage
import RouteModel
import Routing
import Testing

@Suite struct RouteFileTests {
    private func everything() throws -> Loaded {
        Cases.load(try #require(Cases.bytes("\(Cases.folder)/good/everything.yaml")), "everything")
    }

    private func routes(_ name: String) -> String { "\(Cases.folder)/../../routes/\(name).yaml" }

    @Test(arguments: ["dev", "minimal", "sidecar"])
    func `the files in routes load without an error or a warning`(name: String) {
        let loaded = RouteFile.load(routes(name), purpose: .lint, environment: { _ in nil })
        #expect(Render(loaded.problems).text(.short) == "")
        #expect(loaded.document != nil)
    }

    @Test func `the minimal file serves when its key is set, and says which one is not`() throws {
        let loaded = RouteFile.load(routes("minimal"), purpose: .serve, environment: Cases.environment)
        let document = try #require(loaded.document)
        #expect(loaded.providers.map(\.name) == ["ollama", "openai"])
        #expect(loaded.listen == ListenSettings())
        #expect(document.routes[1].tiers.map { $0.targets.map(\.provider) } == [[1], [0]])
        #expect(!loaded.problems.hasErrors)
        let without = RouteFile.load(routes("minimal"), purpose: .serve, environment: { _ in nil })
        #expect(without.problems.hasErrors)
        #expect(Render(without.problems).text(.short).contains("`OPENAI_API_KEY` is not set"))
    }

    @Test func `the development file needs nothing from the environment`() {
        let loaded = RouteFile.load(routes("dev"), purpose: .serve, environment: { _ in nil })
        #expect(!loaded.problems.hasErrors)
        #expect(loaded.providers.allSatisfy { $0.isLocal })
    }

    @Test func `a file that is not there is a problem, not a crash`() {
        let loaded = RouteFile.load("/nonexistent.yaml", purpose: .serve, environment: { _ in nil })
        #expect(loaded.document == nil && loaded.root == nil)
        #expect(Render(loaded.problems).text(.short).contains("HP012"))
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
        #expect(
            cluster.headers == [
                HeaderPair(name: "x-team", value: "search"), HeaderPair(name: "x-trace", value: "env:TRACE"),
            ]
        )
        #expect(cluster.apis == [.chat, .embeddings] && cluster.health.mode == .active)
        #expect(providers[4].health.mode == .passive && providers[4].secretName == "env:OPENAI_API_KEY")
        #expect(providers[0].keepalive.maxIdle == 4 && providers[0].keepalive.idleMilliseconds == 10_000)
    }

    @Test func `routes inherit defaults key by key`() throws {
        let document = try #require(try everything().document)
        #expect(document.routes.map(\.name.value) == ["blocked", "batch", "moderated", "route-4", "default"])
        #expect(document.activeRoutes.count == 4)
        guard case .deny(405, "read only") = document.routes[0].action else {
            Issue.record("not a denial")
            return
        }
        let batch = document.routes[1]
        #expect(batch.tiers.map(\.strategy.value) == [.roundRobin, .leastBusy])
        #expect(batch.tiers[0].targets.map(\.model) == ["llama3", "llama-3.3"])
        #expect(batch.tiers[0].targets.map(\.weight.value) == [3, 1])
        #expect(batch.tiers[1].targets.map(\.model) == ["gpt-4o-mini"])
        #expect(batch.setHeaders == [HeaderPair(name: "x-from", value: "hoosh")] && batch.removedHeaders == ["x-debug"])
        let settings = batch.settings
        #expect(settings.timeouts.connectMilliseconds == 1_000 && settings.timeouts.totalMilliseconds == 5_400_000)
        #expect(settings.retry.attempts == 2 && settings.retry.statuses == [429, 503] && !settings.retry.onTimeout)
        #expect(settings.retry.backoffStartMilliseconds == 0 && settings.retry.budgetPercent == 13)
        #expect(settings.failover.maxTries == 6 && !settings.failover.panicTries)
        #expect(settings.latency.halfLifeMilliseconds == 30_000 && settings.latency.priorMilliseconds == 250)
        #expect(settings.places["timeout.connect"]?.line == 14 && settings.inherited.contains("timeout.connect"))
        let groups = document.routes[4].tiers
        #expect(groups.map { $0.targets.map(\.provider) } == [[0, 2, 3], [4]])
        #expect(groups[0].targets.allSatisfy { $0.group == "local" })
    }

    @Test func `a repaired fault does not hide the others`() {
        let text =
            "version: 1\nproviders:\n  a: {kind: ollama}\nroutes:\n  - match: {model: *}\n    to: [@local]\n  - to: [b]\n"
        let problems = Cases.load(Array(text.utf8), "x").problems
        #expect(problems.all.map(\.code) == ["HP003", "HP005", "HP201"])
    }

    @Test func `ten thousand routes load in seconds`() throws {
        let routes = (0..<10_000).map { "  - {name: r\($0), match: {model: \"m\($0)-*\"}, to: [a]}\n" }.joined()
        let text = "version: 1\nproviders:\n  a: {kind: ollama}\nroutes:\n\(routes)"
        let began = ContinuousClock.now
        let loaded = Cases.load(Array(text.utf8), "large")
        #expect(ContinuousClock.now - began < .seconds(120))
        #expect(loaded.document?.routes.count == 10_000)
    }

    @Test(arguments: [
        "version: 1\nproviders: {" + (0..<100_000).map { "p\($0): {kind: x}" }.joined(separator: ", ") + "}\n",
        "version: 1\n" + (0..<100_000).map { "k\($0): 1\n" }.joined(),
        "version: 1\nproviders:\n" + (0..<3_000).map { "  p\($0): {kind: vllm}\n" }.joined() + "routes:\n  - to: ["
            + (0..<100_000).map { "q\($0)" }.joined(separator: ", ") + "]\n",
        "[" + String(repeating: "x, ", count: 300_000) + "]", String(repeating: "[", count: 1 << 20),
        // One line of wide letters: bytes must be found without walking it again for every node.
        "[" + String(repeating: "é, ", count: 300_000) + "]",
    ])
    func `a file of a hundred thousand slips is answered within limits`(text: String) {
        let began = ContinuousClock.now
        let loaded = Cases.load(Array(text.utf8), "large")
        #expect(ContinuousClock.now - began < .seconds(120))
        #expect(loaded.document == nil && loaded.problems.hasErrors)
        #expect(loaded.problems.all.count <= 5_000)
    }
}
