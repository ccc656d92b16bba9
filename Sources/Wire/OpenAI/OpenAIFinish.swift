import Bytes
import Conversation
import JSON

/// OpenAI's words for why an answer ended, and those that its imitators added.
enum OpenAIFinish {
    /// What a provider's word means; unknown words are `other`.
    static func reason(_ word: Span<UInt8>) -> FinishReason {
        for entry in words where ASCII.equals(word, entry.0) { return entry.1 }
        return .other
    }

    /// The word for it.
    ///
    /// A refusal that was said in words ends like any answer, as OpenAI does it; one without words is
    /// told as `content_filter`.
    static func word(_ reason: FinishReason?, hasCalls: Bool, hasRefusal: Bool, usesFunctions: Bool) -> StaticString {
        switch reason {
        case .length, .contextLength: "length"
        case .contentFilter: "content_filter"
        case .refusal: hasRefusal ? "stop" : "content_filter"
        case .toolCalls: usesFunctions ? "function_call" : "tool_calls"
        case .stop, .stopSequence, .pause, .other, nil:
            !hasCalls ? "stop" : usesFunctions ? "function_call" : "tool_calls"
        }
    }

    private static let words: [(StaticString, FinishReason)] = [
        ("stop", .stop), ("length", .length), ("tool_calls", .toolCalls), ("content_filter", .contentFilter),
        ("function_call", .toolCalls),
        // Together; Mistral; Z.ai; providers that pass on the words of Anthropic or Gemini.
        ("eos", .stop), ("model_length", .contextLength), ("sensitive", .contentFilter), ("end_turn", .stop),
        ("stop_sequence", .stopSequence), ("max_tokens", .length), ("tool_use", .toolCalls), ("refusal", .refusal),
        ("STOP", .stop), ("MAX_TOKENS", .length), ("SAFETY", .contentFilter),
    ]
}
