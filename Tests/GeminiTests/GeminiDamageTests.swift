import CodecKit
import Conversation
import Foundation
import Gemini
import JSON
import Ollama
import OpenAI
import Testing

/// Whatever comes, it is read or refused: nothing traps, and what is written is JSON.
@Suite struct GeminiDamageTests {
    private let request = """
        {"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"text":"a"},
        {"inlineData":{"mimeType":"image/png","data":"QUJD"}}]},{"role":"model","parts":[{"text":"t","thought":true},
        {"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"EpwICpkIAXLI2nxlU6gs"}]},{"role":"user","parts":[
        {"functionResponse":{"name":"f","response":{"output":"x"}}}]}],"tools":[{"functionDeclarations":[{"name":"f",
        "parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true,"maxLength":"9"}}}}]}],
        "toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}},"generationConfig":{
        "maxOutputTokens":5,"temperature":0.5,"thinkingConfig":{"thinkingBudget":7,"includeThoughts":true},"candidateCount":2,
        "stopSequences":["x"],"responseMimeType":"application/json","responseSchema":{"type":"ARRAY"}}}
        """

    private let answer = """
        {"candidates":[{"content":{"parts":[{"text":"t","thought":true},{"text":"a"},{"functionCall":{"id":"i","name":"f",
        "args":{"a":1}},"thoughtSignature":"EpwICpkIAXLI2nxlU6gs"}],"role":"model"},"finishReason":"STOP","index":0}],
        "usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":6,"thoughtsTokenCount":4,"totalTokenCount":15},
        "modelVersion":"m","responseId":"r","promptFeedback":{"blockReason":"X"}}
        """

    @Test func `damaged requests are read and written as JSON, or refused`() throws {
        var damage = Damage(seed: 1)
        var read = 0
        for _ in 0..<4_000 {
            let bytes = damage.damaged(Array(request.utf8))
            guard let body = try? JSONNode.parse(bytes), let request = try? GeminiRequest.read(body) else { continue }
            read += 1
            let terms = RequestTerms(model: "gemini-3", streams: true)
            if let written = try? GeminiRequest.write(request, terms) { _ = try JSONNode.parse(written.body) }
            if let written = try? OllamaRequest.write(request, terms) { _ = try JSONNode.parse(written.body) }
        }
        #expect(read > 300)
    }

    @Test func `damaged answers are read and written as JSON, or refused`() throws {
        var damage = Damage(seed: 2)
        var read = 0
        for _ in 0..<4_000 {
            let bytes = damage.damaged(Array(answer.utf8))
            _ = GeminiFault.read(status: 500, body: bytes)
            guard let body = try? JSONNode.parse(bytes), let answer = try? GeminiAnswer.read(body) else { continue }
            read += 1
            _ = try JSONNode.parse(GeminiAnswer.write(answer, .sample))
            _ = try JSONNode.parse(OllamaAnswer.write(answer, .sample))
            _ = try JSONNode.parse(OpenAIAnswer.write(answer, .sample))
        }
        #expect(read > 300)
    }

    @Test func `damaged streams are read and written as JSON, or refused`() throws {
        var damage = Damage(seed: 3)
        let line = Array(answer.utf8).filter { $0 != 0x0a }
        var read = 0
        for _ in 0..<4_000 {
            let bytes = Array("data: ".utf8) + damage.damaged(line) + Array("\n\n".utf8)
            guard
                let list = try? Feeding.translate(
                    bytes,
                    .events,
                    from: GeminiStreamReader.self,
                    to: GeminiListWriter.self
                )
            else { continue }
            read += 1
            _ = try JSONNode.parse(list)
            let lines = try Feeding.translate(
                bytes,
                .events,
                from: GeminiStreamReader.self,
                to: OllamaStreamWriter.self
            )
            for line in lines.split(separator: 0x0a) { _ = try JSONNode.parse(Array(line)) }
            _ = try Feeding.translate(bytes, .events, from: GeminiStreamReader.self, to: OpenAIStreamWriter.self)
        }
        #expect(read > 300)
    }
}
