import Anthropic
import Conversation
import Foundation
import JSON
import Testing

@Suite struct `Anthropic streams` {
    /// The example of platform.claude.com/docs/en/build-with-claude/streaming, shortened.
    static let example = """
        event: message_start
        data: {"type": "message_start", "message": {"id": "msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY", "type": "message", "role": "assistant", "content": [], "model": "claude-opus-4-1-20250805", "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 25, "output_tokens": 1}}}

        event: content_block_start
        data: {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}

        event: ping
        data: {"type": "ping"}

        event: content_block_delta
        data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}

        event: content_block_delta
        data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "!"}}

        event: content_block_stop
        data: {"type": "content_block_stop", "index": 0}

        event: message_delta
        data: {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence":null}, "usage": {"output_tokens": 15}}

        event: message_stop
        data: {"type": "message_stop"}


        """

    @Test func `the documented example is read`() throws {
        let heard = try hear(Self.example)
        #expect(heard.id == "msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY")
        #expect(heard.model == "claude-opus-4-1-20250805")
        #expect(heard.text == "Hello!")
        #expect(heard.finish == .stop && heard.hasEnded)
        var usage = TokenUsage()
        usage.input = 25
        usage.output = 15
        #expect(heard.usage == usage)
    }

    private func stream(_ events: String...) -> String {
        let start =
            #"{"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":1,"output_tokens":1}}}"#
        return ([start] + events).map { "data: \($0)\n\n" }.joined()
    }

    @Test func `calls come in pieces, thinking with its seal`() throws {
        let heard = try hear(
            stream(
                #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"one \"two\""}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB=="}}"#,
                #"{"type":"content_block_stop","index":0}"#,
                #"{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"Emw="}}"#,
                #"{"type":"content_block_stop","index":1}"#,
                #"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"a","input":{}}}"#,
                #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}"#,
                #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"loc"}}"#,
                #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"\": 1}"}}"#,
                #"{"type":"content_block_stop","index":2}"#,
                #"{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_2","name":"b","input":{}}}"#,
                #"{"type":"content_block_stop","index":3}"#,
                #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}"#,
                #"{"type":"message_stop"}"#
            )
        )
        #expect(heard.reasoning == #"one "two""#)
        #expect(heard.signatures == ["EqQB=="])
        #expect(heard.redacted == ["Emw="])
        #expect(
            heard.calls == [
                .init(id: "toolu_1", name: "a", arguments: #"{"loc": 1}"#),
                .init(id: "toolu_2", name: "b", arguments: ""),
            ]
        )
        #expect(heard.finish == .toolCalls)
    }

    @Test func `input that comes whole with the beginning is taken once`() throws {
        let heard = try hear(
            stream(
                #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"a","input":{"x": [1]}}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"x\": [1]}"}}"#,
                #"{"type":"message_stop"}"#
            )
        )
        #expect(heard.calls == [.init(id: "t", name: "a", arguments: #"{"x": [1]}"#)])
    }

    @Test func `what only Anthropic has is passed over`() throws {
        let heard = try hear(
            stream(
                #"{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"query\":1}"}}"#,
                #"{"type":"content_block_stop","index":0}"#,
                #"{"type":"content_block_start","index":1,"content_block":{"type":"web_search_tool_result","tool_use_id":"s","content":[]}}"#,
                #"{"type":"content_block_start","index":2,"content_block":{"type":"text","text":"a","citations":[]}}"#,
                #"{"type":"content_block_delta","index":2,"delta":{"type":"citations_delta","citation":{"type":"char_location"}}}"#,
                #"{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"b"}}"#,
                #"{"type":"content_block_delta","index":2,"delta":{"type":"future_delta","text":"no"}}"#,
                #"{"type":"future_event","index":2,"delta":"no"}"#,
                #"{"type":"content_block_delta","index":2}"#,
                #"{"type":"message_delta","delta":{"stop_reason":"new_reason"},"usage":null}"#
            )
        )
        #expect(heard.text == "ab")
        #expect(heard.calls.isEmpty && heard.finish == .other && !heard.hasEnded)
    }

    @Test(arguments: [
        ("end_turn", FinishReason.stop), ("max_tokens", .length), ("stop_sequence", .stopSequence),
        ("tool_use", .toolCalls), ("pause_turn", .pause), ("refusal", .refusal),
        ("model_context_window_exceeded", .contextLength),
    ]) func `every stop reason is read and written`(word: String, reason: FinishReason) throws {
        let body = #"{"type":"message_delta","delta":{"stop_reason":"\#(word)","stop_sequence":"END"},"usage":{}}"#
        let heard = try hear(stream(body))
        #expect(heard.finish == reason && heard.stopSequence == "END")
        var script = Script()
        script.say("END") { .finished(choice: 0, reason, stopSequence: $0[0]) }
        let delta = try #require(try events(script.finish()).first { $0.name == "message_delta" }?.data["delta"])
        let written = try #require(delta as? NSDictionary)
        #expect(written["stop_reason"] as? String == word)
        #expect(written["stop_sequence"] as? String == (reason == .stopSequence ? "END" : nil))
        #expect(written.count == 2)
    }

    @Test func `why it refused is told`() throws {
        let heard = try hear(
            stream(
                #"{"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":null,"stop_details":{"type":"refusal","category":"cyber","explanation":"Not this."}},"usage":{"output_tokens":0}}"#
            )
        )
        #expect(heard.refusal == "Not this." && heard.finish == .refusal && heard.usage?.output == 0)
    }

    @Test func `usage counts what the cache gave, and keeps what later reports leave out`() throws {
        let first =
            #"{"type":"message_start","message":{"usage":{"input_tokens":3,"cache_creation_input_tokens":20,"cache_read_input_tokens":100,"output_tokens":1}}}"#
        let last =
            #"{"type":"message_delta","delta":{},"usage":{"output_tokens":7,"cache_read_input_tokens":null,"output_tokens_details":{"thinking_tokens":2}}}"#
        let usage = try #require(try hear("data: \(first)\n\ndata: \(last)\n\n").usage)
        #expect(usage.input == 123 && usage.cachedInput == 100 && usage.cacheWrite == 20)
        #expect(usage.output == 7 && usage.reasoning == 2)
    }

    @Test func `an error in the middle is one`() throws {
        let heard = try hear(
            "event: error\ndata: {\"type\": \"error\", \"error\": {\"type\": \"overloaded_error\", \"message\": \"Overloaded\"}}\n\n"
        )
        #expect(heard.fault == "overloaded overloaded_error: Overloaded")
        #expect(try hear("data: {\"error\":{\"message\":\"x\"}}\n\n").fault == "server : x")
        #expect(try hear("data: {\"error\":\"x\"}\n\n").fault == "server : x")
    }

    @Test func `a stream may end with the reason it stopped`() throws {
        let heard = try hear(stream(#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#))
        #expect(heard.finish == .stop && !heard.hasEnded)
        #expect(
            try hear(rewrite(Array(stream(#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#).utf8)))
                .hasEnded
        )
        #expect(try hear("data: [DONE]\n\n").hasEnded)
    }

    @Test func `damaged streams and requests trap nothing`() throws {
        let example = Array(Self.example.utf8)
        let request = Array(
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"a"}]}]}],"tools":[{"name":"f","input_schema":{"type":"object"}}],"thinking":{"type":"enabled","budget_tokens":9}}"#
                .utf8
        )
        for seed in 1...1_500 as ClosedRange<UInt64> {
            var dice = Dice(seed)
            var (damaged, asked) = (example, request)
            for _ in 0...dice.roll(4) {
                let bytes = Array("\"{}[]:,\\0-e\n x".utf8)
                damaged[dice.roll(damaged.count)] = dice.pick(bytes)
                asked[dice.roll(asked.count)] = dice.pick(bytes)
                if dice.chance(20) { damaged.removeSubrange(dice.roll(damaged.count)..<damaged.count) }
                if damaged.isEmpty { damaged = example }
            }
            if let stream = try? rewrite(damaged) { _ = try hear(stream) }
            if let node = try? JSONNode.parse(asked), let read = try? AnthropicRequest.read(node),
                let written = try? AnthropicRequest.write(read, terms())
            {
                _ = try object(written.body)
            }
        }
    }

    @Test func `what is no JSON is an event fault`() {
        for data in ["", "{", "[1]", "{\"type\":\"content_block_delta\",\"delta\":{\"text\":}}"] {
            var reader = AnthropicStreamReader()
            var deltas: [ChatDelta] = []
            let bytes = Array(data.utf8)
            let name: [UInt8] = []
            #expect(throws: EventFault.self) { try reader.read(name: name.span, data: bytes.span, into: &deltas) }
        }
    }
}
