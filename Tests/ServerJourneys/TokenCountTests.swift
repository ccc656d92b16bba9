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
            #expect(try object(response)["input_tokens"] as? Int == 6)
        }
        if kind != "google" {
            let response = try connection.fetch("POST", "/v1beta/models/m:countTokens", body: Self.contents)
            #expect(response.status == 200 && response["x-hoosh-estimate"] == "true")
            #expect(try object(response)["totalTokens"] as? Int == 6)
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
}
