import Foundation
import TestKit
import Testing

/// The formats of other providers: written from their references, apart from the proxy's codecs.
@Suite struct FormatTests {
    let mock: MockUpstream

    init() throws { mock = try MockUpstream(models: ["mock-a"]) }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func post(_ path: String, _ body: String, _ headers: Headers = []) throws -> Response {
        try mock.fetch("POST", path, headers: headers, body: body)
    }

    private func names(_ response: Response) -> [Substring] {
        response.text.split(separator: "\n").filter { $0.hasPrefix("event: ") }.map { $0.dropFirst(7) }
    }

    private let claude = #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"one two"}]"#
    private let tool = #"{"name":"look","description":"d","input_schema":{"type":"object"}}"#

    @Test func `messages are answered in Anthropic's shape`() throws {
        let answer = try object(try post("/v1/messages", claude + "}").text)
        #expect(answer["type"] as? String == "message")
        #expect(answer["stop_reason"] as? String == "end_turn")
        let block = try #require((answer["content"] as? [[String: Any]])?.first)
        #expect((block["text"] as? String)?.hasSuffix("You said: one two") == true)
        #expect((answer["usage"] as? [String: Any])?["input_tokens"] as? Int == 2)
        #expect((answer["usage"] as? [String: Any])?["output_tokens"] as? Int == 15)
    }

    @Test func `messages stream their events in order, a text delta per word`() throws {
        let response = try post("/v1/messages", claude + #","stream":true}"#)
        #expect(response["content-type"] == "text/event-stream; charset=utf-8")
        let names = names(response)
        #expect(names.prefix(3) == ["message_start", "content_block_start", "ping"])
        #expect(names.filter { $0 == "content_block_delta" }.count == 15)
        #expect(names.suffix(3) == ["content_block_stop", "message_delta", "message_stop"])
        for event in response.events { _ = try object(event) }
        let last = try object(response.events[response.events.count - 2])
        #expect((last["usage"] as? [String: Any])?["output_tokens"] as? Int == 15)
    }

    @Test func `a tool of Anthropic's is called and its result repeated`() throws {
        let asked = #"{"model":"m","tools":[\#(tool)],"messages":[{"role":"user","content":"call the tool"}]"#
        let answer = try object(try post("/v1/messages", asked + "}").text)
        let block = try #require((answer["content"] as? [[String: Any]])?.first)
        #expect(answer["stop_reason"] as? String == "tool_use")
        #expect(block["name"] as? String == "look")
        #expect(block["input"] as? [String: String] == ["input": "mock"])
        let parts = try post("/v1/messages", asked + #","stream":true}"#).events.compactMap { event in
            (try object(event)["delta"] as? [String: Any])?["partial_json"] as? String
        }
        #expect(parts.joined() == #"{"input":"mock"}"#)
        let result =
            #"{"type":"tool_result","tool_use_id":"toolu_mock","content":[{"type":"text","text":"call the tool"}]}"#
        let second = #"{"model":"m","tools":[\#(tool)],"messages":[{"role":"user","content":[\#(result)]}]}"#
        #expect(try post("/v1/messages", second).text.contains("The tool said: call the tool"))
    }

    @Test func `Gemini is asked by path, and streams without a mark at the end`() throws {
        let body = #"{"contents":[{"role":"user","parts":[{"text":"one two"}]}]}"#
        let whole = try object(try post("/v1beta/models/gem-1:generateContent", body).text)
        #expect(whole["modelVersion"] as? String == "gem-1")
        let candidate = try #require((whole["candidates"] as? [[String: Any]])?.first)
        #expect(candidate["finishReason"] as? String == "STOP")
        #expect((whole["usageMetadata"] as? [String: Any])?["totalTokenCount"] as? Int == 17)
        let streamed = try post("/v1beta/models/gem-1:streamGenerateContent?alt=sse", body)
        #expect(streamed.events.count == 16)
        #expect(try #require(streamed.events.last).contains("\"finishReason\":\"STOP\""))
    }

    @Test func `a function of Gemini's is called and its response repeated as JSON`() throws {
        let tools = #""tools":[{"functionDeclarations":[{"name":"look"}]}]"#
        let asked = #"{"contents":[{"role":"user","parts":[{"text":"Call the tool"}]}],\#(tools)}"#
        let answer = try post("/v1beta/models/g:generateContent", asked).text
        #expect(answer.contains(#""functionCall":{"name":"look","args":{"input":"mock"}}"#))
        let part = #"{"functionResponse":{"name":"look","response":{"result":"call the tool"}}}"#
        let second = #"{"contents":[{"role":"user","parts":[\#(part)]}],\#(tools)}"#
        let said = try post("/v1beta/models/g:generateContent", second).text
        #expect(said.contains(#"The tool said: {\"result\":\"call the tool\"}"#))
    }

    @Test func `Ollama streams lines unless it is told not to`() throws {
        let body = #"{"model":"m","messages":[{"role":"user","content":"one two"}]"#
        let streamed = try post("/api/chat", body + "}")
        #expect(streamed["content-type"] == "application/x-ndjson")
        let lines = streamed.text.split(separator: "\n")
        #expect(lines.count == 16)
        let last = try object(String(try #require(lines.last)))
        #expect(last["done"] as? Bool == true)
        #expect(last["eval_count"] as? Int == 15)
        let whole = try object(try post("/api/chat", body + #","stream":false}"#).text)
        #expect((whole["message"] as? [String: String])?["content"]?.hasSuffix("You said: one two") == true)
        let generated = try object(try post("/api/generate", #"{"model":"m","prompt":"hi","stream":false}"#).text)
        #expect((generated["response"] as? String)?.hasSuffix("You said: hi") == true)
        let embedded = try object(try post("/api/embed", #"{"model":"m","input":["a","b"]}"#).text)
        #expect((embedded["embeddings"] as? [[Double]])?.map(\.count) == [8, 8])
        #expect(try mock.fetch("GET", "/api/tags").text.contains("\"name\":\"mock-a\""))
    }

    @Test(arguments: [
        (
            "/v1/messages",
            #"{"type":"error","error":{"type":"rate_limit_error","message":"hoosh-mock was asked to fail"}"#
        ),
        (
            "/v1beta/models/g:generateContent",
            #"{"error":{"code":429,"message":"hoosh-mock was asked to fail","status":"RES"#
        ),
        ("/api/chat", #"{"error":"hoosh-mock was asked to fail"}"#),
    ])
    func `a failure is told in the words of the format`(path: String, start: String) throws {
        let response = try post(path, "{}", [("x-mock-status", "429"), ("x-mock-retry-after", "3")])
        #expect(response.status == 429)
        #expect(response["retry-after"] == "3")
        #expect(response.text.hasPrefix(String(start.dropLast(1))))
    }

    @Test(arguments: ["/v1/messages", "/v1beta/models/g:streamGenerateContent", "/api/chat"])
    func `events are counted, sized and broken off as in OpenAI's format`(path: String) throws {
        let body = #"{"model":"m","stream":true}"#
        let sized = try post(
            path,
            body,
            [("x-mock-events", "5"), ("x-mock-event-bytes", "400"), ("x-mock-stamp", "1")]
        )
        #expect(sized.chunks.filter { $0.count == 400 }.count == 5)
        #expect(try mock.lastEnded().eventsSent == 5)
        let failing = try post(path, body, [("x-mock-fault", "error-event"), ("x-mock-after", "2")])
        #expect(failing.text.contains("hoosh-mock was asked to fail here"))
        #expect(failing.ending == .complete)
        let cut = try post(path, body, [("x-mock-fault", "cut"), ("x-mock-after", "2")])
        #expect(cut.ending != .complete)
    }

    @Test func `Gemini's embeddings are the vectors of the same texts elsewhere`() throws {
        func vectors(_ text: String) -> [Substring] {
            text.split(separator: "[").filter { $0.contains(".") }.map { $0.prefix { $0 != "]" } }
        }
        let one = #"{"content":{"parts":[{"text":"a"}]}}"#
        let both = #"{"requests":[\#(one),{"model":"models/g","content":{"parts":[{"text":"b"}]}}]}"#
        let plain = vectors(try post("/v1/embeddings", #"{"input":["a","b"]}"#).text)
        #expect(plain.count == 2)
        let many = try post("/v1beta/models/g:batchEmbedContents", both).text
        #expect(many.hasPrefix(#"{"embeddings":[{"values":["#))
        #expect(vectors(many) == plain)
        let single = try post("/v1beta/models/g:embedContent", one).text
        #expect(single.hasPrefix(#"{"embedding":{"values":["#))
        #expect(vectors(single) == [plain[0]])
    }

    @Test func `tokens are counted as words`() throws {
        #expect(try post("/v1/messages/count_tokens", claude + "}").text == "{\"input_tokens\":2}\n")
        let body = #"{"contents":[{"role":"user","parts":[{"text":"one two three"}]}]}"#
        #expect(try post("/v1beta/models/g:countTokens", body).text == "{\"totalTokens\":3}\n")
    }
}
