import Foundation
import TestKit
import Testing

/// Proxies with one route file before one provider, on one Redis.
final class SharedCacheStation {
    /// One of them.
    struct Proxy: Sendable {
        let program: RunningProgram
        let address: Address
        let admin: Address

        func send(
            _ body: String = chatBody(),
            _ headers: Headers = [],
            path: String = "/v1/chat/completions"
        ) throws -> Response {
            try fetch(address, "POST", path, headers: headers + [("content-type", "application/json")], body: body)
        }

        /// What came of asking the store.
        func store() throws -> [String: Int] {
            let stats = try object(fetch(admin, "GET", "/v1/cache/stats"))
            return try #require(stats["store"] as? [String: Int])
        }

        func stats() throws -> [String: Int] {
            try object(fetch(admin, "GET", "/v1/cache/stats")).compactMapValues { $0 as? Int }
        }

        func invalidate(_ body: String) throws -> String {
            try fetch(admin, "POST", "/v1/cache/invalidate", body: body).text
        }
    }

    let server: RedisServer
    let mock: MockUpstream
    private let folder: TemporaryFolder
    private let file: String
    private let environment: [String: String]
    private(set) var proxies: [Proxy] = []

    init(
        _ count: Int = 2,
        cache: String = "stream: replay",
        state: String = "",
        provider: String = "",
        more: String = "",
        routes: String = "  - {name: all, to: [mock]}",
        models: [String] = ["mock-small", "mock-large"],
        environment: [String: String] = [:]
    ) throws {
        server = try RedisServer()
        mock = try MockUpstream(models: models)
        folder = try TemporaryFolder()
        self.environment = environment
        let text = """
            version: 1
            listen: {address: "127.0.0.1:0", admin: "127.0.0.1:0", watch: false}
            defaults: {retry: {attempts: 0}}
            state: {store: "\(server.url)"\(state.isEmpty ? "" : ", \(state)")}
            providers:
              mock: {kind: openai-compatible, url: "\(mock.url)/v1", health: {mode: none}\(provider.isEmpty ? "" : ", \(provider)")}
            cache: {mode: exact, store: shared\(cache.isEmpty ? "" : ", \(cache)")}
            \(more)
            routes:
            \(routes)

            """
        file = try folder.write("routes.yaml", text)
        for _ in 0..<count { try start() }
    }

    /// Starts one more, with something behind the route file from now on.
    @discardableResult
    func start(with more: String = "") throws -> Proxy {
        if !more.isEmpty { try folder.write("routes.yaml", String(contentsOfFile: file, encoding: .utf8) + more) }
        let program = try RunningProgram("hoosh-proxy", ["--routes", file, "--threads", "2"], environment: environment)
        let proxy = Proxy(
            program: program,
            address: try #require(Address(saidIn: try program.line(containing: "(client)"))),
            admin: try #require(Address(saidIn: try program.line(containing: "(admin)")))
        )
        try program.line(containing: "ready")
        proxies.append(proxy)
        return proxy
    }

    /// Requests the mock has seen.
    var forwarded: Int { get throws { try mock.counters().requests } }

    /// Gives a first answer once every proxy can have it: the client has its last byte a moment before that.
    func whenShared(_ answer: Response, by proxy: Proxy) throws -> Response {
        guard answer["x-hoosh-cache"] == "MISS" else { return answer }
        _ = try eventually(seconds: 20) {
            let stats = try proxy.stats()
            let store = try proxy.store()
            let writes = (store["writes"] ?? 0) + (store["skips"] ?? 0)
            return stats["in_flight"] == 0 && writes >= stats["stores"] ?? 0
        }
        return answer
    }

    /// Names of what is kept in Redis.
    func kept() throws -> [String] {
        try server.command("KEYS", "{hoosh}:c:*").split(whereSeparator: \.isNewline).map(String.init)
    }
}
