/// How a provider other than OpenAI spells its answers; texts come and go with their JSON escapes.
///
/// Written from the providers' own references, apart from the proxy's codecs, so that a mistake in one shows in the other.
protocol Spelling {
    /// The type of a streamed body.
    var streamType: StaticString { get }

    /// The whole answer: a text, or a call of the tool of that name.
    func whole(_ content: AnswerContent, _ usage: Usage) -> String
    /// What a stream says before its content, each an event.
    func before(_ content: AnswerContent, _ usage: Usage) -> [String]
    /// One content event.
    func delta(_ text: String) -> String
    /// The content events of a call.
    func call(_ name: String) -> [String]
    /// What a stream says after its content; the last says that it is over.
    func after(_ content: AnswerContent, _ usage: Usage) -> [String]
    /// The body of a refusal; `kind` is the error's name in this format.
    func error(_ status: Int, _ message: String) -> String
    /// The event that says that the stream has failed.
    func errorEvent(_ message: String) -> String
}

/// What an answer holds.
enum AnswerContent {
    case text(String)
    case call(String)
}

/// Frames JSON as a server-sent event.
struct EventLines {
    let lineEnd: String
    let space: String
    let comment: String

    init(_ controls: Controls) {
        lineEnd = controls.faults.contains(.crlf) ? "\r\n" : "\n"
        space = controls.faults.contains(.noSpace) ? "" : " "
        comment = controls.faults.contains(.comments) ? ": keepalive\(lineEnd)\(lineEnd)" : ""
    }

    func event(_ json: String, name: String? = nil) -> String {
        let first = name.map { "event:\(space)\($0)\(lineEnd)" } ?? ""
        return "\(first)data:\(space)\(json)\(lineEnd)\(lineEnd)\(comment)"
    }
}

extension String {
    /// As a JSON string literal, quotes included.
    var quoted: String {
        var out = ByteText()
        out.add(quoted: self)
        return String(decoding: out.bytes, as: UTF8.self)
    }
}

// MARK: Anthropic

/// Anthropic Messages: https://docs.anthropic.com/en/api/messages and /messages-streaming.
struct MessagesSpelling: Spelling {
    let id: String
    let model: String
    let lines: EventLines

    var streamType: StaticString { "text/event-stream; charset=utf-8" }

    private func message(_ content: String, _ reason: String?, _ usage: Usage) -> String {
        "{\"id\":\"msg_\(id)\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"\(model)\",\"content\":[\(content)],"
            + "\"stop_reason\":\(reason?.quoted ?? "null"),\"stop_sequence\":null,\"usage\":{\"input_tokens\":"
            + "\(usage.prompt),\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":"
            + "\(usage.completion),\"service_tier\":\"standard\"}}"
    }

    private func block(_ content: AnswerContent, isOpen: Bool) -> String {
        switch content {
        case .text(let text): return "{\"type\":\"text\",\"text\":\"\(isOpen ? "" : text)\"}"
        case .call(let name):
            let input = isOpen ? "{}" : "{\"input\":\"mock\"}"
            return "{\"type\":\"tool_use\",\"id\":\"toolu_mock\",\"name\":\"\(name)\",\"input\":\(input)}"
        }
    }

    private func reason(_ content: AnswerContent) -> String {
        if case .call = content { "tool_use" } else { "end_turn" }
    }

    func whole(_ content: AnswerContent, _ usage: Usage) -> String {
        message(block(content, isOpen: false), reason(content), usage)
    }

    func before(_ content: AnswerContent, _ usage: Usage) -> [String] {
        let start = message("", nil, Usage(prompt: usage.prompt, completion: 1))
        let block = block(content, isOpen: true)
        return [
            lines.event("{\"type\":\"message_start\",\"message\":\(start)}", name: "message_start"),
            lines.event(
                "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":\(block)}",
                name: "content_block_start"
            ),
            lines.event("{\"type\":\"ping\"}", name: "ping"),
        ]
    }

    private func delta(_ inside: String, _ kind: String) -> String {
        lines.event(
            "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"\(kind)\",\(inside)}}",
            name: "content_block_delta"
        )
    }

    func delta(_ text: String) -> String { delta("\"text\":\"\(text)\"", "text_delta") }

    func call(_ name: String) -> [String] {
        ["", "{\\\"input\\\":", "\\\"mock\\\"}"].map { delta("\"partial_json\":\"\($0)\"", "input_json_delta") }
    }

    func after(_ content: AnswerContent, _ usage: Usage) -> [String] {
        [
            lines.event("{\"type\":\"content_block_stop\",\"index\":0}", name: "content_block_stop"),
            lines.event(
                "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"\(reason(content))\",\"stop_sequence\":null},"
                    + "\"usage\":{\"output_tokens\":\(usage.completion)}}",
                name: "message_delta"
            ),
            lines.event("{\"type\":\"message_stop\"}", name: "message_stop"),
        ]
    }

    private func body(_ kind: String, _ message: String) -> String {
        "{\"type\":\"error\",\"error\":{\"type\":\"\(kind)\",\"message\":\(message.quoted)},\"request_id\":\"req_mock\"}"
    }

    func error(_ status: Int, _ message: String) -> String {
        let kind =
            switch status {
            case 401: "authentication_error"
            case 403: "permission_error"
            case 404: "not_found_error"
            case 413: "request_too_large"
            case 429: "rate_limit_error"
            case 400..<500: "invalid_request_error"
            case 504: "timeout_error"
            case 529: "overloaded_error"
            default: "api_error"
            }
        return body(kind, message)
    }

    func errorEvent(_ message: String) -> String { lines.event(body("overloaded_error", message), name: "error") }
}
