import Foundation
import TestKit
import Testing

/// Two proxies on one Redis: what one has asked the other need not.
@Suite(.serialized, .enabled(if: RedisServer.isInstalled, "\(RedisServer.missing)"))
struct SharedCacheTests {
    /// Asks one proxy, waits until the answer is shared, and asks the other.
    private func pair(
        _ station: SharedCacheStation,
        _ body: String = chatBody(),
        _ headers: Headers = [],
        path: String = "/v1/chat/completions"
    ) throws -> (first: Response, second: Response) {
        let (one, other) = (station.proxies[0], station.proxies[1])
        let first = try station.whenShared(one.send(body, headers, path: path), by: one)
        return (first, try other.send(body, headers, path: path))
    }

    @Test(arguments: ["as_sent", "exact"]) func `what one has answered the other gives again, byte for byte`(
        usage: String
    ) throws {
        let station = try SharedCacheStation(
            routes: "  - {name: all, to: [mock], usage: \(usage)}"
        )
        let message = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
        let requests = [
            ("/v1/chat/completions", chatBody()), ("/v1/chat/completions", chatBody(stream: true)),
            ("/v1/messages", "{\"model\":\"mock-small\",\"max_tokens\":9,\(message)}"),
            ("/v1/messages", "{\"model\":\"mock-small\",\"max_tokens\":9,\"stream\":true,\(message)}"),
            ("/v1/responses", "{\"model\":\"mock-small\",\"input\":\"hi\",\"stream\":true}"),
            ("/api/chat", "{\"model\":\"mock-small\",\(message)}"),
            ("/v1/embeddings", "{\"model\":\"mock-small\",\"input\":[\"a\",\"b\"]}"),
        ]
        for (path, body) in requests {
            let (first, second) = try pair(station, body, path: path)
            #expect(first.status == 200 && first["x-hoosh-cache"] == "MISS", "\(path) \(first.text)")
            #expect(second["x-hoosh-cache"] == "HIT" && second.ending == .complete, "\(path) \(second.text)")
            #expect(uncosted(second) == uncosted(first), "\(path) \(body)")
            #expect(second["content-type"] == first["content-type"] && second["x-hoosh-provider"] == "mock")
            #expect(Int(second["age"] ?? "") != nil && second["x-hoosh-cost-micro-usd"] == "0")
            // It is kept here as well now, and Redis is not asked again.
            let again = try station.proxies[1].send(body, path: path)
            #expect(again["x-hoosh-cache"] == "HIT" && again.body == second.body)
        }
        #expect(try station.forwarded == requests.count)
        let count = requests.count
        let (one, other) = (try station.proxies[0].store(), try station.proxies[1].store())
        #expect(one == ["hits": 0, "misses": count, "errors": 0, "writes": count, "skips": 0])
        #expect(other == ["hits": count, "misses": 0, "errors": 0, "writes": 0, "skips": 0])
        let stats = try station.proxies[1].stats()
        #expect(stats["hits"] == 2 * count && stats["misses"] == 0 && stats["stores"] == 0)
        let page = try MetricsPage(fetch(station.proxies[1].admin, "GET", "/metrics").text)
        #expect(page.value("hoosh_cache_store_requests_total", ["outcome": "hit"]) == Double(count))
    }

    @Test func `a stream keeps its pace on the way`() throws {
        let station = try SharedCacheStation(cache: "stream: replay, pace: recorded")
        let headers: Headers = [("x-mock-events", "6"), ("x-mock-pace-ms", "60")]
        let first = try station.whenShared(
            station.proxies[0].send(chatBody(stream: true), headers),
            by: station.proxies[0]
        )
        let start = Date()
        let second = try station.proxies[1].send(chatBody(stream: true), headers)
        #expect(second.body == first.body && second["x-hoosh-cache"] == "HIT")
        #expect(Date().timeIntervalSince(start) > 0.2)
    }

    @Test func `tenants, keys, models, parameters and classes have answers of their own`() throws {
        let station = try SharedCacheStation(
            cache: "scope: tenant, max_class: internal",
            provider: "key: env:ONE, clearance: restricted, attest: test",
            more: ThreeKeys.section,
            environment: ThreeKeys.tokens
        )
        let header = ThreeKeys.header
        let (one, other) = (station.proxies[0], station.proxies[1])
        let first = try station.whenShared(one.send(chatBody(), header("ONE")), by: one)
        #expect(first.status == 200 && first["x-hoosh-cache"] == "MISS", "\(first.text)")
        let different: [(String, Headers)] = [
            (chatBody(), header("THREE")), (chatBody(model: "mock-large"), header("ONE")),
            (chatBody(extra: "\"temperature\":0.5"), header("ONE")), (chatBody(message: "else"), header("ONE")),
            (chatBody(), header("ONE") + [("x-privacy", "internal")]),
            (chatBody(), header("ONE") + [("openai-project", "p")]),
        ]
        for (body, headers) in different {
            let answer = try station.whenShared(other.send(body, headers), by: other)
            #expect(answer.status == 200 && answer["x-hoosh-cache"] == "MISS", "\(body) \(headers)")
        }
        #expect(try station.forwarded == 1 + different.count)
        #expect(try other.send(chatBody(), header("TWO"))["x-hoosh-cache"] == "HIT")
        for (body, headers) in different { #expect(try one.send(body, headers)["x-hoosh-cache"] == "HIT") }
        // Above the highest class nothing is kept, nor asked for.
        let kept = try station.kept().count
        for proxy in [one, other] {
            let secret = try proxy.send(chatBody(), header("ONE") + [("x-privacy", "confidential")])
            #expect(secret.status == 200 && secret["x-hoosh-cache"] == nil)
        }
        #expect(try station.kept().count == kept && kept == 1 + different.count)
    }

    @Test func `what a client wishes holds for shared answers`() throws {
        let station = try SharedCacheStation()
        let (one, other) = (station.proxies[0], station.proxies[1])
        let only: Headers = [("cache-control", "only-if-cached")]
        try expectError(other.send(chatBody(), only), 504, code: "not_cached")
        _ = try station.whenShared(one.send(), by: one)
        for wish in [("cache-control", "no-store"), ("x-hoosh-cache", "bypass")] {
            #expect(try other.send(chatBody(), [wish])["x-hoosh-cache"] == nil)
        }
        #expect(try other.send(chatBody(), only)["x-hoosh-cache"] == "HIT")
        #expect(try station.forwarded == 3)
        // Asked for afresh, it takes the place of the old one for all.
        let third = try station.start()
        usleep(1_100_000)
        #expect(try third.send(chatBody(), [("cache-control", "max-age=0")])["x-hoosh-cache"] == "MISS")
        let fresh = try third.send(chatBody(message: "again"), [("cache-control", "no-cache")])
        #expect(try station.whenShared(fresh, by: third)["x-hoosh-cache"] == "MISS")
        #expect(try other.send(chatBody(message: "again"))["x-hoosh-cache"] == "HIT")
        #expect(try station.forwarded == 5)
    }

    @Test func `an answer ends everywhere when its time is over`() throws {
        let station = try SharedCacheStation(cache: "ttl: 5s")
        let (one, other) = (station.proxies[0], station.proxies[1])
        _ = try station.whenShared(one.send(), by: one)
        #expect(try other.send()["x-hoosh-cache"] == "HIT")
        #expect(try eventually(seconds: 30) { try other.send()["x-hoosh-cache"] == "MISS" })
        #expect(try station.forwarded == 2)
    }

    @Test(arguments: ["{\"all\":true}", "{\"model\":\"mock-small\"}", "{\"key\":\"one\"}"])
    func `what one invalidates the other gives no more`(choice: String) throws {
        let station = try SharedCacheStation(
            provider: "key: env:ONE",
            more: "auth: {keys: {one: {token: env:ONE}}}",
            environment: ["ONE": "one-0123456789abcdef"]
        )
        let header: Headers = [("authorization", "Bearer one-0123456789abcdef")]
        let (one, other) = (station.proxies[0], station.proxies[1])
        func ask(_ proxy: SharedCacheStation.Proxy, _ model: String = "mock-small") throws -> String? {
            try station.whenShared(proxy.send(chatBody(model: model), header), by: proxy)["x-hoosh-cache"]
        }
        #expect(try ask(one) == "MISS" && ask(other) == "HIT")
        #expect(try ask(one, "mock-large") == "MISS")
        let third = try station.start()
        #expect(try one.invalidate(choice) == "{\"invalidated\":\(choice.contains("model") ? 1 : 2),\"shared\":true}")
        // Who has no copy of his own gives it no more at once; who has one a moment later.
        #expect(try ask(third) == "MISS")
        let before = try station.forwarded
        #expect(try eventually(seconds: 20) { try (other.stats()["invalidations"] ?? 0) > 0 })
        // What was asked since is shared again.
        #expect(try ask(other) == "HIT" && ask(one) == "HIT")
        #expect(try ask(other, "mock-large") == (choice.contains("model") ? "HIT" : "MISS"))
        #expect(try station.forwarded == before + (choice.contains("model") ? 0 : 1))
    }

    @Test func `an answer that was on its way during an invalidation is given to nobody else`() throws {
        let station = try SharedCacheStation()
        let (one, other) = (station.proxies[0], station.proxies[1])
        let headers: Headers = [("x-mock-fault", "slow-head"), ("x-mock-delay-ms", "1500")]
        let mock = station.mock
        try concurrently(2) { number in
            if number == 0 {
                let answer = try one.send(chatBody(), headers)
                #expect(answer.status == 200)
            } else {
                let isAsked = try eventually(seconds: 20) { try mock.counters().requests == 1 }
                let gone = try other.invalidate("{\"all\":true}")
                #expect(isAsked && gone.hasSuffix("\"shared\":true}"))
            }
        }
        _ = try eventually(seconds: 20) { try (one.store()["writes"] ?? 0) == 1 }
        #expect(try other.send(chatBody(), headers)["x-hoosh-cache"] == "MISS")
        #expect(try station.forwarded == 2)
    }

    @Test func `without Redis answers go on, as misses`() throws {
        let station = try SharedCacheStation(state: "timeout: 200ms")
        let (one, other) = (station.proxies[0], station.proxies[1])
        _ = try station.whenShared(one.send(), by: one)
        station.server.hold()
        for number in 0..<8 {
            let answer = try other.send(chatBody(message: "held \(number)"))
            #expect(answer.status == 200 && answer["x-hoosh-cache"] == "MISS")
        }
        #expect(try other.store()["errors"] == 8)
        station.server.goOn()
        #expect(try eventually(seconds: 20) { try other.send(chatBody(message: "\(Date())")).status == 200 })
        station.server.stop()
        let lost = try other.send()
        #expect(lost.status == 200 && lost["x-hoosh-cache"] == "MISS")
        #expect(try other.send()["x-hoosh-cache"] == "HIT", "its own memory goes on")
        try expectError(
            other.send(chatBody(message: "new"), [("cache-control", "only-if-cached")]),
            504,
            code: "not_cached"
        )
        #expect(try other.invalidate("{\"all\":true}").hasSuffix("\"shared\":false}"))
        try station.server.startAgain()
        let isBack = try eventually(seconds: 30) {
            let body = chatBody(message: "\(UUID())")
            _ = try station.whenShared(one.send(body), by: one)
            return try other.send(body)["x-hoosh-cache"] == "HIT"
        }
        #expect(isBack)
    }

    @Test func `what cannot be read is a miss, and replaced`() throws {
        let station = try SharedCacheStation()
        let (one, other) = (station.proxies[0], station.proxies[1])
        let values = ["", "garbage", String(repeating: "x", count: 100_000), "\u{ff}hc\u{1}"]
        for (number, value) in values.enumerated() {
            let body = chatBody(message: "number \(number)")
            let before = Set(try station.kept())
            _ = try station.whenShared(one.send(body), by: one)
            let name = try #require(Set(try station.kept()).subtracting(before).first)
            _ = try station.server.command("SET", name, value, "KEEPTTL")
            let answer = try station.whenShared(other.send(body), by: other)
            #expect(answer.status == 200 && answer["x-hoosh-cache"] == "MISS", "\(number)")
        }
        #expect(try other.store()["errors"] == values.count)
        let third = try station.start()
        for number in values.indices {
            #expect(try third.send(chatBody(message: "number \(number)"))["x-hoosh-cache"] == "HIT")
        }
        // One answer under another's name, and one that would never end.
        let names = try station.kept().sorted()
        let fourth = try station.start()
        _ = try station.server.command("COPY", names[0], names[1], "REPLACE")
        _ = try station.server.command("PERSIST", names[0])
        var misses = 0
        for number in values.indices {
            let answer = try fourth.send(chatBody(message: "number \(number)"))
            #expect(answer.status == 200)
            if answer["x-hoosh-cache"] == "MISS" { misses += 1 }
        }
        #expect(misses == 2)
    }

    @Test func `a large answer stays where it is`() throws {
        let station = try SharedCacheStation()
        let headers: Headers = [("x-mock-events", "3000"), ("x-mock-event-bytes", "200")]
        let (first, second) = try pair(station, chatBody(stream: true), headers)
        #expect(first.status == 200 && first.body.count > 256 << 10)
        #expect(second["x-hoosh-cache"] == "MISS")
        #expect(try station.proxies[0].send(chatBody(stream: true), headers)["x-hoosh-cache"] == "HIT")
        #expect(try station.proxies[0].store()["skips"] == 1 && station.kept().isEmpty)
    }

    @Test func `another route file has answers of its own`() throws {
        let station = try SharedCacheStation(1)
        let one = station.proxies[0]
        _ = try station.whenShared(one.send(), by: one)
        let other = try station.start(with: "# another\n")
        #expect(try other.send()["x-hoosh-cache"] == "MISS")
        #expect(try station.forwarded == 2)
    }
}
