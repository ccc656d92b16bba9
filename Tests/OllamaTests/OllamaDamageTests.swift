import CodecKit
import Conversation
import Foundation
import Gemini
import JSON
import Ollama
import Testing

/// Whatever comes, it is read or refused: nothing traps, and what is written is JSON.
@Suite struct OllamaDamageTests {
    private let request = """
        {"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"a","images":["QUJD"]},
        {"role":"assistant","content":"","thinking":"t","tool_calls":[{"id":"i","function":{"index":0,"name":"f",
        "arguments":{"a":1}}}]},{"role":"tool","tool_name":"f","content":"x"}],"tools":[{"type":"function","function":{
        "name":"f","parameters":{"type":"object"}}}],"stream":true,"think":"low","format":"json","options":{"num_predict":5,
        "stop":["x"],"seed":1,"num_ctx":9},"keep_alive":5}
        """

    private let answer = """
        {"model":"m","created_at":"2026-08-07T06:08:11.017589+02:00","message":{"role":"assistant","content":"a","thinking":"t",
        "tool_calls":[{"id":"i","function":{"index":0,"name":"f","arguments":{"a":1}}}]},"done":true,"done_reason":"stop",
        "prompt_eval_count":3,"eval_count":4}
        """

    @Test func `damaged requests are read and written as JSON, or refused`() throws {
        var damage = Damage(seed: 4)
        var read = 0
        for _ in 0..<4_000 {
            let bytes = damage.damaged(Array(request.utf8))
            guard let body = try? JSONNode.parse(bytes) else { continue }
            _ = try? OllamaGenerateRequest.read(body)
            guard let request = try? OllamaRequest.read(body) else { continue }
            read += 1
            let terms = RequestTerms(model: "gpt-oss", streams: true)
            if let written = try? OllamaRequest.write(request, terms) { _ = try JSONNode.parse(written.body) }
            if let written = try? GeminiRequest.write(request, terms) { _ = try JSONNode.parse(written.body) }
        }
        #expect(read > 300)
    }

    @Test func `damaged answers and streams are read and written as JSON, or refused`() throws {
        var damage = Damage(seed: 5)
        let line = Array(answer.utf8).filter { $0 != 0x0a }
        var read = 0
        for _ in 0..<4_000 {
            let bytes = damage.damaged(line)
            _ = OllamaFault.read(status: 500, body: bytes)
            if let body = try? JSONNode.parse(bytes), let answer = try? OllamaAnswer.read(body) {
                _ = try JSONNode.parse(OllamaAnswer.write(answer, .sample))
                _ = try JSONNode.parse(OllamaGenerateAnswer.write(answer, .sample))
                _ = try JSONNode.parse(GeminiAnswer.write(answer, .sample))
            }
            guard
                let list = try? Feeding.translate(
                    bytes,
                    .lines,
                    from: OllamaStreamReader.self,
                    to: GeminiListWriter.self
                )
            else { continue }
            read += 1
            _ = try JSONNode.parse(list)
            let lines = try Feeding.translate(bytes, .lines, from: OllamaStreamReader.self, to: OllamaStreamWriter.self)
            for line in lines.split(separator: 0x0a) { _ = try JSONNode.parse(Array(line)) }
        }
        #expect(read > 300)
    }
}
