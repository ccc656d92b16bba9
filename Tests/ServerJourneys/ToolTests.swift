import Foundation
import TestKit
import Testing

/// Tools of MCP servers: `hoosh-mock --mcp-stdio` as a child of the proxy, and its `/mcp` over HTTP.
@Suite struct ToolTests {
    // MARK: Lists and calls

    @Test func `a call above a server's clearance does not reach it`() throws {
        let station = try ToolStation.make(
            servers:
                "    wide: {command: [\"\(ToolStation.mock)\", --mcp-stdio], start_timeout: 60s, clearance: restricted}",
            allow: "[\"m/*\", \"wide/*\"]",
            more:
                "privacy: {rules: [{tag: number, class: restricted, builtin: [ssn]}, {tag: name, pattern: falcon, redact: true}]}"
        )
        let connection = try station.connect(timeoutSeconds: 120)
        func call(_ server: String, _ text: String, _ headers: Headers = []) throws -> Response {
            let body = "{\"name\": \"\(server)/echo\", \"arguments\": {\"text\": \"\(text)\"}}"
            return try connection.fetch("POST", "/v1/tools/call", headers: headers, body: body)
        }
        #expect(try ToolStation.said(call("m", "hello")).text.contains("hello"))
        #expect(try ToolStation.said(call("m", "hello", [("x-privacy", "confidential")])).text.contains("hello"))
        try expectError(call("m", "hello", [("x-privacy", "restricted")]), 403, code: "privacy_no_target")
        // Escaped, it is the same text.
        try expectError(call("m", "078-05-11\\u00320"), 403, code: "privacy_no_target")
        #expect(try ToolStation.said(call("wide", "078-05-1120")).text.contains("078-05-1120"))
        #expect(try ToolStation.said(call("m", "the falcon flies")).text.contains("the [NAME] flies"))
        let message =
            #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"m/echo","arguments":{"text":"a falcon"}}}"#
        #expect(try connection.fetch("POST", "/mcp", body: message).text.contains("a [NAME]"))
    }

    @Test func `tools are listed over all pages, and only those that are allowed`() throws {
        let station = try ToolStation.make(allow: "[m/echo, \"m/g*\"]")
        let connection = try station.connect(timeoutSeconds: 120)
        let listed = try connection.fetch("POST", "/v1/tools/list")
        #expect(try ToolStation.names(listed) == ["m/echo", "m/garbage", "m/grow"])
        let first = try #require((try object(listed)["tools"] as? [[String: Any]])?.first)
        #expect(first["server"] as? String == "m" && first["description"] as? String == "Mock tool echo.")
        #expect(first["inputSchema"] is [String: Any])
        #expect(try ToolStation.names(try connection.fetch("GET", "/v1/tools/list")).count == 3)
        try expectError(
            try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"m/add"}"#),
            403,
            code: "tool_not_allowed"
        )
        try expectError(
            try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"m/gone"}"#),
            404,
            code: "tool_not_found"
        )
        try expectError(
            try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"x/add"}"#),
            404,
            code: "tool_not_found"
        )
        try expectError(try connection.fetch("POST", "/v1/tools/call", body: "{}"), 400, code: "missing_name")
        try expectError(
            try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"m/echo","arguments":3}"#),
            400,
            code: "invalid_arguments"
        )
        try expectError(try connection.fetch("POST", "/v1/tools/call", body: "{"), 400, code: "invalid_json")
        try expectError(try connection.fetch("GET", "/v1/tools/call"), 405)
    }

    @Test func `without tools in the file there are none`() throws {
        let connection = try Station().connect()
        #expect(try ToolStation.names(try connection.fetch("GET", "/v1/tools/list")).isEmpty)
        try expectError(try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"m/echo"}"#), 404)
    }

    @Test func `nothing is callable without an allow-list`() throws {
        let station = try ToolStation.make(allow: "")
        let connection = try station.connect(timeoutSeconds: 120)
        #expect(try ToolStation.names(try connection.fetch("GET", "/v1/tools/list")).isEmpty)
        try expectError(try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"m/echo"}"#), 403)
    }

    @Test func `a call gives the server's result as it is, under either spelling of the name`() throws {
        let station = try ToolStation.make()
        #expect(try ToolStation.isUp(station))
        let connection = try station.connect(timeoutSeconds: 120)
        let sum = try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"m/add","arguments":{"a":20,"b":22}}"#)
        #expect(sum.text == #"{"content":[{"type":"text","text":"42"}],"structuredContent":{"sum":42}}"#)
        let echo = try connection.fetch(
            "POST",
            "/v1/tools/call",
            body: #"{"name":"m__echo","arguments":{"t":"\u00e9 \" x"}}"#
        )
        #expect(try ToolStation.said(echo).text == #"{"t":"\u00e9 \" x"}"#)
        #expect(
            try ToolStation.said(try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"m/fail"}"#)).isError
        )
        let refused = try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"m/refuse"}"#)
        #expect(try expectError(refused, 400, code: "invalid_arguments").message.contains("refused by the mock"))
        let other = try connection.fetch(
            "POST",
            "/v1/tools/call",
            body: #"{"name":"m/refuse","arguments":{"n":32000}}"#
        )
        try expectError(other, 502, code: "tool_server_error")
        let page = try MetricsPage(try station.ask("/metrics").text)
        #expect(page.value("hoosh_tool_calls_total", ["server": "m", "outcome": "ok"]) == 2)
        #expect(page.value("hoosh_tool_calls_total", ["server": "m", "outcome": "tool_error"]) == 1)
        #expect(page.value("hoosh_tool_calls_total", ["server": "m", "outcome": "refused"]) == 2)
        #expect(page.value("hoosh_tool_call_seconds_count", ["server": "m"]) == 5)
    }

    @Test func `clients of JSON-RPC are answered in JSON-RPC`() throws {
        let station = try ToolStation.make(allow: "[m/echo, m/refuse]")
        #expect(try ToolStation.isUp(station))
        let connection = try station.connect(timeoutSeconds: 120)
        func ask(_ body: String, _ path: String = "/mcp") throws -> [String: Any] {
            let response = try connection.fetch("POST", path, body: body)
            #expect(response.status == 200, "\(response.text)")
            return try object(response)
        }
        let hello = try ask(
            #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{}}}"#
        )
        #expect((hello["result"] as? [String: Any])?["protocolVersion"] as? String == "2025-06-18")
        let future = try ask(
            #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2999-01-01"}}"#
        )
        #expect((future["result"] as? [String: Any])?["protocolVersion"] as? String == "2025-11-25")
        for path in ["/mcp", "/v1/tools/list", "/v1/tools/call"] {
            let list = try ask(#"{"jsonrpc":"2.0","id":"a","method":"tools/list"}"#, path)
            #expect(list["id"] as? String == "a")
            #expect(((list["result"] as? [String: Any])?["tools"] as? [Any])?.count == 2)
            let note = try connection.fetch(
                "POST",
                path,
                body: #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#
            )
            #expect(note.status == (path == "/mcp" ? 202 : 204) && note.body.isEmpty)
        }
        let called = try ask(
            #"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"m/echo","arguments":{"x":1}}}"#
        )
        #expect(called["id"] as? Int == 7 && called["result"] != nil)
        func code(_ body: String) throws -> Int? { (try ask(body)["error"] as? [String: Any])?["code"] as? Int }
        #expect(try code(#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"m/add"}}"#) == -32_602)
        #expect(
            try code(
                #"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"m/refuse","arguments":{"n":5}}}"#
            ) == -5
        )
        #expect(try code(#"{"jsonrpc":"2.0","id":7,"method":"resources/list"}"#) == -32_601)
        #expect(
            try object(try connection.fetch("POST", "/mcp", body: #"{"jsonrpc":"2.0","id":7,"method":"ping"}"#))[
                "result"
            ] != nil
        )
        #expect(try connection.fetch("POST", "/mcp", body: "[]").status == 400)
        #expect(try connection.fetch("GET", "/mcp").status == 405)
        #expect(try connection.fetch("DELETE", "/mcp").status == 405)
    }

    @Test func `a web page of another host reaches no tool, a page of this machine does`() throws {
        let station = try ToolStation.make()
        let connection = try station.connect(timeoutSeconds: 120)
        let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
        for origin in ["http://evil.example", "http://localhost.evil.example", "null", "http://evil.example:localhost"]
        {
            for path in ["/mcp", "/v1/tools/call", "/v1/tools/list"] {
                let response = try connection.fetch("POST", path, headers: [("origin", origin)], body: ping)
                try expectError(response, 403, code: "origin_forbidden")
            }
        }
        for origin in ["http://localhost:6274", "http://127.0.0.1", "http://[::1]:80"] {
            #expect(try connection.fetch("POST", "/mcp", headers: [("origin", origin)], body: ping).status == 200)
        }
        let old = try connection.fetch("POST", "/mcp", headers: [("mcp-protocol-version", "1999-01-01")], body: ping)
        #expect(old.status == 400 && old.text.contains("2025-06-18"))
    }

    // MARK: Limits and what a child is given

    @Test func `a child has nothing of our environment but harmless names, and what the file gives it`() throws {
        let station = try ToolStation.make(
            server: "env: {GIVEN: plain, MCP_TOKEN: env:HOOSH_TEST_TOKEN}",
            environment: ["HOOSH_TEST_TOKEN": "very-secret-value", "OPENAI_API_KEY": "sk-nobody"]
        )
        #expect(try ToolStation.isUp(station))
        let connection = try station.connect(timeoutSeconds: 120)
        func variable(_ name: String) throws -> String {
            try ToolStation.said(
                try connection.fetch(
                    "POST",
                    "/v1/tools/call",
                    body: #"{"name":"m/env","arguments":{"name":"\#(name)"}}"#
                )
            ).text
        }
        #expect(try variable("GIVEN") == "plain")
        #expect(try variable("MCP_TOKEN") == "very-secret-value")
        #expect(try variable("OPENAI_API_KEY") == "unset")
        #expect(try variable("HOOSH_TEST_TOKEN") == "unset")
        #expect(try variable("PATH") != "unset")
        // What it complains about goes to the log, bounded, and without what it was given in trust.
        let text = #"{"name":"m/complain","arguments":{"n":100,"text":"my token is very-secret-value"}}"#
        #expect(try connection.fetch("POST", "/v1/tools/call", body: text).status == 200)
        try station.proxy.line(containing: "my token is ***")
        #expect(!station.proxy.errors.contains("very-secret-value"))
        #expect(station.proxy.errors.split(separator: "\n").count(where: { $0.contains("my token is") }) <= 20)
    }

    @Test func `arguments and results have limits, and a large result harms no other call`() throws {
        let station = try ToolStation.make(more: "  max_arguments: 100B\n  max_result: 20KiB")
        #expect(try ToolStation.isUp(station))
        let slow = try station.connect(timeoutSeconds: 120)
        try slow.request("POST", "/v1/tools/call", body: #"{"name":"m/slow","arguments":{"n":1500}}"#)
        let connection = try station.connect(timeoutSeconds: 120)
        let long = String(repeating: "x", count: 200)
        let body = #"{"name":"m/echo","arguments":{"t":"\#(long)"}}"#
        try expectError(try connection.fetch("POST", "/v1/tools/call", body: body), 413, code: "arguments_too_large")
        let huge = #"{"name":"m/huge","arguments":{"n":100000}}"#
        try expectError(try connection.fetch("POST", "/v1/tools/call", body: huge), 502, code: "tool_result_too_large")
        let fits = try connection.fetch("POST", "/v1/tools/call", body: #"{"name":"m/huge","arguments":{"n":15000}}"#)
        #expect(try ToolStation.said(fits).text.count == 15_000)
        #expect(try ToolStation.said(slow.readResponse()).text == "slept")
    }

    @Test func `as many calls run as may, some wait, the rest is refused`() throws {
        let station = try ToolStation.make(server: "max_in_flight: 1")
        #expect(try ToolStation.isUp(station))
        var connections: [RawConnection] = []
        for _ in 0..<7 {
            let connection = try station.connect(timeoutSeconds: 120)
            try connection.request("POST", "/v1/tools/call", body: #"{"name":"m/slow","arguments":{"n":300}}"#)
            connections.append(connection)
        }
        let statuses = connections.map { $0.readResponse().status }.sorted()
        #expect(statuses == [200, 200, 200, 200, 200, 429, 429])
    }
}
