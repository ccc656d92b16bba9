import CodecKit
import Conversation
import Foundation
import Gemini
import JSON
import Testing

@Suite struct GeminiAnswerTests {
    /// https://ai.google.dev/api/generate-content#generatecontentresponse, with counts as recorded answers have them.
    private let answer = """
        {"candidates":[{"content":{"parts":[{"text":"Thinking.","thought":true},{"text":"Hello","thoughtSignature":"c2Vh"},
          {"functionCall":{"id":"x","name":"f","args":{"a":[1]}},"thoughtSignature":"bGVk"}],"role":"model"},
          "finishReason":"STOP","index":0,"safetyRatings":[],"groundingMetadata":{"new":1}}],
         "usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":20,"totalTokenCount":37,"thoughtsTokenCount":4,
          "toolUsePromptTokenCount":3,"cachedContentTokenCount":0},
         "modelVersion":"gemini-x","responseId":"r1","unknown":{}}
        """

    @Test func `an answer is read with its thoughts, seals, calls and counts`() throws {
        let read = try GeminiAnswer.read(try node(answer))
        #expect(read.id == "r1" && read.model == "gemini-x")
        let choice = try #require(read.choices.first)
        #expect(choice.finish == .toolCalls)
        let kinds = choice.parts.map { part in
            switch part {
            case .reasoning(let thought): "thought \(thought.text.text) \(thought.signature?.text ?? "-")"
            case .text(let text): "text \(text.text)"
            case .toolCall(let call): "call \(call.id.text) \(call.name.text) \(call.signature?.text ?? "-")"
            default: "other"
            }
        }
        // A seal follows its text, and goes before its call for those who know none on calls.
        #expect(kinds == ["thought Thinking. -", "text Hello", "thought  c2Vh", "thought  bGVk", "call x f bGVk"])
        var usage = TokenUsage()
        usage.input = 13
        usage.output = 24
        usage.cachedInput = 0
        usage.reasoning = 4
        usage.total = 37
        #expect(read.usage == usage)
    }

    @Test func `an answer is written as Gemini would`() throws {
        let written = try object(GeminiAnswer.write(try GeminiAnswer.read(try node(answer)), .sample))
        #expect(
            written
                == (try object(
                    """
                    {"candidates":[{"content":{"parts":[{"text":"Thinking.","thought":true},
                      {"text":"Hello","thoughtSignature":"c2Vh"},
                      {"functionCall":{"id":"x","name":"f","args":{"a":[1]}},"thoughtSignature":"bGVk"}],"role":"model"},
                      "finishReason":"STOP","index":0}],
                     "usageMetadata":{"promptTokenCount":13,"candidatesTokenCount":20,"totalTokenCount":37,
                      "cachedContentTokenCount":0,"thoughtsTokenCount":4},
                     "modelVersion":"gemini-x","responseId":"r1"}
                    """
                ))
        )
    }

    @Test func `a prompt that was blocked is an answer that was filtered`() throws {
        let text =
            "{\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"},\"usageMetadata\":{\"promptTokenCount\":12}}"
        let read = try GeminiAnswer.read(try node(text))
        #expect(read.choices.count == 1 && read.choices[0].finish == .contentFilter && read.usage?.input == 12)
        var reader = GeminiStreamReader()
        var deltas: [ChatDelta] = []
        let bytes = Array(text.utf8)
        try reader.read(name: [UInt8]().span, data: bytes.span, into: &deltas)
        #expect(reader.isComplete)
        #expect(deltas.contains(.finished(choice: 0, .contentFilter, stopSequence: .absent)))
    }

    @Test(arguments: [
        ("STOP", FinishReason.stop), ("MAX_TOKENS", .length), ("SAFETY", .contentFilter),
        ("RECITATION", .contentFilter),
        ("LANGUAGE", .contentFilter), ("OTHER", .other), ("BLOCKLIST", .contentFilter),
        ("PROHIBITED_CONTENT", .contentFilter), ("SPII", .contentFilter), ("MALFORMED_FUNCTION_CALL", .other),
        ("IMAGE_SAFETY", .contentFilter), ("IMAGE_PROHIBITED_CONTENT", .contentFilter), ("IMAGE_OTHER", .other),
        ("NO_IMAGE", .other), ("IMAGE_RECITATION", .contentFilter), ("UNEXPECTED_TOOL_CALL", .other),
        ("TOO_MANY_TOOL_CALLS", .other), ("MISSING_THOUGHT_SIGNATURE", .other), ("MALFORMED_RESPONSE", .other),
        ("ESCALATION", .contentFilter), ("PUP_LIMITED_DISABLED", .contentFilter), ("CONTINUATION", .length),
        ("MODEL_ARMOR", .contentFilter), ("SOMETHING_NEW", .other),
    ]) func `every reason to end is read`(word: String, reason: FinishReason) throws {
        let text = "{\"candidates\":[{\"finishReason\":\"\(word)\"}]}"
        #expect(try GeminiAnswer.read(try node(text)).choices.first?.finish == reason)
    }

    @Test(arguments: FinishReason.allCases) func `every reason to end is written as one Gemini has`(
        reason: FinishReason
    ) throws {
        var choice = AnswerChoice()
        choice.finish = reason
        var answer = ChatAnswer()
        answer.choices = [choice]
        let written = try object(GeminiAnswer.write(answer, .sample))
        let word = (written["candidates"] as? [NSDictionary])?.first?["finishReason"] as? String
        #expect(["STOP", "MAX_TOKENS", "SAFETY", "OTHER"].contains(word))
        #expect(written["responseId"] as? String == "req-1" && written["modelVersion"] as? String == "asked-model")
    }

    @Test func `a call with broken arguments is not made`() throws {
        var choice = AnswerChoice()
        choice.parts = [.toolCall(ToolCall(id: "a", name: "rm", arguments: Array("{\"path\": \"/".utf8)))]
        choice.finish = .toolCalls
        var answer = ChatAnswer()
        answer.choices = [choice]
        let written = try object(GeminiAnswer.write(answer, .sample))
        let candidate = try #require((written["candidates"] as? [NSDictionary])?.first)
        #expect(candidate["finishReason"] as? String == "MALFORMED_FUNCTION_CALL")
        #expect(candidate["finishMessage"] as? String == "Malformed function call: rm({\"path\": \"/)")
        #expect((candidate["content"] as? NSDictionary)?["parts"] as? [NSDictionary] == [])
    }

    @Test func `a call that was cut off ends with the reason, and an answer without any with STOP`() throws {
        for (finish, word) in [(FinishReason.length, "MAX_TOKENS"), (nil, "STOP")] {
            var choice = AnswerChoice()
            choice.parts = [.text("x")]
            if finish != nil { choice.parts = [.toolCall(ToolCall(id: "a", name: "rm", arguments: [0x7b]))] }
            choice.finish = finish
            var answer = ChatAnswer()
            answer.choices = [choice]
            let written = try object(GeminiAnswer.write(answer, .sample))
            let candidate = try #require((written["candidates"] as? [NSDictionary])?.first)
            #expect(candidate["finishReason"] as? String == word)
        }
    }

    @Test func `probabilities of tokens go both ways`() throws {
        let text = """
            {"candidates":[{"content":{"parts":[{"text":"é"}]},"finishReason":"STOP","logprobsResult":{
              "chosenCandidates":[{"token":"é","tokenId":7,"logProbability":-0.5}],
              "topCandidates":[{"candidates":[{"token":"e","logProbability":-1}]}]}}]}
            """
        let read = try GeminiAnswer.read(try node(text))
        let standard = try #require(read.choices.first?.logProbabilities)
        #expect(
            try object(Array(standard.source))
                == (try object(
                    """
                    {"content":[{"token":"é","logprob":-0.5,"bytes":[195,169],
                      "top_logprobs":[{"token":"e","logprob":-1,"bytes":[101]}]}]}
                    """
                ))
        )
        let written = try object(GeminiAnswer.write(read, .sample))
        let result = (written["candidates"] as? [NSDictionary])?.first?["logprobsResult"] as? NSDictionary
        let chosen = (result?["chosenCandidates"] as? [NSDictionary])?.first
        #expect(chosen == (try object("{\"token\":\"é\",\"logProbability\":-0.5}")))
    }

    @Test func `errors are read in every form`() {
        func read(_ status: Int, _ body: String) -> ChatFault {
            GeminiFault.read(status: status, body: Array(body.utf8))
        }
        let plain = read(
            429,
            "{\"error\":{\"code\":429,\"message\":\"Slow \\u00fc\",\"status\":\"RESOURCE_EXHAUSTED\"}}"
        )
        #expect(plain.kind == .rateLimit && plain.status == 429 && plain.message.text == "Slow ü")
        #expect(plain.type == "RESOURCE_EXHAUSTED")
        let list = read(
            400,
            """
            [{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT",
              "details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}]
            """
        )
        #expect(list.kind == .authentication && list.code == "API_KEY_INVALID" && list.message == "API key not valid.")
        #expect(read(502, "<html>bad</html>").message == "<html>bad</html>")
        #expect(read(503, "").kind == .overloaded)
        #expect(read(500, String(repeating: "x", count: 100_000)).message.spelled.count == 2_000)
        #expect(read(400, "{\"error\":\"text\"}").message == "text")
    }

    @Test func `errors are written as Google writes them`() throws {
        let (status, body) = GeminiFault.write(
            ChatFault(kind: .notFound, status: 404, message: "no"),
            requestID: "id-7"
        )
        #expect(status == 404)
        #expect(
            try object(body)
                == (try object(
                    """
                    {"error":{"code":404,"message":"no","status":"NOT_FOUND","details":[
                      {"@type":"type.googleapis.com/google.rpc.RequestInfo","requestId":"id-7"}]}}
                    """
                ))
        )
        let again = GeminiFault.read(status: status, body: body)
        #expect(again.kind == .notFound && again.message == "no")
        var coded = ChatFault(kind: .notFound, status: 404, message: "no")
        coded.code = "no_route"
        let own = GeminiFault.write(coded, requestID: "id-7", domain: "hoosh-proxy")
        #expect(GeminiFault.read(status: 404, body: own.body).code == "no_route")
        // Another's code is not said to be ours.
        #expect(GeminiFault.read(status: 404, body: GeminiFault.write(coded, requestID: "id-7").body).code == nil)
    }
}
