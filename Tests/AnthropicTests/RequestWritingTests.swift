import Anthropic
import Conversation
import Foundation
import JSON
import Testing

@Suite struct `Writing Anthropic requests` {
    private func written(_ request: ChatRequest, _ model: String = "claude-sonnet-4-5") throws -> (
        NSDictionary, [String]
    ) {
        let written = try AnthropicRequest.write(request, terms(model, streams: request.streams))
        return (try object(written.body), written.dropped)
    }

    private func user(_ parts: ChatPart...) -> ChatMessage { ChatMessage(role: .user, parts: parts) }

    private func asking(_ messages: ChatMessage...) -> ChatRequest {
        var request = ChatRequest()
        request.messages = messages
        return request
    }

    @Test func `the least request gets what Anthropic requires`() throws {
        let (body, dropped) = try written(asking(user(.text("hi"))))
        #expect(
            body
                == (try object(
                    #"{"model":"claude-sonnet-4-5","max_tokens":4096,"messages":[{"role":"user","content":"hi"}]}"#
                ))
        )
        #expect(dropped.isEmpty)
    }

    @Test func `turns alternate, results stand first, system messages in front`() throws {
        let call = ToolCall(id: "functions.f:0", name: "f", arguments: Array(#"{"a":1}"#.utf8))
        let (body, dropped) = try written(
            asking(
                ChatMessage(role: .system, parts: [.text("one")]),
                user(.text("a")),
                user(.text("b"), .text("")),
                ChatMessage(role: .assistant, parts: [.text(" \n"), .refusal("no"), .toolCall(call)]),
                ChatMessage(role: .developer, parts: [.text("two")]),
                user(.text("c")),
                ChatMessage(
                    role: .tool,
                    parts: [.toolResult(ToolResult(callID: "functions.f:0", parts: [.text("r")]))]
                ),
                ChatMessage(
                    role: .tool,
                    parts: [.toolResult(ToolResult(callID: "t2", parts: [.text("x"), .text("y")], isError: true))]
                )
            )
        )
        let expected = #"""
            {"model":"claude-sonnet-4-5","max_tokens":4096,
            "system":[{"type":"text","text":"one"},{"type":"text","text":"two"}],"messages":[
            {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
            {"role":"assistant","content":[{"type":"text","text":"no"},{"type":"tool_use","id":"functions_f_0","name":"f","input":{"a":1}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"functions_f_0","content":"r"},
            {"type":"tool_result","tool_use_id":"t2","is_error":true,"content":[{"type":"text","text":"x"},{"type":"text","text":"y"}]},
            {"type":"text","text":"c"}]}]}
            """#
        #expect(body == (try object(expected)))
        #expect(dropped.isEmpty)
    }

    @Test(arguments: [
        ("", "{}"), (" \n", "{}"), (#"{"a": 1}"#, #"{"a":1}"#), (#"{"a": 1"#, #"{"INVALID_JSON":"{\"a\": 1"}"#),
        ("[1]", #"{"INVALID_JSON":"[1]"}"#), ("7", #"{"INVALID_JSON":"7"}"#),
    ]) func `arguments become an object, broken ones within one`(arguments: String, input: String) throws {
        let call = ToolCall(id: "t", name: "f", arguments: Array(arguments.utf8))
        let (body, _) = try written(asking(user(.text("x")), ChatMessage(role: .assistant, parts: [.toolCall(call)])))
        let messages = try #require(body["messages"] as? [NSDictionary])
        let block = try #require((messages[1]["content"] as? [NSDictionary])?.first)
        #expect(block["input"] as? NSDictionary == (try object(input)))
    }

    @Test func `calls without ids get some, and their results the same`() throws {
        func call(_ name: JSONString) -> ChatPart { .toolCall(ToolCall(id: "", name: name, arguments: [])) }
        func result(_ name: JSONString?, _ words: JSONString) -> ChatPart {
            .toolResult(ToolResult(callID: "", name: name, parts: [.text(words)]))
        }
        let (body, _) = try written(
            asking(
                user(.text("x")),
                ChatMessage(role: .assistant, parts: [call("f"), call("g"), call("f")]),
                ChatMessage(role: .tool, parts: [result("g", "of g"), result("f", "of f"), result(nil, "of the last")])
            )
        )
        let messages = try #require(body["messages"] as? [NSDictionary])
        let calls = try #require(messages[1]["content"] as? [NSDictionary]).map { $0["id"] as? String }
        let results = try #require(messages[2]["content"] as? [NSDictionary])
        #expect(calls == ["toolu_0", "toolu_1", "toolu_2"])
        #expect(results.map { $0["tool_use_id"] as? String } == ["toolu_1", "toolu_0", "toolu_2"])
        #expect(results.map { $0["content"] as? String } == ["of g", "of f", "of the last"])
    }

    @Test func `media are written by their source`() throws {
        var report = Media(kind: .document, source: .data(type: "text/plain", base64: JSONString("SMOkbGxv")))
        report.title = "R"
        var low = Media(kind: .image, source: .url("https://x/y.png"))
        low.detail = "low"
        let (body, dropped) = try written(
            asking(
                user(
                    .media(low),
                    .media(Media(kind: .image, source: .data(type: "image/jpg", base64: "AAAA"))),
                    .media(Media(kind: .document, source: .data(type: "application/pdf", base64: "JVBE"))),
                    .media(report),
                    .media(Media(kind: .document, source: .text("t"))),
                    .media(Media(kind: .document, source: .file("f1")))
                )
            )
        )
        let expected = #"""
            {"content":[{"type":"image","source":{"type":"url","url":"https://x/y.png"}},
            {"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"AAAA"}},
            {"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"}},
            {"type":"document","source":{"type":"text","media_type":"text/plain","data":"Hällo"},"title":"R"},
            {"type":"document","source":{"type":"text","media_type":"text/plain","data":"t"}},
            {"type":"document","source":{"type":"file","file_id":"f1"}}],"role":"user"}
            """#
        #expect((body["messages"] as? [NSDictionary])?.first == (try object(expected)))
        #expect(dropped == ["image_url.detail"])
    }

    @Test func `what would change the meaning is refused`() throws {
        let url = Media.Source.url("u")
        let refused: [(ChatMessage, String)] = [
            (user(.text("a"), .media(Media(kind: .audio, source: url))), "messages[0].content[1]"),
            (user(.media(Media(kind: .video, source: url))), "messages[0].content[0]"),
            (user(.media(Media(kind: .image, source: .text("x")))), "messages[0].content[0]"),
            (
                user(.media(Media(kind: .document, source: .data(type: "application/msword", base64: "AA")))),
                "messages[0].content[0]"
            ),
            (
                ChatMessage(role: .assistant, parts: [.media(Media(kind: .image, source: url))]),
                "messages[0].content[0]"
            ),
            (ChatMessage(role: .system, parts: [.media(Media(kind: .image, source: url))]), "messages[0].content[0]"),
            (user(.other(kind: "hologram", try node("{}"))), "messages[0].content[0]"),
            (ChatMessage(role: .system, parts: [.text("alone")]), "messages"), (user(.text("")), "messages"),
        ]
        for (message, parameter) in refused {
            let fault = try #require(throws: ConversationFault.self) { try written(asking(message)) }
            #expect(fault.parameter == parameter)
        }
    }

    @Test func `tools and the choice among them`() throws {
        var request = asking(user(.text("x")))
        request.tools = [
            ToolDefinition(name: "f", description: "d", parameters: try node(#"{"type":"object"}"#), isStrict: true),
            ToolDefinition(name: "g"), ToolDefinition(name: "h", parameters: try node(#"{"properties":{}}"#)),
            ToolDefinition(name: "s", builtIn: try node(#"{"type":"web_search_20250305","name":"web_search"}"#)),
            ToolDefinition(name: "o", builtIn: try node(#"{"type":"web_search_preview"}"#)),
        ]
        request.toolChoice = .function("f")
        request.allowsParallelCalls = false
        let (body, dropped) = try written(request)
        let tools = #"""
            {"tools":[{"name":"f","description":"d","input_schema":{"type":"object","additionalProperties":false},"strict":true},
            {"name":"g","input_schema":{"type":"object","properties":{}}},
            {"name":"h","input_schema":{"type":"object","properties":{}}},{"type":"web_search_20250305","name":"web_search"}]}
            """#
        #expect(body["tools"] as? NSArray == (try object(tools)["tools"] as? NSArray))
        let choice = #"{"type":"tool","name":"f","disable_parallel_tool_use":true}"#
        #expect(body["tool_choice"] as? NSDictionary == (try object(choice)))
        #expect(dropped == ["tools[4]"])
        #expect(try written(request, "claude-3-haiku-20240307").1 == ["tools[4]", "tools.function.strict"])
    }

    @Test(
        arguments: [
            (ToolChoice.auto, nil, #"{"type":"auto"}"#), (ToolChoice.required, true, #"{"type":"any"}"#),
            (ToolChoice.none, false, #"{"type":"none"}"#),
            (nil, false, #"{"type":"auto","disable_parallel_tool_use":true}"#), (nil, true, nil), (nil, nil, nil),
        ] as [(ToolChoice?, Bool?, String?)]
    )
    func `every choice is written`(choice: ToolChoice?, isParallel: Bool?, expected: String?) throws {
        var request = asking(user(.text("x")))
        request.toolChoice = choice
        request.allowsParallelCalls = isParallel
        if choice != .required { #expect(try written(request).0["tool_choice"] == nil, "there are no tools") }
        request.tools = [ToolDefinition(name: "g")]
        #expect(try written(request).0["tool_choice"] as? NSDictionary == (try expected.map { try object($0) }))
    }

    @Test func `what Anthropic has no word for is named`() throws {
        var request = asking(ChatMessage(role: .user, parts: [.text("x")], name: "Ann"))
        request.sampling.frequencyPenalty = Array("0.5".utf8)[...]
        request.sampling.presencePenalty = Array("0".utf8)[...]
        request.sampling.seed = Array("7".utf8)[...]
        request.sampling.minP = Array("0.1".utf8)[...]
        request.sampling.count = 2
        request.sampling.wantsLogProbabilities = true
        request.sampling.topLogProbabilities = 3
        request.sampling.temperature = Array("1.4".utf8)[...]
        request.sampling.stop = ["\n", "END"]
        request.user = "u"
        request.extras = try node(#"{"store":true,"service_tier":"flex","speed":"fast","metadata":{"k":"v"}}"#).members
        let (body, dropped) = try written(request)
        #expect(
            dropped.sorted() == [
                "frequency_penalty", "logprobs", "messages.name", "metadata", "min_p", "n", "seed", "service_tier",
                "stop",
                "store", "temperature", "top_logprobs",
            ]
        )
        let expected = #"""
            {"model":"claude-sonnet-4-5","max_tokens":4096,"messages":[{"role":"user","content":"x"}],"temperature":1,
            "stop_sequences":["END"],"metadata":{"user_id":"u"},"speed":"fast"}
            """#
        #expect(body == (try object(expected)))
    }

    @Test(arguments: [
        ("claude-3-5-haiku-20241022", ["temperature", "top_p", "top_k"], []),
        ("claude-sonnet-4-5", ["temperature", "top_k"], ["top_p"]),
        ("claude-opus-4-7", [], ["temperature", "top_p", "top_k"]),
        ("claude-fable-5", [], ["temperature", "top_p", "top_k"]),
        ("local-model", ["temperature", "top_p", "top_k"], []),
    ]) func `sampling is what the model takes`(model: String, kept: [String], lost: [String]) throws {
        var request = asking(user(.text("x")))
        request.sampling.temperature = Array("0.5".utf8)[...]
        request.sampling.topP = Array("0.8".utf8)[...]
        request.sampling.topK = Array("40".utf8)[...]
        let (body, dropped) = try written(request, model)
        #expect(["temperature", "top_p", "top_k"].filter { body[$0] != nil } == kept && dropped == lost)
    }
}
