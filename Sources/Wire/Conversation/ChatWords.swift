/// What a provider that speaks OpenAI's dialect calls its members, and which of them it refuses.
///
/// The values of a kind of provider stand in its row (`ProviderKind.words`); what is not said here is as OpenAI has it.
package struct ChatWords: Equatable, Hashable, Sendable {
    /// Who asks, as the provider may know them.
    package enum User: Equatable, Hashable, Sendable {
        /// `user`, however long.
        case any
        /// `user` of at most so many characters: longer ones are told as a digest of theirs.
        case atMost(Int)
        /// No such member.
        case none
    }

    /// How images, sound and documents are given.
    package enum Attachments: Equatable, Hashable, Sendable {
        /// As OpenAI has it: `file`, `input_audio` with a format.
        case openAI
        /// As Mistral has it: `document_url`, `input_audio` as base64 alone.
        case mistral
    }

    /// The member is `random_seed`; else `seed`.
    package var hasRandomSeed = false
    /// Embeddings have `output_dimension`; else `dimensions`.
    package var hasOutputDimension = false
    package var user = User.any
    /// Texts that tell requests apart (`prompt_cache_key`, `safety_identifier`) may have so many characters.
    package var longestKey: Int?
    /// Ids of calls are nine letters and digits; all others are told as a digest of theirs.
    package var hasShortCallIDs = false
    /// Messages may have a `name`.
    package var takesNames = true
    /// `response_format` may have a schema.
    package var takesSchemas = true
    /// More than one answer may be asked for.
    package var takesCount = true
    package var takesLogProbabilities = true
    /// Calls may carry Google's seals.
    package var takesCallSeals = true
    /// Functions must have `parameters`.
    package var needsParameters = false
    package var attachments = Attachments.openAI
    /// Of the members nobody else has a word for, those that it takes; nil takes all that are known to someone.
    package var extras: Set<String>?
    package init() {}
}

/// How a model that is spoken to in OpenAI's dialect is told how much to think.
package struct ThinkingWords: Equatable, Hashable, Sendable {
    /// How a model is told not to think, or to think after all.
    package enum Switch: Equatable, Hashable, Sendable {
        /// By the word `none` alone, where it knows it.
        case word
        /// `thinking: {"type": "disabled"}`: DeepSeek.
        case member
        /// `chat_template_kwargs: {"enable_thinking": false}`: servers that fill in a model's own template.
        case template
    }

    /// False for a model that never thinks.
    package var thinks: Bool
    /// What it takes in `reasoning_effort`, from the least to the most; nil takes whatever the client says.
    package var efforts: [String]?
    package var toggle: Switch

    package init(thinks: Bool = true, efforts: [String]?, toggle: Switch = .word) {
        self.thinks = thinks
        self.efforts = efforts
        self.toggle = toggle
    }

    /// A model of which nothing is known: what the client says is passed on.
    package static let any = ThinkingWords(efforts: nil)
    /// A model that never thinks.
    package static let none = ThinkingWords(thinks: false, efforts: [])

    private static let order = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]

    /// The word that comes closest to a wanted one, the smaller of two that are as close; nil when there is none.
    package func closest(to wanted: String) -> String? {
        guard let efforts else { return wanted }
        if efforts.contains(wanted) { return wanted }
        // Groq's Qwen knows only whether.
        if efforts.contains("default") { return "default" }
        guard let place = Self.order.firstIndex(of: wanted) else { return nil }
        let known = efforts.filter { $0 != "none" }.compactMap { Self.order.firstIndex(of: $0) }
        return known.min { (abs($0 - place), $0) < (abs($1 - place), $1) }.map { Self.order[$0] }
    }

    /// The word for not thinking; nil when it has none.
    package var off: String? { efforts.map { $0.contains("none") } ?? true ? "none" : nil }
}
