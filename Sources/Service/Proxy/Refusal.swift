import Bytes
import Conversation
import Dialect
import HTTP
import JSON
import Translation

/// An answer the proxy gives itself because a request cannot be served.
struct Refusal {
    var status: Int
    /// OpenAI's `error.code`.
    var code: String
    var message: String
    /// OpenAI's `error.param`.
    var param: String?
    /// Set with 405 (RFC 9110 §15.5.6).
    var allow: String?
    /// Set with 401: how to say who one is (RFC 9110 §11.6.1).
    var challenge: String?

    /// More header fields, each with its line end.
    var fields = ""
    /// Asking again later may help, although the status is a client's fault.
    var mayRetry = false

    init(_ status: Int, _ code: String, _ message: String, param: String? = nil, allow: String? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.allow = allow
    }

    init(_ fault: HTTPFault) {
        self.init(fault.status, fault.code.description, fault.message.description)
    }

    /// The error object in OpenAI's shape; however long the message is, it is whole.
    var body: [UInt8] {
        // Escaping makes at most six bytes of one.
        let room = 6 * (message.utf8.count + (param?.utf8.count ?? 0)) + code.utf8.count + 256
        return [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            var writer = ByteWriter(UnsafeMutableRawBufferPointer(buffer))
            ErrorBody.write(&writer, message: message, type: type, param: param, code: code)
            count = writer.count
        }
    }

    /// The error in the words of a client's dialect.
    func body(as format: ChatFormat, requestID: String) -> [UInt8] {
        switch format {
        case .chat, .completions, .responses: return body
        case .messages, .gemini, .ollama, .generate:
            var fault = ChatFault(
                kind: ChatFault.kind(ofStatus: status),
                status: status,
                message: JSONString(message)
            )
            fault.code = JSONString(code)
            fault.param = param.map { JSONString($0) }
            return AnswerTranslation.write(fault, as: format, requestID: requestID, domain: "hoosh-proxy").body
        }
    }

    /// OpenAI's `error.type` for a status (`reference` table of error conventions, docs/errors.md).
    var type: String {
        if code == "budget_exceeded" { return "insufficient_quota" }
        return switch status {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 429: "rate_limit_error"
        case 502: "api_error"
        case 503: "service_unavailable"
        case 504: "timeout"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }

    /// The reason phrase; clients do not read it, people do.
    static func reason(_ status: Int) -> StaticString {
        switch status {
        case 200: "OK"
        case 202: "Accepted"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Error"
        }
    }
}
