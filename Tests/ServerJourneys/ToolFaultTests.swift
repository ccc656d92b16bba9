import Foundation
import TestKit
import Testing

/// What becomes of calls when a tool server dies, floods, hangs or never starts.
@Suite struct ToolFaultTests {
    @Test func `a child that dies fails what it was asked, and is started anew`() throws {
        let station = try ToolStation.make()
        #expect(try ToolStation.isUp(station))
        let slow = try station.connect(timeoutSeconds: 120)
        try slow.request("POST", "/v1/tools/call", body: #"{"name":"m/slow","arguments":{"n":20000}}"#)
        try station.proxy.line(containing: "slow 20000")
        let died = try station.connect(timeoutSeconds: 120).fetch("POST", "/v1/tools/call", body: #"{"name":"m/die"}"#)
        #expect(try expectError(died, 502, code: "tool_server_failed").message.contains("exited with code 7"))
        try expectError(slow.readResponse(), 502, code: "tool_server_failed")
        try station.proxy.line(containing: "dying")
        #expect(try ToolStation.isUp(station))
        let again = try station.connect(timeoutSeconds: 120).fetch(
            "POST",
            "/v1/tools/call",
            body: #"{"name":"m/echo"}"#
        )
        #expect(again.status == 200, "\(again.text)")
    }

    @Test func `garbage between messages is passed over, garbage without end is not`() throws {
        let station = try ToolStation.make()
        #expect(try ToolStation.isUp(station))
        let connection = try station.connect(timeoutSeconds: 120)
        let some = try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"m/garbage","arguments":{"n":5}}"#)
        #expect(try ToolStation.said(some).text == "after garbage")
        let much = try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"m/garbage","arguments":{"n":500}}"#)
        try expectError(much, 502, code: "tool_server_failed")
        #expect(try ToolStation.isUp(station))
    }

    @Test func `a server that floods its output is ended, and others are served meanwhile`() throws {
        let station = try ToolStation.make()
        #expect(try ToolStation.isUp(station))
        let connection = try station.connect(timeoutSeconds: 120)
        try connection.request("POST", "/v1/tools/call", body: #"{"name":"m/flood","arguments":{"n":2000000}}"#)
        #expect(try station.chat().status == 200)
        let failed = try expectError(connection.readResponse(), 502, code: "tool_server_failed")
        #expect(failed.message.contains("floods"))
    }

    @Test func `a tool that never answers runs into its deadline, and is told`() throws {
        let station = try ToolStation.make(server: "call_timeout: 300ms")
        #expect(try ToolStation.isUp(station))
        let connection = try station.connect(timeoutSeconds: 120)
        let silent = try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"m/silent"}"#)
        try expectError(silent, 504, code: "tool_timeout")
        try station.proxy.line(containing: "cancelled ")
        let rpc = try connection.fetch(
            "POST",
            "/mcp",
            body: #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"m/silent"}}"#
        )
        #expect(rpc.status == 200 && rpc.text.contains("-32001"))
        #expect(try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"m/echo"}"#).status == 200)
    }

    @Test func `a client that leaves cancels its call`() throws {
        let station = try ToolStation.make()
        #expect(try ToolStation.isUp(station))
        let connection = try station.connect(timeoutSeconds: 120)
        try connection.request("POST", "/v1/tools/call", body: #"{"name":"m/slow","arguments":{"n":30000}}"#)
        try station.proxy.line(containing: "slow 30000")
        connection.close()
        try station.proxy.line(containing: "cancelled ")
        #expect(
            try eventually {
                let page = try MetricsPage(try station.ask("/metrics").text)
                return page.value("hoosh_tool_calls_total", ["server": "m", "outcome": "cancelled"]) == 1
            }
        )
    }

    @Test func `a program that does not start, or says nothing, is told of; the others work`() throws {
        let station = try ToolStation.make(
            servers: """
                    gone: {command: /nonexistent/program}
                    mute: {command: [sleep, "60"], start_timeout: 200ms}
                """,
            allow: "[\"m/echo\", \"gone/*\", \"mute/*\"]"
        )
        let connection = try station.connect(timeoutSeconds: 120)
        let listed = try connection.fetch("GET", "/v1/tools/list")
        #expect(try ToolStation.names(listed) == ["m/echo"])
        #expect(try object(listed)["unavailable"] as? [String] == ["gone", "mute"])
        let down = try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"gone/x"}"#)
        #expect(try expectError(down, 503, code: "tool_server_unavailable").message.contains("cannot be started"))
    }

    @Test func `a tool that comes up later is listed and can be called`() throws {
        let station = try ToolStation.make()
        #expect(try ToolStation.isUp(station))
        let connection = try station.connect(timeoutSeconds: 120)
        #expect(try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"m/grow"}"#).status == 200)
        #expect(
            try eventually { try ToolStation.names(try connection.fetch("GET", "/v1/tools/list")).contains("m/grown") }
        )
        let grown = try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"m/grown"}"#)
        #expect(try ToolStation.said(grown).text == "still here")
    }

    @Test func `no child outlives the proxy`() throws {
        let station = try ToolStation.make()
        #expect(try ToolStation.isUp(station))
        let children = "/proc/\(station.proxy.pid)/task/\(station.proxy.pid)/children"
        func all() -> [String] {
            let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(station.proxy.pid)/task")) ?? []
            return tasks.flatMap { task -> [String] in
                let path = "/proc/\(station.proxy.pid)/task/\(task)/children"
                let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
                return text.split(separator: " ").map(String.init)
            }
        }
        let found = all()
        #expect(found.count == 1, "\(children): \(found)")
        station.proxy.signal(SIGTERM)
        #expect(try station.proxy.wait() == 0)
        for child in found { #expect(!FileManager.default.fileExists(atPath: "/proc/\(child)")) }
    }
}
