import Conversation
import Dialect
import JSON
import Testing
import Translation

@Suite struct `What cannot be said` {
    @Test(arguments: [ChatFormat.chat, .messages, .gemini, .ollama])
    func `what a reader kept only the name of is told whatever is written`(format: ChatFormat) throws {
        let body = #"{"model":"m","input":"hello","store":true,"max_tool_calls":3,"max_output_tokens":5}"#
        let request = try RequestTranslation.read(Array(body.utf8), as: .responses)
        let written = try RequestTranslation.write(request, as: format, RequestTerms(model: "m", streams: false))
        #expect(written.dropped.contains("store") && written.dropped.contains("max_tool_calls"))
        #expect(Set(written.dropped).count == written.dropped.count)
    }

    /// A request of each dialect for providers that have no word for most of it.
    private static let asked: [(ChatFormat, String, ChatFormat, Set<String>)] = [
        (
            .messages,
            #"{"model":"m","max_tokens":9,"metadata":{"user_id":"u"},"stop_sequences":[" "],"#
                + #""tools":[{"name":"f","input_schema":{}}],"thinking":{"type":"adaptive"},"output_config":{"effort":"max"},"#
                + #""tool_choice":{"type":"auto","disable_parallel_tool_use":true},"messages":[{"role":"user","content":"x"},"#
                + #"{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},"#
                + #"{"type":"tool_use","id":"a","name":"f","input":{}}]},"#
                + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"r","is_error":true}]}]}"#,
            .chat,
            [
                "metadata.user_id", "messages.thinking.signature", "tool_result.is_error", "output_config.effort",
                "thinking",
            ]
        ),
        (
            .messages,
            #"{"model":"m","max_tokens":9,"metadata":{"user_id":"u"},"tools":[{"name":"f","input_schema":{}}],"#
                + #""tool_choice":{"type":"auto","disable_parallel_tool_use":true},"messages":[{"role":"user","content":"x"}]}"#,
            .gemini,
            ["metadata.user_id", "tool_choice.disable_parallel_tool_use"]
        ),
        (
            .gemini,
            #"{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"seed":1,"candidateCount":2,"topK":3,"#
                + #""responseLogprobs":true,"logprobs":2,"presencePenalty":1}}"#,
            .messages,
            [
                "generationConfig.seed", "generationConfig.candidateCount", "generationConfig.responseLogprobs",
                "generationConfig.logprobs", "generationConfig.presencePenalty",
            ]
        ),
        (
            .ollama,
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"options":{"seed":1,"repeat_penalty":1.5}}"#,
            .messages,
            ["options.seed", "options.repeat_penalty"]
        ),
        (
            .responses,
            #"{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"x"},"#
                + #"{"type":"input_image","detail":"low","image_url":"data:image/png;base64,AAAA"}]}],"#
                + #""tools":[{"type":"function","name":"f","strict":true}]}"#,
            .ollama,
            ["input_image.detail", "tools.strict"]
        ),
        (
            .chat,
            #"{"model":"m","user":"u","messages":[{"role":"user","name":"ada","content":[{"type":"text","text":"x"},"#
                + #"{"type":"image_url","image_url":{"detail":"low","url":"data:image/png;base64,AAAA"}}]}]}"#,
            .gemini,
            ["user", "messages.name", "image_url.detail"]
        ),
    ]

    @Test(arguments: asked.indices)
    func `what is dropped is named as the client wrote it`(index: Int) throws {
        let (client, body, upstream, names) = Self.asked[index]
        let request = try RequestTranslation.read(Array(body.utf8), as: client)
        var terms = RequestTerms(model: upstream == .messages ? "claude-sonnet-4-5" : "m", streams: false)
        terms.words.user = .none
        terms.efforts = .none
        let written = try RequestTranslation.write(request, as: upstream, terms)
        #expect(Set(written.dropped) == names)
    }

    @Test func `one thing has one name, whoever drops it`() throws {
        let (_, body, _, _) = Self.asked[5]
        let request = try RequestTranslation.read(Array(body.utf8), as: .chat)
        for format in [ChatFormat.messages, .gemini, .ollama] {
            let written = try RequestTranslation.write(request, as: format, RequestTerms(model: "m", streams: false))
            #expect(written.dropped.contains("image_url.detail") && written.dropped.contains("messages.name"))
        }
    }

    @Test(arguments: [("suffix", #""z""#), ("raw", "true"), ("template", #""t""#), ("context", "[1]")])
    func `what a chat cannot do is refused to generate as to completions`(member: String, value: String) throws {
        let body = #"{"model":"m","prompt":"x","\#(member)":\#(value)}"#
        let fault = #expect(throws: ConversationFault.self) {
            try RequestTranslation.read(Array(body.utf8), as: .generate)
        }
        #expect(fault?.parameter == member)
        let nothing = #"{"model":"m","prompt":"x","suffix":"","raw":false,"template":"","context":[]}"#
        #expect(try RequestTranslation.read(Array(nothing.utf8), as: .generate).extras.isEmpty)
    }
}
