import Conversation
import Foundation
import JSON
import OpenAI
import Testing

@Suite struct `Streams of Chat Completions` {
    /// A stream as it is documented.
    ///
    /// <https://platform.openai.com/docs/api-reference/chat-streaming/streaming>
    static let documented = #"""
        : a comment

        data: {"id":"c1","object":"chat.completion.chunk","created":1694268190,"model":"gpt","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}

        data:{"id":"c1","object":"chat.completion.chunk","created":1694268190,"model":"gpt","choices":[{"index":0,"delta":{"content":"Hel\u006co \ud83d"},"logprobs":{"content":[{"token":"a","logprob":-1}]},"finish_reason":null}]}

        data: {"id":"c1","object":"chat.completion.chunk","created":1694268190,"model":"gpt","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}

        data: {"id":"c1","object":"chat.completion.chunk","created":1694268190,"model":"gpt","choices":[],"usage":{"prompt_tokens":0,"completion_tokens":2,"total_tokens":2,"prompt_tokens_details":{"cached_tokens":0}}}

        data: [DONE]


        """#

    @Test func `the documented stream is read`() throws {
        let heard = try Listening.hear(Self.documented)
        #expect(heard.id == "c1" && heard.model == "gpt" && heard.created == 1_694_268_190 && heard.hasEnded)
        #expect(heard.choices[0]?.text == "Hello \u{fffd}")
        #expect(heard.choices[0]?.finish == .stop)
        #expect(heard.choices[0]?.logs.count == 1)
        #expect(heard.usage?.input == 0 && heard.usage?.cachedInput == 0 && heard.usage?.reasoning == nil)
    }

    @Test func `texts keep their spelling, halves of characters included`() throws {
        let written = try Listening.rewrite(Self.documented, OpenAIStreamWriter(.sample))
        #expect(written.contains(#""content":"Hel\u006co \ud83d""#))
        // Foundation reads no half of a character.
        let chunks = try events(written.replacingOccurrences(of: #"\ud83d"#, with: ""))
        #expect(chunks.first?["usage"] is NSNull)
        #expect((chunks.last?["choices"] as? [Any])?.isEmpty == true)
        #expect(written.hasSuffix("data: [DONE]\n\n"))
        var terms = AnswerTerms.sample
        terms.wantsStreamUsage = false
        #expect(try !Listening.rewrite(Self.documented, OpenAIStreamWriter(terms)).contains("usage"))
    }

    private func stream(_ deltas: [String]) -> String {
        deltas.map { "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":\($0)}]}\n\n" }.joined()
            + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n"
    }

    @Test func `calls are told apart whatever the provider numbers them`() throws {
        // Google's endpoint numbers every call 0; some send an object, no number, or the id before the name.
        let heard = try Listening.hear(
            stream([
                #"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#,
                #"{"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":{"x":[1]}}}]}"#,
                #"{"tool_calls":[{"index":7,"id":"c","function":{"name":"g","arguments":""}}]}"#,
                #"{"tool_calls":[{"index":7,"id":"","function":{"name":"","arguments":"{\"y\""}}]}"#,
                #"{"tool_calls":[{"index":7,"id":"c","function":{"name":"g","arguments":":1}"}}]}"#,
                #"{"tool_calls":[{"index":8,"id":"d"}]}"#,
                #"{"tool_calls":[{"index":8,"function":{"name":"h"},"extra_content":{"google":{"thought_signature":"S"}}}]}"#,
            ])
        )
        let calls = heard.choices[0]?.calls ?? [:]
        #expect(calls[0] == Heard.Call(id: "a", name: "f", arguments: "{}"))
        #expect(calls[1] == Heard.Call(id: "b", name: "f", arguments: #"{"x":[1]}"#))
        #expect(calls[2] == Heard.Call(id: "c", name: "g", arguments: #"{"y":1}"#))
        #expect(calls[3] == Heard.Call(id: "", name: "h", arguments: "", signature: "S"))
        #expect(heard.choices[0]?.finish == .toolCalls)
    }

    @Test func `thinking is read from each provider's member, once`() throws {
        let heard = try Listening.hear(
            stream([
                #"{"reasoning_content":"a","reasoning":"a"}"#,
                #"{"reasoning":"b","reasoning_details":[{"type":"reasoning.text","text":"b"}]}"#,
                #"{"reasoning_details":[{"type":"reasoning.text","text":"c","signature":"S"}]}"#,
                #"{"reasoning_details":[{"type":"reasoning.encrypted","data":"R"}]}"#,
                #"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"d"}]},{"type":"text","text":"T"}]}"#,
            ])
        )
        #expect(heard.choices[0]?.reasoning == "abcd" && heard.choices[0]?.text == "T")
        #expect(heard.choices[0]?.signature == "S" && heard.choices[0]?.redacted == ["R"])
    }

    @Test(arguments: [
        (
            #"{"error":{"message":"slow down","type":"tokens","code":"rate_limit_exceeded"}}"#,
            ChatFault.Kind.rateLimit, "slow down"
        ),
        (#"{"error":{"message":"no","code":402}}"#, .billing, "no"), (#"{"error":"broken"}"#, .server, "broken"),
        (#"{"object":"error","message":"bad","type":"invalid_request_error","code":400}"#, .invalidRequest, "bad"),
        (#"{"detail":"gone"}"#, .server, "gone"),
        (
            #"{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error","error":{"message":"cut","code":502}}]}"#,
            .server, "cut"
        ),
    ])
    func `errors in the middle are told`(event: String, kind: ChatFault.Kind, message: String) throws {
        let heard = try Listening.hear("data: \(event)\n\n")
        #expect(heard.failure?.kind == kind && heard.failure?.message == message)
        let written = try Listening.rewrite("data: \(event)\n\n", OpenAIStreamWriter(.sample))
        #expect((try events(written).last?["error"] as? [String: Any])?["message"] as? String == message)
        #expect(!written.contains("[DONE]"))
    }

    @Test func `an event that is no JSON is a fault, one of another kind is nothing`() throws {
        #expect(throws: EventFault.self) { try Listening.hear("data: {\"choices\":[{\n\n") }
        #expect(throws: EventFault.self) { try Listening.hear("data: hello\n\n") }
        let heard = try Listening.hear("event: ping\ndata: {\"type\":\"ping\",\"x\":[1,{}]}\n\ndata: {}\n\n")
        #expect(heard == Heard())
    }

    @Test func `a stream is complete when it said so, or when every choice that began has ended`() throws {
        let begun = Array("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n".utf8)
        #expect(try !Listening.hear([begun]).isComplete)
        let ended = Array("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n".utf8)
        #expect(try Listening.hear([begun, ended]).isComplete)
        #expect(try Listening.hear([begun, Array("data: [DONE]\n\n".utf8)]).isComplete)
        #expect(try !Listening.hear([]).isComplete)
    }

    @Test func `a call without arguments gets an empty object, and ids and an end where there are none`() throws {
        let stream =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]}}]}\n\n"
        let heard = try Listening.hear(try Listening.rewrite(stream, OpenAIStreamWriter(.sample)))
        #expect(heard.choices[0]?.calls[0] == Heard.Call(id: "call_r1_0", name: "f", arguments: "{}"))
        #expect(heard.choices[0]?.finish == .toolCalls && heard.id == "chatcmpl-r1" && heard.model == "asked")
        var terms = AnswerTerms.sample
        terms.wantsFunctionCall = true
        let old = try events(try Listening.rewrite(stream, OpenAIStreamWriter(terms)))
        let delta = ((old[1]["choices"] as? [[String: Any]])?.first?["delta"] as? [String: Any])
        #expect((delta?["function_call"] as? [String: Any])?["name"] as? String == "f")
    }

    @Test func `xAI's thinking is counted into the output, others' is in it already`() throws {
        let usage = { (output: Int, total: Int) throws in
            try Listening.hear(
                #"data: {"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":\#(output),"total_tokens":\#(total),"completion_tokens_details":{"reasoning_tokens":300}}}"#
                    + "\n\n"
            ).usage?.output
        }
        #expect(try usage(2, 314) == 302)
        #expect(try usage(302, 314) == 302)
    }
}
