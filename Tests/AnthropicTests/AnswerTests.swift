import Anthropic
import Conversation
import Foundation
import JSON
import Testing

@Suite struct `Anthropic answers, errors and lists` {
    /// The example of platform.claude.com/docs/en/agents-and-tools/tool-use/overview.
    @Test func `the documented answer is read and written`() throws {
        let body = #"""
            {"id":"msg_01Aq9w938a90dw8q","model":"claude-opus-4-1-20250805","stop_reason":"tool_use","stop_sequence":null,"type":"message",
            "role":"assistant","content":[{"type":"text","text":"I'll check the current weather in San Francisco for you."},
            {"type":"tool_use","id":"toolu_01A09q90qw90lq917835lq9","name":"get_weather","input":{"location":"San Francisco, CA","unit":"celsius"}}],
            "usage":{"input_tokens":12,"output_tokens":6}}
            """#
        let answer = try AnthropicAnswer.read(node(body))
        #expect(answer.id?.text == "msg_01Aq9w938a90dw8q" && answer.choices.count == 1)
        #expect(answer.choices[0].finish == .toolCalls && answer.choices[0].parts.count == 2)
        #expect(answer.usage?.input == 12 && answer.usage?.output == 6 && answer.usage?.cachedInput == nil)
        #expect(try object(AnthropicAnswer.write(answer, answerTerms)) == object(body))
    }

    @Test func `thinking, server tools and caches go through`() throws {
        let body = #"""
            {"id":"m","type":"message","role":"assistant","model":"c","content":[{"type":"thinking","thinking":"t","signature":"s"},
            {"type":"redacted_thinking","data":"d"},{"type":"server_tool_use","id":"srv","name":"web_search","input":{"query":"q"}},
            {"type":"web_search_tool_result","tool_use_id":"srv","content":[]},{"type":"text","text":"a"}],
            "stop_reason":"stop_sequence","stop_sequence":"END","usage":{"input_tokens":1,"cache_creation_input_tokens":2,
            "cache_read_input_tokens":4,"output_tokens":0,"output_tokens_details":{"thinking_tokens":0}}}
            """#
        let answer = try AnthropicAnswer.read(node(body))
        #expect(answer.usage?.input == 7 && answer.usage?.output == 0 && answer.usage?.reasoning == 0)
        #expect(answer.choices[0].stopSequence?.text == "END")
        #expect(try object(AnthropicAnswer.write(answer, answerTerms)) == object(body))
    }

    @Test func `what other providers leave out is made up`() throws {
        var answer = ChatAnswer()
        var first = AnswerChoice()
        first.parts = [
            .reasoning(ReasoningPart(text: "hm")),
            .toolCall(ToolCall(id: "", name: "f", arguments: Array("{broken".utf8))),
            .other(kind: "annotations", try node("[]")),
        ]
        first.finish = .stop
        var second = AnswerChoice()
        second.index = 1
        second.parts = [.text("not this")]
        answer.choices = [second, first]
        let expected = #"""
            {"id":"msg_r1","type":"message","role":"assistant","model":"asked","content":[
            {"type":"thinking","thinking":"hm","signature":""},
            {"type":"tool_use","id":"toolu_r1_0","name":"f","input":{"INVALID_JSON":"{broken"}}],
            "stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0}}
            """#
        #expect(try object(AnthropicAnswer.write(answer, answerTerms)) == object(expected))
        let empty = try object(AnthropicAnswer.write(ChatAnswer(), answerTerms))
        #expect(empty["stop_reason"] as? String == "end_turn" && (empty["content"] as? NSArray)?.count == 0)
    }

    @Test func `a refusal keeps its words`() throws {
        let body = #"""
            {"content":[],"stop_reason":"refusal","stop_details":{"type":"refusal","explanation":"Not this."},"usage":null}
            """#
        let answer = try AnthropicAnswer.read(node(body))
        guard case .refusal(let words) = answer.choices[0].parts.first else { throw EventFault("no refusal") }
        #expect(words.text == "Not this." && answer.choices[0].finish == .refusal && answer.usage == nil)
        let written = try object(AnthropicAnswer.write(answer, answerTerms))
        #expect(written["content"] as? NSArray == [["type": "text", "text": "Not this."]])
    }

    @Test(arguments: ["[]", "{}", #"{"content":{}}"#]) func `what is no answer is refused`(body: String) throws {
        #expect(throws: EventFault.self) { try AnthropicAnswer.read(node(body)) }
    }

    @Test func `an error that pretends to be an answer keeps its words`() throws {
        let body = #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#
        let fault = try #require(throws: EventFault.self) { try AnthropicAnswer.read(node(body)) }
        #expect(fault.description == "sent an error in place of an answer: Overloaded")
    }

    @Test func `strange answers are read as far as they go`() throws {
        let body = #"{"content":[{},7,{"type":"text"},{"type":"text","text":"a"},{"type":"tool_use"}],"stop_reason":3}"#
        let answer = try AnthropicAnswer.read(node(body))
        #expect(answer.choices[0].parts.count == 2 && answer.choices[0].finish == nil)
    }

    // MARK: Errors

    @Test(arguments: [
        (400, "invalid_request_error", ChatFault.Kind.invalidRequest), (401, "authentication_error", .authentication),
        (402, "billing_error", .billing), (403, "permission_error", .permission), (404, "not_found_error", .notFound),
        (413, "request_too_large", .tooLarge), (429, "rate_limit_error", .rateLimit), (500, "api_error", .server),
        (504, "timeout_error", .timeout), (529, "overloaded_error", .overloaded),
    ]) func `every documented error is read and written`(status: Int, type: String, kind: ChatFault.Kind) throws {
        let body = #"{"type":"error","error":{"type":"\#(type)","message":"M \"q\""},"request_id":"req_1"}"#
        let fault = AnthropicFault.read(status: status, body: Array(body.utf8))
        #expect(fault.kind == kind && fault.status == status && fault.message.text == #"M "q""#)
        let (again, written) = AnthropicFault.write(fault, requestID: "req_1")
        #expect(again == status)
        #expect(try object(written) == object(body))
        // By its kind alone, as an error of another dialect.
        let other = ChatFault(kind: kind, status: 0, message: #"M "q""#)
        let (made, same) = AnthropicFault.write(other, requestID: "req_1")
        #expect(made == status)
        #expect(try object(same) == object(body))
    }

    @Test(arguments: [
        ("", "it sent no words with status 502"), ("<html>Bad gateway</html>", "<html>Bad gateway</html>"),
        (#"{"error":"x"}"#, "x"), (#"{"message":"y"}"#, "y"), (#"{"detail":"z"}"#, "z"), ("[1]", "[1]"),
        (#"{"error":{"message":"w"}}"#, "w"),
    ]) func `any body keeps its words`(body: String, message: String) {
        let fault = AnthropicFault.read(status: 502, body: Array(body.utf8))
        #expect(fault.message.text == message && fault.status == 502 && fault.kind == .server)
    }

    @Test func `words are bounded and stay UTF-8`() throws {
        let long = String(repeating: "é", count: 9_000)
        for body in [long, #"{"error":{"message":"\#(long)"}}"#] {
            let fault = AnthropicFault.read(status: 500, body: Array(body.utf8))
            #expect(fault.message.spelled.count <= 4_100 && fault.message.spelled.count > 4_000)
            #expect(fault.message.text.allSatisfy { $0 == "é" || $0 == "\u{fffd}" })
            _ = try object(AnthropicFault.write(fault, requestID: "r").body)
        }
        let broken = AnthropicFault.read(status: 500, body: [0xff, 0xfe, 0x22])
        _ = try object(AnthropicFault.write(broken, requestID: "r").body)
    }

    @Test func `a full context has the code that others go by`() {
        let body =
            #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}"#
        #expect(AnthropicFault.read(status: 400, body: Array(body.utf8)).code?.text == "context_length_exceeded")
    }

    // MARK: Lists

    @Test func `models are listed as Anthropic does`() throws {
        let expected = #"""
            {"data":[{"type":"model","id":"a","display_name":"a","created_at":"2024-02-29T23:59:58Z","lifecycle":"active"},
            {"type":"model","id":"b/\"c","display_name":"b/\"c","created_at":"2024-02-29T23:59:58Z","lifecycle":"active"}],
            "has_more":false,"first_id":"a","last_id":"b/\"c"}
            """#
        #expect(try object(AnthropicModels.write(ids: ["a", "b/\"c"], created: 1_709_251_198)) == object(expected))
        let empty = #"{"data":[],"has_more":false,"first_id":null,"last_id":null}"#
        #expect(try object(AnthropicModels.write(ids: [], created: 0)) == object(empty))
        let format = ISO8601DateFormatter()
        for seconds in [0, 86_399, 951_782_400, 1_709_164_800, 1_735_689_599, 4_107_542_400, -5] {
            let model = try object(AnthropicModels.write(id: "a", created: seconds))
            let date = format.string(from: Date(timeIntervalSince1970: Double(max(0, seconds))))
            #expect(model["created_at"] as? String == date)
        }
    }

    @Test func `a count is written`() throws {
        #expect(text(AnthropicCount.write(2_095)) == #"{"input_tokens":2095}"#)
    }
}
