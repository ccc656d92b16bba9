import CodecKit
import Conversation
import Foundation
import JSON
import Ollama
import Testing

/// What is written, judged by Ollama's own library, and what that library sends, read here.
@Suite struct OllamaLibraryTests {
    private let line = """
        {"model":"q","created_at":"2023-11-14T22:13:20Z","message":{"role":"assistant","content":"Hi","thinking":"Hm.",
        "tool_calls":[{"id":"c1","function":{"index":0,"name":"weather","arguments":{"city":"Ulm"}}}]},"done":true,
        "done_reason":"stop","prompt_eval_count":3,"eval_count":4}
        """

    private func files() throws -> [String: [UInt8]] {
        let answer = try OllamaAnswer.read(try node(line))
        let stream = Array(line.utf8).filter { $0 != 0x0a }
        let error = Array("{\"error\":\"busy\"}".utf8)
        let embeddings = try OllamaEmbeddings.read(
            answer: try node("{\"embeddings\":[[0.5,1],[-2e-3]],\"prompt_eval_count\":2}")
        )
        let fault = ChatFault(kind: .notFound, status: 404, message: "no such model")
        return try [
            "chat.json": OllamaAnswer.write(answer, .sample),
            "chat.ndjson": Feeding.translate(
                stream,
                .lines,
                from: OllamaStreamReader.self,
                to: OllamaStreamWriter.self
            ),
            "generate.json": OllamaGenerateAnswer.write(answer, .sample),
            "generate.ndjson": Feeding.translate(
                stream,
                .lines,
                from: OllamaStreamReader.self,
                to: OllamaGenerateStreamWriter.self
            ),
            "failing.ndjson": Feeding.translate(
                error,
                .lines,
                from: OllamaStreamReader.self,
                to: OllamaStreamWriter.self
            ),
            "e404.404.error": OllamaFault.write(fault, requestID: "r").body,
            "embed": OllamaEmbeddings.write(embeddings, model: "m"),
            "tags": OllamaModels.tags(["a", "b"], modified: 1_700_000_000),
            "show": OllamaModels.show(modified: 1_700_000_000),
        ]
    }

    @Test func `Ollama's library takes all that is written as it is meant`() throws {
        guard let library = Library("sdk-ollama") else { return #expect(!Corpus.isRequired) }
        let said = try library.replay(try files())
        let chat = try #require(said["chat"] as? NSDictionary)
        let message = try #require(chat["message"] as? NSDictionary)
        #expect(message["content"] as? String == "Hi" && message["thinking"] as? String == "Hm.")
        let call = (message["tool_calls"] as? [NSDictionary])?.first?["function"] as? NSDictionary
        #expect(call?["name"] as? String == "weather" && call?["arguments"] as? NSDictionary == ["city": "Ulm"])
        #expect(chat["prompt_eval_count"] as? Int == 3 && chat["done_reason"] as? String == "stop")
        let stream = try #require(said["stream"] as? [NSDictionary])
        let messages = stream.compactMap { $0["message"] as? NSDictionary }
        #expect(messages.map { $0["content"] as? String ?? "" }.joined() == "Hi")
        #expect(messages.compactMap { $0["thinking"] as? String }.joined() == "Hm.")
        #expect(messages.filter { $0["tool_calls"] != nil }.count == 1)
        #expect(stream.last?["done"] as? Bool == true && stream.last?["eval_count"] as? Int == 4)
        #expect((said["generate"] as? NSDictionary)?["thinking"] as? String == "Hm.")
        let generated = try #require(said["generated"] as? [NSDictionary])
        #expect(generated.map { $0["response"] as? String ?? "" }.joined().hasPrefix("Hi"))
        #expect((said["failing"] as? NSDictionary)?["message"] as? String == "busy")
        let missing = said["missing"] as? NSDictionary
        #expect(missing?["status"] as? Int == 404 && missing?["message"] as? String == "no such model")
        #expect((said["embed"] as? NSDictionary)?["embeddings"] as? [[Double]] == [[0.5, 1], [-0.002]])
        let models = (said["tags"] as? NSDictionary)?["models"] as? [NSDictionary]
        #expect(models?.map { $0["model"] as? String } == ["a", "b"])
        #expect((said["show"] as? NSDictionary)?["capabilities"] as? [String] == ["completion", "tools"])
    }

    @Test func `what Ollama's library sends is read, a whole loop of calls too`() throws {
        guard let library = Library("sdk-ollama") else { return #expect(!Corpus.isRequired) }
        let said = try library.replay(try files())
        for sent in try #require(said["requests"] as? [NSDictionary]) {
            let bytes = [UInt8](try JSONSerialization.data(withJSONObject: sent["body"] ?? [:]))
            let body = try JSONNode.parse(bytes)
            switch sent["path"] as? String {
            case "/api/chat": #expect(try !OllamaRequest.read(body).messages.isEmpty)
            case "/api/generate": #expect(try !OllamaGenerateRequest.read(body).messages.isEmpty)
            case "/api/embed": #expect(try OllamaEmbeddings.read(request: body).inputs.count == 2)
            default: #expect(OllamaModels.shown(body) == "a")
            }
        }
        let loop = [UInt8](try JSONSerialization.data(withJSONObject: said["loop"] ?? [:]))
        let request = try OllamaRequest.read(try JSONNode.parse(loop))
        #expect(request.messages.map(\.role) == [.user, .assistant, .tool])
        #expect(described(request.messages[2].parts) == ["result call_0 weather [\"text sunny\"]"])
        #expect(request.tools.map(\.name) == ["weather"] && request.sampling.maxTokens == 99)
    }
}
