import Conversation
import JSON

/// Reads and writes errors (https://google.aip.dev/193; https://ai.google.dev/gemini-api/docs/troubleshooting).
package enum GeminiFault {
    /// The longest message kept of a body that is no JSON, in bytes.
    private static let limitBytes = 2_000

    /// Reads an error of any form: an object, a list with it (as streams that are no events answer), or no JSON at all.
    package static func read(status: Int, body: [UInt8]) -> ChatFault {
        let kind = ChatFault.kind(ofStatus: status)
        guard let node = try? JSONNode.parse(body) else {
            return ChatFault(kind: kind, status: status, message: plainMessage(body, status))
        }
        let object = node.elements?.first ?? node
        guard let error = object.field("error") else {
            let text = object.field("message")?.string ?? object.string
            return ChatFault(kind: kind, status: status, message: text ?? plainMessage(body, status))
        }
        let text = error.string ?? error.field("message")?.string
        var fault = ChatFault(kind: kind, status: status, message: text ?? plainMessage(body, status))
        fault.type = error.field("status")?.string
        fault.code = (error.field("details")?.elements ?? []).compactMap { $0.field("reason")?.string }.first
        fault.kind = GeminiStatus.kind(fault.type?.text, reason: fault.code?.text) ?? kind
        return fault
    }

    private static func plainMessage(_ body: [UInt8], _ status: Int) -> JSONString {
        // Whole characters only.
        let text = String(decoding: body.prefix(limitBytes), as: UTF8.self)
        let isText = text.contains { !$0.isWhitespace }
        return JSONString(isText ? text : "the provider answered \(status) without a message")
    }

    /// Writes an error; the request's id stands where Google has it (`google.rpc.RequestInfo`).
    ///
    /// * `domain`: whose word the fault's code is; it stands in a `google.rpc.ErrorInfo` then.
    package static func write(
        _ fault: ChatFault,
        requestID: String,
        domain: String? = nil
    ) -> (status: Int, body: [UInt8]) {
        let status = fault.status > 0 ? fault.status : GeminiStatus.code(fault.kind)
        var writer = JSONWriter()
        write(fault, status: status, requestID: requestID, domain: domain, to: &writer)
        return (status, writer.bytes)
    }

    static func write(
        _ fault: ChatFault,
        status: Int,
        requestID: String,
        domain: String? = nil,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.key("error")
        writer.beginObject()
        writer.key("code")
        writer.number(status)
        writer.key("message")
        writer.string(fault.message)
        writer.key("status")
        writer.string(GeminiStatus.word(fault.kind))
        writer.key("details")
        writer.beginArray()
        if let domain, let code = fault.code {
            writer.beginObject()
            writer.key("@type")
            writer.string("type.googleapis.com/google.rpc.ErrorInfo" as StaticString)
            writer.key("reason")
            writer.string(code)
            writer.key("domain")
            writer.string(domain)
            writer.endObject()
        }
        writer.beginObject()
        writer.key("@type")
        writer.string("type.googleapis.com/google.rpc.RequestInfo" as StaticString)
        writer.key("requestId")
        writer.string(requestID)
        writer.endObject()
        writer.endArray()
        writer.endObject()
        writer.endObject()
    }
}

/// Google's words for kinds of errors (`google.rpc.Code`).
enum GeminiStatus {
    /// The kind a word stands for; nil for one that says no more than the HTTP status.
    static func kind(_ word: String?, reason: String? = nil) -> ChatFault.Kind? {
        if reason == "API_KEY_INVALID" || reason == "API_KEY_EXPIRED" { return .authentication }
        switch word {
        case "INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE", "ALREADY_EXISTS": return .invalidRequest
        case "UNAUTHENTICATED": return .authentication
        case "PERMISSION_DENIED": return .permission
        case "NOT_FOUND": return .notFound
        case "RESOURCE_EXHAUSTED": return .rateLimit
        case "UNAVAILABLE": return .overloaded
        case "DEADLINE_EXCEEDED": return .timeout
        case "INTERNAL", "UNKNOWN", "DATA_LOSS", "ABORTED", "UNIMPLEMENTED": return .server
        default: return nil
        }
    }

    static func word(_ kind: ChatFault.Kind) -> StaticString {
        switch kind {
        case .invalidRequest, .tooLarge: "INVALID_ARGUMENT"
        case .authentication: "UNAUTHENTICATED"
        case .billing: "FAILED_PRECONDITION"
        case .permission: "PERMISSION_DENIED"
        case .notFound: "NOT_FOUND"
        case .rateLimit: "RESOURCE_EXHAUSTED"
        case .server: "INTERNAL"
        case .overloaded: "UNAVAILABLE"
        case .timeout: "DEADLINE_EXCEEDED"
        }
    }

    /// The HTTP status for an error that has none of its own.
    static func code(_ kind: ChatFault.Kind) -> Int {
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
