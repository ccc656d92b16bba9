import Anthropic
import Conversation
import JSON
import Testing

@Suite struct `Reading Anthropic requests` {
    private func read(_ body: String) throws -> ChatRequest { try AnthropicRequest.read(node(body)) }

    @Test func `members have their places`() throws {
        let request = try read(
            #"""
            {"model":"claude-x","max_tokens":1024,"system":"Be brief","messages":[{"role":"user","content":"Hello, \u00e4"}],
            "temperature":0.70,"top_p":0.9,"top_k":5,"stop_sequences":["a","b\n"],"stream":true,
            "metadata":{"user_id":"u-1","other":1},"service_tier":"auto","container":null,
            "tool_choice":{"type":"any","disable_parallel_tool_use":true},
            "thinking":{"type":"enabled","budget_tokens":2000,"display":"omitted"},
            "output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}},"task_budget":{"total":1}}}
            """#
        )
        #expect(request.model.text == "claude-x")
        #expect(request.messages.map(\.role) == [.system, .user])
        guard case .text(let hello) = request.messages[1].parts[0] else { throw ConversationFault("no text") }
        #expect(text(hello.spelled) == #"Hello, \u00e4"#, "the spelling is kept")
        #expect(request.sampling.maxTokens == 1024)
        #expect(request.sampling.temperature.map { text($0) } == "0.70")
        #expect(request.sampling.topP.map { text($0) } == "0.9" && request.sampling.topK.map { text($0) } == "5")
        #expect(request.sampling.stop.map(\.text) == ["a", "b\n"])
        #expect(request.streams && request.user?.text == "u-1")
        #expect(request.toolChoice == .required && request.allowsParallelCalls == false)
        #expect(request.reasoning?.budgetTokens == 2000 && request.reasoning?.isEnabled == true)
        #expect(request.reasoning?.isShown == false && request.reasoning?.effort?.text == "low")
        guard case .schema(_, let schema, _) = request.format else { throw ConversationFault("no schema") }
        #expect(text(schema.source) == #"{"type":"object"}"#)
        #expect(request.extras.map(\.key).sorted() == ["metadata.other", "output_config.task_budget", "service_tier"])
    }

    @Test func `tools are functions, or all their own`() throws {
        let request = try read(
            #"""
            {"model":"m","messages":[{"role":"user","content":"x"}],"tools":[
            {"name":"f","description":"d","input_schema":{"type":"object"},"strict":true,"defer_loading":true,"cache_control":{"type":"ephemeral"}},
            {"type":"custom","name":"g","input_schema":{}},{"type":"web_search_20250305","name":"web_search","max_uses":5}]}
            """#
        )
        #expect(request.tools.map(\.name.text) == ["f", "g", "web_search"])
        #expect(request.tools[0].isStrict == true && request.tools[0].description?.text == "d")
        #expect(request.tools[0].parameters.map { text($0.source) } == #"{"type":"object"}"#)
        #expect(request.tools[1].builtIn == nil && request.tools[2].builtIn != nil)
        #expect(request.extras.map(\.key) == ["tools.defer_loading", "cache_control"])
    }

    @Test func `results of tools stand in messages of their own, in front`() throws {
        let request = try read(
            #"""
            {"model":"m","system":[{"type":"text","text":"a"},{"type":"text","text":"b","cache_control":{"type":"ephemeral"}}],"messages":[
            {"role":"user","content":[{"type":"text","text":"x"}]},
            {"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"r"},
              {"type":"tool_use","id":"toolu_1","name":"f","input":{"a": [1, 2]}}]},
            {"role":"user","content":[{"type":"text","text":"and"},
              {"type":"tool_result","tool_use_id":"toolu_1","is_error":true,"content":[{"type":"text","text":"no"},
                {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},
              {"type":"tool_result","tool_use_id":"toolu_2","content":"yes"},{"type":"tool_result","tool_use_id":"toolu_3"}]},
            {"role":"system","content":"late"}]}
            """#
        )
        #expect(request.messages.map(\.role) == [.system, .user, .assistant, .tool, .tool, .tool, .user, .system])
        #expect(request.messages[0].parts.count == 2)
        guard case .reasoning(let shown) = request.messages[2].parts[0],
            case .reasoning(let hidden) = request.messages[2].parts[1],
            case .toolCall(let call) = request.messages[2].parts[2],
            case .toolResult(let result) = request.messages[3].parts[0],
            case .media(let image) = result.parts[1], case .data(let type, _) = image.source
        else { throw ConversationFault("not as expected") }
        #expect(shown == ReasoningPart(text: "t", signature: "s") && hidden == ReasoningPart(text: "", redacted: "r"))
        #expect(call == ToolCall(id: "toolu_1", name: "f", arguments: Array(#"{"a": [1, 2]}"#.utf8)))
        #expect(result.callID.text == "toolu_1" && result.isError && type.text == "image/png")
        #expect(request.extras.map(\.key) == ["cache_control"])
    }

    @Test func `images and documents of every source are read`() throws {
        let request = try read(
            #"""
            {"model":"m","messages":[{"role":"user","content":[
            {"type":"image","source":{"type":"url","url":"https://x/y.png"}},{"type":"image","source":{"type":"file","file_id":"f1"}},
            {"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"},"title":"T","citations":{"enabled":true}},
            {"type":"document","source":{"type":"text","media_type":"text/plain","data":"words"}},
            {"type":"document","source":{"type":"url","url":"https://x/y.pdf"}},
            {"type":"document","source":{"type":"content","content":"blocks"}},{"type":"search_result","source":"s"}]}]}
            """#
        )
        let kinds = request.messages[0].parts.map { part in
            switch part {
            case .media(let media):
                switch media.source {
                case .url: "\(media.kind) url"
                case .file: "\(media.kind) file"
                case .data: "\(media.kind) data"
                case .text: "\(media.kind) text"
                }
            case .other(let kind, _): "other \(kind)"
            default: "?"
            }
        }
        #expect(
            kinds == [
                "image url", "image file", "document data", "document text", "document url", "other document",
                "other search_result",
            ]
        )
        #expect(request.extras.map(\.key) == ["document.citations"])
    }

    @Test(
        arguments: [
            (#"{"type":"adaptive"}"#, true, -1), (#"{"type":"disabled"}"#, false, nil),
            (#"{"type":"enabled","budget_tokens":1024}"#, true, 1024),
        ] as [(String, Bool, Int?)]
    )
    func `thinking is read`(thinking: String, isEnabled: Bool, budget: Int?) throws {
        let request = try read(#"{"model":"m","messages":[],"thinking":\#(thinking)}"#)
        #expect(request.reasoning?.isEnabled == isEnabled && request.reasoning?.budgetTokens == budget)
        #expect(request.extras.isEmpty)
    }

    @Test func `thinking of a new type is kept`() throws {
        let request = try read(#"{"model":"m","messages":[],"thinking":{"type":"between_tools"}}"#)
        #expect(request.reasoning == nil && request.extras.map(\.key) == ["thinking"])
    }

    @Test(
        arguments: [
            ("[]", nil), (#"{"messages":[]}"#, "model"), (#"{"model":1,"messages":[]}"#, "model"),
            (#"{"model":"m"}"#, "messages"), (#"{"model":"m","messages":{}}"#, "messages"),
            (#"{"model":"m","messages":[{"role":"tool","content":"x"}]}"#, "messages[0].role"),
            (#"{"model":"m","messages":[{"role":"user"}]}"#, "messages[0].content"),
            (#"{"model":"m","messages":[{"role":"user","content":1}]}"#, "messages[0].content"),
            (#"{"model":"m","messages":[{"role":"user","content":[{"type":"text"}]}]}"#, "messages[0].content[0].text"),
            (#"{"model":"m","messages":[{"role":"user","content":[{}]}]}"#, "messages[0].content[0].type"),
            (
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"image","source":{"type":"x"}}]}]}"#,
                "messages[0].content[0].source.type"
            ),
            (
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"tool_result"}]}]}"#,
                "messages[0].content[0].tool_use_id"
            ),
            (#"{"model":"m","messages":[],"max_tokens":"1"}"#, "max_tokens"),
            (#"{"model":"m","messages":[],"stream":1}"#, "stream"),
            (#"{"model":"m","messages":[],"tools":{}}"#, "tools"),
            (#"{"model":"m","messages":[],"tools":[{"name":"f"}]}"#, "tools[0].input_schema"),
            (#"{"model":"m","messages":[],"tools":[{"input_schema":{}}]}"#, "tools[0].name"),
            (#"{"model":"m","messages":[],"tool_choice":{"type":"all"}}"#, "tool_choice.type"),
            (#"{"model":"m","messages":[],"tool_choice":{"type":"tool"}}"#, "tool_choice.name"),
            (#"{"model":"m","messages":[],"thinking":true}"#, "thinking"),
            (#"{"model":"m","messages":[],"output_config":{"format":{"type":"xml"}}}"#, "output_config.format"),
            (#"{"model":"m","messages":[],"stop_sequences":"x"}"#, "stop_sequences"),
            (#"{"model":"m","messages":[],"system":5}"#, "system"),
        ] as [(String, String?)]
    )
    func `what is wrong is named`(body: String, parameter: String?) throws {
        let fault = try #require(throws: ConversationFault.self) { try read(body) }
        #expect(fault.parameter == parameter)
        #expect(!fault.description.isEmpty)
    }
}
