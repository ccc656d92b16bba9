import Foundation
import Glibc
import Synchronization
import TestKit
import Testing

/// Redis stopped, held and started again under load: `on_store_error` holds, visibly, and then all is charged.
@Suite(.serialized, .enabled(if: RedisServer.isInstalled, "\(RedisServer.missing)"))
struct StoreErrorTests {
    private func station(_ server: RedisServer, _ state: String, _ more: String) throws -> Station {
        try station(server.url, state, more)
    }

    private func station(_ url: String, _ state: String, _ more: String) throws -> Station {
        try Station(
            more: "state: {store: \"\(url)\", \(state)}\n\(more)",
            routes: "  - {name: all, to: [mock], pool: team, usage: exact}"
        )
    }

    private func value(_ station: Station, _ name: String, _ labels: [String: String] = [:]) throws -> Double? {
        try MetricsPage(station.ask("/metrics").text).value(name, labels)
    }

    /// Waits until every loop has the store, and it knows everything.
    private func whole(_ station: Station) throws {
        for _ in 0..<1_000 {
            if try value(station, "hoosh_store_up") == 1, try value(station, "hoosh_store_settlements_waiting") == 0 {
                return
            }
            usleep(20_000)
        }
        Issue.record("the store does not come back")
    }

    private func used(_ server: RedisServer) throws -> (used: Int, held: Int) {
        let used = try server.command("HGET", "{hoosh}:p:team:", "ut")
        let held = try server.command("HGET", "{hoosh}:p:team:", "ht")
        return (
            Int(used.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0,
            Int(held.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        )
    }

    /// What a run of requests came to.
    private struct Tally: Sendable {
        var statuses: [Int: Int] = [:]
        var alone: [String: Int] = [:]
        var tokens = 0
    }

    /// Asks from several threads until it is told to stop, while `disturb` runs.
    private func load(_ station: Station, _ disturb: () throws -> Void) throws -> Tally {
        let tally = Mutex(Tally())
        let isOver = Atomic(false)
        let threads = (0..<4).map { _ in
            let done = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                defer { done.signal() }
                while !isOver.load(ordering: .relaxed) {
                    guard let answer = try? station.chat() else { continue }
                    let match = answer.text.firstMatch(of: /"total_tokens": ?(\d+)/)
                    tally.withLock {
                        $0.statuses[answer.status, default: 0] += 1
                        if let alone = answer["x-hoosh-store"] { $0.alone[alone, default: 0] += 1 }
                        if answer.status == 503 { $0.alone["deny", default: 0] += 1 }
                        $0.tokens += match.flatMap { Int($0.1) } ?? 0
                    }
                }
            }
            return done
        }
        defer {
            isOver.store(true, ordering: .relaxed)
            for thread in threads { thread.wait() }
        }
        try disturb()
        isOver.store(true, ordering: .relaxed)
        for thread in threads {
            thread.wait()
            thread.signal()
        }
        return tally.withLock { $0 }
    }

    /// Waits until so many more requests were answered.
    private func more(_ station: Station, _ count: Int) throws {
        let start = try answered(station)
        for _ in 0..<2_000 {
            if try answered(station) >= start + count { return }
            usleep(10_000)
        }
    }

    private func answered(_ station: Station) throws -> Int {
        let page = try MetricsPage(station.ask("/metrics").text)
        return Int(page.value("hoosh_requests_total") ?? 0)
    }

    private func disturb(_ server: RedisServer, _ station: Station) throws {
        try more(station, 20)
        server.hold()
        try more(station, 20)
        server.goOn()
        try whole(station)
        try more(station, 20)
        server.stop()
        try more(station, 20)
        try server.startAgain()
        try whole(station)
        try more(station, 20)
    }

    private static let pools = "pools: {team: {tokens: 100M/month}}"

    @Test func `deny: nothing is served that is not counted`() throws {
        let server = try RedisServer(isKept: true)
        let station = try station(server, "on_store_error: deny, timeout: 300ms", Self.pools)
        let tally = try load(station) { try disturb(server, station) }
        #expect(Set(tally.statuses.keys) == [200, 503])
        #expect(tally.alone.keys.sorted() == ["deny"])
        try whole(station)
        let found = try used(server)
        #expect(found.held == 0)
        #expect(found.used == tally.tokens)
        #expect(try value(station, "hoosh_store_fallback_total", ["mode": "deny"]) == Double(tally.alone["deny"] ?? 0))
        let said = station.proxy.errors.split(separator: "\n").filter { $0.contains("state: Redis") }
        #expect(said.count(where: { $0.contains("is of no use") }) == said.count(where: { $0.contains("again") }))
        #expect((2...8).contains(said.count), "\(said)")
        #expect(said.first?.contains("`on_store_error: deny` holds") == true)
    }

    @Test func `open: all is served, and charged when the store is back`() throws {
        let server = try RedisServer(isKept: true)
        let station = try station(server, "on_store_error: open, timeout: 300ms, prefix: hoosh", Self.pools)
        let tally = try load(station) { try disturb(server, station) }
        #expect(Array(tally.statuses.keys) == [200])
        #expect((tally.alone["open"] ?? 0) > 0)
        try whole(station)
        let found = try used(server)
        #expect(found.held == 0)
        #expect(found.used == tally.tokens)
        #expect(try value(station, "hoosh_store_settlements_lost_total") == 0)
    }

    @Test func `local_share: each proxy has its part of what there is`() throws {
        let server = try RedisServer(isKept: true)
        let more = "pools: {team: {tokens: 1M/month, requests: 20/month}}"
        let stations = try (0..<2).map { _ in
            try station(server, "on_store_error: local_share, replicas: 2", more)
        }
        for _ in 0..<4 { #expect(try stations[0].chat().status == 200) }
        try whole(stations[0])
        server.stop()
        // Four of its ten are spent.
        var statuses: [[Int]] = []
        for station in stations {
            var found: [Int] = []
            for _ in 0..<12 {
                let answer = try station.chat()
                found.append(answer.status)
                if answer.status == 200 { #expect(answer["x-hoosh-store"] == "local_share") }
                if answer.status == 429 { try expectError(answer, 429, code: "budget_exceeded") }
            }
            statuses.append(found)
        }
        #expect(statuses[0].count(where: { $0 == 200 }) == 6)
        #expect(statuses[1].count(where: { $0 == 200 }) == 10)
        #expect(Set(statuses.joined()) == [200, 429])
        try server.startAgain()
        for station in stations { try whole(station) }
        // All twenty are charged now.
        for station in stations { try expectError(station.chat(), 429, code: "budget_exceeded") }
        #expect(try server.command("HGET", "{hoosh}:p:team:", "ur") == "20\n")
    }

    @Test(arguments: ["deny", "open"])
    func `a server that answers twice is lost, and the proxy is not`(_ mode: String) throws {
        let isBad = Mutex(true)
        let server = try ScriptedRedis { words in
            guard words[0] == "EVALSHA" else { return ["$40\r\n\(String(repeating: "a", count: 40))\r\n"] }
            let answer = "*2\r\n$2\r\nok\r\n:\(Int(Date().timeIntervalSince1970 * 1_000))\r\n"
            return [isBad.withLock { $0 } ? "\(answer):1\r\n" : answer]
        }
        let station = try station(server.url, "on_store_error: \(mode)", Self.pools)
        var alone = 0
        for _ in 0..<10 {
            let answer = try station.chat()
            // Where something else is open beside it, its own reply is the one that was asked for.
            if answer.status == 200, answer["x-hoosh-store"] == nil { continue }
            alone += 1
            #expect(answer.status == (mode == "deny" ? 503 : 200), "\(answer.text)")
            if mode == "open" { #expect(answer["x-hoosh-store"] == "open") }
        }
        #expect(alone > 0)
        #expect(station.proxy.errors.contains("sent a reply that nobody asked for"))
        isBad.withLock { $0 = false }
        try whole(station)
        let answer = try station.chat()
        #expect(answer.status == 200 && answer["x-hoosh-store"] == nil, "\(answer.text)")
        withExtendedLifetime(server) {}
    }

    @Test func `a list of two thousand million places is no reply, and holds nobody up`() throws {
        let server = try ScriptedRedis { words in
            words[0] == "EVALSHA"
                ? ["*2147483647\r\n"] : ["$40\r\n\(String(repeating: "a", count: 40))\r\n"]
        }
        let station = try station(server.url, "on_store_error: open", Self.pools)
        for _ in 0..<5 { #expect(try station.chat().status == 200) }
        #expect(eventually { station.proxy.errors.contains("is of no use") })
        #expect(try station.ask("/healthz").status == 200)
        withExtendedLifetime(server) {}
    }

    @Test func `scripts that are flushed under load are noticed by nobody`() throws {
        let server = try RedisServer()
        let station = try station(server, "on_store_error: deny, timeout: 5s", Self.pools)
        try whole(station)
        let tally = try load(station) {
            for _ in 0..<40 {
                try more(station, 3)
                _ = try server.command("SCRIPT", "FLUSH")
            }
        }
        #expect(Array(tally.statuses.keys) == [200])
        #expect(tally.alone.isEmpty)
        try whole(station)
        let found = try used(server)
        #expect(found.held == 0)
        #expect(found.used == tally.tokens)
        #expect(!station.proxy.errors.contains("is of no use"))
    }

    @Test func `a server that wants a password gets it from a reference, and nobody else does`() throws {
        let server = try RedisServer(password: "s3cr3t-of-redis")
        let login = "redis://:s3cr3t-of-redis@127.0.0.1:\(server.port)/2"
        for (url, works) in [(login, true), (login.replacingOccurrences(of: "s3cr3t", with: "wr0ng"), false)] {
            let station = try Station(
                more: "state: env:REDIS_URL\nrate_limits: {each: {by: global, requests: 60/min, burst: 5}}",
                routes: "  - {name: all, to: [mock], limits: [each]}",
                environment: ["REDIS_URL": url]
            )
            let answer = try station.chat()
            #expect(answer.status == (works ? 200 : 503), "\(answer.text)")
            if works { #expect(answer["x-ratelimit-remaining-requests"] == "4") }
            let told = try station.proxy.errors + station.ask("/metrics").text + station.ask("/v1/admin/config").text
            #expect(!told.contains("-of-redis"))
        }
    }
}
