import Conversation
import JSON

/// Answers of OpenAI's Responses API.
///
/// <https://platform.openai.com/docs/api-reference/responses/object>
package enum ResponsesAnswer {
    /// Writes an answer: its first choice, for this API has no others.
    package static func write(_ answer: ChatAnswer, _ terms: AnswerTerms) -> [UInt8] {
        let choice = answer.choices.first { $0.index == 0 } ?? answer.choices.first ?? AnswerChoice()
        var items = ItemWriter(requestID: terms.requestID)
        let end = ResponseEnd(
            choice.finish,
            hasRefusal: choice.parts.contains { if case .refusal = $0 { true } else { false } }
        )
        items.write(choice.parts, status: end.itemStatus, choice.logProbabilities)
        var output = JSONWriter()
        let head = ResponseHead(model: answer.model ?? terms.model, created: answer.created ?? terms.created, terms)
        head.write(end: end, items: items.output.bytes, answer.usage, to: &output)
        return output.bytes
    }
}

/// How an answer of the Responses API ended.
struct ResponseEnd {
    enum Status { case inProgress, completed, incomplete, failed }
    var status: Status
    /// What `incomplete_details.reason` says.
    var reason: StaticString?
    var fault: ChatFault?

    init(_ finish: FinishReason?, hasRefusal: Bool) {
        status = .incomplete
        switch finish {
        case .length, .contextLength: reason = "max_output_tokens"
        case .contentFilter: reason = "content_filter"
        case .refusal where !hasRefusal: reason = "content_filter"
        default: status = .completed
        }
    }

    init(_ fault: ChatFault) {
        status = .failed
        self.fault = fault
    }

    /// Nothing has ended yet.
    init() { status = .inProgress }

    /// Of the last item.
    var itemStatus: StaticString { status == .incomplete ? "incomplete" : "completed" }

    var word: StaticString {
        switch status {
        case .inProgress: "in_progress"
        case .completed: "completed"
        case .incomplete: "incomplete"
        case .failed: "failed"
        }
    }
}

/// The members of a response beside its output, the same in every event.
struct ResponseHead: Sendable {
    var model: JSONString
    var created: Int
    private let requestID: String

    init(model: JSONString, created: Int, _ terms: AnswerTerms) {
        self.model = model
        self.created = created
        requestID = terms.requestID
    }

    /// Writes the whole object; `items` are its output, with commas between them.
    func write(
        end: ResponseEnd,
        items: [UInt8],
        _ usage: TokenUsage?,
        to output: inout JSONWriter
    ) {
        output.beginObject()
        output.key("id")
        output.string(JSONString("resp_" + requestID))
        output.key("object")
        output.string("response")
        output.key("created_at")
        output.number(created)
        output.key("status")
        output.string(end.word)
        output.key("error")
        if let fault = end.fault { ResponsesFault.write(error: fault, to: &output) } else { output.null() }
        output.key("incomplete_details")
        if let reason = end.reason {
            output.beginObject()
            output.key("reason")
            output.string(reason)
            output.endObject()
        } else {
            output.null()
        }
        output.key("model")
        output.string(model)
        output.key("output")
        output.beginArray()
        if !items.isEmpty { output.raw(items[...]) }
        output.endArray()
        ResponseHead.writeSettings(to: &output)
        output.key("usage")
        if let usage, !usage.isEmpty { OpenAIUsage.writeResponses(usage, to: &output) } else { output.null() }
        output.endObject()
    }

    /// Members that libraries want to see.
    ///
    /// What the client asked for is not known here, so they are empty; `store` is
    /// false, for nothing is kept.
    private static func writeSettings(to output: inout JSONWriter) {
        for key in ["instructions", "max_output_tokens", "previous_response_id", "temperature", "top_p", "user"] {
            output.key(key)
            output.null()
        }
        output.key("background")
        output.bool(false)
        output.key("metadata")
        output.beginObject()
        output.endObject()
        output.key("parallel_tool_calls")
        output.bool(true)
        output.key("store")
        output.bool(false)
        output.key("tool_choice")
        output.string("auto")
        output.key("tools")
        output.beginArray()
        output.endArray()
        output.key("truncation")
        output.string("disabled")
    }
}

/// Errors of the Responses API.
package enum ResponsesFault {
    /// Writes a whole answer that is an error: as Chat Completions have it.
    package static func write(_ fault: ChatFault, requestID: String) -> (status: Int, body: [UInt8]) {
        OpenAIFault.write(fault, requestID: requestID)
    }

    /// The object at `error` of a response that failed.
    static func write(error fault: ChatFault, to output: inout JSONWriter) {
        output.beginObject()
        output.key("code")
        output.string(code(of: fault))
        output.key("message")
        output.string(fault.message)
        output.endObject()
    }

    /// The provider's code where it has one: clients match on `context_length_exceeded`.
    static func code(of fault: ChatFault) -> JSONString {
        if let code = fault.code { return code }
        return switch fault.kind {
        case .rateLimit: "rate_limit_exceeded"
        case .billing: "insufficient_quota"
        case .invalidRequest, .tooLarge: "invalid_prompt"
        default: "server_error"
        }
    }
}
