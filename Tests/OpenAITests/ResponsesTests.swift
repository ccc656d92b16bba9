import Conversation
import Foundation
import JSON
import OpenAI
import Testing

@Suite struct `The Responses API` {
    /// After the examples of <https://platform.openai.com/docs/api-reference/responses/create>.
    static let documented = #"""
        {"model":"gpt-5.4","instructions":"Be brief.","max_output_tokens":50,"temperature":0.5,"stream":true,
        "input":[{"role":"user","content":[{"type":"input_text","text":"hi"},
          {"type":"input_image","detail":"auto","image_url":"data:image/png;base64,AAAA"},
          {"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,BBBB"}]},
         {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"signature:SEAL"},
         {"type":"message","role":"assistant","id":"msg_1","status":"completed","content":[{"type":"output_text","text":"I look.","annotations":[]}]},
         {"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":"{\"a\":1}"},
         {"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"call:call_1:GOOGLE"},
         {"type":"function_call_output","call_id":"call_1","output":"done"},
         {"role":"developer","content":"now"}],
        "tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":true},{"type":"web_search"}],
        "tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"}]},
        "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true},"verbosity":"low"},
        "reasoning":{"effort":"high","summary":"auto"},"include":["reasoning.encrypted_content","file_search_call.results"],
        "store":false,"truncation":"auto","metadata":{"k":"v"}}
        """#

    @Test func `the documented members and items are read`() throws {
        let request = try ResponsesRequest.read(try parse(Self.documented))
        #expect(request.messages.map(\.role) == [.system, .user, .assistant, .tool, .developer])
        #expect(request.messages[1].parts.count == 3)
        #expect(request.sampling.maxTokens == 50 && request.streams && request.wantsStreamUsage)
        #expect(request.tools.count == 2 && request.tools[0].isStrict == true && request.toolChoice == .required)
        #expect(request.reasoning?.effort?.text == "high" && request.reasoning?.isShown == true)
        #expect(request.extras.map(\.key).sorted() == ["metadata", "verbosity"])
        #expect(request.dropped.sorted() == ["include: file_search_call.results", "truncation"])
        guard case .reasoning(let thought) = request.messages[2].parts[0],
            case .toolCall(let call) = request.messages[2].parts[2]
        else { throw Missing() }
        #expect(thought.text.text == "hm" && thought.signature?.text == "SEAL")
        #expect(call.signature?.text == "GOOGLE" && request.messages[2].parts.count == 3)
    }

    @Test(arguments: [
        (#"{"model":"m"}"#, "input"), (#"{"input":[]}"#, "input"), (#"{"input":3}"#, "input"),
        (#"{"input":"x","previous_response_id":"resp_1"}"#, "previous_response_id"),
        (#"{"input":"x","conversation":"conv_1"}"#, "conversation"),
        (#"{"input":"x","background":true}"#, "background"),
        (#"{"input":"x","tools":[{"type":"file_search"}]}"#, "tools[0]"),
        (#"{"input":[{"type":"item_reference","id":"x"}]}"#, "input[0]"), (#"{"input":[{"id":"x"}]}"#, "input[0]"),
        (#"{"input":[{"type":"computer_call"}]}"#, "input[0]"),
        (#"{"input":[{"role":"user","content":[{"type":"odd"}]}]}"#, "input[0].content[0].type"),
    ])
    func `what only OpenAI keeps or runs is refused with its name`(body: String, parameter: String) throws {
        let fault = #expect(throws: ConversationFault.self) { try ResponsesRequest.read(try parse(body)) }
        #expect(fault?.parameter == parameter)
    }

    @Test func `what OpenAI sealed itself is named, and its words are kept`() throws {
        let request = try ResponsesRequest.read(
            try parse(
                #"{"input":[{"type":"reasoning","summary":[{"text":"a"},{"text":"b"}],"encrypted_content":"gAAAAA"}]}"#
            )
        )
        guard case .reasoning(let thought) = request.messages[0].parts[0] else { throw Missing() }
        #expect(thought.text.text == "a\nb" && thought.signature == nil && request.dropped == ["encrypted_content"])
    }

    static let stream =
        [
            #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.text","text":"th\u0069nk","signature":"S"}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.encrypted","data":"R"}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":"He"}}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":"llo"}}]}"#,
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"k","function":{"name":"f","arguments":"{\"a\""}}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"l","function":{"name":"g","arguments":""},"extra_content":{"google":{"thought_signature":"G"}}}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#,
            "[DONE]",
        ].map { "data: \($0)\n\n" }.joined()

    @Test func `a stream has all events, in order, numbered`() throws {
        let written = try events(try Listening.rewrite(Self.stream, ResponsesStreamWriter(.sample)))
        #expect(written.map { $0["sequence_number"] as? Int } == Array(0..<written.count))
        #expect(
            written.compactMap { ($0["type"] as? String)?.dropFirst("response.".count) } == [
                "created", "in_progress", "output_item.added", "reasoning_summary_part.added",
                "reasoning_summary_text.delta", "reasoning_summary_text.done", "reasoning_summary_part.done",
                "output_item.done", "output_item.added", "output_item.done", "output_item.added", "content_part.added",
                "output_text.delta", "output_text.delta", "output_text.done", "content_part.done", "output_item.done",
                "output_item.added", "function_call_arguments.delta", "output_item.added",
                "function_call_arguments.delta", "function_call_arguments.done", "output_item.done",
                "function_call_arguments.done", "output_item.done", "output_item.added", "output_item.done",
                "completed",
            ]
        )
        let response = try #require(written.last?["response"] as? [String: Any])
        let items = try #require(response["output"] as? [[String: Any]])
        #expect(
            items.map { $0["type"] as? String } == [
                "reasoning", "reasoning", "message", "function_call", "function_call", "reasoning",
            ]
        )
        #expect(
            items.map { $0["id"] as? String } == ["rs_r1_0", "rs_r1_1", "msg_r1_2", "fc_r1_3", "fc_r1_4", "rs_r1_5"]
        )
        #expect(
            items.compactMap { $0["encrypted_content"] as? String } == [
                "signature:S", "redacted:R", "call:l:G",
            ]
        )
        #expect(items[3]["arguments"] as? String == #"{"a":1}"# && items[4]["arguments"] as? String == "{}")
        #expect((response["usage"] as? [String: Any])?["input_tokens"] as? Int == 3)
    }

    @Test func `items that were given come back as the same turn`() throws {
        let written = try events(try Listening.rewrite(Self.stream, ResponsesStreamWriter(.sample)))
        let response = try #require(written.last?["response"] as? [String: Any])
        let body = try JSONSerialization.data(withJSONObject: ["model": "m", "input": response["output"] ?? []])
        let request = try ResponsesRequest.read(try JSONNode.parse([UInt8](body)))
        let parts = try #require(request.messages.first?.parts)
        #expect(request.messages.count == 1 && parts.count == 5)
        guard case .reasoning(let thought) = parts[0], case .reasoning(let hidden) = parts[1],
            case .text(let text) = parts[2], case .toolCall(let call) = parts[4]
        else { throw Missing() }
        #expect(thought.text.text == "think" && thought.signature == "S" && hidden.redacted == "R")
        #expect(text.text == "Hello" && call.signature == "G" && call.id == "l")
    }

    @Test(arguments: [("length", "incomplete"), ("content_filter", "incomplete"), ("stop", "completed")])
    func `how it ended is told, streamed or not`(word: String, status: String) throws {
        let stream =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"\(word)\"}]}\n\n"
        let last = try #require(try events(try Listening.rewrite(stream, ResponsesStreamWriter(.sample))).last)
        #expect(last["type"] as? String == "response.\(status)")
        let answer = try OpenAIAnswer.read(
            try parse("{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"\(word)\"}]}")
        )
        let whole = try json(ResponsesAnswer.write(answer, .sample))
        #expect(whole["status"] as? String == status)
        #expect(whole["output"] as? NSArray == (last["response"] as? [String: Any])?["output"] as? NSArray)
    }

    @Test func `a failure is response.failed once it began, and error before`() throws {
        let error = "data: {\"error\":{\"message\":\"slow\",\"code\":\"rate_limit_exceeded\"}}\n\n"
        let early = try #require(try events(try Listening.rewrite(error, ResponsesStreamWriter(.sample))).last)
        #expect(early["type"] as? String == "error" && early["code"] as? String == "rate_limit_exceeded")
        let text = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n"
        let late = try #require(try events(try Listening.rewrite(text + error, ResponsesStreamWriter(.sample))).last)
        #expect(late["type"] as? String == "response.failed")
        let fault = (late["response"] as? [String: Any])?["error"] as? [String: Any]
        #expect(fault?["message"] as? String == "slow")
    }

    struct Missing: Error {}
}
