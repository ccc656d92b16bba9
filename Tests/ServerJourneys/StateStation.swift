import Foundation
import TestKit
import Testing

/// Proxies that follow one another on one file in which it is kept what was spent.
final class StateStation {
    /// One of them.
    final class Run: Sendable {
        let program: RunningProgram
        let address: Address
        let admin: Address

        init(_ program: RunningProgram) throws {
            self.program = program
            address = try #require(Address(saidIn: try program.line(containing: "(client)")))
            admin = try #require(Address(saidIn: try program.line(containing: "(admin)")))
            try program.line(containing: "ready")
        }

        /// One chat with this key; what the provider counted for it.
        func chat(_ key: String = "app", stream: Bool = false) throws -> Int {
            let answer = try RawConnection(to: address).fetch(
                "POST",
                "/v1/chat/completions",
                headers: StateStation.header(key),
                body: chatBody(stream: stream, includesUsage: stream)
            )
            #expect(answer.status == 200, "\(answer.text)")
            let match = try #require(answer.text.firstMatch(of: /"total_tokens":(\d+)/), "\(answer.text)")
            return Int(match.1) ?? 0
        }

        /// The same where the proxy may be gone: nil then.
        func answer(stream: Bool) throws -> Int? {
            let answer = try RawConnection(to: address).fetch(
                "POST",
                "/v1/chat/completions",
                headers: StateStation.header("app"),
                body: chatBody(stream: stream, includesUsage: stream)
            )
            return answer.text.firstMatch(of: /"total_tokens":(\d+)/).flatMap { Int($0.1) }
        }

        /// Tokens used of each pool, as a key sees it.
        func used(_ key: String = "app") throws -> [String: Int] {
            let answer = try fetch(address, "GET", "/v1/tokens/pools", headers: StateStation.header(key))
            let pools = try #require(try object(answer)["pools"] as? [[String: Any]], "\(answer.text)")
            return Dictionary(
                uniqueKeysWithValues: try pools.map { pool in
                    (try #require(pool["name"] as? String), pool["used"] as? Int ?? 0)
                }
            )
        }

        /// The whole page of costs.
        func costs() throws -> String { try fetch(admin, "GET", "/v1/costs?by=all").text }

        func metric(_ name: String) throws -> Double {
            try MetricsPage(fetch(admin, "GET", "/metrics").text).value(name, [:]) ?? -1
        }

        /// Waits until a batch was written that began after this was called.
        func written() throws {
            let before = try metric("hoosh_store_batches_total")
            // What an answer is charged may come a moment after its last byte; a further answer makes a further batch.
            let isWritten = try eventually {
                _ = try chat("idle")
                return try metric("hoosh_store_batches_total") >= before + 2
            }
            #expect(isWritten)
        }

        /// What the admin listener says of the store.
        func store() throws -> [String: Any] {
            try #require(try object(fetch(admin, "GET", "/v1/admin/state"))["store"] as? [String: Any])
        }
    }

    let mock: MockUpstream
    let folder: TemporaryFolder
    let file: String
    var state: String { folder.file("state.db") }

    static let tokens = Dictionary(
        uniqueKeysWithValues: ["app", "web", "idle"].map { ("\($0.uppercased())_TOKEN", "\($0)-0123456789abcdef0123") }
    )

    static func header(_ key: String) -> Headers { [("authorization", "Bearer \(key)-0123456789abcdef0123")] }

    init(state: String? = nil) throws {
        mock = try MockUpstream(models: ["mock-small"])
        folder = try TemporaryFolder()
        file = folder.file("routes.yaml")
        try write(state: state ?? "sqlite:\(folder.file("state.db"))")
    }

    /// Writes the route file with this store.
    func write(state: String) throws {
        try folder.write(
            "routes.yaml",
            """
            version: 1
            listen: {address: "127.0.0.1:0", admin: "127.0.0.1:0", watch: false}
            providers: {mock: {kind: openai-compatible, url: "\(mock.url)/v1", health: {mode: none}, price: {input: 3, output: 15}}}
            auth:
              keys:
                app: {token: env:APP_TOKEN}
                web: {token: env:WEB_TOKEN}
                idle: {token: env:IDLE_TOKEN}
            pools:
              org: {tokens: 900M/month, usd: 1k/month}
              each: {tokens: 800M/month, per: key, parent: org}
              sliding: {tokens: 700M/day, window: sliding, per: key, parent: each}
            state: "\(state)"
            routes:
              - {name: all, to: [mock], pool: sliding, usage: exact}

            """
        )
    }

    /// Starts a proxy that shall serve.
    func start() throws -> Run {
        try Run(
            RunningProgram("hoosh-proxy", ["--routes", file, "--threads", "2"], environment: StateStation.tokens)
        )
    }

    /// Starts a proxy that shall not.
    func refused() throws -> ProgramResult {
        try run("hoosh-proxy", ["--routes", file, "--threads", "1"], environment: StateStation.tokens)
    }
}
