import Foundation
import Synchronization
import TestKit
import Testing

/// Proxies with budgets, limits, prices, a queue and an audit log before a mock that adds up what each request took.
final class GovernedLaboratory: Sendable {
    /// What is run.
    struct Wish: Sendable {
        var count = 1_500
        var inFlight = 300
        var seed: UInt64 = 20_261_121
        /// Clients leave and upstreams fail.
        var isRough = false
        /// What is taken out of the proxy.
        var damage: String?
        /// The books are kept in an SQLite file.
        var isKept = false
        /// The proxies share a Redis server; what holds while it does not answer.
        var onStoreError: String?
        /// How long they wait for it.
        var storeTimeout = "5s"
        var proxies = 1
    }

    /// A proxy with its two listeners.
    struct Member: Sendable {
        let program: RunningProgram
        let address: Address
        let admin: Address
        let auditFile: String
    }

    let wish: Wish
    let mock: MockUpstream
    let pools: GovernedPools
    let folder: TemporaryFolder
    /// Nil where proxies share nothing.
    let server: RedisServer?
    /// How many requests were sent, and how many of them are over.
    let begun = Atomic(0)
    let answered = Atomic(0)
    /// Later ones than this wait.
    let gate = Atomic(Int.max)
    private let team = Mutex<[Member]>([])
    var members: [Member] { team.withLock { $0 } }

    init(_ wish: Wish) throws {
        LoadClient.raiseDescriptorLimit()
        self.wish = wish
        mock = try MockUpstream(models: ["mock-small"], arguments: ["--no-record"])
        pools = GovernedPools(for: wish.count)
        folder = try TemporaryFolder()
        server = try wish.onStoreError.map { _ in try RedisServer(isKept: true) }
        for number in 0..<wish.proxies { try start(number) }
    }

    /// Starts a proxy, or starts it again with the same files.
    func start(_ number: Int) throws {
        let audit = folder.path + "/audit-\(number).log"
        let file = try folder.write("routes-\(number).yaml", text(audit: audit, number))
        var environment = Dictionary(uniqueKeysWithValues: GovernedRequest.keys.map { ($0.variable, $0.token) })
        environment["AUDIT_KEY"] = "0123456789abcdef0123456789abcdef"
        let program =
            try wish.damage.map { try RunningProgram("hoosh-damaged", [file, $0], environment: environment) }
            ?? RunningProgram("hoosh-proxy", ["--routes", file, "--threads", "2"], environment: environment)
        guard let address = Address(saidIn: try program.line(containing: "(client)")),
            let admin = Address(saidIn: try program.line(containing: "(admin)"))
        else { throw TestKitFailure("no addresses in: \(program.errors)") }
        try program.line(containing: "ready")
        let member = Member(program: program, address: address, admin: admin, auditFile: audit)
        team.withLock { team in
            if number < team.count { team[number] = member } else { team.append(member) }
        }
    }

    /// Whole dollars for a million tokens, so that everything comes to whole millionths.
    static func price(of model: String, isRough: Bool) -> (input: Int, output: Int) {
        if isRough { return (1, 1) }
        switch model {
        case "plain-large": return (3, 15)
        case "claude-mock": return (2, 10)
        default: return (1, 2)
        }
    }

    private func state(_ number: Int) -> String {
        if let server, let policy = wish.onStoreError {
            return "state: {store: \"\(server.url)\", on_store_error: \(policy), timeout: \(wish.storeTimeout)"
                + ", replicas: \(wish.proxies)}"
        }
        return wish.isKept ? "state: \"sqlite:\(folder.path)/state-\(number).db\"" : ""
    }

    private func text(audit: String, _ number: Int) -> String {
        let places = max(wish.inFlight / 30, 3)
        func provider(_ name: String, _ model: String, _ more: String = "") -> String {
            let price = Self.price(of: model, isRough: wish.isRough)
            // A kind that any field is sent on to, so that the mock knows whose request it is.
            let formats = name == "claude" ? ", formats: [messages]" : ""
            return "  \(name): {kind: openai-compatible, url: \"\(mock.url)/v1\", health: {mode: none}, "
                + "price: {input: \(price.input), output: \(price.output)}\(formats)\(more)}\n"
        }
        let named = "pool: {from: request, allow: [wide, exact, tight, cutting, dollars, few]}"
        let keys = GovernedRequest.keys.map { "    \($0.name): {token: env:\($0.variable), tenant: \($0.tenant)}\n" }
        return """
            version: 1
            \(state(number))
            listen: {address: 127.0.0.1:0, admin: 127.0.0.1:0, watch: false, max_connections: 20000}
            defaults:
              usage: exact
              retry: {attempts: 1, backoff: 1ms..2ms, budget: 100%}
              timeout: {connect: 100s, first_byte: 200s, idle: 200s, total: 300s}
              limits: [everybody]
            auth:
              keys:
            \(keys.joined())
            audit: {path: "\(audit)", key: env:AUDIT_KEY, body: none}
            queue: {max_depth: 20000, max_wait: 200s}
            pools:
            \(pools.yaml)
            rate_limits:
              everybody: {by: key, requests: 1M/sec, tokens: 100M/sec, concurrent: 20k}
              brisk: {by: key, requests: 1/sec, burst: 3}
              words: {by: tenant, tokens: 2k/min, algorithm: sliding}
              swarm: {by: tenant, concurrent: \(max(wish.inFlight / 20, 4))}
            providers:
            \(provider("cheap", "plain-small"))\(provider("spare", "plain-small"))\(provider("dear", "plain-large"))\
            \(provider("claude", "claude-mock"))\(provider("busy", "busy-small", ", limits: {concurrent: \(places)}"))
            routes:
              - {name: brisk, match: {model: brisk-small}, to: [cheap, spare], limits: [everybody, brisk, words], \(named)}
              - {name: busy, match: {model: busy-small}, to: [busy], limits: [everybody, swarm], \(named)}
              - {name: large, match: {model: plain-large}, to: [dear], \(named)}
              - {name: claude, match: {model: claude-mock}, to: [claude], \(named)}
              - {name: all, to: [[cheap], [spare]], \(named)}

            """
    }

    func request(_ number: Int) -> GovernedRequest {
        GovernedRequest(number, seed: wish.seed, isRough: wish.isRough)
    }

    /// Sends the requests of these numbers, to all proxies in turn, and keeps what became of them.
    ///
    /// * `isGone`: whether a proxy is asked no more.
    func send(_ numbers: Range<Int>, into outcome: inout GovernedOutcome, isGone: (Int) -> Bool = { _ in false }) {
        let client = LoadClient(members.map(\.address), timeoutSeconds: 280)
        let servers = members.count
        let began = monotonicNanoseconds()
        // They are read afterwards: a client that is slower than what it asks tests nothing.
        var answers: [(Int, LoadAnswer)] = []
        var proxies: [Int: Int] = [:]
        client.run(
            numbers.count,
            inFlight: wish.inFlight,
            mayBegin: { numbers.lowerBound + $0 < gate.load(ordering: .relaxed) },
            order: { place in
                let number = numbers.lowerBound + place
                let proxy = (0..<servers).map { (place + $0) % servers }.first { !isGone($0) } ?? 0
                proxies[number] = proxy
                begun.add(1, ordering: .relaxed)
                return request(number).order(server: proxy)
            },
            done: {
                answers.append((numbers.lowerBound + $0, $1))
                answered.add(1, ordering: .relaxed)
            }
        )
        outcome.proxies.merge(proxies) { $1 }
        outcome.seconds += Double(monotonicNanoseconds() - began) / 1e9
        outcome.peak = max(outcome.peak, client.peak)
        for (number, answer) in answers { outcome.answers[number] = GovernedOutcome.Answer(answer) }
    }

    /// Ends a proxy as a crash would; monotonic nanoseconds of that.
    @discardableResult
    func kill(_ number: Int) throws -> Int64 {
        members[number].program.signal(SIGKILL)
        let now = monotonicNanoseconds()
        _ = try members[number].program.wait()
        return now
    }

    /// Waits until nothing runs and nothing is set aside; what still is, in words.
    ///
    /// * `only`: the one proxy that lives; what others have set aside is not asked for.
    func settle(seconds: Double = 60, only: Int? = nil) throws -> [String] {
        var open: [String] = []
        _ = try eventually(seconds: seconds) {
            open = try members.enumerated().flatMap { number, member -> [String] in
                if let only, only != number { return [] }
                let page = try MetricsPage(fetch(member.admin, "GET", "/metrics").text)
                // A shared store tells of all proxies.
                let names =
                    (only == nil ? ["hoosh_pool_reserved"] : []) + [
                        "hoosh_limit_running", "hoosh_queue_running", "hoosh_queue_waiting",
                        "hoosh_upstream_requests_in_flight", "hoosh_store_pending", "hoosh_store_settlements_waiting",
                    ]
                return page.samples.filter { names.contains($0.name) && $0.value != 0 }
                    .map { "proxy \(number): \($0.name) \($0.labels) \($0.value)" }
            }
            if open.isEmpty, only == nil, let server { open = try GovernedStore(server).leftovers }
            return open.isEmpty
        }
        if !open.isEmpty, only == nil, let server { open += try GovernedStore(server).leftovers }
        _ = try eventually { try mock.usage().values.allSatisfy { $0.requests == $0.ended } }
        return open
    }
}
