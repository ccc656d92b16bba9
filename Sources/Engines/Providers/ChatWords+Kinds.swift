import Conversation

// What the kinds that are no mere imitations of OpenAI take in its dialect: parts of their rows.
extension ChatWords {
    private static func made(_ body: (inout ChatWords) -> Void) -> ChatWords {
        var words = ChatWords()
        body(&words)
        return words
    }

    /// OpenAI itself, which answers 400 for members it does not know.
    ///
    /// `user`, `safety_identifier` and `prompt_cache_key` have at most 64 characters ("maximum length of 64 characters" in
    /// the descriptions of <https://platform.openai.com/docs/api-reference/chat/create>; its error for longer ones is
    /// `string_above_max_length`).
    static let openAI = made {
        $0.user = .atMost(64)
        $0.longestKey = 64
        $0.takesCallSeals = false
        $0.extras = [
            "audio", "logit_bias", "metadata", "modalities", "moderation", "prediction", "prompt_cache_key",
            "prompt_cache_options", "prompt_cache_retention", "response_format", "safety_identifier", "service_tier",
            "store", "verbosity", "web_search_options",
        ]
    }

    /// Mistral, whose schema is closed: what is not in it ends a request with 422 `extra_forbidden`.
    ///
    /// <https://docs.mistral.ai/api/endpoint/chat>, and the types of its own library, `ChatCompletionRequest`,
    /// `EmbeddingRequest`, `UserMessage`, `ToolCall` and `Function`.
    static let mistral = made {
        $0.hasRandomSeed = true
        $0.hasOutputDimension = true
        $0.user = .none
        $0.hasShortCallIDs = true
        $0.takesNames = false
        $0.takesCallSeals = false
        $0.needsParameters = true
        $0.attachments = .mistral
        $0.extras = [
            "metadata", "min_tokens", "prediction", "prompt_cache_key", "prompt_mode", "response_format", "safe_prompt",
        ]
    }

    /// Groq, which answers 400 for `logprobs`, `logit_bias`, `top_logprobs`, `messages[].name` and more than one answer.
    ///
    /// <https://console.groq.com/docs/openai#currently-unsupported-openai-features>; the other members are those of its
    /// own library that are not marked as unsupported.
    static let groq = made {
        $0.takesNames = false
        $0.takesCount = false
        $0.takesLogProbabilities = false
        $0.takesCallSeals = false
        $0.extras = ["response_format", "service_tier"]
    }

    /// DeepSeek, whose form of an answer is text or JSON without a schema, and which gives one answer.
    ///
    /// <https://api-docs.deepseek.com/api/create-chat-completion>; for a schema it answers "This response_format type is
    /// unavailable now".
    static let deepSeek = made {
        $0.takesSchemas = false
        $0.takesCount = false
    }
}
