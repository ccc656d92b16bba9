import Foundation
import TestKit
import Testing

/// Which target of a tier is picked.
@Suite struct StrategyTests {
    private func journey(_ to: String, _ strategy: String, _ more: String = "", upstreams: Int = 2) throws -> Journey {
        // One loop, so that the turns are those of one counter.
        try Journey(
            upstreams: upstreams,
            routes: "  - {name: all, to: \(to), strategy: \(strategy)\(more)}",
            threads: 1
        )
    }

    private func providers(_ journey: Journey, _ count: Int, _ controls: Headers = []) throws -> [String] {
        let client = try journey.connect()
        return try (0..<count).map { _ in try client.chat(stream: false, controls).provider ?? "" }
    }

    @Test func `priority takes the first that lives`() throws {
        let journey = try journey("[[first, second]]", "priority")
        #expect(try providers(journey, 5) == Array(repeating: "first", count: 5))
    }

    @Test func `round-robin takes turns`() throws {
        let journey = try journey("[[first, second, third]]", "round-robin", upstreams: 3)
        #expect(try providers(journey, 6) == ["first", "second", "third", "first", "second", "third"])
    }

    @Test func `weighted round-robin is smooth`() throws {
        let weighted = "[[{provider: first, weight: 5}, {provider: second, weight: 1}, {provider: third, weight: 1}]]"
        let journey = try journey(weighted, "round-robin", upstreams: 3)
        let cycle = ["first", "first", "second", "first", "third", "first", "first"]
        #expect(try providers(journey, 14) == cycle + cycle)
    }

    @Test func `a retry in the tier goes to another target`() throws {
        let journey = try journey("[[first, second]]", "round-robin")
        let got = try journey.chat([("fault", "close-before-head"), ("for", "first")])
        #expect(got.provider == "second" && got.attempts == "2")
    }

    @Test func `least-busy avoids the one that stalls`() throws {
        let journey = try journey("[[first, second]]", "least-busy")
        let busy = try journey.connect()
        try busy.ask([("events", "100"), ("pace-ms", "1000")])
        try #require(busy.read(until: "\n\n") == nil)
        #expect(try providers(journey, 5) == Array(repeating: "second", count: 5))
        busy.close()
        #expect(try journey.comes("hoosh_upstream_requests_in_flight", to: 0))
        #expect(try providers(journey, 1) == ["first"])
    }

    @Test func `least-latency comes to prefer the faster one`() throws {
        let journey = try journey("[[first, second]]", "least-latency", ", ema: {explore: 0%}")
        let slow = [("fault", "slow-head"), ("delay-ms", "60"), ("for", "first")]
        let taken = try providers(journey, 12, slow)
        #expect(taken.prefix(2).sorted() == ["first", "second"], "each is measured once")
        #expect(taken.dropFirst(2).allSatisfy { $0 == "second" }, "\(taken)")
    }

    @Test func `direct asks one target once`() throws {
        let journey = try Journey(
            upstreams: 2,
            health: "{mode: passive, unhealthy_after: 1}",
            routes: "  - {name: all, to: [first], strategy: direct}"
        )
        for _ in 0..<3 {
            let got = try journey.chat([("fault", "close-before-head")])
            #expect(got.status == 502)
        }
        #expect(try journey.mocks[0].counters().requests == 3, "no retry, and health does not matter")
        #expect(try journey.mocks[1].counters().requests == 0)
        #expect(try journey.chat().status == 200)
    }
}
