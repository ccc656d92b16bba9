import Foundation
import Glibc
import TestKit
import Testing

@Suite struct AuditJourneys {
    @Test func `a request is written down with who, what, why, where and what it took`() throws {
        let audit = try AuditStation(more: "privacy: {rules: [{tag: legal, class: internal, header: {x-team: legal}}]}")
        let response = try audit.station.chat(headers: [("x-team", "legal"), ("x-request-id", "asked-1")])
        #expect(response.status == 200)
        let line = try audit.line { $0["request_id"] as? String == "asked-1" }
        #expect(line["type"] as? String == "request" && line["decision"] as? String == "forwarded")
        #expect(line["method"] as? String == "POST" && line["path"] as? String == "/v1/chat/completions")
        #expect((line["peer"] as? String)?.hasPrefix("127.0.0.1:") == true)
        #expect(line["model"] as? String == "mock-small" && line["model_used"] as? String == "mock-small")
        #expect(line["route"] as? String == "all" && line["provider"] as? String == "mock")
        #expect(line["class"] as? String == "internal" && line["tags"] as? [String] == ["legal"])
        #expect(line["status"] as? Int == 200 && line["client_left"] as? Bool == false)
        let tokens = try #require(line["tokens"] as? [String: Any])
        #expect((tokens["input"] as? Int ?? 0) > 0 && tokens["estimated"] as? Bool == false)
        #expect((line["tries"] as? [[String: String]]) == [["provider": "mock", "outcome": "answered 200"]])
        #expect(line["config"] as? String == response["x-hoosh-config"])
        let body = try #require(line["body"] as? [String: Any])
        #expect((body["sha256"] as? String)?.count == 64 && body["text"] is NSNull)
        let text = try String(contentsOfFile: audit.log, encoding: .utf8)
        #expect(!text.contains(AuditStation.secret))
    }

    @Test func `callers are told by name, strangers too, and no token is ever written`() throws {
        let token = "tok-live-0123456789abcdef0123456789abcdef"
        let audit = try AuditStation(
            more: "auth: {keys: {app: {token: env:APP_TOKEN, tenant: acme, models: [\"mock-*\"]}}}",
            environment: ["APP_TOKEN": token]
        )
        let key = ("authorization", "Bearer \(token)")
        _ = try audit.station.chat(headers: [key, ("x-request-id", "known")])
        let known = try audit.line { $0["request_id"] as? String == "known" }
        #expect(known["key"] as? String == "app" && known["tenant"] as? String == "acme")
        #expect(try audit.station.chat(headers: [("authorization", "Bearer \(token)x")]).status == 401)
        let stranger = try audit.line { $0["status"] as? Int == 401 }
        #expect(stranger["code"] as? String == "invalid_api_key" && stranger["key"] is NSNull)
        #expect(stranger["decision"] as? String == "refused" && stranger["peer"] is String)
        #expect(try audit.station.chat(model: "other", headers: [key]).status == 403)
        let denied = try audit.line { $0["code"] as? String == "model_not_allowed" }
        #expect(denied["key"] as? String == "app")
        #expect(try !String(contentsOfFile: audit.log, encoding: .utf8).contains("tok-live"))
    }

    @Test func `refusals, admin calls and reloads are written down, probes are not`() throws {
        let audit = try AuditStation(listen: "watch: false")
        let station = audit.station
        _ = try station.chat(model: "closed-1")
        let denied = try audit.line { $0["code"] as? String == "route_forbidden" }
        #expect(denied["decision"] as? String == "refused" && denied["status"] as? Int == 403)
        _ = try station.connect().fetch("POST", "/v1/chat/completions", body: "{")
        _ = try audit.line { $0["code"] as? String == "invalid_json" }
        _ = try station.connect().fetch("GET", "/nothing")
        _ = try audit.line { $0["code"] as? String == "not_found" && $0["path"] as? String == "/nothing" }
        _ = try station.connect().fetch("GET", "/v1/models")
        _ = try audit.line { $0["path"] as? String == "/v1/models" && $0["decision"] as? String == "answered" }
        for path in ["/healthz", "/readyz", "/metrics"] { #expect(try station.ask(path).status == 200) }
        _ = try station.ask("/v1/admin/state")
        _ = try audit.line { $0["type"] as? String == "admin" && $0["path"] as? String == "/v1/admin/state" }
        #expect(try station.ask("/v1/admin/reload", "POST").status == 200)
        let good = try audit.line { $0["type"] as? String == "reload" }
        #expect(good["result"] as? String == "reloaded" && good["cause"] as? String == "POST /v1/admin/reload")
        try station.rewrite("version: 1\nroutes: []\n")
        #expect(try station.ask("/v1/admin/reload", "POST").status == 422)
        _ = try audit.line { $0["type"] as? String == "reload" && $0["result"] as? String == "refused" }
        #expect(try !audit.lines().contains { ["/healthz", "/readyz", "/metrics"].contains($0["path"] as? String) })
        let page = try MetricsPage(station.ask("/metrics").text)
        #expect(page.value("hoosh_audit_up", [:]) == 1 && page.value("hoosh_audit_denied_total", [:]) == 0)
        #expect(try station.proxy.stop() == 0)
        let result = try audit.verify()
        #expect(result.status == 0 && result.output.contains("as it was written"), "\(result.output)\(result.errors)")
        #expect(try audit.lines().last?["type"] as? String == "stop")
    }

    @Test func `bodies are kept whole only where the settings and the class allow that`() throws {
        let audit = try AuditStation(", body: full, max_class: internal")
        _ = try audit.station.chat(headers: [("x-request-id", "open"), ("x-privacy", "internal")])
        let open = try audit.line { $0["request_id"] as? String == "open" }
        #expect(((open["body"] as? [String: Any])?["text"] as? String)?.contains("\"mock-small\"") == true)
        _ = try audit.station.chat(headers: [("x-request-id", "closed"), ("x-privacy", "confidential")])
        let closed = try audit.line { $0["request_id"] as? String == "closed" }
        let body = try #require(closed["body"] as? [String: Any])
        #expect(body["text"] is NSNull && (body["sha256"] as? String)?.count == 64)
        let none = try AuditStation(", body: none")
        _ = try none.station.chat(headers: [("x-request-id", "none")])
        #expect(try none.line { $0["request_id"] as? String == "none" }["body"] is NSNull)
    }

    @Test func `the admin listener tells the last entries and whether they are as they were written`() throws {
        let audit = try AuditStation()
        // One line after the other: two loops write in the order in which they settle.
        for number in 0..<5 {
            _ = try audit.station.chat(headers: [("x-request-id", "r-\(number)")])
            _ = try audit.line { $0["request_id"] as? String == "r-\(number)" }
        }
        func page(_ query: String = "") throws -> [String: Any] { try object(audit.station.ask("/v1/audit\(query)")) }
        let all = try page()
        #expect(all["verified"] as? Bool == true && all["faults"] as? [String] == [])
        let some = try page("?type=request&status=200&limit=2")
        let ids = (some["entries"] as? [[String: Any]] ?? []).map { $0["request_id"] as? String }
        #expect(ids == ["r-3", "r-4"])
        #expect(try audit.station.ask("/v1/audit?secret=1").status == 400)
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: audit.log)))
        bytes[bytes.count / 3] ^= 1
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: audit.log))
        try handle.write(contentsOf: Data(bytes))
        let changed = try page()
        #expect(changed["verified"] as? Bool == false && (changed["faults"] as? [String] ?? []).count >= 1)
        #expect(try Station().ask("/v1/audit").status == 404)
    }

    @Test func `killed and started again, it goes on with its chain`() throws {
        let audit = try AuditStation(", rotate: 4KiB")
        for _ in 0..<20 { _ = try audit.station.chat() }
        func requests() throws -> Int {
            let files = try FileManager.default.contentsOfDirectory(atPath: audit.folder.path)
            return try files.filter { $0.hasPrefix("audit.log") && !$0.contains("head") }.flatMap {
                try AuditStation.lines(audit.folder.file($0), skippingTorn: true)
            }.count { $0["path"] as? String == "/v1/chat/completions" }
        }
        #expect(try eventually(seconds: 60) { try requests() == 20 })
        audit.station.proxy.signal(SIGKILL)
        try audit.station.proxy.wait()
        // As a crash in the middle of a line leaves it.
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: audit.log))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("{\"seq\":99,\"time\":\"20".utf8))
        try handle.close()
        #expect(try audit.verify().status == 1)
        let next = try audit.again()
        #expect(next.errors.contains("cut off by a crash; sealed"))
        #expect(try next.stop() == 0)
        let result = try audit.verify(["--json"])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("\"verified\":true") && result.output.contains("\"sealed\":1"))
        let files = try FileManager.default.contentsOfDirectory(atPath: audit.folder.path)
        #expect(try requests() == 20, "nothing before it is lost")
        #expect(files.contains("audit.log.1") && files.contains("audit.log.2"))
    }

    @Test func `a log that was changed is not gone on with`() throws {
        let audit = try AuditStation()
        for _ in 0..<3 { _ = try audit.station.chat() }
        #expect(try audit.station.proxy.stop() == 0)
        let whole = try Data(contentsOf: URL(fileURLWithPath: audit.log))
        var changed = whole
        changed[changed.count / 2] ^= 1
        try changed.write(to: URL(fileURLWithPath: audit.log))
        let verdict = try audit.verify()
        #expect(verdict.status == 1 && verdict.output.contains("was changed"))
        let refused = try run("hoosh-proxy", ["--routes", audit.station.file])
        #expect(refused.status == 1 && refused.errors.contains("was changed"))
        try whole.dropLast(200).write(to: URL(fileURLWithPath: audit.log))
        let cut = try run("hoosh-proxy", ["--routes", audit.station.file])
        #expect(cut.status == 1 && cut.errors.contains("its end was cut off"))
        #expect(!cut.errors.contains(AuditStation.secret))
        try whole.write(to: URL(fileURLWithPath: audit.log))
        #expect(try audit.again().stop() == 0)
        let wrong = try run(
            "hoosh-proxy",
            ["audit", "verify", "--key", "env:WRONG", audit.log],
            environment: ["WRONG": "x"]
        )
        #expect(wrong.status == 1 && wrong.output.contains("another key"))
        #expect(try run("hoosh-proxy", ["audit", "verify", "--key", "env:NOT_SET", audit.log]).status == 2)
        #expect(try run("hoosh-proxy", ["audit", "verify"]).status == 2)
    }

    @Test func `a reload changes how it is written, but not where or with which key`() throws {
        let audit = try AuditStation(listen: "watch: false")
        let text = try String(contentsOfFile: audit.station.file, encoding: .utf8)
        func reload(_ old: String, _ new: String) throws -> [String: Any] {
            try audit.station.rewrite(text.replacingOccurrences(of: old, with: new))
            return try object(audit.station.ask("/v1/admin/reload", "POST"))
        }
        let moved = try reload("audit.log", "other.log")
        #expect((moved["message"] as? String)?.contains("`audit.path` changed, which needs a restart") == true)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("audit:") })
        #expect((try reload(String(line), "")["message"] as? String)?.contains("`audit` was removed") == true)
        #expect(try reload("sync: 50ms", "sync: 50ms, body: none")["result"] as? String == "reloaded")
        _ = try audit.station.chat(headers: [("x-request-id", "after")])
        #expect(try audit.line { $0["request_id"] as? String == "after" }["body"] is NSNull)
        try "a-secret-that-is-quite-another-one-02".write(
            toFile: audit.folder.file("key"),
            atomically: false,
            encoding: .utf8
        )
        let other = try reload("sync: 50ms", "sync: 51ms")
        #expect((other["message"] as? String)?.contains("`audit.key` changed, which needs a restart") == true)
    }

    @Test func `failed tries, broken streams and clients that leave are told as they went`() throws {
        let audit = try AuditStation(providers: AuditStation.dead, routes: "  - {name: all, to: [dead, mock]}")
        _ = try audit.station.chat(stream: true, headers: [("x-request-id", "tried")])
        let tried = try audit.line { $0["request_id"] as? String == "tried" }
        let tries = try #require(tried["tries"] as? [[String: String]])
        #expect(tries.map { $0["provider"] } == ["dead", "mock"] && tried["provider"] as? String == "mock")
        #expect(tries[0]["outcome"]?.contains("could not be reached") == true && tried["stream"] as? Bool == true)
        let broken = [("x-request-id", "broken"), ("x-mock-fault", "reset"), ("x-mock-after", "3")]
        _ = try audit.station.chat(stream: true, headers: broken)
        let line = try audit.line { $0["request_id"] as? String == "broken" }
        #expect((line["tries"] as? [[String: String]])?.last?["outcome"]?.contains("after it had begun") == true)
        let client = try audit.station.connect()
        let controls = [("x-request-id", "left"), ("x-mock-fault", "slow-head"), ("x-mock-delay-ms", "5000")]
        try client.request("POST", "/v1/chat/completions", headers: controls, body: chatBody(stream: true))
        let before = try audit.station.forwarded
        #expect(try eventually { try audit.station.forwarded > before || audit.station.forwarded >= 3 })
        client.close()
        let left = try audit.line { $0["request_id"] as? String == "left" }
        #expect(left["client_left"] as? Bool == true && left["status"] as? Int == 499)
        #expect((left["tokens"] as? [String: Any])?["estimated"] as? Bool == true)
    }

    @Test func `what no provider can answer is written down with its code`() throws {
        let audit = try AuditStation(providers: AuditStation.dead, routes: "  - {name: all, to: [dead]}")
        let answer = try audit.station.chat(headers: [("x-request-id", "gone")])
        try expectError(answer, 502, code: "upstream_error")
        let line = try audit.line { $0["request_id"] as? String == "gone" }
        #expect(line["decision"] as? String == "refused" && line["code"] as? String == "upstream_error")
        #expect(line["provider"] is NSNull && line["status"] as? Int == 502)
    }
}
