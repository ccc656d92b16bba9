import Bytes
import Conversation
import JSON

/// Writes the blocks that requests and answers share.
enum AnthropicBlocks {
    static func text(_ text: JSONString, _ writer: inout JSONWriter) {
        begin("text", &writer)
        writer.key("text")
        writer.string(text)
        writer.endObject()
    }

    /// Thinking that only the provider can read stands before what is shown.
    static func reasoning(_ part: ReasoningPart, _ writer: inout JSONWriter) {
        if let redacted = part.redacted {
            begin("redacted_thinking", &writer)
            writer.key("data")
            writer.string(redacted)
            writer.endObject()
        }
        guard part.redacted == nil || !part.text.isEmpty || part.signature != nil else { return }
        begin("thinking", &writer)
        writer.key("thinking")
        writer.string(part.text)
        writer.key("signature")
        writer.string(part.signature ?? "")
        writer.endObject()
    }

    /// A call, whose input is an object here.
    ///
    /// Arguments that are none (the model broke them) stand as text in the member `INVALID_JSON`, as Anthropic
    /// recommends (agents-and-tools/tool-use/fine-grained-tool-streaming): what the model wrote is not lost.
    static func call(_ call: ToolCall, _ writer: inout JSONWriter) {
        begin("tool_use", &writer)
        writer.key("id")
        writer.string(call.id)
        writer.key("name")
        writer.string(call.name)
        writer.key("input")
        if call.arguments.allSatisfy({ $0 == 0x20 || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }) {
            writer.raw("{}" as StaticString)
        } else if let node = try? JSONNode.parse(call.arguments), node.isObject {
            writer.node(node)
        } else {
            writer.beginObject()
            writer.key("INVALID_JSON")
            writer.string(String(decoding: call.arguments, as: UTF8.self))
            writer.endObject()
        }
        writer.endObject()
    }

    static func begin(_ type: StaticString, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.string(type)
    }
}
