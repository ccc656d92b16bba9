import Conversation
import Foundation
import JSON
import OpenAI
import Testing

@Suite struct `Requests of Chat Completions` {
    /// The examples of <https://platform.openai.com/docs/api-reference/chat/create> in one.
    static let documented = #"""
        {"model":"gpt-5.4","messages":[
        {"role":"developer","content":"You are a helpful assistant."},
        {"role":"user","name":"ada","content":[{"type":"text","text":"What is in this image?\u00e9"},
         {"type":"image_url","image_url":{"url":"https://example.org/a.jpg","detail":"high"}},
         {"type":"image_url","image_url":{"url":"data:image\/png;base64,iVBO\/Rw0"}},
         {"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}},
         {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"}},
         {"type":"file","file":{"file_id":"file-1"}}]},
        {"role":"assistant","content":null,"tool_calls":[
         {"id":"call_a","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Köln\"}"}},
         {"id":"call_b","type":"function","function":{"name":"weather","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"call_a","content":"warm"},
        {"role":"tool","tool_call_id":"call_b","content":[{"type":"text","text":"cold"}]}],
        "tools":[{"type":"function","function":{"name":"weather","description":"d","strict":true,
         "parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}],
        "tool_choice":{"type":"function","function":{"name":"weather"}},"parallel_tool_calls":false,
        "temperature":0.70,"top_p":1,"frequency_penalty":0.5,"presence_penalty":-0.5,"seed":18446744073709551615,
        "stop":["END","\n"],"n":2,"logprobs":true,"top_logprobs":3,"max_tokens":5,"max_completion_tokens":100,
        "response_format":{"type":"json_schema","json_schema":{"name":"city","strict":true,"schema":{"type":"object"}}},
        "reasoning_effort":"low","user":"u1","stream":true,"stream_options":{"include_usage":true},
        "service_tier":"flex","logit_bias":{"50256":-100},"metadata":{"a":"b"},"invented_by_nobody":1,"store":null}
        """#

    @Test func `the documented members are read`() throws {
        let request = try OpenAIRequest.read(try parse(Self.documented))
        #expect(request.model.text == "gpt-5.4")
        #expect(request.messages.map(\.role) == [.developer, .user, .assistant, .tool, .tool])
        #expect(request.messages[1].name?.text == "ada")
        #expect(request.sampling.maxTokens == 100)
        #expect(request.sampling.seed.map { String(decoding: $0, as: UTF8.self) } == "18446744073709551615")
        #expect(request.sampling.temperature.map { String(decoding: $0, as: UTF8.self) } == "0.70")
        #expect(request.sampling.stop.map(\.text) == ["END", "\n"])
        #expect(request.toolChoice == .function("weather"))
        #expect(request.allowsParallelCalls == false)
        #expect(request.streams && request.wantsStreamUsage)
        #expect(request.reasoning?.effort?.text == "low")
        #expect(request.extras.map(\.key) == ["service_tier", "logit_bias", "metadata", "invented_by_nobody"])
        guard case .media(let image) = request.messages[1].parts[2], case .data(let type, let data) = image.source
        else { throw Missing() }
        #expect(type.text == "image/png" && data.text == "iVBO/Rw0")
        guard case .toolCall(let call) = request.messages[2].parts[0] else { throw Missing() }
        #expect(String(decoding: call.arguments, as: UTF8.self) == #"{"city":"Köln"}"#)
    }

    @Test func `what was read is written for OpenAI without a loss that is not told`() throws {
        let request = try OpenAIRequest.read(try parse(Self.documented))
        var terms = RequestTerms(model: "gpt-5.4", streams: true)
        terms.limitsCompletion = true
        terms.knowsDeveloper = true
        let written = try OpenAIRequest.write(request, terms)
        #expect(written.dropped == ["invented_by_nobody"])
        var expected = try json(Array(Self.documented.utf8))
        for key in ["max_tokens", "invented_by_nobody", "store"] { expected[key] = nil }
        // Texts alone need no list.
        var messages = try #require(expected["messages"] as? [[String: Any]])
        messages[4]["content"] = "cold"
        expected["messages"] = messages
        #expect(try json(written.body) as NSDictionary == expected as NSDictionary)
    }

    @Test(arguments: [
        ("{}", "messages"), (#"{"messages":1}"#, "messages"), (#"{"messages":[]}"#, "messages"),
        (#"{"messages":[{"content":"x"}]}"#, "messages[0].role"),
        (#"{"messages":[{"role":"bot","content":"x"}]}"#, "messages[0].role"),
        (#"{"messages":[{"role":"user"}]}"#, "messages[0].content"),
        (#"{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}"#, "messages[0].content[0]"),
        (#"{"messages":[{"role":"user","content":[{"text":"x"}]}]}"#, "messages[0].content[0]"),
        (#"{"messages":[{"role":"tool","content":"x"}]}"#, "messages[0].tool_call_id"),
        (#"{"messages":[{"role":"user","content":"x"}],"temperature":"hot"}"#, "temperature"),
        (#"{"messages":[{"role":"user","content":"x"}],"max_tokens":1.5}"#, "max_tokens"),
        (#"{"messages":[{"role":"user","content":"x"}],"stream":"yes"}"#, "stream"),
        (#"{"messages":[{"role":"user","content":"x"}],"n":0}"#, "n"),
        (#"{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function"}]}"#, "tools[0].function"),
        (#"{"messages":[{"role":"user","content":"x"}],"tool_choice":"maybe"}"#, "tool_choice"),
        (
            #"{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema"}}"#,
            "response_format.json_schema"
        ),
    ])
    func `a wrong request is told with the member it is wrong in`(body: String, parameter: String) throws {
        let fault = #expect(throws: ConversationFault.self) { try OpenAIRequest.read(try parse(body)) }
        #expect(fault?.parameter == parameter)
    }

    @Test func `functions, which came before tools, are tools`() throws {
        let request = try OpenAIRequest.read(
            try parse(
                #"""
                {"model":"m","functions":[{"name":"f","parameters":{"type":"object"}}],"function_call":{"name":"f"},
                "messages":[{"role":"user","content":"x"},
                {"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},
                {"role":"function","name":"f","content":"y"}]}
                """#
            )
        )
        #expect(request.usesFunctions && request.toolChoice == .function("f"))
        guard case .toolCall(let call) = request.messages[1].parts[0],
            case .toolResult(let result) = request.messages[2].parts[0]
        else { throw Missing() }
        #expect(call.id == result.callID && !call.id.isEmpty)
    }

    @Test func `members of parts that nobody else has are named`() throws {
        let body = #"""
            {"messages":[{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]},
            {"role":"assistant","content":"y","prefix":true}],
            "response_format":{"type":"json_schema","json_schema":{"schema":{},"description":"d"}}}
            """#
        let request = try OpenAIRequest.read(try parse(body))
        let expected = ["cache_control", "prefix", "response_format.json_schema.description"]
        #expect(request.dropped.sorted() == expected)
        let written = try OpenAIRequest.write(request, RequestTerms(model: "m", streams: false))
        #expect(written.dropped.sorted() == expected)
    }

    @Test func `calls and results without ids find one another`() throws {
        let request = try OpenAIRequest.read(
            try parse(
                #"""
                {"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}},
                {"function":{"name":"g","arguments":"{}"}}]},{"role":"tool","name":"g","content":"G"},
                {"role":"tool","content":"F"}]}
                """#
            )
        )
        let ids = request.messages.flatMap(\.parts).compactMap { part in
            switch part {
            case .toolCall(let call): call.id
            case .toolResult(let result): result.callID
            default: nil
            }
        }
        #expect(ids[0] == ids[3] && ids[1] == ids[2] && ids[0] != ids[1])
    }

    @Test(arguments: [ThinkingMember.none, .reasoningContent, .reasoning, .details, .parts])
    func `thinking goes back in the member the provider takes it in`(member: ThinkingMember) throws {
        var request = ChatRequest()
        let thought = ReasoningPart(text: "hm", signature: "S")
        request.messages = [ChatMessage(role: .assistant, parts: [.reasoning(thought), .text("a")])]
        var terms = RequestTerms(model: "m", streams: false)
        terms.thinking = member
        let written = try OpenAIRequest.write(request, terms)
        let message = try #require((try json(written.body)["messages"] as? [[String: Any]])?.first)
        switch member {
        case .none: #expect(written.dropped == ["reasoning_content"] && message.count == 2)
        case .reasoningContent: #expect(message["reasoning_content"] as? String == "hm")
        case .reasoning: #expect(message["reasoning"] as? String == "hm")
        case .details:
            let details = try #require(message["reasoning_details"] as? [[String: Any]])
            #expect(details.first?["signature"] as? String == "S" && written.dropped.isEmpty)
        case .parts: #expect((message["content"] as? [[String: Any]])?.first?["type"] as? String == "thinking")
        }
        if member != .none, member != .details { #expect(written.dropped == ["reasoning_details"]) }
    }

    @Test func `results come at once after their calls, and images of results behind them`() throws {
        var request = ChatRequest()
        let image = Media(kind: .image, source: .data(type: "image/png", base64: "AAAA"))
        let first = ToolResult(callID: "a", parts: [.text("one"), .media(image)], isError: true)
        let second = ToolResult(callID: "b", parts: [.text("two")])
        request.messages = [ChatMessage(role: .user, parts: [.toolResult(first), .toolResult(second), .text("go on")])]
        let written = try OpenAIRequest.write(request, RequestTerms(model: "m", streams: false))
        let messages = try #require(try json(written.body)["messages"] as? [[String: Any]])
        #expect(messages.map { $0["role"] as? String } == ["tool", "tool", "user"])
        #expect(
            (messages[2]["content"] as? [[String: Any]])?.map { $0["type"] as? String } == [
                "text", "image_url", "text",
            ]
        )
        #expect(written.dropped == ["is_error"])
    }

    @Test func `what would change the meaning is refused, what only helps is named`() throws {
        var request = ChatRequest()
        let image = Media(kind: .image, source: .file("file-1"))
        request.messages = [ChatMessage(role: .user, parts: [.text("x"), .media(image)])]
        let terms = RequestTerms(model: "m", streams: false)
        let fault = #expect(throws: ConversationFault.self) { try OpenAIRequest.write(request, terms) }
        #expect(fault?.parameter == "messages[0].content[1]")
        request.messages = [
            ChatMessage(role: .user, parts: [.text("x"), .other(kind: "search_result", try parse("{}"))])
        ]
        #expect(throws: ConversationFault.self) { try OpenAIRequest.write(request, terms) }
        request.messages = [ChatMessage(role: .user, parts: [.text("x")])]
        request.tools = [ToolDefinition(name: "web", builtIn: try parse(#"{"type":"web_search_20250305"}"#))]
        request.toolChoice = .auto
        request.sampling.topK = Array("5".utf8)[...]
        var ours = terms
        ours.limitsCompletion = true
        let written = try OpenAIRequest.write(request, ours)
        #expect(written.dropped == ["tools[0]", "top_k"])
        #expect(try json(written.body)["tool_choice"] == nil)
    }

    struct Missing: Error {}
}
