import Bytes
import Conversation
import JSON

/// Errors of OpenAI and of its imitators.
///
/// <https://platform.openai.com/docs/guides/error-codes>
package enum OpenAIFault {
    /// The longest message that is passed on, in bytes.
    static let messageLimitBytes = 4_096

    /// Reads an error from any body: OpenAI's object, a text in its place, FastAPI's `detail`, or no JSON at all.
    package static func read(status: Int, body: [UInt8]) -> ChatFault {
        guard let node = try? JSONNode.parse(body), node.isObject else {
            return ChatFault(kind: ChatFault.kind(ofStatus: status), status: status, message: plain(body, status))
        }
        let error = node["error"].flatMap { $0.isObject ? $0 : nil } ?? node
        var fault = ChatFault(
            kind: ChatFault.kind(ofStatus: status),
            status: status,
            message: message(error, node, status)
        )
        fault.type = word(error["type"])
        fault.code = word(error["code"])
        fault.param = word(error["param"])
        if let kind = kind(type: fault.type?.text, code: fault.code?.text) { fault.kind = kind }
        return fault
    }

    private static func message(_ error: JSONNode, _ body: JSONNode, _ status: Int) -> JSONString {
        var text = error["message"]?.string ?? body["error"]?.string ?? body["message"]?.string
        if text == nil, let detail = error["message"] ?? body["detail"], !detail.isNull {
            text = detail.string ?? JSONString(plain: Array(detail.source))
        }
        guard var text, !text.isEmpty else { return JSONString("the provider answered with status \(status)") }
        // OpenRouter hides what its provider said.
        if let raw = error["metadata"]?["raw"]?.string, !raw.isEmpty { text = text + JSONString(": ") + raw }
        return bounded(text)
    }

    private static func word(_ node: JSONNode?) -> JSONString? {
        if let text = node?.string { return text.spelled.count <= 256 ? text : nil }
        return node?.number.map { JSONString(spelled: $0) }
    }

    /// Text that is not too long, cut between two characters.
    private static func bounded(_ text: JSONString) -> JSONString {
        guard text.spelled.count > messageLimitBytes else { return text }
        return JSONString(cut(text.plain))
    }

    private static func cut(_ plain: [UInt8]) -> String {
        let text = String(decoding: plain.prefix(messageLimitBytes - 8), as: UTF8.self)
        return plain.count > messageLimitBytes - 8 ? text + "…" : text
    }

    private static func plain(_ body: [UInt8], _ status: Int) -> JSONString {
        let text = title(cut(body).split(whereSeparator: \.isWhitespace).joined(separator: " "))
        return text.isEmpty ? JSONString("the provider answered with status \(status)") : JSONString(text)
    }

    /// Of a page for people, as servers in between and frameworks answer with, what it is called; all of it where it
    /// has no title.
    private static func title(_ text: String) -> String {
        guard text.hasPrefix("<") else { return text }
        let parts = text.split(separator: "<title>", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return text }
        let title = String(parts[1].prefix { $0 != "<" })
        return title.isEmpty ? text : title
    }

    /// The kind that the provider's words stand for, where they say more than the status.
    static func kind(type: String?, code: String?) -> ChatFault.Kind? {
        switch code ?? "" {
        case "insufficient_quota", "billing_hard_limit_reached": return .billing
        case "rate_limit_exceeded": return .rateLimit
        case "invalid_api_key": return .authentication
        case "model_not_found": return .notFound
        default: break
        }
        switch type ?? "" {
        case "insufficient_quota", "budget_exceeded": return .billing
        case "rate_limit_error", "rate_limit_exceeded", "tokens", "requests": return .rateLimit
        case "authentication_error": return .authentication
        case "permission_error": return .permission
        case "overloaded_error": return .overloaded
        default: return nil
        }
    }

    /// Writes a whole answer that is an error.
    package static func write(_ fault: ChatFault, requestID: String) -> (status: Int, body: [UInt8]) {
        var output = JSONWriter()
        output.beginObject()
        output.key("error")
        writeError(fault, to: &output)
        output.endObject()
        return (fault.status == 0 ? status(of: fault.kind) : fault.status, output.bytes)
    }

    /// The object that stands at `error`.
    static func writeError(_ fault: ChatFault, to output: inout JSONWriter) {
        output.beginObject()
        output.key("message")
        output.string(fault.message)
        output.key("type")
        if let type = fault.type { output.string(type) } else { output.string(type(of: fault.kind)) }
        output.key("param")
        if let param = fault.param { output.string(param) } else { output.null() }
        output.key("code")
        if let code = fault.code {
            output.string(code)
        } else if let code = code(of: fault.kind) {
            output.string(code)
        } else {
            output.null()
        }
        output.endObject()
    }

    private static func type(of kind: ChatFault.Kind) -> StaticString {
        switch kind {
        case .invalidRequest, .notFound, .tooLarge: "invalid_request_error"
        case .authentication: "authentication_error"
        case .billing: "insufficient_quota"
        case .permission: "permission_error"
        case .rateLimit: "rate_limit_error"
        case .server: "api_error"
        case .overloaded: "service_unavailable"
        case .timeout: "timeout"
        }
    }

    static func code(of kind: ChatFault.Kind) -> StaticString? {
        switch kind {
        case .authentication: "invalid_api_key"
        case .billing: "insufficient_quota"
        case .rateLimit: "rate_limit_exceeded"
        default: nil
        }
    }

    private static func status(of kind: ChatFault.Kind) -> Int {
        switch kind {
        case .invalidRequest: 400
        case .authentication: 401
        case .billing, .rateLimit: 429
        case .permission: 403
        case .notFound: 404
        case .tooLarge: 413
        case .server: 500
        case .overloaded: 503
        case .timeout: 504
        }
    }
}
