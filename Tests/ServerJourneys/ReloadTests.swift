import Foundation
import Synchronization
import TestKit
import Testing

@Suite struct ReloadTests {
    /// A file whose only route has this name; `deny` answers 418 instead.
    private func text(_ station: Station, route: String, denies: Bool = false, listen: String = "") -> String {
        let action = denies ? "deny: {status: 418, message: \"\(route)\"}" : "to: [mock]"
        return """
            version: 1
            listen: {address: "127.0.0.1:0", admin: 127.0.0.1:0\(listen)}
            defaults: {retry: {attempts: 0}}
            providers:
              mock: {kind: openai-compatible, url: "\(station.mock.url)/v1", health: {mode: none}}
            routes:
              - {name: \(route), \(action)}

            """
    }

    private func reload(_ station: Station) throws -> Response { try station.ask("/v1/admin/reload", "POST") }

    private func reloads(_ station: Station, _ result: String) throws -> Double? {
        try MetricsPage(station.ask("/metrics").text).value("hoosh_config_reloads_total", ["result": result])
    }

    @Test func `a reload by request takes the new file`() throws {
        let station = try Station(listen: "watch: false")
        #expect(try station.chat()["x-hoosh-route"] == "all")
        let before = try station.chat()["x-hoosh-config"]
        try station.rewrite(text(station, route: "other", listen: ", watch: false"))
        #expect(try station.chat()["x-hoosh-route"] == "all", "nobody has asked yet")
        let answer = try object(reload(station))
        #expect(answer["result"] as? String == "reloaded")
        let response = try station.chat()
        #expect(response["x-hoosh-route"] == "other")
        #expect(response["x-hoosh-config"] == answer["config"] as? String)
        #expect(response["x-hoosh-config"] != before)
        #expect(try reloads(station, "success") == 1 && reloads(station, "failure") == 0)
    }

    @Test func `a reload by signal takes the new file`() throws {
        let station = try Station(listen: "watch: false")
        try station.rewrite(text(station, route: "other"))
        station.proxy.signal(SIGHUP)
        try station.proxy.line(containing: "reloaded on SIGHUP")
        #expect(try station.chat()["x-hoosh-route"] == "other")
    }

    @Test func `a changed file is taken without being asked`() throws {
        let station = try Station()
        try station.rewrite(text(station, route: "other"))
        #expect(try eventually(seconds: 60) { try station.chat()["x-hoosh-route"] == "other" })
        // As an editor does it: another file takes the name.
        try station.replace(text(station, route: "third"))
        #expect(try eventually(seconds: 60) { try station.chat()["x-hoosh-route"] == "third" })
    }

    @Test func `a swapped ConfigMap is taken`() throws {
        let folder = try TemporaryFolder()
        let manager = FileManager.default
        func fill(_ name: String, _ text: String) throws {
            try manager.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
            try folder.write("\(name)/routes.yaml", text)
        }
        let mock = try MockUpstream(models: ["mock-small"])
        func text(_ route: String) -> String {
            """
            version: 1
            listen: {address: "127.0.0.1:0", admin: 127.0.0.1:0}
            providers: {mock: {kind: openai-compatible, url: "\(mock.url)/v1", health: {mode: none}}}
            routes: [{name: \(route), to: [mock]}]

            """
        }
        try fill("..2026_01", text("one"))
        try manager.createSymbolicLink(atPath: folder.file("..data"), withDestinationPath: "..2026_01")
        try manager.createSymbolicLink(atPath: folder.file("routes.yaml"), withDestinationPath: "..data/routes.yaml")
        let proxy = try RunningProgram("hoosh-proxy", ["--routes", folder.file("routes.yaml"), "--threads", "1"])
        let address = try #require(Address(saidIn: try proxy.line(containing: "(client)")))
        try proxy.line(containing: "ready")
        for (number, route) in ["two", "three"].enumerated() {
            // What the kubelet does: a new folder, a new link, one rename.
            try fill("..2026_0\(number + 2)", text(route))
            try manager.createSymbolicLink(atPath: folder.file("..tmp"), withDestinationPath: "..2026_0\(number + 2)")
            #expect(rename(folder.file("..tmp"), folder.file("..data")) == 0)
            let taken = try eventually(seconds: 60) {
                let connection = try RawConnection(to: address)
                let response = try connection.fetch("POST", "/v1/chat/completions", body: chatBody(model: "mock-small"))
                return response["x-hoosh-route"] == route
            }
            #expect(taken, "\(proxy.errors)")
        }
        #expect(try proxy.stop() == 0)
    }

    @Test func `a broken file leaves the old one in place and says what is wrong`() throws {
        let station = try Station(listen: "watch: false")
        let before = try station.chat()["x-hoosh-config"]
        try station.rewrite(text(station, route: "other").replacingOccurrences(of: "to:", with: "too:"))
        let answer = try reload(station)
        #expect(answer.status == 422)
        let body = try object(answer)
        #expect(body["result"] as? String == "refused" && body["config"] as? String == before)
        let lint = try #require(body["lint"] as? [String: Any])
        #expect(lint["schema"] as? String == "lint-v1")
        let codes = (lint["problems"] as? [[String: Any]] ?? []).compactMap { $0["code"] as? String }
        #expect(codes.contains("HP101"))
        #expect(station.proxy.says("error[HP101]: unknown key `too`"))
        #expect(station.proxy.says("not reloaded on POST /v1/admin/reload"))
        let response = try station.chat()
        #expect(response["x-hoosh-route"] == "all" && response["x-hoosh-config"] == before)
        let config = try object(station.ask("/v1/admin/config"))
        let failure = try #require(config["last_error"] as? [String: Any])
        #expect((failure["message"] as? String ?? "").contains("error"))
        #expect(try reloads(station, "failure") == 1)
        try station.rewrite(text(station, route: "other"))
        #expect(try reload(station).status == 200)
        #expect(try object(station.ask("/v1/admin/config"))["last_error"] is NSNull)
    }

    @Test(arguments: [
        (
            "address: \"127.0.0.1:0\"", "address: \"127.0.0.1:1\"",
            "`listen.address` changed from 127.0.0.1:0 to 127.0.0.1:1"
        ),
        (
            "address: \"127.0.0.1:0\"", "address: \"127.0.0.2:0\"",
            "`listen.address` changed from 127.0.0.1:0 to 127.0.0.2:0"
        ),
        ("admin: 127.0.0.1:0", "admin: 127.0.0.1:1", "`listen.admin` changed from 127.0.0.1:0 to 127.0.0.1:1"),
        ("admin: 127.0.0.1:0", "admin: none", "`listen.admin` changed from 127.0.0.1:0 to none"),
    ])
    func `another address to listen on needs a restart and says so`(old: String, new: String, said: String) throws {
        let station = try Station(listen: "watch: false")
        let before = try station.chat()["x-hoosh-config"]
        let same = text(station, route: "other")
        let changed = same.replacingOccurrences(of: old, with: new)
        #expect(changed != same)
        try station.rewrite(changed)
        let answer = try reload(station)
        #expect(answer.status == 422)
        let message = try object(answer)["message"] as? String ?? ""
        #expect(
            message == "not reloaded on POST /v1/admin/reload: \(said), which needs a restart; "
                + "configuration \(before ?? "") goes on"
        )
        try station.proxy.line(containing: message)
        // What ran goes on, where it was, with all it had.
        let response = try station.chat()
        #expect(response["x-hoosh-route"] == "all" && response["x-hoosh-config"] == before)
        #expect(try reloads(station, "failure") == 1)
        try station.rewrite(same)
        #expect(try reload(station).status == 200)
        #expect(try station.chat()["x-hoosh-route"] == "other")
    }

    @Test func `the configuration that runs can be asked for`() throws {
        let station = try Station(listen: "watch: false")
        let config = try object(station.ask("/v1/admin/config"))
        #expect(config["path"] as? String == station.file)
        #expect(config["files"] as? [String] == [station.file])
        #expect(config["config"] as? String == (try station.chat())["x-hoosh-config"])
        #expect(config["last_error"] is NSNull)
        #expect(abs((config["loaded"] as? Double ?? 0) - Date().timeIntervalSince1970) < 600)
        #expect(config["watch"] as? Bool == false)
    }

    @Test func `only POST reloads, and not for a page in a browser`() throws {
        let station = try Station(listen: "watch: false")
        #expect(try station.ask("/v1/admin/reload").status == 405)
        let connection = try RawConnection(to: station.admin)
        let answer = try connection.fetch("POST", "/v1/admin/reload", headers: [("origin", "http://example.com")])
        #expect(answer.status == 403)
        #expect(try reloads(station, "success") == 0)
    }

    @Test func `the state tells of providers and of no address`() throws {
        let station = try Station(provider: "key: env:K", environment: ["K": "sk-secret-value"])
        #expect(try station.chat().status == 200)
        // The client may have its answer before the loop has put its numbers down.
        let isSettled = try eventually {
            let text = try station.ask("/v1/admin/state").text
            return text.contains("\"in_flight\":0") && text.contains("\"microseconds\"")
        }
        #expect(isSettled)
        let answer = try station.ask("/v1/admin/state")
        let provider = try #require((try object(answer)["providers"] as? [[String: Any]])?.first)
        #expect(provider["provider"] as? String == "mock" && provider["up"] as? Bool == true)
        #expect(provider["in_flight"] as? Int == 0 && provider["clearance"] as? String != nil)
        let cells = try #require(provider["latency"] as? [[String: Any]])
        #expect(cells.count == 1 && cells[0]["microseconds"] as? Int ?? 0 > 0)
        #expect(!answer.text.contains("127.0.0.1") && !answer.text.contains("sk-secret"))
    }

    @Test func `a request that runs keeps the file it began with`() throws {
        let station = try Station(listen: "watch: false")
        let connection = try station.connect()
        let controls = [("x-mock-events", "20"), ("x-mock-pace-ms", "50")]
        try connection.request(
            "POST",
            "/v1/chat/completions",
            headers: controls,
            body: chatBody(model: "mock-small", stream: true)
        )
        _ = connection.read(until: "data:")
        try station.rewrite(text(station, route: "closed", denies: true))
        #expect(try reload(station).status == 200)
        #expect(try station.chat().status == 418)
        let response = connection.readResponse(to: "POST")
        #expect(response.status == 200 && response.ending == .complete)
        #expect(response["x-hoosh-route"] == "all")
        // The connection's next request goes by the new file.
        let next = try connection.fetch("POST", "/v1/chat/completions", body: chatBody(model: "mock-small"))
        #expect(next.status == 418)
    }

    @Test func `counters, kept connections and health outlive a reload`() throws {
        let station = try Station(listen: "watch: false")
        for _ in 0..<3 { #expect(try station.chat().status == 200) }
        try station.rewrite(text(station, route: "all") + "# changed\n")
        #expect(try reload(station).status == 200)
        let opened = try station.mock.counters().connectionsOpened
        for _ in 0..<3 { #expect(try station.chat().status == 200) }
        let page = try MetricsPage(station.ask("/metrics").text)
        #expect(page.value("hoosh_requests_total", ["route": "all", "status": "200"]) == 6)
        #expect(page.value("hoosh_upstream_tries_total", ["provider": "mock"]) == 6)
        // Each loop had at most one connection, and none was thrown away.
        #expect(try station.mock.counters().connectionsOpened <= max(opened, 2))
    }

    @Test func `two thousand requests with reloads back to back lose none`() throws {
        let station = try Station(listen: "watch: false")
        let done = Flag()
        let rounds = Mutex(0)
        let reloading = Thread {
            while !done.isSet {
                let number = rounds.withLock { rounds in
                    rounds += 1
                    return rounds
                }
                // Every other file has another provider too, so pools come and go.
                var file = self.text(station, route: "r\(number % 2)", listen: ", watch: false")
                if number % 3 == 0 { file = file.replacingOccurrences(of: "routes:\n", with: "nonsense: 1\nroutes:\n") }
                if number % 2 == 0 {
                    file = file.replacingOccurrences(
                        of: "mode: none}",
                        with: "mode: none}, headers: {x-n: \"\(number)\"}"
                    )
                }
                try? station.replace(file)
                _ = try? self.reload(station)
            }
            done.end()
        }
        reloading.start()
        try concurrently(4) { worker in
            let connection = try station.connect(timeoutSeconds: 120)
            var number = 0
            // A busy machine reloads seldom: then they go on until there were enough.
            while number < 500 || number < 20_000 && rounds.withLock({ $0 }) < 16 {
                number += 1
                let streams = number % 4 == 0
                let response = try connection.fetch(
                    "POST",
                    "/v1/chat/completions",
                    body: chatBody(model: "mock-small", stream: streams)
                )
                #expect(response.status == 200 && response.ending == .complete, "\(worker) \(number) \(response.text)")
            }
        }
        done.set()
        #expect(eventually(seconds: 60) { done.hasEnded })
        let good = try reloads(station, "success") ?? 0
        let bad = try reloads(station, "failure") ?? 0
        #expect(good > 5 && bad > 2, "\(good) and \(bad) reloads")
        let page = try MetricsPage(station.ask("/metrics").text)
        #expect(page.value("hoosh_upstream_requests_in_flight", ["provider": "mock"]) == 0)
    }
}

/// Two facts that threads tell one another.
private final class Flag: Sendable {
    private let state = Mutex((set: false, ended: false))
    var isSet: Bool { state.withLock { $0.set } }
    var hasEnded: Bool { state.withLock { $0.ended } }
    func set() { state.withLock { $0.set = true } }
    func end() { state.withLock { $0.ended = true } }
}
