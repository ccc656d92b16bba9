import TestKit
import Testing

/// What the endpoints answer when nothing is asked to go wrong.
@Suite struct PlainAnswerTests {
    let mock: MockUpstream

    init() throws { mock = try MockUpstream(models: ["mock-a", "mock-b"]) }

    private func post(_ path: String, _ body: String) throws -> Response { try mock.fetch("POST", path, body: body) }

    @Test func `a chat is answered with the OpenAI shape and repeats the question`() throws {
        let response = try post("/v1/chat/completions", chatBody(model: "any", message: "ping \\\"pong\\\""))
        #expect(response.status == 200)
        #expect(response["content-type"] == "application/json")
        #expect(response.text.contains("\"object\":\"chat.completion\""))
        #expect(response.text.contains("\"model\":\"any\""))
        #expect(response.text.contains("runs no model. You said: ping \\\"pong\\\"\""))
        #expect(response.text.contains("\"prompt_tokens\":2,\"completion_tokens\":15,\"total_tokens\":17"))
        #expect(response.ending == .complete)
    }

    @Test func `a streamed chat is one chunk per word, then finish and done`() throws {
        let response = try post("/v1/chat/completions", chatBody(stream: true, message: "one two"))
        #expect(response["content-type"] == "text/event-stream; charset=utf-8")
        #expect(response["transfer-encoding"] == "chunked")
        let events = response.events
        #expect(events.count == 15 + 2)
        #expect(response.chunks.count == events.count)
        #expect(events[0].contains("\"delta\":{\"role\":\"assistant\",\"content\":\"This\"}"))
        #expect(events[14].contains("\"delta\":{\"content\":\" two\"}"))
        #expect(events[15].contains("\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\""))
        #expect(events[16] == "[DONE]")
    }

    @Test func `usage comes as a chunk of its own when it is asked for`() throws {
        let response = try post("/v1/chat/completions", chatBody(stream: true, includesUsage: true))
        let usage = try #require(response.events.dropLast().last)
        #expect(usage.contains("\"choices\":[],\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":15,"))
    }

    @Test func `the same request gets the same bytes twice`() throws {
        let body = chatBody(stream: true)
        let first = try post("/v1/chat/completions", body)
        #expect(try post("/v1/chat/completions", body).body == first.body)
    }

    @Test func `text parts count as the message`() throws {
        let body = "{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"in parts\"}],\"role\":\"user\"}]}"
        #expect(try post("/v1/chat/completions", body).text.contains("You said: in parts\""))
    }

    @Test func `completions answer in their own shape, whole and streamed`() throws {
        let whole = try post("/v1/completions", "{\"prompt\":\"go on\"}")
        #expect(whole.text.contains("\"object\":\"text_completion\""))
        #expect(whole.text.contains("You said: go on\",\"logprobs\":null"))
        let streamed = try post("/v1/completions", "{\"prompt\":\"go on\",\"stream\":true}")
        #expect(streamed.events.first?.contains("\"text\":\"This\"") == true)
        #expect(streamed.events.last == "[DONE]")
    }

    @Test func `responses stream named events from created to completed`() throws {
        let streamed = try post("/v1/responses", "{\"input\":\"hello\",\"stream\":true}")
        let names = streamed.text.split(separator: "\n").filter { $0.hasPrefix("event: ") }.map { $0.dropFirst(7) }
        #expect(names.first == "response.created")
        #expect(names.filter { $0 == "response.output_text.delta" }.count == 14)
        #expect(names.last == "response.completed")
        let numbers = streamed.events.compactMap { $0.split(separator: "\"sequence_number\":").dropFirst().first }
        #expect(numbers.map { $0.prefix(while: \.isNumber) } == (0..<numbers.count).map { Substring("\($0)") })
        let whole = try post("/v1/responses", "{\"input\":[{\"role\":\"user\",\"content\":\"hello\"}]}")
        #expect(whole.text.contains("\"object\":\"response\""))
        #expect(whole.text.contains("You said: hello"))
    }

    @Test func `embeddings are one vector of eight per input and depend on it alone`() throws {
        let both = try post("/v1/embeddings", "{\"input\":[\"a\",\"b\"]}").text
        let one = try post("/v1/embeddings", "{\"input\":\"a\"}").text
        let vectors = both.split(separator: "\"embedding\":[").dropFirst().map { $0.prefix { $0 != "]" } }
        #expect(vectors.count == 2)
        #expect(vectors[0].split(separator: ",").count == 8)
        #expect(vectors[0] != vectors[1])
        #expect(one.contains("\"embedding\":[\(vectors[0])]"))
        #expect(try post("/v1/embeddings", "{\"input\":[[1,2],[3]]}").text.contains("\"index\":1"))
        #expect(try !post("/v1/embeddings", "{\"input\":[1,2]}").text.contains("\"index\":1"))
    }

    @Test func `embeddings in base64 are 32 bytes`() throws {
        let text = try post("/v1/embeddings", "{\"input\":\"a\",\"encoding_format\":\"base64\"}").text
        let vector = try #require(text.split(separator: "\"embedding\":\"").last?.prefix { $0 != "\"" })
        #expect(vector.count == 44)
    }

    @Test func `models and health answer below every prefix`() throws {
        for prefix in ["/v1", "/v1beta/openai", "/openai/v1", "/api/v1"] {
            let models = try mock.fetch("GET", "\(prefix)/models")
            #expect(models.text.contains("\"id\":\"mock-a\"") && models.text.contains("\"id\":\"mock-b\""))
            #expect(try post("\(prefix)/chat/completions", chatBody()).status == 200)
        }
        #expect(try mock.fetch("GET", "/health").text == "{\"status\":\"ok\"}\n")
    }

    @Test func `other posts are echoed with their size`() throws {
        let response = try post("/v1/audio/speech?x=1", "12345")
        #expect(response.text == "{\"method\":\"POST\",\"path\":\"/v1/audio/speech?x=1\",\"body_bytes\":5}\n")
    }

    @Test func `what it cannot serve is refused in the OpenAI shape`() throws {
        let unknown = try mock.fetch("GET", "/nowhere")
        #expect(unknown.status == 404)
        #expect(unknown.text.contains("\"type\":\"not_found_error\""))
        let broken = try post("/v1/chat/completions", "{\"model\":")
        #expect(broken.status == 400)
        #expect(broken.text.hasPrefix("{\"error\":{\"message\":"))
        let connection = try mock.connect()
        try connection.send("nonsense\r\n\r\n")
        #expect(connection.readResponse().status == 400)
        #expect(connection.readToEnd().ending == .ended)
    }

    // MARK: Tools

    private let tools = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"lookup\",\"parameters\":{}}}]"

    @Test func `asked to call the tool it calls it, whole and streamed`() throws {
        let body = chatBody(message: "please call the tool", extra: tools)
        let whole = try post("/v1/chat/completions", body).text
        #expect(whole.contains("\"function\":{\"name\":\"lookup\",\"arguments\":\"{\\\"input\\\":\\\"mock\\\"}\"}"))
        #expect(whole.contains("\"finish_reason\":\"tool_calls\""))
        let stream = chatBody(stream: true, message: "please call the tool", extra: tools)
        let events = try post("/v1/chat/completions", stream).events
        #expect(events.count == 5)
        #expect(events[0].contains("\"id\":\"call_mock\",\"type\":\"function\",\"function\":{\"name\":\"lookup\""))
        #expect(events[1].contains("\"arguments\":\"{\\\"input\\\":\""))
        #expect(events[3].contains("\"finish_reason\":\"tool_calls\""))
    }

    @Test func `not asked to it does not call the tool`() throws {
        let response = try post("/v1/chat/completions", chatBody(message: "hello", extra: tools))
        #expect(response.text.contains("You said: hello"))
    }

    @Test func `the result of a tool is told`() throws {
        let body =
            "{\(tools),\"messages\":[{\"role\":\"user\",\"content\":\"call the tool\"},"
            + "{\"role\":\"tool\",\"tool_call_id\":\"call_mock\",\"content\":\"42\"}]}"
        #expect(try post("/v1/chat/completions", body).text.contains("\"content\":\"The tool said: 42\""))
    }
}
