import Anthropic
import Conversation
import Dialect
import Gemini
import JSON

/// The question how large a chat is, in Anthropic's format or Gemini's, and answers to it.
package enum TokenCountTranslation {
    /// Reads the chat that is asked about.
    ///
    /// - Throws: what is wrong with it, as Anthropic (platform.claude.com/docs/en/api/messages/count_tokens, where `model`
    ///   and `messages` are required) or Gemini (ai.google.dev/api/tokens) would refuse it.
    package static func read(_ body: [UInt8], as format: ChatFormat) throws(ConversationFault) -> ChatRequest {
        let node: JSONNode
        do { node = try JSONNode.parse(body) } catch {
            throw ConversationFault("the body is not valid JSON: \(error.message) (byte \(error.offset))")
        }
        if format == .gemini { return try GeminiTokenCount.read(request: node) }
        if node["messages"]?.elements?.isEmpty == true {
            throw ConversationFault("\"messages\" is empty: at least one message is needed", parameter: "messages")
        }
        return try AnthropicRequest.read(node)
    }

    /// Writes a count in the format that asks for it: Anthropic's or Gemini's.
    package static func write(_ tokens: Int, as format: ChatFormat) -> [UInt8] {
        format == .gemini ? GeminiTokenCount.write(tokens: tokens) : AnthropicCount.write(tokens)
    }
}
