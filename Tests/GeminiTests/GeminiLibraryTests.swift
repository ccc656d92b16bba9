import CodecKit
import Conversation
import Foundation
import Gemini
import JSON
import Testing

/// What is written, judged by Google's own library, and what that library sends, read here.
@Suite struct GeminiLibraryTests {
    private let whole = [
        "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hm.\",\"thought\":true}],\"role\":\"model\"},\"index\":0}],"
            + "\"modelVersion\":\"gemini-x\",\"responseId\":\"r1\"}",
        "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hello\"},{\"functionCall\":{\"name\":\"weather\","
            + "\"args\":{\"city\":\"Ulm\"}},\"thoughtSignature\":\"EpwICpkIAXLI2nxl+//ZWZaZHRYkX1orzuM8vSUF\"}],"
            + "\"role\":\"model\"},\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":5,"
            + "\"candidatesTokenCount\":6,\"thoughtsTokenCount\":4,\"totalTokenCount\":15,\"cachedContentTokenCount\":2}}",
    ]

    private func files() throws -> [String: [UInt8]] {
        let stream = Array(whole.map { "data: \($0)\n\n" }.joined().utf8)
        let answer = try GeminiAnswer.read(list: try whole.map { try node($0) })
        let error = Array("data: {\"error\":{\"code\":503,\"message\":\"busy\",\"status\":\"UNAVAILABLE\"}}\n\n".utf8)
        let embeddings = try GeminiEmbeddings.read(
            answer: try node("{\"embeddings\":[{\"values\":[0.5,1]},{\"values\":[-2e-3]}]}")
        )
        var files = try [
            "whole.json": GeminiAnswer.write(answer, .sample), "count": GeminiTokenCount.write(tokens: 12),
            "embed": GeminiEmbeddings.write(embeddings, isSingle: false), "models": GeminiModels.list(["a", "b"]),
            "whole.sse": Feeding.translate(stream, .events, from: GeminiStreamReader.self, to: GeminiStreamWriter.self),
            "failing.sse": Feeding.translate(
                Array("data: \(whole[0])\n\n".utf8) + error,
                .events,
                from: GeminiStreamReader.self,
                to: GeminiStreamWriter.self
            ),
        ]
        for status in [400, 401, 403, 404, 429, 500, 503] {
            let fault = ChatFault(kind: ChatFault.kind(ofStatus: status), status: status, message: "words")
            files["e\(status).\(status).error"] = GeminiFault.write(fault, requestID: "r").body
        }
        return files
    }

    @Test func `Google's library takes all that is written as it is meant`() throws {
        guard let library = Library("sdk-google-genai") else { return #expect(!Corpus.isRequired) }
        let said = try library.replay(try files())
        let answers = try #require(said["answers"] as? NSDictionary)
        expectWhole(try #require(answers["whole"] as? NSDictionary))
        for status in [400, 401, 403, 404, 429, 500, 503] {
            let error = try #require(answers["e\(status)"] as? NSDictionary)
            #expect(error["error"] as? String == (status < 500 ? "ClientError" : "ServerError"))
            #expect(error["code"] as? Int == status && error["message"] as? String == "words")
        }
        let streams = try #require(said["streams"] as? NSDictionary)
        let chunks = try #require(streams["whole"] as? [NSDictionary])
        expectWhole(try #require(chunks.last))
        let failure = try #require(streams["failing"] as? NSDictionary)
        #expect(failure["error"] as? String == "ServerError" && failure["code"] as? Int == 503)
        let embedded = (said["embed"] as? NSDictionary)?["embeddings"] as? [NSDictionary]
        #expect(embedded?.map { $0["values"] as? [Double] } == [[0.5, 1], [-0.002]])
        #expect((said["count"] as? NSDictionary)?["total_tokens"] as? Int == 12)
        #expect(said["models"] as? [String] == ["models/a", "models/b"])
    }

    private func expectWhole(_ answer: NSDictionary) {
        let candidate = (answer["candidates"] as? [NSDictionary])?.first
        #expect(candidate?["finish_reason"] as? String == "STOP")
        let parts = (candidate?["content"] as? NSDictionary)?["parts"] as? [NSDictionary]
        let call = parts?.last?["function_call"] as? NSDictionary
        #expect(call?["name"] as? String == "weather" && call?["args"] as? NSDictionary == ["city": "Ulm"])
        let usage = answer["usage_metadata"] as? NSDictionary
        #expect(usage?["prompt_token_count"] as? Int == 5 && usage?["candidates_token_count"] as? Int == 6)
        #expect(usage?["thoughts_token_count"] as? Int == 4 && usage?["cached_content_token_count"] as? Int == 2)
        #expect(answer["model_version"] as? String == "gemini-x" && answer["response_id"] as? String == "r1")
    }

    @Test func `what Google's library sends is read, and the seal it was given comes back`() throws {
        guard let library = Library("sdk-google-genai") else { return #expect(!Corpus.isRequired) }
        let said = try library.replay(try files())
        for sent in try #require(said["requests"] as? [NSDictionary]) {
            let bytes = [UInt8](try JSONSerialization.data(withJSONObject: sent["body"] ?? [:]))
            let body = try JSONNode.parse(bytes)
            switch sent["method"] as? String {
            case "batchEmbedContents": #expect(try GeminiEmbeddings.read(request: body).inputs.count == 2)
            case "countTokens": #expect(try GeminiTokenCount.read(request: body).messages.count == 1)
            default:
                let request = try GeminiRequest.read(body)
                #expect(request.sampling.maxTokens == 99 && request.tools.map(\.name) == ["weather"])
                #expect(request.messages.first?.role == .system && request.reasoning?.effort == "low")
                let schema = try object(try #require(request.tools.first?.parameters).source.map { $0 })
                #expect(schema["type"] as? String == "object")
            }
        }
        let loop = [UInt8](try JSONSerialization.data(withJSONObject: said["loop"] ?? [:]))
        let request = try GeminiRequest.read(try JSONNode.parse(loop))
        #expect(request.messages.map(\.role) == [.system, .user, .assistant, .tool])
        let written = try GeminiRequest.write(request, RequestTerms(model: "gemini-3-pro", streams: true))
        let contents = try #require(try object(written.body)["contents"] as? [NSDictionary])
        let call = (contents[1]["parts"] as? [NSDictionary])?.first { $0["functionCall"] != nil }
        #expect(call?["thoughtSignature"] as? String == "EpwICpkIAXLI2nxl+//ZWZaZHRYkX1orzuM8vSUF")
    }
}
