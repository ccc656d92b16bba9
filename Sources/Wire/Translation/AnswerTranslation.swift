import Anthropic
import Conversation
import Dialect
import Gemini
import JSON
import Ollama
import OpenAI

/// Whole answers and errors from a provider's format to a client's.
package struct AnswerTranslation: Sendable {
    package let upstream: ChatFormat
    package let client: ChatFormat
    package let terms: AnswerTerms

    package init(from upstream: ChatFormat, to client: ChatFormat, _ terms: AnswerTerms) {
        self.upstream = upstream
        self.client = client
        self.terms = terms
    }

    /// The Content-Type of the client's stream.
    package var streamType: StaticString { terms.wantsList ? "application/json" : client.streamType }

    /// Reads a provider's whole answer.
    ///
    /// - Throws: why it cannot be understood, or the error that it is.
    package func read(_ body: [UInt8]) throws(EventFault) -> ChatAnswer {
        let node: JSONNode
        do { node = try JSONNode.parse(body) } catch { throw EventFault(error) }
        if let fault = reported(in: node) { throw EventFault(reported: fault) }
        return switch upstream {
        case .chat, .completions, .responses: try OpenAIAnswer.read(node)
        case .messages: try AnthropicAnswer.read(node)
        case .gemini: try GeminiAnswer.read(node)
        case .ollama, .generate: try OllamaAnswer.read(node)
        }
    }

    /// Writes an answer as the client's format has it.
    package func write(_ answer: ChatAnswer) -> [UInt8] {
        switch client {
        case .chat: OpenAIAnswer.write(answer, terms)
        case .completions: CompletionsAnswer.write(answer, terms)
        case .responses: ResponsesAnswer.write(answer, terms)
        case .messages: AnthropicAnswer.write(answer, terms)
        case .gemini: GeminiAnswer.write(answer, terms)
        case .ollama: OllamaAnswer.write(answer, terms)
        case .generate: OllamaGenerateAnswer.write(answer, terms)
        }
    }

    /// Reads a provider's error answer, whatever its body is.
    package func readFault(status: Int, body: [UInt8]) -> ChatFault {
        switch upstream {
        case .chat, .completions, .responses: OpenAIFault.read(status: status, body: body)
        case .messages: AnthropicFault.read(status: status, body: body)
        case .gemini: GeminiFault.read(status: status, body: body)
        case .ollama, .generate: OllamaFault.read(status: status, body: body)
        }
    }

    /// Writes an error as the client's format has it.
    package func write(_ fault: ChatFault) -> (status: Int, body: [UInt8]) {
        AnswerTranslation.write(fault, as: client, requestID: terms.requestID)
    }

    /// Writes an error in a format.
    ///
    /// * `domain`: whose word the fault's code is, for formats that say so.
    package static func write(
        _ fault: ChatFault,
        as format: ChatFormat,
        requestID: String,
        domain: String? = nil
    ) -> (status: Int, body: [UInt8]) {
        switch format {
        case .chat, .completions, .responses: OpenAIFault.write(fault, requestID: requestID)
        case .messages: AnthropicFault.write(fault, requestID: requestID)
        case .gemini: GeminiFault.write(fault, requestID: requestID, domain: domain)
        case .ollama, .generate: OllamaFault.write(fault, requestID: requestID)
        }
    }
}
