import Conversation
import JSON
import OpenAI
import Testing

/// Members that some providers send empty where OpenAI leaves them out.
@Suite struct EmptyMemberTests {
    @Test func `a function call without a name is none, and an empty finish reason is not said`() throws {
        // As Snowflake answers.
        let body = #"""
            {"choices":[{"finish_reason":"","index":0,"message":{"audio":{"data":"","id":"","transcript":""},
            "content":"4","function_call":{"arguments":"","name":""},"refusal":"","role":"assistant","tool_calls":null}}]}
            """#
        let answer = try OpenAIAnswer.read(try JSONNode.parse(Array(body.utf8)))
        let choice = try #require(answer.choices.first)
        #expect(choice.finish == nil)
        #expect(choice.parts.count == 1)
        guard case .text(let text)? = choice.parts.first else {
            Issue.record("no text in \(choice.parts)")
            return
        }
        #expect(text.text == "4")
    }
}
