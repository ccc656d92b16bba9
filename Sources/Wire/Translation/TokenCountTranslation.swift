import Anthropic
import Dialect
import Gemini

/// Answers to the question how large a chat is.
package enum TokenCountTranslation {
    /// Writes a count in the format that asks for it: Anthropic's or Gemini's.
    package static func write(_ tokens: Int, as format: ChatFormat) -> [UInt8] {
        format == .gemini ? GeminiTokenCount.write(tokens: tokens) : AnthropicCount.write(tokens)
    }
}
