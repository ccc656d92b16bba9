import Conversation
import JSON

/// Reads and writes `embedContent` and `batchEmbedContents` (https://ai.google.dev/api/embeddings).
package enum GeminiEmbeddings {
    /// Reads either body: a batch has `requests`.
    ///
    /// - Throws: what the client should have written.
    package static func read(request body: JSONNode) throws(ConversationFault) -> EmbeddingRequest {
        guard body.isObject else { throw ConversationFault("the body should be a JSON object") }
        var request = EmbeddingRequest()
        guard let requests = body.field("requests") else {
            request.isSingle = true
            try read(body, at: "", into: &request)
            return request
        }
        guard let list = requests.elements, !list.isEmpty else {
            throw ConversationFault("requests should be a list of requests to embed", parameter: "requests")
        }
        for (index, one) in list.enumerated() { try read(one, at: "requests[\(index)].", into: &request) }
        return request
    }

    private static func read(
        _ node: JSONNode,
        at path: String,
        into request: inout EmbeddingRequest
    ) throws(ConversationFault) {
        guard let content = node.field("content"), content.isObject else {
            throw ConversationFault(
                "content is missing: write {\"parts\": [{\"text\": \"…\"}]}",
                parameter: path + "content"
            )
        }
        let parts = content.field("parts").map { $0.elements ?? [$0] } ?? []
        var text: JSONString?
        for (index, part) in parts.enumerated() {
            guard let piece = part.field("text")?.string else {
                throw ConversationFault(
                    "only text can be embedded here",
                    parameter: "\(path)content.parts[\(index)]"
                )
            }
            text = text.map { $0 + JSONString("\n") + piece } ?? piece
        }
        request.inputs.append(.text(text ?? ""))
        if let model = node.field("model")?.string { request.model = GeminiModels.name(model) }
        request.dimensions = node.field("outputDimensionality")?.count ?? request.dimensions
        for name in ["taskType", "title"] where !request.extras.contains(where: { $0.key == name }) {
            guard let value = node.field(name), let member = JSONNode.Member.made(name, value) else { continue }
            request.extras.append(member)
        }
    }

    /// Writes the body of `batchEmbedContents`, whatever the number of texts.
    ///
    /// - Throws: that tokens were given, which Gemini does not take.
    package static func write(
        _ request: EmbeddingRequest,
        model: JSONString
    ) throws(ConversationFault) -> WrittenRequest {
        var dropped = request.user == nil ? [] : ["user"]
        let own = request.extras.filter { $0.key == "taskType" || $0.key == "title" }
        dropped += request.extras.map(\.key).filter { $0 != "taskType" && $0 != "title" }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("requests")
        writer.beginArray()
        for (index, input) in request.inputs.enumerated() {
            guard case .text(let text) = input else {
                throw ConversationFault(
                    "Gemini embeds text, no tokens: send the text itself",
                    parameter: "input[\(index)]"
                )
            }
            writer.beginObject()
            writer.key("model")
            writer.string(JSONString("models/") + GeminiModels.name(model))
            writer.key("content")
            writer.beginObject()
            writer.key("parts")
            writer.beginArray()
            GeminiParts.writeText(text, to: &writer)
            writer.endArray()
            writer.endObject()
            if let dimensions = request.dimensions {
                writer.key("outputDimensionality")
                writer.number(dimensions)
            }
            for member in own {
                writer.key(member.key)
                writer.node(member.value)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return WrittenRequest(body: writer.bytes, dropped: dropped)
    }

    /// Reads either answer.
    ///
    /// - Throws: that it holds no embeddings.
    package static func read(answer body: JSONNode) throws(EventFault) -> EmbeddingAnswer {
        let list = body.field("embeddings")?.elements ?? body.field("embedding").map { [$0] }
        guard let list else { throw EventFault("sent embeddings without `embeddings`") }
        var answer = EmbeddingAnswer()
        for (index, node) in list.enumerated() {
            guard let values = node.field("values"), values.elements != nil else {
                throw EventFault("sent an embedding without `values`")
            }
            answer.embeddings.append(Embedding(index: index, vector: .numbers(values.source)))
        }
        answer.usage = body.field("usageMetadata").map { GeminiAnswer.counts($0).usage }
        return answer
    }

    /// Writes the answer of `batchEmbedContents`, or of `embedContent`.
    ///
    /// - Throws: that the provider's numbers cannot be read.
    package static func write(_ answer: EmbeddingAnswer, isSingle: Bool) throws(EventFault) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        if isSingle, let first = answer.embeddings.first {
            writer.key("embedding")
            try write(first, to: &writer)
        } else {
            writer.key("embeddings")
            writer.beginArray()
            for embedding in answer.embeddings.sorted(by: { $0.index < $1.index }) { try write(embedding, to: &writer) }
            writer.endArray()
        }
        if let usage = answer.usage {
            writer.key("usageMetadata")
            GeminiCounts.write(usage, to: &writer)
        }
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ embedding: Embedding, to writer: inout JSONWriter) throws(EventFault) {
        guard let numbers = embedding.numbers else {
            throw EventFault("sent an embedding that is no base64 of floats")
        }
        writer.beginObject()
        writer.key("values")
        writer.raw(numbers)
        writer.endObject()
    }
}
