import TestKit
import Testing

@Suite struct PlainAnswerTests {
    @Test func `a chat is answered with the OpenAI shape and repeats the question`() throws {
        let mock = try MockUpstream()
        let response = try mock.fetch("POST", "/v1/chat/completions", body: chatBody(message: "ping \\\"pong\\\""))
        #expect(response.status == 200)
        #expect(response["content-type"] == "application/json")
        #expect(response.text.contains("\"object\":\"chat.completion\""))
        #expect(response.text.contains("runs no model. You said: ping \\\"pong\\\"\""))
        #expect(response.ending == .complete)
    }
}
