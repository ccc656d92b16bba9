import Foundation
import TestKit
import Testing

/// How large a chat is: counted by providers that can, estimated for the others.
@Suite struct TokenCountTests {
    private static let messages = "{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"12345678\"}]}"
    private static let contents = "{\"contents\": [{\"parts\": [{\"text\": \"12345678\"}]}]}"

    private func station(_ kind: String, _ upstream: ScriptedUpstream) throws -> Station {
        try Station(
            providers: "  up: {kind: \(kind), url: \"\(upstream.url)\", health: {mode: none}}",
            routes: "  - {name: all, to: [up]}"
        )
    }

    @Test(arguments: [
        ("anthropic", "/v1/messages/count_tokens", "{\"input_tokens\":99}"),
        ("llamacpp", "/v1/messages/count_tokens", "{\"input_tokens\":99}"),
        ("google", "/v1beta/models/m:countTokens", "{\"totalTokens\":99}"),
    ])
    func `who counts is asked, and answers itself`(kind: String, path: String, answer: String) throws {
        let upstream = try ScriptedUpstream { _ in ScriptedUpstream.Answer(answer) }
        let body = kind == "google" ? Self.contents : Self.messages
        let response = try station(kind, upstream).connect().fetch("POST", path, body: body)
        #expect(response.status == 200 && response.text == answer)
        #expect(response["x-hoosh-estimate"] == nil)
        #expect(upstream.questions.map(\.target) == [path] && upstream.questions[0].text == body)
    }

    @Test(arguments: ["openai", "ollama", "google", "anthropic"])
    func `for others the size is estimated, and said to be`(kind: String) throws {
        let upstream = try ScriptedUpstream { _ in ScriptedUpstream.Answer("{}", status: 500) }
        let connection = try station(kind, upstream).connect()
        if kind != "anthropic" {
            let response = try connection.fetch("POST", "/v1/messages/count_tokens", body: Self.messages)
            #expect(response.status == 200 && response["x-hoosh-estimate"] == "true")
            #expect(try object(response)["input_tokens"] as? Int == (kind == "google" ? 9 : 10))
        }
        if kind != "google" {
            let response = try connection.fetch("POST", "/v1beta/models/m:countTokens", body: Self.contents)
            #expect(response.status == 200 && response["x-hoosh-estimate"] == "true")
            #expect(try object(response)["totalTokens"] as? Int == 10)
        }
        #expect(upstream.questions.isEmpty)
    }

    @Test func `a server that turns out not to count is not the last word`() throws {
        let upstream = try ScriptedUpstream { _ in ScriptedUpstream.Answer("{}", status: 404) }
        let connection = try station("vllm", upstream).connect()
        for _ in 0..<2 {
            let response = try connection.fetch("POST", "/v1/messages/count_tokens", body: Self.messages)
            #expect(response.status == 200 && response["x-hoosh-estimate"] == "true")
        }
        #expect(upstream.questions.count == 2)
    }

    @Test func `an estimate counts tools and what the system is told`() throws {
        let upstream = try ScriptedUpstream { _ in ScriptedUpstream.Answer("{}", status: 500) }
        let connection = try station("openai", upstream).connect()
        let text = String(repeating: "long ", count: 100)
        func count(_ more: String) throws -> Int {
            let body = "{\"model\": \"m\", \(more)\"messages\": [{\"role\": \"user\", \"content\": \"hello\"}]}"
            let response = try connection.fetch("POST", "/v1/messages/count_tokens", body: body)
            #expect(response.status == 200 && response["x-hoosh-estimate"] == "true", "\(response.text)")
            return try #require(try object(response)["input_tokens"] as? Int)
        }
        let bare = try count("")
        let tool = "\"tools\": [{\"name\": \"f\", \"description\": \"\(text)\", \"input_schema\": {}}], "
        #expect(try count(tool) > bare + 120)
        #expect(try count("\"system\": \"\(text)\", ") > bare + 120)
    }

    @Test(arguments: [
        "{\"model\": \"m\"}", "{\"model\": \"m\", \"messages\": \"x\"}", "{\"model\": \"m\", \"messages\": []}",
        "{\"model\": \"m\", \"messages\": [{\"role\": \"bad\", \"content\": \"x\"}]}",
        "{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": 5}]}",
        "{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}], \"tools\": [{\"name\": \"f\"}]}",
    ])
    func `what no provider would count is refused in the client's words`(body: String) throws {
        let upstream = try ScriptedUpstream { _ in ScriptedUpstream.Answer("{}", status: 500) }
        let connection = try station("openai", upstream).connect()
        let response = try connection.fetch("POST", "/v1/messages/count_tokens", body: body)
        #expect(response.status == 400, "\(response.text)")
        let told = try object(response)
        let error = try #require(told["error"] as? [String: Any])
        #expect(told["type"] as? String == "error" && error["type"] as? String == "invalid_request_error")
        let gemini = try connection.fetch("POST", "/v1beta/models/m:countTokens", body: "{\"contents\": 5}")
        let status = (try object(gemini)["error"] as? [String: Any])?["status"] as? String
        #expect(gemini.status == 400 && status == "INVALID_ARGUMENT")
    }
}
