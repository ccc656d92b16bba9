import Foundation
import TestKit
import Testing

/// The official MCP library on both sides of the proxy: `Tests/Real/sdks/tools.py`.
@Suite(.serialized, .enabled(if: RealParts.areAsked, Comment(rawValue: RealParts.absence)), .timeLimit(.minutes(30)))
struct ToolTests {
    @Test func `tools of the official library pass, over stdio and HTTP, to its own client`() throws {
        let python = "\(try RealParts.cache)/mcp/bin/python"
        let script = "\(RealParts.folder)/sdks/tools.py"
        let port = try FreePort.find()
        let web = try RunningProgram(python, [script, "serve", "\(port)"])
        try web.line(containing: "running on", seconds: 120)
        let proxy = try ProxyInFront(
            routes: """
                providers: {mock: {kind: openai-compatible, url: "http://127.0.0.1:1/v1", health: {mode: none}}}
                tools:
                  servers:
                    child: {command: ["\(python)", "\(script)", serve, stdio], start_timeout: 120s}
                    web: {url: "http://127.0.0.1:\(port)/mcp", start_timeout: 120s}
                  allow: ["{child,web}/{add,fail,nap,variable}"]
                routes: [{name: all, to: [mock]}]
                """
        )
        // Listed once both are ready.
        let listed = try fetch(proxy.client, "GET", "/v1/tools/list", timeoutSeconds: 120)
        #expect(listed.text.contains("child/add") && listed.text.contains("web/add"), "\(listed.text)")
        let result = try TestKit.run(
            python,
            [script, "ask", "\(proxy.url)/mcp", "child", "web"],
            environment: ["NO_PROXY": "127.0.0.1,localhost", "PYTHONDONTWRITEBYTECODE": "1"],
            seconds: 300
        )
        #expect(result.status == 0, "\(result.errors.suffix(2_000))")
        let report = try JSONDecoder().decode(ScriptReport.self, from: Data(result.output.utf8))
        #expect(report.different.isEmpty, "\(report.different.joined(separator: "\n"))")
        #expect(try #require(report.checks) >= 20)
        #expect(try proxy.metric("hoosh_tool_calls_total", "server=\"child\"", "outcome=\"ok\"") >= 9)
        #expect(try proxy.metric("hoosh_tool_calls_total", "server=\"web\"", "outcome=\"tool_error\"") == 2)
    }
}
