import Bytes
import Conversation
import Dialect
import JSON

/// What is said at the end of a stream that the gateway ends before its provider does (docs/budgets.md).
///
/// The client's dialect has its own words for an answer that reached a limit, and its libraries take them for a whole answer;
/// why it is so short stands in the member `x_hoosh` of the event that says so.
package struct StreamCut {
    package var requestID: String
    /// The model the client asked for.
    package var model: JSONString
    /// Seconds since 1970.
    package var created: Int
    /// What is charged for.
    package var usage: TokenUsage
    /// The client asked for the usage at the stream's end (OpenAI's `include_usage`).
    package var wantsUsage: Bool
    /// The value of `x_hoosh`.
    package let reason: [UInt8]
    /// The content block that is open in the client's stream (Anthropic).
    package var openBlock: Int?
    /// The stream has said why it ends, and only its last event is missing (Anthropic).
    package var hasReason = false
    /// The number of the next event (Responses).
    package var sequence = 0

    /// Says why the stream ends: a code, the pool that is exhausted, a sentence.
    package init(
        requestID: String,
        model: JSONString,
        created: Int,
        usage: TokenUsage,
        wantsUsage: Bool,
        code: StaticString,
        pool: String,
        message: String
    ) {
        self.requestID = requestID
        self.model = model
        self.created = created
        self.usage = usage
        self.wantsUsage = wantsUsage
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("cut")
        writer.string(code)
        writer.key("pool")
        writer.string(pool)
        writer.key("message")
        writer.string(message)
        writer.endObject()
        reason = writer.bytes
    }

    /// Puts `x_hoosh` into the event that says why the answer ends: the last that holds the dialect's word for it.
    func marked(_ bytes: [UInt8], as format: ChatFormat) -> [UInt8] {
        let word: StaticString =
            switch format {
            case .chat, .completions: "\"finish_reason\":\"length\""
            case .messages: hasReason ? "\"message_stop\"" : "\"message_delta\""
            case .responses: "\"response.incomplete\""
            case .gemini: "\"finishReason\""
            case .ollama, .generate: "\"done\":true"
            }
        var place: Int?
        var start = 0
        while let hit = Scan.find(word, in: bytes.span, from: start) {
            start = hit + word.utf8CodeUnitCount
            var line = hit
            while line > 0, bytes[line - 1] != 0x0a { line -= 1 }
            if let brace = bytes[line..<hit].firstIndex(of: 0x7b) { place = brace + 1 }
        }
        guard let place else { return bytes }
        return bytes[..<place] + Array("\"x_hoosh\":".utf8) + reason + [0x2c] + bytes[place...]
    }

    /// The end of a stream that passed unchanged, of which nothing is known but what stands in this.
    package func ending(as format: ChatFormat) -> [UInt8] {
        switch format {
        case .chat: marked(chatEnding, as: format)
        case .messages: marked(messagesEnding, as: format)
        case .responses: marked(responsesEnding, as: format)
        case .completions, .gemini, .ollama, .generate:
            // Each of their events stands by itself, so their writers can begin with the last.
            StreamTranslation.ending(self, as: format)
        }
    }

    private var chatEnding: [UInt8] {
        var output = JSONWriter()
        func begin() {
            output.text("data: ")
            output.beginObject()
            output.key("id")
            output.string("chatcmpl-" + requestID)
            output.key("object")
            output.string("chat.completion.chunk" as StaticString)
            output.key("created")
            output.number(created)
            output.key("model")
            output.string(model)
            output.key("choices")
        }
        begin()
        output.raw("[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]")
        output.endObject()
        output.text("\n\n")
        if wantsUsage {
            begin()
            output.raw("[],\"usage\":{\"prompt_tokens\":")
            output.text("")
            output.number(usage.input ?? 0)
            output.key("completion_tokens")
            output.number(usage.output ?? 0)
            output.key("total_tokens")
            output.number((usage.input ?? 0) + (usage.output ?? 0))
            output.endObject()
            output.endObject()
            output.text("\n\n")
        }
        output.text("data: [DONE]\n\n")
        return output.bytes
    }

    private var messagesEnding: [UInt8] {
        var output = JSONWriter()
        if let openBlock {
            output.text("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":")
            output.number(openBlock)
            output.text("}\n\n")
        }
        if !hasReason {
            output.text(
                "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\","
            )
            output.text("\"stop_sequence\":null},\"usage\":{\"output_tokens\":")
            output.number(usage.output ?? 0)
            output.text("}}\n\n")
        }
        output.text("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
        return output.bytes
    }

    /// The items of the answer are not repeated: nobody kept them.
    private var responsesEnding: [UInt8] {
        var output = JSONWriter()
        output.text("event: response.incomplete\ndata: ")
        output.beginObject()
        output.key("type")
        output.string("response.incomplete" as StaticString)
        output.key("sequence_number")
        output.number(sequence)
        output.key("response")
        output.beginObject()
        output.key("id")
        output.string("resp_" + requestID)
        output.key("object")
        output.string("response" as StaticString)
        output.key("created_at")
        output.number(created)
        output.key("status")
        output.string("incomplete" as StaticString)
        output.key("error")
        output.null()
        output.key("incomplete_details")
        output.raw("{\"reason\":\"max_output_tokens\"}")
        output.key("model")
        output.string(model)
        output.key("output")
        output.raw("[]")
        output.key("parallel_tool_calls")
        output.bool(true)
        output.key("tool_choice")
        output.string("auto" as StaticString)
        output.key("tools")
        output.raw("[]")
        output.key("usage")
        output.beginObject()
        output.key("input_tokens")
        output.number(usage.input ?? 0)
        output.key("input_tokens_details")
        output.raw("{\"cached_tokens\":0}")
        output.key("output_tokens")
        output.number(usage.output ?? 0)
        output.key("output_tokens_details")
        output.raw("{\"reasoning_tokens\":0}")
        output.key("total_tokens")
        output.number((usage.input ?? 0) + (usage.output ?? 0))
        output.endObject()
        output.endObject()
        output.endObject()
        output.text("\n\n")
        return output.bytes
    }
}
