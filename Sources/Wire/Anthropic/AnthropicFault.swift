import Bytes
import Conversation
import JSON

/// Errors of Anthropic's API (platform.claude.com/docs/en/api/errors).
package enum AnthropicFault {
    /// The most of a message that is kept, in bytes.
    private static let limitBytes = 4_096

    /// Reads an error's body, which may be anything.
    package static func read(status: Int, body: [UInt8]) -> ChatFault {
        let text = String(decoding: body.prefix(limitBytes + 1), as: UTF8.self)
        guard let node = try? JSONNode.parse(body) else {
            let trimmed = text.allSatisfy(\.isWhitespace) ? "it sent no words with status \(status)" : text
            return fault(status, nil, JSONString(trimmed))
        }
        let error = node["error"]
        let type = error?["type"]?.string ?? (node["type"]?.string == "error" ? nil : node["type"]?.string)
        let message =
            error?["message"]?.string ?? error?.string ?? node["message"]?.string ?? node["detail"]?.string
            ?? JSONString(text)
        return fault(status, type, message)
    }

    /// An error from its type and message, as it also comes inside of a stream (status 0).
    static func fault(_ status: Int, _ type: JSONString?, _ message: JSONString) -> ChatFault {
        let known = type.flatMap { AnthropicWords.kind($0.spelled.span) }
        let kind = known ?? (status == 0 ? .server : ChatFault.kind(ofStatus: status))
        var fault = ChatFault(kind: kind, status: status, message: bounded(message))
        fault.type = type.map(bounded)
        // Anthropic says it in words alone; clients of other dialects go by the code.
        if kind == .invalidRequest, ASCII.starts(message.spelled.span, with: "prompt is too long") {
            fault.code = "context_length_exceeded"
        }
        return fault
    }

    private static func bounded(_ text: JSONString) -> JSONString {
        guard text.spelled.count > limitBytes else { return text }
        var plain = text.plain.prefix(limitBytes)
        // Not in the middle of a character.
        while let last = plain.last, last & 0xc0 == 0x80 { plain.removeLast() }
        if let last = plain.last, last >= 0xc0 { plain.removeLast() }
        return JSONString(plain: Array(plain))
    }

    /// Writes an error as Anthropic's libraries raise it, and the status to send it with.
    package static func write(_ fault: ChatFault, requestID: String) -> (status: Int, body: [UInt8]) {
        var writer = JSONWriter()
        write(fault, requestID: requestID, to: &writer)
        let status = (400...599).contains(fault.status) ? fault.status : AnthropicWords.status(fault.kind)
        return (status, writer.bytes)
    }

    static func write(_ fault: ChatFault, requestID: String, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.string("error" as StaticString)
        writer.key("error")
        writer.beginObject()
        writer.key("type")
        // The provider's own word where it is one of this dialect.
        if let type = fault.type, AnthropicWords.kind(type.spelled.span) != nil {
            writer.string(type)
        } else {
            writer.string(AnthropicWords.type(fault.kind))
        }
        writer.key("message")
        writer.string(fault.message)
        writer.endObject()
        writer.key("request_id")
        writer.string(requestID)
        writer.endObject()
    }
}
