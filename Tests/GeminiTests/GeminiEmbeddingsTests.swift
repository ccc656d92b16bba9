import CodecKit
import Conversation
import Foundation
import Gemini
import JSON
import Testing

@Suite struct GeminiEmbeddingsTests {
    /// See https://ai.google.dev/api/embeddings.
    @Test func `both requests are read, and written as a batch`() throws {
        let one = try GeminiEmbeddings.read(
            request: try node(
                """
                {"model":"models/e","content":{"parts":[{"text":"a"},{"text":"b"}]},"taskType":"RETRIEVAL_QUERY",
                 "output_dimensionality":8}
                """
            )
        )
        #expect(one.isSingle && one.model == "e" && one.dimensions == 8 && one.inputs.count == 1)
        let written = try GeminiEmbeddings.write(one, model: "f")
        #expect(written.dropped.isEmpty)
        #expect(
            try object(written.body)
                == (try object(
                    """
                    {"requests":[{"model":"models/f","content":{"parts":[{"text":"a\\nb"}]},"outputDimensionality":8,
                      "taskType":"RETRIEVAL_QUERY"}]}
                    """
                ))
        )
        let batch = try GeminiEmbeddings.read(request: try JSONNode.parse(written.body))
        #expect(!batch.isSingle && batch.inputs.count == 1)
    }

    @Test(arguments: ["{}", "{\"requests\":[]}", "{\"content\":{\"parts\":[{\"inlineData\":{}}]}}", "3"])
    func `what cannot be embedded is refused`(body: String) {
        #expect(throws: ConversationFault.self) { try GeminiEmbeddings.read(request: try node(body)) }
    }

    @Test func `tokens cannot be embedded, and what is unknown is named`() throws {
        var request = EmbeddingRequest()
        request.inputs = [.text("a")]
        request.user = "u"
        request.extras = try node("{\"x\":1}").members
        #expect(try GeminiEmbeddings.write(request, model: "e").dropped == ["user", "x"])
        request.inputs = [.tokens(try node("[1,2]"))]
        #expect(throws: ConversationFault.self) { try GeminiEmbeddings.write(request, model: "e") }
    }

    @Test func `answers go both ways, base64 too`() throws {
        let body = "{\"embeddings\":[{\"values\":[0.5,-2e-3]},{\"values\":[1]}]}"
        let answer = try GeminiEmbeddings.read(answer: try node(body))
        #expect(try object(GeminiEmbeddings.write(answer, isSingle: false)) == (try object(body)))
        let single = try object(GeminiEmbeddings.write(answer, isSingle: true))
        #expect(single == (try object("{\"embedding\":{\"values\":[0.5,-2e-3]}}")))
        var encoded = EmbeddingAnswer()
        encoded.embeddings = [Embedding(index: 0, vector: .base64("AAAAPwAAgD8="))]
        let numbers = try object(GeminiEmbeddings.write(encoded, isSingle: true))["embedding"] as? NSDictionary
        #expect(numbers?["values"] as? [Double] == [0.5, 1])
        encoded.embeddings = [Embedding(index: 0, vector: .base64("?"))]
        #expect(throws: EventFault.self) { try GeminiEmbeddings.write(encoded, isSingle: true) }
        #expect(throws: EventFault.self) { try GeminiEmbeddings.read(answer: try node("{}")) }
    }

    @Test func `tokens of a whole request are counted`() throws {
        let body = "{\"generateContentRequest\":{\"model\":\"models/m\",\"contents\":[{\"parts\":[{\"text\":\"a\"}]}]}}"
        let request = try GeminiTokenCount.read(request: try node(body))
        #expect(request.model == "m" && request.messages.count == 1)
        let written = try GeminiTokenCount.write(request, RequestTerms(model: "n", streams: false))
        let whole = try #require(try object(written.body)["generateContentRequest"] as? NSDictionary)
        #expect(whole["model"] as? String == "models/n" && (whole["contents"] as? [NSDictionary])?.count == 1)
        #expect(GeminiTokenCount.read(answer: try JSONNode.parse(GeminiTokenCount.write(tokens: 7))) == 7)
        let models = try object(GeminiModels.list(["a"]))["models"] as? [NSDictionary]
        #expect(models?.first?["name"] as? String == "models/a")
    }
}
