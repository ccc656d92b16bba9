import CodecKit
import Conversation
import Foundation
import JSON
import Ollama
import Testing

func node(_ text: String) throws -> JSONNode { try JSONNode.parse(Array(text.utf8)) }

/// A text that tells two lists of parts apart.
func described(_ parts: [ChatPart]) -> [String] {
    parts.map { part in
        switch part {
        case .text(let text), .refusal(let text): "text \(text.text)"
        case .media(let media): "media \(media.kind) \(media.source)"
        case .toolCall(let call):
            "call \(call.id.text) \(call.name.text) \(String(decoding: call.arguments, as: UTF8.self))"
        case .toolResult(let result):
            "result \(result.callID.text) \(result.name?.text ?? "-") \(described(result.parts))"
        case .reasoning(let thought): "thought \(thought.text.text)"
        case .other(let kind, _): "other \(kind)"
        }
    }
}

@Suite struct OllamaRequestTests {
    /// See https://docs.ollama.com/api/chat and …/capabilities/tool-calling.
    private let body = """
        {"model":"qwen3","messages":[
          {"role":"system","content":"Be brief."},
          {"role":"user","content":"What is this?","images":["iVBORw0KGgo="]},
          {"role":"assistant","thinking":"Look.","content":"","tool_calls":[
            {"type":"function","function":{"index":0,"name":"look","arguments":{"at":"it"}}},
            {"function":{"name":"feel","arguments":{}}}]},
          {"role":"tool","tool_name":"feel","content":"soft"},
          {"role":"tool","content":"red"},
          {"role":"user","content":"So?"}],
         "tools":[{"type":"function","function":{"name":"look","description":"Looks.","parameters":{"type":"object"}}}],
         "think":"low","format":{"type":"object"},"keep_alive":"5m",
         "options":{"num_predict":7,"temperature":0.50,"top_k":3,"min_p":0.1,"seed":42,"stop":["x"],"num_ctx":4096,
           "repeat_penalty":1.1}}
        """

    @Test func `a conversation is read with its calls, answers and pictures`() throws {
        let request = try OllamaRequest.read(try node(body))
        #expect(request.model == "qwen3" && request.streams)
        #expect(request.messages.map(\.role) == [.system, .user, .assistant, .tool, .tool, .user])
        #expect(
            described(request.messages.flatMap(\.parts)) == [
                "text Be brief.", "text What is this?",
                "media image \(Media.Source.data(type: "image/png", base64: "iVBORw0KGgo="))", "thought Look.",
                "call call_0 look {\"at\":\"it\"}", "call call_1 feel {}", "result call_1 feel [\"text soft\"]",
                "result call_0 look [\"text red\"]", "text So?",
            ]
        )
        #expect(request.sampling.maxTokens == 7 && request.sampling.stop == ["x"])
        #expect(request.sampling.temperature.map { Array($0) } == Array("0.50".utf8))
        #expect(request.reasoning?.effort == "low" && request.reasoning?.isEnabled == true)
        #expect(request.extras.map(\.key) == ["options.num_ctx", "keep_alive"])
        guard case .schema = request.format else {
            Issue.record("no schema")
            return
        }
    }

    @Test func `what was read is written with the same words`() throws {
        let request = try OllamaRequest.read(try node(body))
        let written = try OllamaRequest.write(request, RequestTerms(model: "gpt-oss:20b", streams: false))
        #expect(written.dropped.isEmpty)
        #expect(
            try object(written.body)
                == (try object(
                    """
                    {"model":"gpt-oss:20b","messages":[
                      {"role":"system","content":"Be brief."},
                      {"role":"user","content":"What is this?","images":["iVBORw0KGgo="]},
                      {"role":"assistant","thinking":"Look.","content":"","tool_calls":[
                        {"id":"call_0","function":{"index":0,"name":"look","arguments":{"at":"it"}}},
                        {"id":"call_1","function":{"index":1,"name":"feel","arguments":{}}}]},
                      {"role":"tool","tool_name":"feel","tool_call_id":"call_1","content":"soft"},
                      {"role":"tool","tool_name":"look","tool_call_id":"call_0","content":"red"},
                      {"role":"user","content":"So?"}],
                     "tools":[{"type":"function","function":{"name":"look","description":"Looks.",
                       "parameters":{"type":"object"}}}],
                     "stream":false,"think":"low","format":{"type":"object"},"keep_alive":"5m",
                     "options":{"num_predict":7,"temperature":0.5,"top_k":3,"min_p":0.1,"seed":42,"stop":["x"],
                       "num_ctx":4096,"repeat_penalty":1.1}}
                    """
                ))
        )
    }

    @Test(
        arguments: [
            ("none", "qwen3", "false", []), ("high", "qwen3", "true", ["reasoning_effort"]),
            ("xhigh", "gpt-oss:120b", "\"high\"", []), ("minimal", "gpt-oss", "\"low\"", []),
        ] as [(String, String, String, [String])]
    )
    func `effort is a level for gpt-oss, and a truth value for all others`(
        effort: String,
        model: String,
        think: String,
        dropped: [String]
    ) throws {
        var request = ChatRequest()
        var reasoning = ReasoningRequest()
        reasoning.effort = JSONString(effort)
        request.reasoning = reasoning
        let written = try OllamaRequest.write(request, RequestTerms(model: JSONString(model), streams: true))
        let expected = try object("{\"think\":\(think)}")["think"] as? NSObject
        #expect(try object(written.body)["think"] as? NSObject == expected)
        #expect(written.dropped == dropped)
    }

    @Test(
        arguments: [
            ("[]", nil), ("{}", "model"), ("{\"model\":\"m\"}", "messages"),
            ("{\"model\":\"m\",\"messages\":{}}", "messages"),
            ("{\"model\":\"m\",\"messages\":[{\"role\":\"x\"}]}", "messages[0].role"),
            ("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[]}]}", "messages[0].content"),
            ("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"images\":[1]}]}", "messages[0].images[0]"),
            ("{\"model\":\"m\",\"messages\":[],\"stream\":1}", "stream"),
            ("{\"model\":\"m\",\"messages\":[],\"format\":\"x\"}", "format"),
            ("{\"model\":\"m\",\"messages\":[],\"options\":{\"seed\":\"x\"}}", "options.seed"),
            ("{\"model\":\"m\",\"messages\":[],\"tools\":[{}]}", "tools[0]"),
            ("{\"model\":\"m\",\"messages\":[],\"think\":3}", "think"),
        ] as [(String, String?)]
    ) func `a body that is wrong is refused where it is`(body: String, parameter: String?) throws {
        let body = try node(body)
        do throws(ConversationFault) {
            _ = try OllamaRequest.read(body)
            Issue.record("was read")
        } catch {
            #expect(error.parameter == parameter)
        }
    }

    @Test func `what cannot be carried is refused, and the rest named`() throws {
        func fault(_ part: ChatPart) -> String? {
            var request = ChatRequest()
            request.messages = [ChatMessage(role: .user, parts: [part])]
            do throws(ConversationFault) {
                _ = try OllamaRequest.write(request, RequestTerms(model: "m", streams: false))
                return nil
            } catch { return error.parameter }
        }
        let place = "messages[0].content[0]"
        #expect(fault(.media(Media(kind: .image, source: .url("https://x.org/a.png")))) == place)
        #expect(fault(.media(Media(kind: .audio, source: .data(type: "audio/wav", base64: "QUJD")))) == place)
        #expect(fault(.media(Media(kind: .image, source: .file("file-1")))) == place)
        #expect(fault(.other(kind: "x", try node("{}"))) == place)
        #expect(fault(.media(Media(kind: .image, source: .url("data:image/png;base64,QUJD")))) == nil)
        #expect(fault(.media(Media(kind: .document, source: .text("plain")))) == nil)

        var request = ChatRequest()
        request.messages = [ChatMessage(role: .user, parts: [.text("x")], name: "n")]
        request.toolChoice = .required
        request.sampling.count = 2
        request.user = "u"
        request.allowsParallelCalls = false
        request.tools = [ToolDefinition(name: "f", isStrict: true)]
        request.extras = try node("{\"logit_bias\":{}}").members
        var reasoning = ReasoningRequest()
        reasoning.budgetTokens = 100
        request.reasoning = reasoning
        let written = try OllamaRequest.write(request, RequestTerms(model: "m", streams: false))
        #expect(
            Set(written.dropped) == [
                "name", "tool_choice", "n", "user", "parallel_tool_calls", "strict", "logit_bias",
                "thinking.budget_tokens",
            ]
        )
        request.toolChoice = ToolChoice.none
        let none = try OllamaRequest.write(request, RequestTerms(model: "m", streams: false))
        #expect(try object(none.body)["tools"] == nil && !none.dropped.contains("tool_choice"))
    }

    @Test func `a request of generate becomes a conversation`() throws {
        let request = try OllamaGenerateRequest.read(
            try node(
                """
                {"model":"m","prompt":"Why?","system":"Be brief.","images":["/9j/4AAQ"],"stream":false,"context":[],
                 "format":"json","options":{"num_predict":-1}}
                """
            )
        )
        #expect(request.messages.map(\.role) == [.system, .user] && !request.streams)
        #expect(
            described(request.messages[1].parts)
                == ["text Why?", "media image \(Media.Source.data(type: "image/jpeg", base64: "/9j/4AAQ"))"]
        )
        #expect(request.extras.isEmpty && request.sampling.maxTokens == nil)
        #expect(!OllamaLoad.isAsked(request))
        #expect(OllamaLoad.isAsked(try OllamaGenerateRequest.read(try node("{\"model\":\"m\"}"))))
        #expect(OllamaLoad.isAsked(try OllamaRequest.read(try node("{\"model\":\"m\",\"messages\":[]}"))))
        let answer = try object(OllamaLoad.answer(isChat: true, .sample))
        #expect(answer["done_reason"] as? String == "load" && answer["message"] is NSDictionary)
    }

    @Test func `what Ollama has words for comes back from its own body`() throws {
        for seed in 0..<300 {
            var making = Making(seed: UInt64(seed))
            var request = ChatRequest()
            request.messages = [ChatMessage(role: .system, parts: [.text(making.text())])]
            for _ in 0..<making.number(1..<4) {
                let picture = Media(kind: .image, source: .data(type: "image/png", base64: "iVBORw0KGgo="))
                request.messages.append(
                    ChatMessage(
                        role: .user,
                        parts: [.text(making.text())] + (making.chance(2) ? [.media(picture)] : [])
                    )
                )
                let calls = (0..<making.number(0..<3)).map { _ in making.call() }
                let thought = ChatPart.reasoning(ReasoningPart(text: making.text()))
                let said = (making.chance(2) ? [thought] : []) + [ChatPart.text(making.text())]
                request.messages.append(ChatMessage(role: .assistant, parts: said + calls.map { .toolCall($0) }))
                for call in calls {
                    let result = ToolResult(callID: call.id, name: call.name, parts: [.text(making.text())])
                    request.messages.append(ChatMessage(role: .tool, parts: [.toolResult(result)]))
                }
            }
            request.sampling.maxTokens = making.number(0..<999)
            let written = try OllamaRequest.write(request, RequestTerms(model: "m", streams: true))
            #expect(written.dropped.isEmpty)
            let again = try OllamaRequest.read(try JSONNode.parse(written.body))
            #expect(
                again.messages.map { described($0.parts) } == request.messages.map { described($0.parts) },
                "seed \(seed)"
            )
            #expect(again.messages.map(\.role) == request.messages.map(\.role))
            #expect(again.sampling.maxTokens == request.sampling.maxTokens && again.streams)
        }
    }
}
