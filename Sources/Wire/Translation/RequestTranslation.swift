import Anthropic
import Conversation
import Dialect
import Gemini
import JSON
import Ollama
import OpenAI

/// Requests from one format to another.
package enum RequestTranslation {
    /// Reads a client's request.
    ///
    /// - Throws: why it is none of this format.
    package static func read(_ body: [UInt8], as format: ChatFormat) throws(ConversationFault) -> ChatRequest {
        let node: JSONNode
        do { node = try JSONNode.parse(body) } catch {
            throw ConversationFault("the body is not valid JSON: \(error.message) (byte \(error.offset))")
        }
        var request =
            switch format {
            case .chat: try OpenAIRequest.read(node)
            case .completions: try CompletionsRequest.read(node)
            case .responses: try ResponsesRequest.read(node)
            case .messages: try AnthropicRequest.read(node)
            case .gemini: try GeminiRequest.read(node)
            case .ollama: try OllamaRequest.read(node)
            case .generate: try OllamaGenerateRequest.read(node)
            }
        request.origin = ChatRequest.Origin(format)
        return request
    }

    /// The limit that is written where the format requires one and the client set none.
    package static func defaultMaxTokens(of model: String) -> Int {
        AnthropicModels.longestAnswer(of: model) ?? 4_096
    }

    /// What a client calls more answers than one, of which the provider gave fewer.
    package static func countName(of request: ChatRequest) -> String {
        ClientNames.spelled(["n"], of: request).joined()
    }

    /// Writes the request for a provider; what its reader could keep no more of than the name is told as dropped, too.
    ///
    /// - Throws: what of it this format has no way to say.
    package static func write(
        _ request: ChatRequest,
        as format: ChatFormat,
        _ terms: RequestTerms
    ) throws(ConversationFault) -> WrittenRequest {
        var written =
            switch format {
            case .chat: try OpenAIRequest.write(request, terms)
            case .messages: try AnthropicRequest.write(request, terms)
            case .gemini: try GeminiRequest.write(request, terms)
            case .ollama: try OllamaRequest.write(request, terms)
            case .completions, .responses, .generate:
                throw ConversationFault("no provider is asked in this format on behalf of another")
            }
        written.dropped = ClientNames.spelled(written.dropped, of: request)
        for name in request.dropped where !written.dropped.contains(name) { written.dropped.append(name) }
        return written
    }
}
