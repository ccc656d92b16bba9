import TestKit
import Testing

/// What happens when the proxy has no file descriptor left.
@Suite struct ShortageTests {
    @Test func `its own shortage is no fault of the provider's`() throws {
        let journey = try Journey(
            health: "{mode: passive, unhealthy_after: 1, interval: 1h}",
            top: Journey.noRetries,
            threads: 1,
            under: ["/bin/sh", "-c", "ulimit -n 40; exec \"$@\"", "sh"]
        )
        let asker = try journey.connect()
        // A request of another path, so that the connection is known to be taken, and no upstream is kept.
        #expect(try asker.fetch("GET", "/v1/health").status == 200)
        var crowd: [RawConnection] = []
        for _ in 0..<60 { crowd.append(try journey.connect()) }
        let full = try eventually(seconds: 60) {
            try asker.fetch("POST", "/v1/chat/completions", body: chatBody()).status == 503
        }
        #expect(full)
        let response = try asker.fetch("POST", "/v1/chat/completions", body: chatBody())
        #expect(response.status == 503 && response.errorCode == "proxy_exhausted")
        #expect(response.errorMessage.contains("ulimit -n"))
        for connection in crowd { connection.close() }
        let well = try eventually(seconds: 60) {
            try asker.fetch("POST", "/v1/chat/completions", body: chatBody()).status == 200
        }
        #expect(well, "the provider never counted as down")
        #expect(try journey.metric("hoosh_provider_up", ["provider": "first"]) == 1)
        #expect(try journey.metric("hoosh_upstream_failures_total", ["reason": "no_descriptor"]) ?? 0 > 0)
        #expect(try journey.metric("hoosh_upstream_failures_total", ["reason": "connect"]) == nil)
    }
}
