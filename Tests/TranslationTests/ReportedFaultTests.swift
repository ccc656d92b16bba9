import Conversation
import Dialect
import Testing
import Translation

/// Errors that come with status 200.
@Suite struct `Reported faults` {
    private func between(_ upstream: ChatFormat, _ client: ChatFormat = .messages) -> AnswerTranslation {
        AnswerTranslation(from: upstream, to: client, `Translated streams`.terms)
    }

    @Test(arguments: [
        (ChatFormat.chat, #"{"error":{"message":"Insufficient credits","code":402}}"#, 402, "Insufficient credits"),
        (.chat, #"{"error":{"message":"slow down","code":"429"},"choices":[]}"#, 429, "slow down"),
        (.chat, #"{"error":{"message":"no"}}"#, 502, "no"),
        (.chat, #"{"error":{"message":"no","code":200}}"#, 502, "no"),
        (.chat, #"{"error":{"message":"busy","type":"overloaded_error"}}"#, 503, "busy"),
        (.chat, #"{"object":"error","message":"too long","code":400}"#, 400, "too long"),
        (
            .chat, #"{"choices":[{"index":0,"message":{"content":""},"error":{"code":503,"message":"gone"}}]}"#, 503,
            "gone"
        ),
        (.messages, #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, 529, "Overloaded"),
        (.messages, #"{"type":"error","error":{"type":"api_error","message":"broken"}}"#, 502, "broken"),
        (.gemini, #"[{"error":{"code":503,"message":"later","status":"UNAVAILABLE"}}]"#, 503, "later"),
        (.gemini, #"{"error":{"message":"much","status":"RESOURCE_EXHAUSTED"}}"#, 429, "much"),
        (.ollama, #"{"error":"llama runner process has terminated"}"#, 502, "llama runner process has terminated"),
    ])
    func `an error of status 200 keeps its words and the status it gives itself`(
        upstream: ChatFormat,
        body: String,
        status: Int,
        message: String
    ) throws {
        let error = #expect(throws: EventFault.self) { try between(upstream).read(Array(body.utf8)) }
        let fault = try #require(error?.reported)
        #expect(fault.status == status)
        #expect(fault.message.text == message)
        for client in ChatFormat.allCases {
            let told = between(upstream, client).write(fault)
            #expect(told.status == status)
            #expect(String(decoding: told.body, as: UTF8.self).contains(message))
        }
    }

    @Test(arguments: [
        (ChatFormat.chat, #"{"error":null,"choices":[{"message":{"content":"x"}}]}"#),
        (.chat, #"{"error":{},"choices":[{"message":{"content":"x"}}]}"#),
        (.chat, #"{"choices":[{"message":{"content":"x"},"error":{"code":500,"message":"late"}}]}"#),
        (.ollama, #"{"error":"","message":{"content":"x"},"done":true}"#),
    ])
    func `an answer with a word about errors in it stays an answer`(upstream: ChatFormat, body: String) throws {
        #expect(try between(upstream).read(Array(body.utf8)).choices.count == 1)
    }

    @Test(arguments: [
        (ChatFormat.chat, "data: {\"error\":{\"message\":\"m\",\"code\":429}}\n\n", 429),
        (.chat, "data: {\"error\":{\"message\":\"m\",\"code\":\"503\"}}\n\n", 503),
        (.chat, "data: {\"error\":{\"message\":\"m\"}}\n\n", 502),
        (
            .messages,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}\n\n",
            529
        ),
        (.gemini, "data: {\"error\":{\"code\":503,\"message\":\"m\",\"status\":\"UNAVAILABLE\"}}\n\n", 503),
        (.gemini, "data: {\"error\":{\"code\":500,\"message\":\"m\",\"status\":\"INTERNAL\"}}\n\n", 500),
        (.ollama, "{\"error\":\"m\"}\n", 502),
    ])
    func `an error in a stream has a status`(upstream: ChatFormat, body: String, status: Int) throws {
        let translation = between(upstream)
        let stream = StreamTranslation(from: upstream, to: .messages, translation.terms)
        let bytes = Array(body.utf8)
        try stream.take(bytes.span)
        let fault = try #require(stream.failure)
        #expect(fault.message.text == "m")
        #expect(translation.status(of: fault) == status)
    }

    @Test func `what came before an error is not taken for counted`() throws {
        let translation = between(.messages)
        let stream = StreamTranslation(from: .messages, to: .chat, translation.terms)
        let body = """
            event: message_start
            data: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":9,"output_tokens":1}}}

            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"many words of an answer"}}

            event: error
            data: {"type":"error","error":{"type":"overloaded_error","message":"m"}}


            """
        let bytes = Array(body.utf8)
        try stream.take(bytes.span)
        #expect(stream.failure != nil && stream.usage?.output == 1)
        #expect(!stream.tally.countsOutput && stream.tally.textBytes == 23)
    }
}
