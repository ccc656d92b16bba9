import JSON
import MCP
import ToolServers

/// Spells lists of tools.
enum ToolAnswers {
    static func list(_ listing: ToolListing, _ form: ToolPaths.Form) -> [UInt8] {
        var writer = JSONWriter()
        var isPlain = true
        if case .rpc = form { isPlain = false }
        writer.beginObject()
        writer.key("tools")
        writer.beginArray()
        for (server, tool) in listing.tools { tool.write(&writer, server: server, namesServer: isPlain) }
        writer.endArray()
        if !listing.unavailable.isEmpty {
            // Keys of one's own stand in `_meta` (MCP, general fields).
            if !isPlain {
                writer.key("_meta")
                writer.beginObject()
            }
            writer.key(isPlain ? "unavailable" : "hoosh-proxy/unavailable" as StaticString)
            writer.beginArray()
            for server in listing.unavailable { writer.string(server) }
            writer.endArray()
            if !isPlain { writer.endObject() }
        }
        writer.endObject()
        guard case .rpc(let id) = form else { return writer.bytes }
        return RPCText.result(id, writer.bytes[...])
    }
}
