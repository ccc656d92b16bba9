import Anthropic
import Conversation
import Foundation
import JSON
import Testing

@Suite struct `Thinking and forms in Anthropic requests` {
    private func request(_ change: (inout ReasoningRequest) -> Void) -> ChatRequest {
        var request = ChatRequest()
        request.messages = [ChatMessage(role: .user, parts: [.text("x")])]
        var reasoning = ReasoningRequest()
        change(&reasoning)
        request.reasoning = reasoning
        return request
    }

    private func written(_ request: ChatRequest, _ model: String) throws -> (NSDictionary, [String]) {
        let written = try AnthropicRequest.write(request, terms(model))
        return (try object(written.body), written.dropped)
    }

    private static let old = "claude-haiku-4-5-20251001"

    @Test(
        arguments: [
            ("minimal", nil, 1_024, 5_120), ("low", nil, 2_048, 6_144), ("medium", nil, 8_192, 12_288),
            ("high", nil, 16_384, 20_480), ("xhigh", nil, 24_576, 28_672), ("high", 10_000, 8_000, 10_000),
            ("medium", 10_000, 5_000, 10_000), ("low", 2_000, 1_024, 2_000), ("high", 1_025, 1_024, 1_025),
        ] as [(String, Int?, Int, Int)]
    )
    func `an effort becomes a budget below the limit`(effort: String, limit: Int?, budget: Int, max: Int) throws {
        var request = request { $0.effort = JSONString(effort) }
        request.sampling.maxTokens = limit
        let (body, dropped) = try written(request, Self.old)
        #expect(body["thinking"] as? NSDictionary == ["type": "enabled", "budget_tokens": budget])
        #expect(body["max_tokens"] as? Int == max && dropped.isEmpty)
    }

    @Test(arguments: [
        ("minimal", "claude-opus-4-6", "low"), ("high", "claude-opus-4-6", "high"),
        ("xhigh", "claude-opus-4-6", "high"),
        ("xhigh", "claude-opus-4-7", "xhigh"), ("max", "claude-sonnet-5", "max"),
        ("medium", "claude-mythos-preview", "medium"),
    ]) func `newer models decide themselves`(effort: String, model: String, expected: String) throws {
        let (body, dropped) = try written(request { $0.effort = JSONString(effort) }, model)
        #expect(body["thinking"] as? NSDictionary == ["type": "adaptive"])
        #expect(body["output_config"] as? NSDictionary == ["effort": expected])
        #expect(dropped.isEmpty && body["max_tokens"] as? Int == 16_384)
    }

    @Test(arguments: [
        ("claude-2.1", "none"), ("claude-instant-1.2", "none"), ("claude-3-opus-latest", "none"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "none"), ("claude-3-7-sonnet-latest", "enabled"),
        ("anthropic/claude-3.7-sonnet:thinking", "enabled"), ("claude-sonnet-4@20250514", "enabled"),
        ("claude-opus-4-20250514", "enabled"), ("us.anthropic.claude-opus-4-5-20251101-v1:0", "enabled"),
        ("claude-sonnet-4-6", "adaptive"), ("Claude-Opus-4.8", "adaptive"), ("claude-sonnet-5", "adaptive"),
        ("claude", "enabled"), ("qwen3-8b", "enabled"), ("", "enabled"),
    ]) func `a model's name tells how it thinks`(model: String, form: String) throws {
        let (body, dropped) = try written(request { $0.effort = "low" }, model)
        #expect((body["thinking"] as? NSDictionary)?["type"] as? String ?? "none" == form)
        #expect(dropped == (form == "none" ? ["reasoning_effort"] : []))
    }

    @Test func `a budget is kept, raised to the least, or said as an effort`() throws {
        var own = request { $0.budgetTokens = 3_000 }
        own.sampling.maxTokens = 4_000
        #expect(
            try written(own, Self.old).0["thinking"] as? NSDictionary == ["type": "enabled", "budget_tokens": 3_000]
        )
        let small = request { $0.budgetTokens = 100 }
        #expect(
            try written(small, Self.old).0["thinking"] as? NSDictionary == ["type": "enabled", "budget_tokens": 1_024]
        )
        let (body, _) = try written(own, "claude-opus-4-7")
        #expect(body["thinking"] as? NSDictionary == ["type": "adaptive"])
        #expect(body["output_config"] as? NSDictionary == ["effort": "low"])
        let free = request { $0.budgetTokens = -1 }
        #expect(try written(free, "claude-opus-4-6").0["thinking"] as? NSDictionary == ["type": "adaptive"])
        own.sampling.maxTokens = 2_000
        let (cut, dropped) = try written(own, Self.old)
        #expect((cut["thinking"] as? NSDictionary)?["budget_tokens"] as? Int == 1_024 && dropped.isEmpty)
        own.sampling.maxTokens = 1_000
        let (none, lost) = try written(own, Self.old)
        #expect(none["thinking"] == nil && lost == ["reasoning_effort"])
    }

    @Test func `no thinking is said where that can be said`() throws {
        for off in [request { $0.effort = "none" }, request { $0.isEnabled = false }, request { $0.budgetTokens = 0 }] {
            for model in [Self.old, "claude-opus-4-7", "local"] {
                #expect(try written(off, model).0["thinking"] as? NSDictionary == ["type": "disabled"])
            }
            let (old, dropped) = try written(off, "claude-3-5-haiku-latest")
            #expect(old["thinking"] == nil && dropped.isEmpty)
            let (always, lost) = try written(off, "claude-fable-5")
            #expect(always["thinking"] == nil && lost == ["reasoning_effort"])
        }
        let (_, dropped) = try written(request { $0.effort = "high" }, "claude-3-opus-20240229")
        #expect(dropped == ["reasoning_effort"])
    }

    @Test func `sampling yields to thinking`() throws {
        var request = request {
            $0.effort = "low"; $0.isShown = true
        }
        request.sampling.temperature = Array("0.2".utf8)[...]
        request.sampling.topP = Array("0.5".utf8)[...]
        request.sampling.topK = Array("9".utf8)[...]
        let (body, dropped) = try written(request, "claude-3-7-sonnet-20250219")
        #expect(dropped == ["temperature", "top_p", "top_k"] && body["temperature"] == nil)
        #expect((body["thinking"] as? NSDictionary)?["display"] as? String == "summarized")
        request.sampling.temperature = Array("1.0".utf8)[...]
        request.sampling.topP = Array("0.97".utf8)[...]
        request.sampling.topK = nil
        let (fine, none) = try written(request, "claude-3-7-sonnet-20250219")
        #expect(none.isEmpty && fine["top_p"] as? Double == 0.97)
    }

    @Test func `thinking yields to a forced call`() throws {
        var request = request { $0.effort = "high" }
        request.tools = [ToolDefinition(name: "f")]
        request.toolChoice = .required
        let (body, dropped) = try written(request, Self.old)
        #expect(body["thinking"] == nil && dropped == ["reasoning_effort"])
        request.toolChoice = .auto
        #expect(try written(request, Self.old).1.isEmpty)
    }

    @Test func `a turn that goes on without sealed thinking turns it off`() throws {
        var request = request { $0.effort = "high" }
        let call = ChatPart.toolCall(ToolCall(id: "t", name: "f", arguments: []))
        let result = ChatMessage(role: .tool, parts: [.toolResult(ToolResult(callID: "t", parts: [.text("r")]))])
        request.messages += [
            ChatMessage(role: .assistant, parts: [.reasoning(ReasoningPart(text: "hm")), call]), result,
        ]
        let (body, dropped) = try written(request, Self.old)
        #expect(body["thinking"] == nil && dropped == ["reasoning_content", "reasoning_effort"])
        #expect(try written(request, "claude-opus-4-7").1 == ["reasoning_content"])
        let (local, none) = try written(request, "qwen")
        #expect(none.isEmpty && local["thinking"] != nil)
        let block = ((local["messages"] as? [NSDictionary])?[1]["content"] as? [NSDictionary])?.first
        #expect(block == ["type": "thinking", "thinking": "hm", "signature": ""])
        request.messages[1].parts[0] = .reasoning(ReasoningPart(text: "hm", signature: "sealed"))
        #expect(try written(request, Self.old).1.isEmpty)
    }

    @Test func `thinking in Anthropic's words beside another dialect is understood`() throws {
        var request = request { _ in }
        request.reasoning = nil
        request.extras = try node(#"{"thinking":{"type":"enabled","budget_tokens":1500}}"#).members
        let (body, dropped) = try written(request, Self.old)
        #expect(body["thinking"] as? NSDictionary == ["type": "enabled", "budget_tokens": 1_500] && dropped.isEmpty)
        request.extras = try node(#"{"thinking":{"type":"between_tools"}}"#).members
        #expect(try written(request, Self.old).0["thinking"] as? NSDictionary == ["type": "between_tools"])
    }

    // MARK: Forms

    @Test func `a schema is rewritten as Anthropic takes it`() throws {
        var request = request { _ in }
        request.reasoning = nil
        let schema = #"""
            {"$schema":"x","type":"object","description":"D","additionalProperties":true,"required":["a"],
            "properties":{"minimum":{"type":"integer","minimum":3,"maximum":9,"description":"N"},
            "a":{"type":"array","minItems":2,"items":{"type":"object","properties":{}}},"e":{"type":"string","format":"color"},
            "b":{"oneOf":[{"type":"string","format":"date","maxLength":4},{"$ref":"#/$defs/x"}]}},"$defs":{"x":{"enum":[1,null]}}}
            """#
        request.format = .schema(name: "n", schema: try node(schema), isStrict: nil)
        let (body, dropped) = try written(request, Self.old)
        let expected = #"""
            {"format":{"type":"json_schema","schema":{"type":"object","description":"D","additionalProperties":false,"required":["a"],
            "properties":{"minimum":{"type":"integer","description":"N\n\n{minimum: 3, maximum: 9}"},
            "a":{"type":"array","description":"{minItems: 2}","items":{"type":"object","properties":{},"additionalProperties":false}},
            "e":{"type":"string","description":"{format: \"color\"}"},
            "b":{"anyOf":[{"type":"string","format":"date","description":"{maxLength: 4}"},{"$ref":"#/$defs/x"}]}},
            "$defs":{"x":{"enum":[1,null]}}}}}
            """#
        #expect(body["output_config"] as? NSDictionary == (try object(expected)))
        let words = ["additionalProperties", "minimum", "maximum", "minItems", "format", "maxLength"]
        #expect(dropped == words.map { "response_format.json_schema.schema." + $0 })
    }

    @Test func `models without forms are told in words`() throws {
        var request = request { _ in }
        request.reasoning = nil
        request.format = .schema(name: nil, schema: try node(#"{"type":"object"}"#), isStrict: true)
        let (body, dropped) = try written(request, "claude-sonnet-4-20250514")
        #expect((body["system"] as? String)?.hasSuffix(#"this JSON schema: {"type":"object"}"#) == true)
        #expect(dropped == ["response_format"] && body["output_config"] == nil)
        request.format = .json
        #expect(try written(request, "claude-opus-4-7").1 == ["response_format"])
        request.format = .text
        #expect(try written(request, "claude-opus-4-7").0["system"] == nil)
    }
}
