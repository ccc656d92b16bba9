import JSON

/// A tool that a server offers.
package struct Tool: Equatable, Sendable {
    /// As the server calls it.
    package let name: JSONString
    /// The same, escapes resolved.
    package let plainName: String
    /// Members of its definition beside the name, spelled as they came.
    let rest: [(key: String, value: ArraySlice<UInt8>)]

    /// Longest name that is taken, bytes.
    static let nameLimitBytes = 128

    /// Reads a definition; nil for what is none.
    init?(_ node: JSONNode) {
        guard let name = node["name"]?.string, node.isObject else { return nil }
        let plain = name.text
        guard !plain.isEmpty, plain.utf8.count <= Tool.nameLimitBytes,
            plain.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
        else { return nil }
        self.name = name
        plainName = plain
        rest = node.members.filter { $0.key != "name" }.map { ($0.key, $0.value.source) }
    }

    package static func == (left: Tool, right: Tool) -> Bool {
        left.name == right.name && left.rest.elementsEqual(right.rest) { $0.key == $1.key && $0.value == $1.value }
    }

    /// Writes the definition under the name that clients know it by.
    package func write(_ writer: inout JSONWriter, server: String, namesServer: Bool) {
        writer.beginObject()
        writer.key("name")
        writer.string(JSONString("\(server)/") + name)
        if namesServer {
            writer.key("server")
            writer.string(server)
        }
        for member in rest where !namesServer || member.key != "server" {
            writer.key(member.key)
            writer.raw(member.value)
        }
        writer.endObject()
    }
}

/// What a client calls a tool: `server/tool`, or `server__tool` where a name may hold no slash.
package struct ToolName: Equatable, Sendable {
    package let server: String
    package let tool: String

    /// The whole name, as the allow-list sees it.
    package var whole: String { "\(server)/\(tool)" }

    package init(server: String, tool: String) {
        self.server = server
        self.tool = tool
    }

    /// Takes a name apart; nil when no server of that name exists.
    ///
    /// Models that call functions may be held to letters, digits, `_` and `-`, hence the second spelling.
    package init?(_ text: String, among servers: [String]) {
        for separator in ["/", "__"] {
            let fitting = servers.filter { text.hasPrefix($0 + separator) }
            guard let server = fitting.max(by: { $0.utf8.count < $1.utf8.count }) else { continue }
            let tool = String(text.dropFirst(server.count + separator.count))
            guard !tool.isEmpty else { continue }
            self.init(server: server, tool: tool)
            return
        }
        return nil
    }
}
