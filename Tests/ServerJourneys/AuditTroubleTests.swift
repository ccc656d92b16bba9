import Foundation
import Glibc
import TestKit
import Testing

/// What happens while the audit log cannot be written.
@Suite struct AuditTroubleTests {
    @Test(arguments: ["deny", "continue"])
    func `a folder that is gone stops new requests, or not, until it is back`(onFailure: String) throws {
        let audit = try AuditStation(", on_failure: \(onFailure)")
        #expect(try audit.station.chat().status == 200)
        let moved = audit.folder.path + "-moved"
        #expect(rename(audit.folder.path, moved) == 0)
        defer { try? FileManager.default.removeItem(atPath: moved) }
        try audit.station.proxy.line(containing: "THE LOG CANNOT BE WRITTEN")
        let before = try audit.station.forwarded
        let answer = try audit.station.chat()
        if onFailure == "deny" {
            try expectError(answer, 503, code: "audit_unavailable")
            #expect(answer["retry-after"] == "1")
            #expect(try audit.station.forwarded == before, "nobody was asked")
        } else {
            #expect(answer.status == 200)
        }
        #expect(try audit.station.connect().fetch("GET", "/v1/health").status == 200)
        #expect(try MetricsPage(audit.station.ask("/metrics").text).value("hoosh_audit_up", [:]) == 0)
        #expect(mkdir(audit.folder.path, 0o700) == 0)
        #expect(
            try eventually(seconds: 60) {
                try MetricsPage(audit.station.ask("/metrics").text).value("hoosh_audit_up", [:]) == 1
            }
        )
        #expect(try audit.station.chat().status == 200)
        let line = try audit.line { $0["type"] as? String == "resumed" }
        #expect(line["denied"] as? Int == (onFailure == "deny" ? 1 : 0) && line["lost"] as? Int == 0)
    }

    @Test func `a disk that is full stops new requests, and loses no line`() throws {
        let folder = try TemporaryFolder()
        try folder.write("key", AuditStation.secret)
        let mock = try MockUpstream(models: ["mock-small"])
        let file = try folder.write(
            "routes.yaml",
            """
            version: 1
            listen: {address: "127.0.0.1:0", admin: 127.0.0.1:0}
            providers: {mock: {kind: openai-compatible, url: "\(mock.url)/v1", health: {mode: none}}}
            audit: {path: \(folder.file("audit.log")), key: "file:\(folder.file("key"))", sync: 50ms}
            routes: [{name: all, to: [mock]}]

            """
        )
        // A limit on the size of files stands for a full disk: the write that would pass it is cut short.
        let program = "\(RunningProgram.folder)/hoosh-proxy"
        let script = "ulimit -S -f 8; exec '\(program)' --routes '\(file)' --threads 1"
        let proxy = try RunningProgram("bash", ["-c", script], tool: true)
        let address = try #require(Address(saidIn: try proxy.line(containing: "(client)")))
        try proxy.line(containing: "ready")
        func ask(_ id: String) throws -> Response {
            try RawConnection(to: address).fetch(
                "POST",
                "/v1/chat/completions",
                headers: [("x-request-id", id)],
                body: chatBody(model: "mock-small")
            )
        }
        var served: [String] = []
        let isStopped = try eventually(seconds: 60) {
            let id = "full-\(served.count)"
            let answer = try ask(id)
            guard answer.status == 503 else {
                served.append(id)
                return false
            }
            try expectError(answer, 503, code: "audit_unavailable")
            return true
        }
        #expect(isStopped && served.count > 3)
        #expect(try run("prlimit", ["--pid", "\(proxy.pid)", "--fsize=unlimited"], tool: true).status == 0)
        #expect(
            try eventually(seconds: 60) {
                let id = "full-\(served.count)"
                let isServed = try ask(id).status == 200
                if isServed { served.append(id) }
                return isServed
            }
        )
        #expect(try proxy.stop() == 0)
        let written = try AuditStation.lines(folder.file("audit.log")).compactMap { $0["request_id"] as? String }
        #expect(Set(written).isSuperset(of: served), "what was served is written down")
        let result = try run(
            "hoosh-proxy",
            ["audit", "verify", "--key", "file:\(folder.file("key"))", folder.file("audit.log")]
        )
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func `what the admin changes has to be written down, too`() throws {
        let audit = try AuditStation(more: "cache: {mode: exact}")
        let station = audit.station
        #expect(try station.whenKept(station.chat()).status == 200)
        let spent = try eventually { try object(station.ask("/v1/costs"))["total_requests"] as? Int == 1 }
        #expect(spent)
        let moved = audit.folder.path + "-moved"
        #expect(rename(audit.folder.path, moved) == 0)
        defer { try? FileManager.default.removeItem(atPath: moved) }
        try station.proxy.line(containing: "THE LOG CANNOT BE WRITTEN")
        let calls: [(String, String, String?)] = [
            ("POST", "/v1/costs/reset", nil), ("POST", "/v1/cache/invalidate", "{\"all\":true}"),
            ("POST", "/v1/admin/reload", nil), ("GET", "/v1/audit", nil), ("GET", "/v1/costs", nil),
        ]
        for (method, path, body) in calls {
            let answer = try fetch(station.admin, method, path, body: body)
            let error = try expectError(answer, 503, code: "audit_unavailable")
            #expect(error.message.contains("the audit log cannot be written"), "\(path)")
            #expect(answer["retry-after"] == "1")
        }
        for path in ["/v1/tokens/pools", "/v1/models"] {
            try expectError(station.connect().fetch("GET", path), 503, code: "audit_unavailable")
        }
        let reads = [
            "/healthz", "/readyz", "/metrics", "/v1/admin/state", "/v1/admin/config", "/v1/cache/stats",
            "/v1/queue/status",
        ]
        for path in reads { #expect(try station.ask(path).status == 200, "\(path)") }
        #expect(try object(station.ask("/v1/cache/stats"))["entries"] as? Int == 1, "nothing was thrown away")
        #expect(mkdir(audit.folder.path, 0o700) == 0)
        #expect(try eventually(seconds: 60) { try station.ask("/v1/costs").status == 200 })
        #expect(try object(station.ask("/v1/costs"))["total_requests"] as? Int == 1, "nothing was reset")
        let line = try audit.line { $0["type"] as? String == "resumed" }
        #expect((line["denied"] as? Int ?? 0) >= calls.count + 2)
        _ = try audit.line { $0["type"] as? String == "admin" && $0["path"] as? String == "/v1/admin/state" }
    }
}
