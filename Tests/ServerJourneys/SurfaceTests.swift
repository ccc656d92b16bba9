import Foundation
import TestKit
import Testing

/// Clients of every dialect in front of a provider that speaks OpenAI's chats alone.
@Suite struct SurfaceTests {
    private static let say = "\"messages\": [{\"role\": \"user\", \"content\": \"hello\"}]"
    private static let contents = "{\"contents\": [{\"role\": \"user\", \"parts\": [{\"text\": \"hello\"}]}]}"

    private static func object(_ response: Response) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
    }

    @Test func `each dialect's whole answer has its own shape`() throws {
        let station = try Station(provider: "formats: [chat]")
        let connection = try station.connect()
        let messages = try connection.fetch(
            "POST",
            "/v1/messages",
            body: "{\"model\": \"m\", \"max_tokens\": 9, \(Self.say)}"
        )
        #expect(messages.status == 200)
        #expect(try Self.object(messages)["stop_reason"] as? String == "end_turn")
        let gemini = try connection.fetch("POST", "/v1beta/models/m:generateContent", body: Self.contents)
        let candidates = try #require(try Self.object(gemini)["candidates"] as? [[String: Any]])
        #expect(candidates[0]["finishReason"] as? String == "STOP")
        let ollama = try connection.fetch(
            "POST",
            "/api/chat",
            body: "{\"model\": \"m\", \"stream\": false, \(Self.say)}"
        )
        #expect(try Self.object(ollama)["done"] as? Bool == true)
        let paths = try station.mock.requests().map(\.path)
        #expect(paths == Array(repeating: "/v1/chat/completions", count: 3))
    }

    @Test func `each dialect's stream ends as its libraries expect`() throws {
        let station = try Station(provider: "formats: [chat]")
        let connection = try station.connect()
        let messages = try connection.fetch(
            "POST",
            "/v1/messages",
            body: "{\"model\": \"m\", \"max_tokens\": 9, \"stream\": true, \(Self.say)}"
        )
        #expect(messages.head?.values("content-type") == ["text/event-stream"])
        #expect(messages.text.hasPrefix("event: message_start\n"))
        #expect(messages.text.contains("event: message_stop\n"))
        let lines = try connection.fetch("POST", "/api/chat", body: "{\"model\": \"m\", \(Self.say)}")
        #expect(lines.head?.values("content-type") == ["application/x-ndjson"])
        let last = try #require(lines.text.split(separator: "\n").last)
        #expect(last.contains("\"done\":true"))
        let events = try connection.fetch("POST", "/v1beta/models/m:streamGenerateContent?alt=sse", body: Self.contents)
        #expect(events.text.hasPrefix("data: {"))
        let list = try connection.fetch("POST", "/v1beta/models/m:streamGenerateContent", body: Self.contents)
        #expect(list.head?.values("content-type") == ["application/json"])
        let parts = try JSONSerialization.jsonObject(with: Data(list.body)) as? [[String: Any]]
        #expect((parts?.count ?? 0) > 2)
    }

    @Test func `a client's key in Gemini's query goes nowhere`() throws {
        let station = try Station(provider: "formats: [gemini]")
        _ = try station.connect().fetch(
            "POST",
            "/v1beta/models/m:generateContent?key=sk-client-secret&x=1",
            body: Self.contents
        )
        let seen = try station.mock.lastEnded()
        #expect(!seen.path.contains("sk-client-secret"))
        #expect(seen.path.hasSuffix("/v1beta/models/m:generateContent?x=1"))
    }

    @Test func `Groq's libraries find their path`() throws {
        let station = try Station()
        let answer = try station.connect().fetch(
            "POST",
            "/openai/v1/chat/completions",
            body: "{\"model\": \"m\", \(Self.say)}"
        )
        #expect(answer.status == 200)
        #expect(try station.mock.lastEnded().path == "/v1/chat/completions")
    }

    @Test func `a request to have a model loaded is answered at once`() throws {
        let station = try Station(provider: "formats: [chat]")
        let answer = try station.connect().fetch("POST", "/api/chat", body: "{\"model\": \"m\", \"messages\": []}")
        #expect(answer.status == 200)
        #expect(answer.text.contains("\"done_reason\":\"load\""))
        #expect(try station.mock.requests().isEmpty)
    }

    @Test func `routes know a chat by one path, whoever asks`() throws {
        let station = try Station(
            routes: "  - {name: chats, match: {path: /v1/chat/completions}, deny: {status: 403, message: found}}\n"
                + "  - {name: all, to: [mock]}"
        )
        let connection = try station.connect()
        let gemini = try connection.fetch("POST", "/v1beta/models/m:generateContent", body: Self.contents)
        let ollama = try connection.fetch("POST", "/api/chat", body: "{\"model\": \"m\", \(Self.say)}")
        #expect(gemini.status == 403 && ollama.status == 403)
        #expect(try Self.object(ollama)["error"] as? String == "found")
        let fault = try #require(try Self.object(gemini)["error"] as? [String: Any])
        #expect(fault["status"] as? String == "PERMISSION_DENIED")
        let details = try #require(fault["details"] as? [[String: Any]])
        let info = try #require(details.first { ($0["@type"] as? String)?.hasSuffix("google.rpc.ErrorInfo") == true })
        #expect(info["reason"] as? String == "route_forbidden" && info["domain"] as? String == "hoosh-proxy")
        let openAI = try station.chat()
        let anthropic = try connection.fetch("POST", "/v1/messages", body: "{\"max_tokens\": 5, \(Self.say)}")
        #expect(anthropic.status == 400 && anthropic["x-hoosh-code"] == "missing_model")
        for answer in [gemini, ollama, openAI] {
            #expect(answer.status == 403 && answer["x-hoosh-code"] == "route_forbidden")
        }
    }

    @Test(arguments: [400, 401, 404, 429, 500, 503])
    func `an upstream's error keeps its status and its message in the client's dialect`(status: Int) throws {
        let station = try Station(provider: "formats: [chat]")
        let answer = try station.connect().fetch(
            "POST",
            "/v1/messages",
            headers: [("x-mock-status", "\(status)")],
            body: "{\"model\": \"m\", \"max_tokens\": 9, \(Self.say)}"
        )
        #expect(answer.status == status)
        let object = try Self.object(answer)
        #expect(object["type"] as? String == "error")
        let fault = try #require(object["error"] as? [String: Any])
        #expect(fault["message"] as? String == "hoosh-mock was asked to fail")
    }

    @Test func `a stream that breaks off ends with an error of the client's dialect, not with an end`() throws {
        let station = try Station(provider: "formats: [chat]")
        let answer = try station.connect().fetch(
            "POST",
            "/v1/messages",
            headers: [("x-mock-fault", "cut"), ("x-mock-after", "3")],
            body: "{\"model\": \"m\", \"max_tokens\": 9, \"stream\": true, \(Self.say)}"
        )
        #expect(answer.text.contains("event: error\n"))
        #expect(!answer.text.contains("message_stop"))
    }

    @Test func `what a provider has no words for is named, and what cannot be left out is refused`() throws {
        let station = try Station(provider: "formats: [ollama]")
        let connection = try station.connect()
        let dropped = try connection.fetch(
            "POST",
            "/v1/chat/completions",
            body: "{\"model\": \"m\", \"logit_bias\": {\"5\": 1}, \(Self.say)}"
        )
        #expect(dropped.head?["x-hoosh-dropped-params"]?.contains("logit_bias") == true)
        let refused = try connection.fetch(
            "POST",
            "/v1/chat/completions",
            body: "{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", "
                + "\"image_url\": {\"url\": \"https://example.org/a.png\"}}]}]}"
        )
        #expect(refused.status == 400)
        let fault = try #require(try Self.object(refused)["error"] as? [String: Any])
        #expect(fault["code"] as? String == "unsupported_request")
    }
}
