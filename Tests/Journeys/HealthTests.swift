import TestKit
import Testing

/// Providers that fail are left alone for a while, and asked all the same when there is nobody else.
@Suite struct HealthTests {
    private static let passive = "{mode: passive, unhealthy_after: 3, interval: 30s}"

    @Test(arguments: ["close-before-head", "status"])
    func `after three failures in a row a provider is skipped`(fault: String) throws {
        let journey = try Journey(
            upstreams: 2,
            health: Self.passive,
            routes: FailoverTests.two,
            top: Journey.noRetries
        )
        let client = try journey.connect()
        for number in 0..<8 {
            let got = try client.chat([("fault", fault), ("for", "first")])
            #expect(got.status == 200 && got.provider == "second")
            #expect(got.attempts == (number < 3 ? "2" : "1"))
        }
        #expect(try journey.mocks[0].counters().requests == 3)
        #expect(try journey.metric("hoosh_provider_up", ["provider": "first"]) == 0)
        #expect(try journey.metric("hoosh_provider_up", ["provider": "second"]) == 1)
        let health = try fetch(journey.address, "GET", "/v1/health/providers").text
        #expect(health.contains("\"status\":\"unhealthy\""))
    }

    @Test func `a success in between starts the count again`() throws {
        let journey = try Journey(upstreams: 2, health: Self.passive, routes: FailoverTests.two, top: Journey.noRetries)
        let client = try journey.connect()
        let broken = [("fault", "close-before-head"), ("for", "first")]
        for controls in [broken, broken, [], broken, broken] { _ = try client.chat(controls) }
        #expect(try client.chat().provider == "first")
    }

    @Test func `a provider that rests is asked again after its rest`() throws {
        let journey = try Journey(
            upstreams: 2,
            health: "{mode: passive, unhealthy_after: 1, interval: 300ms}",
            routes: FailoverTests.two,
            top: Journey.noRetries
        )
        let client = try journey.connect()
        #expect(try client.chat([("fault", "close-before-head"), ("for", "first")]).provider == "second")
        #expect(try journey.metric("hoosh_provider_up", ["provider": "first"]) == 0)
        #expect(try eventually(seconds: 60) { try client.chat().provider == "first" })
        #expect(try journey.metric("hoosh_provider_up", ["provider": "first"]) == 1)
    }

    @Test func `when everybody is down one try is made all the same`() throws {
        let journey = try Journey(health: Self.passive, top: Journey.noRetries)
        let client = try journey.connect()
        for _ in 0..<3 { #expect(try client.chat([("fault", "close-before-head")]).status == 502) }
        #expect(try journey.metric("hoosh_provider_up") == 0)
        let got = try client.chat()
        #expect(got.status == 200 && got.attempts == "1")
        #expect(try journey.metric("hoosh_provider_up") == 1, "and the success counts")
    }

    @Test func `without panic everybody down means 503`() throws {
        let journey = try Journey(
            health: Self.passive,
            top: "defaults: {retry: {attempts: 0}, failover: {panic: fail}}"
        )
        let client = try journey.connect()
        for _ in 0..<3 { _ = try client.chat([("fault", "close-before-head")]) }
        let got = try client.chat()
        #expect(got.status == 503 && got.errorCode == "no_healthy_upstream")
        #expect(got["retry-after"] != nil)
        #expect(try journey.mock.counters().requests == 3)
    }

    @Test func `probes find a provider that died and one that came back`() throws {
        let journey = try Journey(
            upstreams: 2,
            health: "{mode: active, path: /health, interval: 100ms, unhealthy_after: 2}",
            routes: FailoverTests.two,
            top: Journey.noRetries
        )
        try journey.mocks[0].setDefaults([("status", "500"), ("for", "first")])
        #expect(try journey.comes("hoosh_provider_up", ["provider": "first"], to: 0))
        #expect(try journey.chat().provider == "second")
        try journey.mocks[0].reset()
        #expect(try journey.comes("hoosh_provider_up", ["provider": "first"], to: 1))
        #expect(try journey.chat().provider == "first")
    }
}
