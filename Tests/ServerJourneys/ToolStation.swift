import Foundation
import TestKit
import Testing

/// A proxy with tools of MCP servers: `hoosh-mock --mcp-stdio` as its child.
enum ToolStation {
    static let mock = "\(RunningProgram.folder)/hoosh-mock"

    /// A proxy with a server `m` on stdio.
    static func make(
        server: String = "",
        servers: String = "",
        allow: String? = nil,
        more: String = "",
        environment: [String: String] = [:]
    ) throws -> Station {
        let everything = servers.contains(" w: ") ? "[\"m/*\", \"w/*\"]" : "[\"m/*\"]"
        let allowed = allow ?? everything
        return try Station(
            more: """
                tools:
                  servers:
                    m: {command: ["\(mock)", --mcp-stdio], start_timeout: 60s\(server.isEmpty ? "" : ", \(server)")}
                \(servers)
                \(allowed.isEmpty ? "" : "  allow: \(allowed)")
                \(more)
                """,
            environment: environment
        )
    }

    /// What a tool said, and whether it says that it failed.
    static func said(_ response: Response) throws -> (text: String, isError: Bool) {
        #expect(response.status == 200, "\(response.text)")
        let result = try object(response)
        let content = try #require(result["content"] as? [[String: Any]])
        return (content.first?["text"] as? String ?? "", result["isError"] as? Bool ?? false)
    }

    static func names(_ response: Response) throws -> [String] {
        #expect(response.status == 200, "\(response.text)")
        let tools = try #require(try object(response)["tools"] as? [[String: Any]])
        return tools.compactMap { $0["name"] as? String }
    }

    static func isUp(_ station: Station, _ count: Int = 1) throws -> Bool {
        try eventually(seconds: 60) {
            let page = try MetricsPage(try station.ask("/metrics").text)
            return page.value("hoosh_tool_server_up", ["server": "m"]) == 1
        }
    }
}
