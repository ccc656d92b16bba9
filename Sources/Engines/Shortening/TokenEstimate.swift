import Conversation
import JSON

/// How many tokens a prompt may have, by its bytes: an estimate, since no provider's tokenizer is here.
///
/// `hoosh.md` §4.5: bytes of text by a ratio of the provider's, 4 for each message, 3 for the conversation; images and
/// sound count nothing.
package struct TokenEstimate: Equatable, Sendable {
    /// Tenths of a byte that make a token: 35 for Anthropic's models, 38 for OpenAI's.
    package let tenthsPerToken: Int

    package init(tenthsPerToken: Int) { self.tenthsPerToken = max(1, tenthsPerToken) }

    /// For text in so many messages.
    package func tokens(bytes: Int, messages: Int) -> Int {
        (bytes * 10 + tenthsPerToken - 1) / tenthsPerToken + 4 * messages + 3
    }

    /// For a whole request.
    package func tokens(_ request: ChatRequest) -> Int {
        let bytes = request.messages.reduce(TokenEstimate.bytes(request.tools)) { $0 + TokenEstimate.bytes($1) }
        return tokens(bytes: bytes, messages: request.messages.count)
    }

    static func bytes(_ tools: [ToolDefinition]) -> Int {
        tools.reduce(0) { sum, tool in
            sum + bytes(tool.name) + (tool.description.map(bytes) ?? 0) + (tool.parameters?.source.count ?? 0)
                + (tool.builtIn?.source.count ?? 0)
        }
    }

    static func bytes(_ message: ChatMessage) -> Int {
        message.parts.reduce(message.name.map(bytes) ?? 0) { $0 + bytes($1) }
    }

    private static func bytes(_ part: ChatPart) -> Int {
        switch part {
        case .text(let text), .refusal(let text): bytes(text)
        case .media(let media): if case .text(let text) = media.source { bytes(text) } else { 0 }
        case .toolCall(let call): bytes(call.name) + call.arguments.count
        case .toolResult(let result): result.parts.reduce(0) { $0 + bytes($1) }
        case .reasoning(let part): bytes(part.text)
        case .other(_, let node): node.source.count
        }
    }

    static func bytes(_ text: JSONString) -> Int {
        text.spelled.contains(0x5c) ? text.plain.count : text.spelled.count
    }
}
