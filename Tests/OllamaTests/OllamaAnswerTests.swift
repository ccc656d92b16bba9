import Bytes
import CodecKit
import Conversation
import Foundation
import JSON
import Ollama
import Testing

@Suite struct OllamaAnswerTests {
    /// As recorded (qwen3.6), with a call.
    private let answer = """
        {"model":"qwen3","created_at":"2026-08-07T06:08:11.017589Z","message":{"role":"assistant","content":"Hi",
         "thinking":"Hm.","tool_calls":[{"id":"call_2k","function":{"index":0,"name":"add","arguments":{"a":2}}}]},
         "done":true,"done_reason":"stop","total_duration":1,"prompt_eval_count":310,"eval_count":145}
        """

    @Test func `an answer is read and written as it was`() throws {
        let read = try OllamaAnswer.read(try node(answer))
        #expect(read.model == "qwen3" && read.created == 1_786_082_891)
        #expect(described(read.choices[0].parts) == ["thought Hm.", "text Hi", "call call_2k add {\"a\":2}"])
        #expect(read.choices[0].finish == .toolCalls && read.usage?.input == 310 && read.usage?.output == 145)
        #expect(
            try object(OllamaAnswer.write(read, .sample))
                == (try object(
                    """
                    {"model":"qwen3","created_at":"2026-08-07T06:08:11Z","message":{"role":"assistant","content":"Hi",
                     "thinking":"Hm.","tool_calls":[{"id":"call_2k","function":{"index":0,"name":"add","arguments":{"a":2}}}]},
                     "done":true,"done_reason":"stop","prompt_eval_count":310,"eval_count":145}
                    """
                ))
        )
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (1_700_000_000, "2023-11-14T22:13:20Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
    ]) func `times go both ways`(seconds: Int, text: String) throws {
        var answer = ChatAnswer()
        answer.created = seconds
        answer.choices = [AnswerChoice()]
        let written = OllamaAnswer.write(answer, .sample)
        #expect(try object(written)["created_at"] as? String == text)
        #expect(try OllamaAnswer.read(try JSONNode.parse(written)).created == seconds)
    }

    @Test(arguments: [
        ("2023-11-14T23:13:20.123456789+01:00", 1_700_000_000), ("2023-11-14T17:13:20-05:00", 1_700_000_000),
        ("yesterday", nil), ("2023-13-14T23:13:20Z", nil), ("2023-11-14T23:13:20", nil),
    ]) func `times of every zone are read`(text: String, seconds: Int?) throws {
        let body = "{\"created_at\":\"\(text)\",\"done\":true}"
        #expect(try OllamaAnswer.read(try node(body)).created == seconds)
    }

    @Test(arguments: FinishReason.allCases) func `every reason to end is written as one Ollama has`(
        reason: FinishReason
    ) throws {
        var choice = AnswerChoice()
        choice.finish = reason
        var answer = ChatAnswer()
        answer.choices = [choice]
        let word = try object(OllamaAnswer.write(answer, .sample))["done_reason"] as? String
        #expect(word == (reason == .length || reason == .contextLength ? "length" : "stop"))
    }

    @Test func `a call with broken arguments is told as text, not made`() throws {
        var choice = AnswerChoice()
        choice.parts = [.toolCall(ToolCall(id: "a", name: "rm", arguments: Array("{\"path\": \"/".utf8)))]
        var answer = ChatAnswer()
        answer.choices = [choice]
        let message = try object(OllamaAnswer.write(answer, .sample))["message"] as? NSDictionary
        #expect(message?["tool_calls"] == nil)
        #expect(message?["content"] as? String == "{\"name\":\"rm\", \"arguments\": {\"path\": \"/}")
    }

    @Test func `errors are read and written`() throws {
        let fault = OllamaFault.read(status: 404, body: Array("{\"error\":\"model 'x' not found\"}".utf8))
        #expect(fault.kind == .notFound && fault.message == "model 'x' not found")
        let (status, body) = OllamaFault.write(fault, requestID: "r")
        #expect(status == 404)
        #expect(String(decoding: body, as: UTF8.self) == "{\"error\":\"model 'x' not found\"}")
        #expect(OllamaFault.read(status: 502, body: Array("bad gateway".utf8)).message == "bad gateway")
        #expect(
            OllamaFault.read(status: 400, body: Array("{\"error\":{\"message\":\"m\",\"type\":\"t\"}}".utf8)).message
                == "m"
        )
        #expect(OllamaFault.read(status: 500, body: []).kind == .server)
    }

    @Test func `embeddings go both ways`() throws {
        let request = try OllamaEmbeddings.read(
            request: try node("{\"model\":\"m\",\"input\":[\"a\",\"b\"],\"truncate\":true}")
        )
        #expect(request.inputs.count == 2 && !request.isSingle)
        let written = try OllamaEmbeddings.write(request, model: "n")
        #expect(try object(written.body) == (try object("{\"model\":\"n\",\"input\":[\"a\",\"b\"],\"truncate\":true}")))
        let body = "{\"model\":\"m\",\"embeddings\":[[0.1,-2e-3],[1,2]],\"prompt_eval_count\":4}"
        let answer = try OllamaEmbeddings.read(answer: try node(body))
        #expect(try object(OllamaEmbeddings.write(answer, model: "x")) == (try object(body)))
        #expect(throws: ConversationFault.self) {
            try OllamaEmbeddings.read(request: try node("{\"model\":\"m\",\"input\":[1]}"))
        }
        #expect(throws: EventFault.self) { try OllamaEmbeddings.read(answer: try node("{}")) }
    }
}
