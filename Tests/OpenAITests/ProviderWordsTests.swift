import Conversation
import Foundation
import JSON
import OpenAI
import Testing

/// What the kinds of providers take of OpenAI's dialect; the rows themselves are looked at in ProvidersTests.
@Suite struct `Words of providers` {
    private func request(_ change: (inout ChatRequest) -> Void = { _ in }) -> ChatRequest {
        var request = ChatRequest()
        request.messages = [ChatMessage(role: .user, parts: [.text("hi")])]
        change(&request)
        return request
    }

    private func written(
        _ request: ChatRequest,
        _ change: (inout RequestTerms) -> Void
    ) throws -> (body: [String: Any], dropped: [String]) {
        var terms = RequestTerms(model: "m", streams: false)
        change(&terms)
        let written = try OpenAIRequest.write(request, terms)
        return (try json(written.body), written.dropped)
    }

    @Test func `Mistral is given a random seed, no user and no names`() throws {
        let asked = request {
            $0.user = "u"
            $0.sampling.seed = Array("5".utf8)[...]
            $0.messages[0].name = "ada"
        }
        let (body, dropped) = try written(asked) {
            $0.words.hasRandomSeed = true
            $0.words.user = .none
            $0.words.takesNames = false
        }
        #expect(body["random_seed"] as? Int == 5 && body["seed"] == nil && body["user"] == nil)
        #expect((body["messages"] as? [[String: Any]])?.first?["name"] == nil)
        #expect(dropped.sorted() == ["messages.name", "user"])
    }

    @Test func `ids of calls become nine letters and digits, the same for a call and its result`() throws {
        let ids: [JSONString] = ["toolu_01A09q90qw90lq917835lq9", "call_0", "call_1", "AbCd12345", ""]
        let asked = request { request in
            for id in ids {
                let call = ToolCall(id: id, name: "f", arguments: [])
                request.messages.append(ChatMessage(role: .assistant, parts: [.toolCall(call)]))
                let result = ToolResult(callID: id, parts: [.text("r")])
                request.messages.append(ChatMessage(role: .tool, parts: [.toolResult(result)]))
            }
        }
        func told() throws -> ([String], [String]) {
            let messages = try written(asked) { $0.words.hasShortCallIDs = true }.body["messages"] as? [[String: Any]]
            let calls = (messages ?? []).compactMap {
                ($0["tool_calls"] as? [[String: Any]])?.first?["id"] as? String
            }
            return (calls, (messages ?? []).compactMap { $0["tool_call_id"] as? String })
        }
        let (calls, results) = try told()
        #expect(calls == results && Set(calls).count == ids.count && calls[3] == "AbCd12345")
        for id in calls { #expect(id.wholeMatch(of: /[a-zA-Z0-9]{9}/) != nil, "\(id)") }
        #expect(try told().0 == calls)
        let (plain, _) = try written(asked) { _ in }
        #expect((plain["messages"] as? [[String: Any]])?[2]["tool_call_id"] as? String == ids[0].text)
    }

    @Test func `functions without parameters, documents and sound are said as Mistral has them`() throws {
        let asked = request {
            $0.tools = [ToolDefinition(name: "f")]
            let document = Media(
                kind: .document,
                source: .data(type: "application/pdf", base64: "AAAA"),
                title: "a.pdf"
            )
            let sound = Media(kind: .audio, source: .data(type: "audio/wav", base64: "BBBB"))
            $0.messages[0].parts += [.media(document), .media(sound)]
        }
        let (body, _) = try written(asked) {
            $0.words.needsParameters = true
            $0.words.attachments = .mistral
        }
        let tool = (body["tools"] as? [[String: Any]])?.first?["function"] as? [String: Any]
        #expect(tool?["parameters"] as? NSDictionary == ["type": "object", "properties": [String: Any]()])
        let parts = (body["messages"] as? [[String: Any]])?.first?["content"] as? [NSDictionary]
        #expect(
            parts?[1] == [
                "type": "document_url", "document_url": "data:application/pdf;base64,AAAA", "document_name": "a.pdf",
            ]
        )
        #expect(parts?[2] == ["type": "input_audio", "input_audio": "BBBB"])
    }

    @Test func `a long user is told as a digest, the same every time`() throws {
        let long = JSONString("user_" + String(repeating: "a", count: 154))
        func told(_ user: JSONString) throws -> String? {
            try written(request { $0.user = user }) { $0.words.user = .atMost(64) }.body["user"] as? String
        }
        #expect(try told("u1") == "u1")
        let exact = String(repeating: "é", count: 64)
        #expect(try told(JSONString(exact)) == exact)
        let digest = try #require(try told(long))
        #expect(try digest.count == 20 && told(long) == digest)
        #expect(try told(JSONString(long.text + "b")) != digest)
        #expect(try written(request { $0.user = long }) { _ in }.body["user"] as? String == long.text)
    }

    @Test func `keys of the cache are shortened, members of others are named`() throws {
        let body = #"""
            {"messages":[{"role":"user","content":"x"}],"prompt_cache_key":"\#(String(repeating: "k", count: 65))",
            "safety_identifier":"short","chat_template_kwargs":{}}
            """#
        let (told, dropped) = try written(try OpenAIRequest.read(try parse(body))) {
            $0.words.longestKey = 64
            $0.words.extras = ["prompt_cache_key", "safety_identifier"]
        }
        #expect((told["prompt_cache_key"] as? String)?.count == 20 && told["safety_identifier"] as? String == "short")
        #expect(dropped == ["chat_template_kwargs"])
    }

    @Test func `a provider without schemas is told the schema in words`() throws {
        let schema = try parse(#"{"type":"object"}"#)
        let asked = request { $0.format = .schema(name: "s", schema: schema, isStrict: nil) }
        let (body, dropped) = try written(asked) { $0.words.takesSchemas = false }
        #expect(body["response_format"] as? NSDictionary == ["type": "json_object"])
        #expect(dropped == ["response_format.json_schema"])
        let first = (body["messages"] as? [[String: Any]])?.first
        #expect(first?["role"] as? String == "system")
        #expect((first?["content"] as? String)?.hasSuffix(#"{"type":"object"}"#) == true)
    }

    @Test func `what Groq refuses is left out and named`() throws {
        let asked = request {
            $0.sampling.count = 2
            $0.sampling.wantsLogProbabilities = true
            $0.sampling.topLogProbabilities = 3
        }
        let (body, dropped) = try written(asked) {
            $0.words.takesCount = false
            $0.words.takesLogProbabilities = false
        }
        #expect(body["n"] == nil && body["logprobs"] == nil && body["top_logprobs"] == nil)
        #expect(dropped == ["n", "logprobs", "top_logprobs"])
        let one = try written(request { $0.sampling.count = 1 }) { $0.words.takesCount = false }
        #expect(one.dropped.isEmpty && one.body["n"] == nil)
    }

    // MARK: Thinking

    private func thinking(
        _ words: ThinkingWords,
        _ change: (inout ReasoningRequest) -> Void
    ) throws -> (body: [String: Any], dropped: [String]) {
        var reasoning = ReasoningRequest()
        change(&reasoning)
        let asked = request { $0.reasoning = reasoning }
        return try written(asked) { $0.efforts = words }
    }

    @Test(arguments: [
        (["low", "medium", "high"], "max", "high"), (["low", "medium", "high"], "minimal", "low"),
        (["low", "high", "max"], "medium", "low"), (["none", "default"], "high", "default"),
        (["none", "high"], "low", "high"), (["minimal", "low"], "low", "low"),
    ])
    func `an effort becomes the closest word that is known`(known: [String], wanted: String, told: String) throws {
        let (body, dropped) = try thinking(ThinkingWords(efforts: known)) { $0.effort = JSONString(wanted) }
        #expect(body["reasoning_effort"] as? String == told && dropped.isEmpty)
    }

    @Test func `a model that never thinks is told nothing`() throws {
        let off = try thinking(.none) { $0.isEnabled = false }
        #expect(off.body["reasoning_effort"] == nil && off.dropped.isEmpty)
        let on = try thinking(.none) { $0.effort = "high" }
        #expect(on.body["reasoning_effort"] == nil && on.dropped == ["reasoning_effort"])
        let budget = try thinking(.none) { $0.budgetTokens = -1 }
        #expect(budget.body["reasoning_effort"] == nil && budget.dropped == ["reasoning_effort"])
    }

    @Test func `a model that cannot be kept from thinking is told the least, and that is named`() throws {
        let least = try thinking(ThinkingWords(efforts: ["low", "high"])) { $0.isEnabled = false }
        #expect(least.body["reasoning_effort"] as? String == "low" && least.dropped == ["reasoning_effort"])
        let none = try thinking(ThinkingWords(efforts: [])) { $0.isEnabled = false }
        #expect(none.body["reasoning_effort"] == nil && none.dropped == ["reasoning_effort"])
        let word = try thinking(ThinkingWords(efforts: ["none", "high"])) { $0.isEnabled = false }
        #expect(word.body["reasoning_effort"] as? String == "none" && word.dropped.isEmpty)
    }

    @Test func `switches of other names are used`() throws {
        let member = ThinkingWords(efforts: ["low", "high", "max"], toggle: .member)
        let off = try thinking(member) { $0.isEnabled = false }
        #expect(off.body["thinking"] as? NSDictionary == ["type": "disabled"] && off.body["reasoning_effort"] == nil)
        let on = try thinking(member) { $0.isEnabled = true }
        #expect(on.body["thinking"] as? NSDictionary == ["type": "enabled"] && on.body["reasoning_effort"] == nil)
        let template = try thinking(ThinkingWords(efforts: ["low"], toggle: .template)) { $0.budgetTokens = 0 }
        #expect(template.body["chat_template_kwargs"] as? NSDictionary == ["enable_thinking": false])
        #expect(off.dropped.isEmpty && on.dropped.isEmpty && template.dropped.isEmpty)
    }

    // MARK: Embeddings

    @Test func `embeddings have the provider's word for their size`() throws {
        let body = #"{"model":"m","input":"a","dimensions":256,"user":"u"}"#
        let request = try OpenAIEmbeddings.read(request: try parse(body))
        var words = ChatWords()
        words.hasOutputDimension = true
        words.user = .none
        let written = OpenAIEmbeddings.write(request, model: "m", words)
        let told = try json(written.body)
        #expect(told["output_dimension"] as? Int == 256 && told["dimensions"] == nil && told["user"] == nil)
        #expect(written.dropped == ["user"])
    }

    // MARK: URLs with data

    @Test(arguments: [
        ("data:image/png,%89PNG", "image/png", "iVBORw=="), ("DATA:IMAGE/PNG;BASE64,AAAA", "image/png", "AAAA"),
        ("data:;base64,/9j/4AAQ", "image/jpeg", "/9j/4AAQ"),
        ("data:image/png;charset=utf-8;base64,AAAA", "image/png", "AAAA"),
        (#"data:image/png;base64,AA\nAA "#, "image/png", "AAAA"), ("data:image/png;base64,AA%2BA", "image/png", "AA+A"),
    ])
    func `data URLs are read however they are spelled`(url: String, type: String, data: String) throws {
        let body = #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"\#(url)"}}]}]}"#
        let request = try OpenAIRequest.read(try parse(body))
        guard case .media(let media) = request.messages[0].parts[0], case .data(let read, let base64) = media.source
        else {
            Issue.record("no data was read")
            return
        }
        #expect(read.text == type && base64.text == data)
    }

    @Test(arguments: ["", " ", "data:", "data:image/png", "data:image/png;base64,"])
    func `a URL without anything is refused`(url: String) throws {
        let body = #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"\#(url)"}}]}]}"#
        let fault = #expect(throws: ConversationFault.self) { try OpenAIRequest.read(try parse(body)) }
        #expect(fault?.parameter == "messages[0].content[0].image_url")
        let item = #"{"input":[{"role":"user","content":[{"type":"input_image","image_url":"\#(url)"}]}]}"#
        #expect(throws: ConversationFault.self) { try ResponsesRequest.read(try parse(item)) }
    }
}
