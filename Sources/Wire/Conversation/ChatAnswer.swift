import JSON

/// A whole answer in no dialect.
package struct ChatAnswer: Sendable {
    package var id: JSONString?
    package var model: JSONString?
    /// Seconds since 1970.
    package var created: Int?
    package var choices: [AnswerChoice] = []
    package var usage: TokenUsage?
    package init() {}
}

/// One of the answers to choose from.
package struct AnswerChoice: Sendable {
    package var index = 0
    package var parts: [ChatPart] = []
    package var finish: FinishReason?
    /// The sequence that ended it, when one of the client's did.
    package var stopSequence: JSONString?
    /// OpenAI's `logprobs`, as they stand.
    package var logProbabilities: JSONNode?
    package init() {}
}

/// Why an answer ended.
package enum FinishReason: UInt8, Sendable, CaseIterable {
    /// The model had finished.
    case stop
    /// One of the client's stop sequences came.
    case stopSequence
    /// `max_tokens`, or the model's own limit.
    case length
    /// The context was full before the model had finished.
    case contextLength
    case toolCalls
    /// The provider's filter.
    case contentFilter
    /// The model declined.
    case refusal
    /// A long turn was interrupted and may be continued (Anthropic's `pause_turn`).
    case pause
    /// Anything else.
    case other
}

/// Tokens as counted by the provider; nil is not said, which is not zero.
///
/// `input` counts everything that was read, cached or not, as OpenAI counts; Anthropic leaves the cached out, and its
/// reader adds them (peers.md 3b-14). `output` counts reasoning too; Gemini leaves it out, and its reader adds it.
package struct TokenUsage: Equatable, Sendable {
    package var input: Int?
    package var output: Int?
    /// Of the input, read from a cache.
    package var cachedInput: Int?
    /// Of the input, written to a cache.
    package var cacheWrite: Int?
    /// Of the output, thinking.
    package var reasoning: Int?
    /// As the provider added it up; writers that need a total and have none add input and output.
    package var total: Int?
    package init() {}

    package var isEmpty: Bool { self == TokenUsage() }

    /// The provider's total, or the sum of what was said; nil when nothing was.
    package var sum: Int? { total ?? (input == nil && output == nil ? nil : (input ?? 0) + (output ?? 0)) }

    /// Takes over what a later report says.
    package mutating func update(_ later: TokenUsage) {
        input = later.input ?? input
        output = later.output ?? output
        cachedInput = later.cachedInput ?? cachedInput
        cacheWrite = later.cacheWrite ?? cacheWrite
        reasoning = later.reasoning ?? reasoning
        total = later.total ?? total
    }
}

/// An error in no dialect.
package struct ChatFault: Error, Equatable, Sendable {
    /// What kind it is, from which a dialect's own word follows.
    package enum Kind: Sendable {
        case invalidRequest, authentication, billing, permission, notFound, tooLarge, rateLimit, server, overloaded,
            timeout
    }
    package var kind: Kind
    /// HTTP status; 0 where none was given, as in the middle of most streams.
    package var status: Int
    package var message: JSONString
    /// The provider's own words for it, kept so that clients that match on them go on working.
    package var type: JSONString?
    package var code: JSONString?
    package var param: JSONString?

    package init(kind: Kind, status: Int, message: JSONString) {
        self.kind = kind
        self.status = status
        self.message = message
    }

    /// The kind that a status stands for (RFC 9110 §15; 529 is Anthropic's "overloaded").
    package static func kind(ofStatus status: Int) -> Kind {
        switch status {
        case 401: .authentication
        case 402: .billing
        case 403: .permission
        case 404: .notFound
        case 408, 504: .timeout
        case 413: .tooLarge
        case 429: .rateLimit
        case 503, 529: .overloaded
        case 500...: .server
        default: .invalidRequest
        }
    }
}
