import Conversation
import Dialect
import Gemini
import JSON
import Ollama
import OpenAI

/// Embeddings from one format to another.
package struct EmbeddingTranslation: Sendable {
    private let upstream: EmbeddingFormat
    private let client: EmbeddingFormat
    private let encoding: EmbeddingRequest.Encoding?
    private let count: Int
    private let model: JSONString

    /// The answer is told in the form that `request` wants; `model` is shown where the provider names none.
    package init(
        from upstream: EmbeddingFormat,
        to client: EmbeddingFormat,
        _ request: EmbeddingRequest,
        model: JSONString
    ) {
        self.upstream = upstream
        self.client = client
        self.model = model
        encoding = request.encoding
        count = request.inputs.count
    }

    /// Reads a client's request.
    ///
    /// - Throws: why it is none of this format.
    package static func read(
        _ body: [UInt8],
        as format: EmbeddingFormat
    ) throws(ConversationFault) -> EmbeddingRequest {
        let node: JSONNode
        do { node = try JSONNode.parse(body) } catch {
            throw ConversationFault("the body is not valid JSON: \(error.message) (byte \(error.offset))")
        }
        return switch format {
        case .openAI: try OpenAIEmbeddings.read(request: node)
        case .ollama, .ollamaOld: try OllamaEmbeddings.read(request: node)
        case .gemini, .geminiBatch: try GeminiEmbeddings.read(request: node)
        }
    }

    /// Writes the request for a provider.
    ///
    /// - Throws: what of it this format has no way to say.
    package static func write(
        _ request: EmbeddingRequest,
        as format: EmbeddingFormat,
        model: JSONString,
        _ words: ChatWords = ChatWords()
    ) throws(ConversationFault) -> WrittenRequest {
        switch format {
        case .openAI: OpenAIEmbeddings.write(request, model: model, words)
        case .ollama, .ollamaOld: try OllamaEmbeddings.write(request, model: model)
        case .gemini, .geminiBatch: try GeminiEmbeddings.write(request, model: model)
        }
    }

    /// Says a provider's whole answer in the client's format.
    ///
    /// - Throws: why it cannot be understood.
    package func tell(_ body: [UInt8]) throws(EventFault) -> (body: [UInt8], usage: TokenUsage?) {
        let node: JSONNode
        do { node = try JSONNode.parse(body) } catch { throw EventFault(error) }
        let answer =
            switch upstream {
            case .openAI: try OpenAIEmbeddings.read(answer: node)
            case .ollama, .ollamaOld: try OllamaEmbeddings.read(answer: node)
            case .gemini, .geminiBatch: try GeminiEmbeddings.read(answer: node)
            }
        guard answer.embeddings.count == count else {
            throw EventFault("sent \(answer.embeddings.count) embeddings for \(count) texts")
        }
        let told =
            switch client {
            case .openAI: try OpenAIEmbeddings.write(answer, encoding: encoding, model: model)
            case .ollama: try OllamaEmbeddings.write(answer, model: model)
            case .ollamaOld: try OllamaEmbeddings.write(one: answer)
            case .gemini: try GeminiEmbeddings.write(answer, isSingle: true)
            case .geminiBatch: try GeminiEmbeddings.write(answer, isSingle: false)
            }
        return (told, answer.usage)
    }
}
