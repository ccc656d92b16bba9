import Conversation
import JSON

/// Reads and writes errors: `{"error": "…"}` (https://docs.ollama.com/api/errors).
package enum OllamaFault {
    /// The longest message kept of a body that is no JSON, in bytes.
    private static let limitBytes = 2_000

    /// Reads an error of any form; some servers put an object in the place of the text.
    package static func read(status: Int, body: [UInt8]) -> ChatFault {
        let kind = ChatFault.kind(ofStatus: status)
        guard let node = try? JSONNode.parse(body) else {
            return ChatFault(kind: kind, status: status, message: plainMessage(body, status))
        }
        let error = node["error"] ?? node
        let text = error.string ?? error["message"]?.string
        var fault = ChatFault(kind: kind, status: status, message: text ?? plainMessage(body, status))
        fault.type = error["type"]?.string
        fault.code = error["code"]?.string
        return fault
    }

    private static func plainMessage(_ body: [UInt8], _ status: Int) -> JSONString {
        let text = String(decoding: body.prefix(limitBytes), as: UTF8.self)
        let isText = text.contains { !$0.isWhitespace }
        return JSONString(isText ? text : "the provider answered \(status) without a message")
    }

    /// Writes an error; Ollama's has no room for the request's id.
    package static func write(_ fault: ChatFault, requestID: String) -> (status: Int, body: [UInt8]) {
        var writer = JSONWriter()
        write(fault, to: &writer)
        return (fault.status > 0 ? fault.status : status(fault.kind), writer.bytes)
    }

    static func write(_ fault: ChatFault, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("error")
        writer.string(fault.message)
        writer.endObject()
    }

    private static func status(_ kind: ChatFault.Kind) -> Int {
        switch kind {
        case .invalidRequest: 400
        case .authentication: 401
        case .billing: 402
        case .permission: 403
        case .notFound: 404
        case .tooLarge: 413
        case .rateLimit: 429
        case .server: 500
        case .overloaded: 503
        case .timeout: 504
        }
    }
}
