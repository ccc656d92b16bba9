import Bytes
import Conversation

/// Why a candidate ended (https://ai.google.dev/api/generate-content#FinishReason).
enum GeminiFinish {
    /// What the word stands for; a turn that stops with calls asks for them.
    static func read(_ word: Span<UInt8>, hasCall: Bool) -> FinishReason {
        if ASCII.equals(word, "STOP") { return hasCall ? .toolCalls : .stop }
        if ASCII.equals(word, "MAX_TOKENS") || ASCII.equals(word, "CONTINUATION") { return .length }
        for filter in filters where ASCII.equals(word, filter) { return .contentFilter }
        return .other
    }

    /// Words of the filters; made once, since streams are read without allocating.
    private static let filters: [StaticString] = [
        "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "LANGUAGE", "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "ESCALATION", "PUP_LIMITED_DISABLED",
    ]

    /// Gemini's word.
    ///
    /// A call that is broken because the answer was cut off ends with why it was cut off.
    static func word(_ reason: FinishReason, isBroken: Bool = false) -> StaticString {
        switch reason {
        case .length, .contextLength: "MAX_TOKENS"
        case _ where isBroken: "MALFORMED_FUNCTION_CALL"
        case .stop, .stopSequence, .toolCalls, .pause: "STOP"
        case .contentFilter, .refusal: "SAFETY"
        case .other: "OTHER"
        }
    }
}
