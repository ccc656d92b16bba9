import Foundation
import TestKit
import Testing

/// How the process ends.
@Suite struct EndingTests {
    private let chat = "/v1/chat/completions"

    /// A stream that has begun.
    private func stream(_ station: Station, _ headers: Headers) throws -> RawConnection {
        let connection = try station.connect(timeoutSeconds: 20)
        try connection.request("POST", chat, headers: headers, body: chatBody(stream: true))
        #expect(connection.read(until: "data:") == nil)
        return connection
    }

    private func refusesConnections(_ station: Station) -> Bool {
        eventually {
            guard let connection = try? RawConnection(to: station.address) else { return true }
            // The kernel may still have taken it before the listener was closed.
            return connection.fill(timeoutSeconds: 0.2) != .silence
        }
    }

    @Test func `a running stream ends well, all else is closed`() throws {
        let station = try Station(listen: "drain: 20s")
        let idle = try station.connect()
        #expect(try idle.fetch("GET", "/v1/health").status == 200)
        let running = try stream(station, [("x-mock-events", "60"), ("x-mock-pace-ms", "40")])
        station.proxy.signal(SIGTERM)
        try station.proxy.line(containing: "draining")
        #expect(idle.readToEnd() == ([], .ended))
        #expect(refusesConnections(station))
        #expect(try eventually { try station.ask("/readyz").status == 503 })
        #expect(try object(try station.ask("/readyz"))["status"] as? String == "draining")
        #expect(try station.ask("/healthz").status == 200)
        #expect(try station.ask("/metrics").status == 200)
        let response = running.readResponse()
        #expect(response.ending == .complete)
        #expect(response.events.count == 62 && response.events.last == "[DONE]")
        #expect(running.readToEnd().ending == .ended)
        #expect(try station.proxy.wait() == 0)
        #expect(station.proxy.says("stopped"))
    }

    @Test func `with nothing running it ends at once, on SIGINT too`() throws {
        for signal in [SIGTERM, SIGINT] {
            let station = try Station(listen: "drain: 1h")
            #expect(try station.chat().status == 200)
            station.proxy.signal(signal)
            #expect(try station.proxy.wait() == 0)
        }
    }

    @Test func `a second signal cuts what still runs`() throws {
        let station = try Station(listen: "drain: 1h")
        let running = try stream(station, [("x-mock-fault", "stall"), ("x-mock-after", "2")])
        station.proxy.signal(SIGTERM)
        try station.proxy.line(containing: "draining")
        station.proxy.signal(SIGHUP)
        station.proxy.signal(SIGTERM)
        #expect(try station.proxy.wait() == 0)
        let response = running.readResponse()
        #expect(response.status == 200)
        #expect(response.ending != .complete && response.ending != .silence)
    }

    @Test func `the drain's limit cuts what still runs`() throws {
        let station = try Station(listen: "drain: 300ms")
        let running = try stream(station, [("x-mock-fault", "stall"), ("x-mock-after", "2")])
        station.proxy.signal(SIGTERM)
        #expect(try station.proxy.wait() == 0)
        #expect(running.readResponse().ending != .complete)
    }

    @Test func `an answer that ends with its connection is cut by a reset`() throws {
        let station = try Station(listen: "drain: 1h")
        let running = try stream(
            station,
            [("x-mock-framing", "close"), ("x-mock-events", "10000"), ("x-mock-pace-ms", "20")]
        )
        station.proxy.signal(SIGTERM)
        try station.proxy.line(containing: "draining")
        station.proxy.signal(SIGTERM)
        #expect(try station.proxy.wait() == 0)
        #expect(running.readToEnd().ending == .reset)
    }

    @Test func `a request that is under way when the signal comes is still answered`() throws {
        let station = try Station(listen: "drain: 20s")
        let body = chatBody()
        let connection = try station.connect()
        try connection.send(
            "POST \(chat) HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n"
        )
        #expect(connection.read(until: "100 Continue\r\n\r\n") == nil)
        station.proxy.signal(SIGTERM)
        try station.proxy.line(containing: "draining")
        try connection.send(body)
        let response = connection.readResponse()
        #expect(response.status == 200 && response["connection"] == "close")
        #expect(try station.proxy.wait() == 0)
    }

    @Test func `another process may take over the unix socket during the drain`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("p.sock")
        let old = try Station(client: "unix:\(path)", listen: "drain: 20s")
        let running = try stream(old, [("x-mock-fault", "stall"), ("x-mock-after", "2")])
        old.proxy.signal(SIGTERM)
        try old.proxy.line(containing: "draining")
        #expect(eventually { !FileManager.default.fileExists(atPath: path) })
        let new = try Station(client: "unix:\(path)")
        old.proxy.signal(SIGTERM)
        #expect(try old.proxy.wait() == 0)
        running.close()
        #expect(try new.chat().status == 200)
    }
}
