import TestKit
import Testing

/// A client that leaves takes its upstream request with it, at once; one that stays leaves the connection pooled.
@Suite struct DisconnectTests {
    /// What the client waits for before it leaves, and what the mock does meanwhile.
    enum Moment: String, CaseIterable {
        case beforeTheHead, beforeTheFirstByte, mid

        func controls(stream: Bool) -> Headers {
            switch (self, stream) {
            case (.beforeTheHead, _): [("fault", "slow-head"), ("delay-ms", "3000")]
            case (.beforeTheFirstByte, _): [("fault", "late-first-event"), ("delay-ms", "3000")]
            case (.mid, true): [("events", "50"), ("pace-ms", "1000")]
            case (.mid, false):
                [("framing", "chunked"), ("body-bytes", "9000"), ("chunk-bytes", "1000"), ("pace-ms", "1000")]
            }
        }
    }

    @Test(arguments: [true, false], Moment.allCases)
    func `the upstream is cancelled before its next event`(stream: Bool, moment: Moment) throws {
        let journey = try Journey(threads: 1, arguments: ["--access-log"])
        let client = try journey.connect()
        try client.ask(stream: stream, moment.controls(stream: stream))
        try #require(try eventually(seconds: 60) { try journey.mock.counters().requests == 1 })
        if moment == .mid {
            try #require(client.read(until: stream ? "\n\n" : "{") == nil)
        }
        client.close()
        let seen = try journey.mock.lastEnded(seconds: 60)
        #expect(seen.ended == "peer-closed")
        #expect(try #require(seen.beforeDueNs) > 0)
        if moment != .mid { #expect(seen.eventsSent == 0) }
        #expect(try journey.comes("hoosh_clients_left_total", to: 1))
        #expect(try journey.comes("hoosh_upstream_requests_in_flight", to: 0))
        #expect(eventually(seconds: 60) { journey.accessLog.count == 1 })
        #expect(journey.accessLog.first?.contains("\"status\":499") == true)
        #expect(try eventually(seconds: 60) { try journey.mock.counters().openNow == 0 })
    }

    @Test func `a reset by the client cancels the upstream too`() throws {
        let journey = try Journey(threads: 1)
        let client = try journey.connect()
        try client.ask(Moment.mid.controls(stream: true))
        try #require(client.read(until: "\n\n") == nil)
        client.reset()
        let seen = try journey.mock.lastEnded(seconds: 60)
        #expect(seen.ended == "peer-closed")
        #expect(try #require(seen.beforeDueNs) > 0)
        #expect(try journey.comes("hoosh_clients_left_total", to: 1))
    }

    @Test func `the upstream over TLS is cancelled too`() throws {
        let certificates = try Certificates.shared()
        let mock = try MockUpstream(models: ["first"], certificates: certificates)
        let journey = try Journey(mocks: [mock], providers: ["tls: {ca: \(certificates.authority)}"], threads: 1)
        let client = try journey.connect()
        try client.ask(Moment.mid.controls(stream: true))
        try #require(client.read(until: "\n\n") == nil)
        client.close()
        let seen = try mock.lastEnded(seconds: 60)
        #expect(seen.ended == "peer-closed")
        #expect(try #require(seen.beforeDueNs) > 0)
    }

    @Test(arguments: [true, false])
    func `a client that leaves while its request waits for another try ends that`(stream: Bool) throws {
        let journey = try Journey(
            threads: 1,
            arguments: ["--access-log"]
        )
        let client = try journey.connect()
        try client.ask(stream: stream, [("status", "429"), ("retry-after", "5")])
        try #require(try eventually(seconds: 60) { try journey.mock.counters().requests == 1 })
        client.close()
        #expect(try journey.comes("hoosh_clients_left_total", to: 1))
        #expect(try journey.mock.counters().requests == 1)
        #expect(eventually(seconds: 60) { journey.accessLog.count == 1 })
        #expect(journey.accessLog.last?.contains("\"status\":499") == true)
    }

    @Test func `after a whole answer the connection stays for the next`() throws {
        let journey = try Journey(threads: 1)
        for number in 0..<6 {
            // Clients come and go; the upstream's connection does not.
            let client = try journey.connect()
            let answer = try client.chat(stream: number % 2 == 0)
            #expect(answer.ending == .complete)
            client.close()
        }
        #expect(try journey.mock.counters().connectionsOpened == 1)
        #expect(try journey.metric("hoosh_upstream_connections_opened_total") == 1)
        #expect(try journey.metric("hoosh_upstream_connections_reused_total") == 5)
        #expect(try journey.metric("hoosh_upstream_connections_idle") == 1)
        #expect(try journey.metric("hoosh_clients_left_total") == 0)
    }

    @Test func `a client that leaves after its whole answer is not counted as gone`() throws {
        let journey = try Journey(threads: 1, arguments: ["--access-log"])
        let client = try journey.connect()
        _ = try client.chat([("framing", "length")])
        client.close()
        #expect(try journey.comes("hoosh_client_connections_open", to: 1))
        #expect(try journey.metric("hoosh_clients_left_total") == 0)
        #expect(eventually(seconds: 60) { journey.accessLog.count == 1 })
        #expect(journey.accessLog.first?.contains("\"status\":200") == true)
    }
}
