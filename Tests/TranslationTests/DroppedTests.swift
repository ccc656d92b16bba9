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
}
