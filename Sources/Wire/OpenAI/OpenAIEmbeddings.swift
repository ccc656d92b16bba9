import Conversation
import JSON

/// Embeddings in OpenAI's dialect.
///
/// <https://platform.openai.com/docs/api-reference/embeddings>
package enum OpenAIEmbeddings {
    // MARK: Requests

    /// Reads a request.
    ///
    /// - Throws: what is wrong with it, as OpenAI would say with 400.
    package static func read(request body: JSONNode) throws(ConversationFault) -> EmbeddingRequest {
        try Wanted.body(body)
        var request = EmbeddingRequest()
        for member in body.members where !member.value.isNull {
            let value = member.value
            switch member.key {
            case "model": request.model = try Wanted.text(value, "model") ?? request.model
            case "input": (request.inputs, request.isSingle) = try inputs(value)
            case "dimensions": request.dimensions = try Wanted.integer(value, "dimensions")
            case "user": request.user = try Wanted.text(value, "user")
            case "encoding_format":
                switch try Wanted.text(value, "encoding_format")?.text {
                case "float": request.encoding = .float
                case "base64": request.encoding = .base64
                default: throw Wanted.wrong("encoding_format", "\"float\" or \"base64\"")
                }
            default: request.extras.append(member)
            }
        }
        guard !request.inputs.isEmpty else {
            throw ConversationFault("`input` is missing: give a text or a list of texts", parameter: "input")
        }
        return request
    }

    /// A text, a list of tokens, or a list of either.
    private static func inputs(_ node: JSONNode) throws(ConversationFault) -> ([EmbeddingInput], Bool) {
        if let text = node.string { return ([.text(text)], true) }
        guard let elements = node.elements else { throw Wanted.wrong("input", "a text or a list of texts") }
        if elements.first?.number != nil {
            guard elements.allSatisfy({ $0.number != nil }) else {
                throw Wanted.wrong("input", "texts or tokens, not both")
            }
            return ([.tokens(node)], true)
        }
        var inputs: [EmbeddingInput] = []
        for (index, element) in elements.enumerated() {
            if let text = element.string {
                inputs.append(.text(text))
            } else if let tokens = element.elements, tokens.allSatisfy({ $0.number != nil }) {
                inputs.append(.tokens(element))
            } else {
                throw Wanted.wrong("input[\(index)]", "a text or a list of tokens")
            }
        }
        return (inputs, false)
    }

    /// Writes a request that came in another dialect.
    package static func write(
        _ request: EmbeddingRequest,
        model: JSONString,
        _ words: ChatWords = ChatWords()
    ) -> WrittenRequest {
        var dropped = request.extras.map(\.key)
        var output = JSONWriter()
        output.beginObject()
        output.key("model")
        output.string(model)
        output.key("input")
        if request.isSingle, let input = request.inputs.first {
            write(input, to: &output)
        } else {
            output.beginArray()
            for input in request.inputs { write(input, to: &output) }
            output.endArray()
        }
        if let dimensions = request.dimensions {
            if words.hasOutputDimension { output.key("output_dimension") } else { output.key("dimensions") }
            output.number(dimensions)
        }
        if let encoding = request.encoding {
            output.key("encoding_format")
            if encoding == .base64 { output.string("base64") } else { output.string("float") }
        }
        switch (request.user, words.user) {
        case (nil, _): break
        case (_, .none): dropped.append("user")
        case (let user?, .any):
            output.key("user")
            output.string(user)
        case (let user?, .atMost(let longest)):
            output.key("user")
            output.string(Digest.shortened(user, to: longest))
        }
        output.endObject()
        return WrittenRequest(body: output.bytes, dropped: dropped)
    }

    private static func write(_ input: EmbeddingInput, to output: inout JSONWriter) {
        switch input {
        case .text(let text): output.string(text)
        case .tokens(let node): output.node(node)
        }
    }

    // MARK: Answers

    /// Reads an answer.
    ///
    /// - Throws: that it holds no embeddings.
    package static func read(answer body: JSONNode) throws(EventFault) -> EmbeddingAnswer {
        guard let data = body["data"]?.elements else { throw EventFault("sent embeddings without `data`") }
        var answer = EmbeddingAnswer()
        answer.model = body["model"]?.string
        answer.usage = OpenAIUsage.read(body["usage"])
        for (position, node) in data.enumerated() {
            let index = node["index"]?.integer ?? position
            if let text = node["embedding"]?.string {
                answer.embeddings.append(Embedding(index: index, vector: .base64(text)))
            } else if let list = node["embedding"], list.elements != nil {
                answer.embeddings.append(Embedding(index: index, vector: .numbers(list.source)))
            } else {
                throw EventFault("sent an embedding that is neither a list nor base64")
            }
        }
        return answer
    }

    /// Writes an answer in the form the client asked for, which is a list of numbers unless it said otherwise.
    ///
    /// - Throws: that the provider's numbers cannot be read.
    package static func write(
        _ answer: EmbeddingAnswer,
        encoding: EmbeddingRequest.Encoding?,
        model: JSONString
    ) throws(EventFault) -> [UInt8] {
        var output = JSONWriter()
        output.beginObject()
        output.key("object")
        output.string("list")
        output.key("data")
        output.beginArray()
        for embedding in answer.embeddings {
            output.beginObject()
            output.key("object")
            output.string("embedding")
            output.key("index")
            output.number(embedding.index)
            output.key("embedding")
            if encoding == .base64 {
                guard let text = embedding.base64 else {
                    throw EventFault("sent an embedding that is no list of numbers")
                }
                output.string(text)
            } else {
                guard let list = embedding.numbers else {
                    throw EventFault("sent an embedding that is no base64 of floats")
                }
                output.raw(list)
            }
            output.endObject()
        }
        output.endArray()
        output.key("model")
        output.string(answer.model ?? model)
        output.key("usage")
        output.beginObject()
        output.key("prompt_tokens")
        output.number(answer.usage?.input ?? 0)
        output.key("total_tokens")
        output.number(answer.usage?.sum ?? 0)
        output.endObject()
        output.endObject()
        return output.bytes
    }
}
