import JSON

/// What a writer must know that does not stand in the request: for whom it is written.
package struct RequestTerms: Sendable {
    /// The model to ask for.
    package var model: JSONString
    package var streams: Bool
    /// Ask for the usage at the end of a stream, whether or not the client did.
    package var wantsStreamUsage = true
    /// Written where the dialect requires a limit and the client set none (Anthropic's `max_tokens`).
    package var defaultMaxTokens = 4_096
    /// The provider's word for the limit is `max_completion_tokens` (OpenAI itself); else `max_tokens`.
    package var limitsCompletion = false
    /// The provider knows the role `developer`; else it is written as `system`.
    package var knowsDeveloper = false
    /// The provider takes a list of texts in every role (OpenAI itself); else the texts of a turn are joined.
    package var knowsTextLists = false
    /// The provider takes `top_k`, `min_p` and `repetition_penalty`, as vLLM, llama.cpp and OpenRouter do.
    package var knowsOpenSampling = true
    /// How thinking of earlier turns is given back to a provider that speaks OpenAI's dialect.
    package var thinking = ThinkingMember.reasoningContent
    /// What the provider calls its members.
    package var words = ChatWords()
    /// How the model is told how much to think.
    package var efforts = ThinkingWords.any
    package init(model: JSONString, streams: Bool) {
        self.model = model
        self.streams = streams
    }
}

/// The member of OpenAI's messages that a provider takes earlier thinking in.
package enum ThinkingMember: Sendable {
    /// It takes none back (OpenAI itself).
    case none
    /// `reasoning_content`: DeepSeek, vLLM, llama.cpp, Moonshot, Z.ai.
    case reasoningContent
    /// `reasoning`: Groq, Cerebras, Ollama.
    case reasoning
    /// `reasoning_details`, with their seals: OpenRouter.
    case details
    /// Parts of the content of type `thinking`: Mistral.
    case parts
}

/// What an answer's writer must know that does not stand in the upstream's answer.
package struct AnswerTerms: Sendable {
    /// The request's id, from which ids are made where the upstream gives none: 1 to 128 plain characters.
    package var requestID: String
    /// The model the client asked for, shown where the upstream names none.
    package var model: JSONString
    /// Seconds since 1970, shown where the upstream says none.
    package var created: Int
    /// Whether the client's stream shall end with the usage (OpenAI's `include_usage`).
    package var wantsStreamUsage: Bool
    /// The client speaks of `functions` (`ChatRequest.usesFunctions`) and reads `function_call`, not `tool_calls`.
    package var wantsFunctionCall = false
    /// A Gemini client did not ask for `alt=sse`: its stream is a list of JSON.
    package var wantsList = false
    package init(requestID: String, model: JSONString, created: Int, wantsStreamUsage: Bool) {
        self.requestID = requestID
        self.model = model
        self.created = created
        self.wantsStreamUsage = wantsStreamUsage
    }
}
