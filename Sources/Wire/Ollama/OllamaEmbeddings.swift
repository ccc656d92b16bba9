import Conversation
import JSON

/// Reads and writes `/api/embed` (https://docs.ollama.com/api/embed).
package enum OllamaEmbeddings {
    private static let ownMembers = ["truncate", "keep_alive", "options"]

    /// Reads a body.
    ///
    /// - Throws: what the client should have written.
    package static func read(request body: JSONNode) throws(ConversationFault) -> EmbeddingRequest {
        guard body.isObject else { throw ConversationFault("the body should be a JSON object") }
        guard let model = body["model"]?.string, !model.isEmpty else {
            throw ConversationFault("model is required", parameter: "model")
        }
        var request = EmbeddingRequest()
        request.model = model
        // `/api/embeddings`, the older endpoint, has `prompt`.
        guard let input = body["input"] ?? body["prompt"] else {
            throw ConversationFault("input is missing: write a text or a list of texts", parameter: "input")
        }
        request.isSingle = input.string != nil
        for (index, element) in (input.elements ?? [input]).enumerated() {
            guard let text = element.string else {
                throw ConversationFault(
                    "input should be a text or a list of texts",
                    parameter: input.elements == nil ? "input" : "input[\(index)]"
                )
            }
            request.inputs.append(.text(text))
        }
        request.dimensions = body["dimensions"]?.integer
        let known = ["model", "input", "prompt", "dimensions"]
        request.extras = body.members.filter { !known.contains($0.key) && !$0.value.isNull }
        return request
    }

    /// Writes a body.
    ///
    /// - Throws: that tokens were given, which Ollama does not take.
    package static func write(
        _ request: EmbeddingRequest,
        model: JSONString
    ) throws(ConversationFault) -> WrittenRequest {
        var dropped = request.user == nil ? [] : ["user"]
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("model")
        writer.string(model)
        writer.key("input")
        writer.beginArray()
        for (index, input) in request.inputs.enumerated() {
            guard case .text(let text) = input else {
                throw ConversationFault(
                    "Ollama embeds text, no tokens: send the text itself",
                    parameter: "input[\(index)]"
                )
            }
            writer.string(text)
        }
        writer.endArray()
        if let dimensions = request.dimensions {
            writer.key("dimensions")
            writer.number(dimensions)
        }
        for member in request.extras {
            guard ownMembers.contains(member.key) else {
                dropped.append(member.key)
                continue
            }
            writer.key(member.key)
            writer.node(member.value)
        }
        writer.endObject()
        return WrittenRequest(body: writer.bytes, dropped: dropped)
    }

    /// Reads an answer, of `/api/embeddings` too.
    ///
    /// - Throws: that it holds no embeddings.
    package static func read(answer body: JSONNode) throws(EventFault) -> EmbeddingAnswer {
        let list = body["embeddings"]?.elements ?? body["embedding"].map { [$0] }
        guard let list else { throw EventFault("sent embeddings without `embeddings`") }
        var answer = EmbeddingAnswer()
        answer.model = body["model"]?.string
        for (index, vector) in list.enumerated() {
            guard vector.elements != nil else { throw EventFault("sent an embedding that is no list of numbers") }
            answer.embeddings.append(Embedding(index: index, vector: .numbers(vector.source)))
        }
        if let count = body["prompt_eval_count"]?.integer {
            var usage = TokenUsage()
            usage.input = count
            answer.usage = usage
        }
        return answer
    }

    /// Writes the answer of `/api/embeddings`, which is one vector.
    ///
    /// - Throws: that there is none, or none that can be read.
    package static func write(one answer: EmbeddingAnswer) throws(EventFault) -> [UInt8] {
        guard let numbers = answer.embeddings.first?.numbers else {
            throw EventFault("sent no embedding that can be read")
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("embedding")
        writer.raw(numbers)
        writer.endObject()
        return writer.bytes
    }

    /// Writes an answer.
    ///
    /// - Throws: that the provider's numbers cannot be read.
    package static func write(_ answer: EmbeddingAnswer, model: JSONString) throws(EventFault) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("model")
        writer.string(answer.model ?? model)
        writer.key("embeddings")
        writer.beginArray()
        for embedding in answer.embeddings.sorted(by: { $0.index < $1.index }) {
            guard let numbers = embedding.numbers else {
                throw EventFault("sent an embedding that is no base64 of floats")
            }
            writer.raw(numbers)
        }
        writer.endArray()
        if let input = answer.usage?.input {
            writer.key("prompt_eval_count")
            writer.number(input)
        }
        writer.endObject()
        return writer.bytes
    }
}
