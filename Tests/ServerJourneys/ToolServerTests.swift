import Foundation
import TestKit
import Testing

/// Reloads, and servers over HTTP.
@Suite struct ToolServerTests {
    private func call(_ station: Station, _ body: String) throws -> Response {
        try station.connect(timeoutSeconds: 120).fetch("POST", "/v1/tools/call", body: body)
    }

    private func isUp(_ station: Station, _ server: String) throws -> Bool {
        try eventually(seconds: 60) {
            try MetricsPage(try station.ask("/metrics").text).value("hoosh_tool_server_up", ["server": server]) == 1
        }
    }

    private func starts(_ station: Station, _ server: String) throws -> Double {
        try MetricsPage(try station.ask("/metrics").text).value("hoosh_tool_server_starts_total", ["server": server])
            ?? 0
    }

    @Test func `a reload keeps what is the same, replaces what is not, and lets running calls end`() throws {
        let station = try ToolStation.make(
            servers: "    w: {command: [\"\(RunningProgram.folder)/hoosh-mock\", --mcp-stdio]}"
        )
        #expect(try isUp(station, "m") && isUp(station, "w"))
        let slow = try station.connect(timeoutSeconds: 120)
        try slow.request("POST", "/v1/tools/call", body: #"{"name":"w/slow","arguments":{"n":2500}}"#)
        try station.proxy.line(containing: "slow 2500")
        let text = try String(contentsOfFile: station.file, encoding: .utf8)
        try station.replace(
            text.replacingOccurrences(of: "    w: {", with: "    w: {call_timeout: 50s, ")
                .replacingOccurrences(of: "allow: [\"m/*\", \"w/*\"]", with: "allow: [\"m/echo\", \"w/*\"]")
        )
        try station.proxy.line(containing: "reloaded")
        #expect(try isUp(station, "w"))
        #expect(try eventually { try starts(station, "w") == 2 })
        #expect(try starts(station, "m") == 1)
        #expect(try call(station, #"{"name":"m/add"}"#).status == 403)
        #expect(try call(station, #"{"name":"w/echo"}"#).status == 200)
        #expect(slow.readResponse().text.contains("slept"))
    }

    private func web(_ mock: MockUpstream, _ more: String = "") throws -> Station {
        let station = try ToolStation.make(
            servers: "    w: {url: \"\(mock.url)/mcp\", headers: {x-extra: \"1\"}\(more)}"
        )
        #expect(try isUp(station, "w"))
        return station
    }

    @Test func `a server over HTTP answers by JSON and by events`() throws {
        let mock = try MockUpstream()
        let station = try web(mock)
        let plain = try call(station, #"{"name":"w/add","arguments":{"a":1,"b":2}}"#)
        #expect(plain.text.contains(#""sum":3"#), "\(plain.text)")
        let events = try call(station, #"{"name":"w/add","arguments":{"a":2,"b":2,"sse":true}}"#)
        #expect(events.text.contains(#""sum":4"#), "\(events.text)")
        let seen = try mock.lastEnded()
        #expect(seen.headers.contains { $0[0].lowercased() == "mcp-session-id" && $0[1].hasPrefix("session-") })
        #expect(seen.headers.contains { $0[0].lowercased() == "mcp-protocol-version" && $0[1] == "2025-11-25" })
        #expect(seen.headers.contains { $0[0].lowercased() == "x-extra" })
    }

    @Test func `a session that the server forgot is begun anew, and the call with it`() throws {
        let mock = try MockUpstream()
        let station = try web(mock)
        try mock.setDefaults([("status", "404"), ("times", "1"), ("key", "once")])
        #expect(try call(station, #"{"name":"w/echo"}"#).status == 200)
        #expect(try starts(station, "w") == 2)
    }

    @Test func `errors and broken answers of a server fail the call, not the server`() throws {
        let mock = try MockUpstream()
        let station = try web(mock)
        try mock.setDefaults([("status", "500")])
        let failed = try expectError(try call(station, #"{"name":"w/echo"}"#), 502, code: "tool_server_failed")
        #expect(failed.message.contains("500"))
        try mock.setDefaults([("fault", "cut"), ("after", "1")])
        let cut = try call(station, #"{"name":"w/echo","arguments":{"sse":true}}"#)
        try expectError(cut, 502, code: "tool_server_failed")
        try mock.setDefaults([])
        #expect(try call(station, #"{"name":"w/echo"}"#).status == 200)
    }

    @Test func `a server over HTTP that does not answer runs into the deadline`() throws {
        let mock = try MockUpstream()
        let station = try web(mock, ", call_timeout: 300ms")
        try mock.setDefaults([("fault", "slow-head"), ("delay-ms", "20000")])
        try expectError(try call(station, #"{"name":"w/echo"}"#), 504, code: "tool_timeout")
    }

    @Test func `a result over HTTP has a limit`() throws {
        let mock = try MockUpstream()
        let station = try ToolStation.make(
            servers: "    w: {url: \"\(mock.url)/mcp\"}",
            more: "  max_result: 20KiB"
        )
        #expect(try isUp(station, "w"))
        for sse in ["false", "true"] {
            let body = #"{"name":"w/huge","arguments":{"n":100000,"sse":\#(sse)}}"#
            try expectError(try call(station, body), 502, code: "tool_result_too_large")
        }
        #expect(try call(station, #"{"name":"w/echo"}"#).status == 200)
    }
}
