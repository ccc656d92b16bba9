/// What `sdk.py` reports of a chat.
struct ChatFacts: Decodable {
    let text: String
    let finish: String?
    let promptTokens: Int?
    let completionTokens: Int?
    let chunks: Int?
    let pieces: Int?
    let headers: [String: String]
}

/// What `sdk.py` reports of tool calls.
struct ToolFacts: Decodable {
    struct Call: Decodable {
        let name: String
        let arguments: [String: String]
        let hasId: Bool
    }
    let finish: String
    let tools: [Call]
    let deltas: Int?
}

/// What `sdk.py` reports of a text completion.
struct CompletionFacts: Decodable, Equatable {
    let text: String
    let finish: String?
}

/// What `sdk.py` reports of a stream of the responses API.
struct ResponseFacts: Decodable {
    let first: String
    let last: String
    let events: Int
    let text: String
    let status: String?
    let total: Int?
}

/// What `sdk.py` reports of embeddings.
struct EmbeddingFacts: Decodable {
    let count: Int
    let dimensions: [Int]
    let length: Double
    let differ: Bool
    let tokens: Int
}

/// What `sdk.py` reports of a model list.
struct ModelFacts: Decodable {
    let ids: [String]
    let kinds: [String]
}

/// What `sdk.py` reports of a call that must fail.
struct FailureFacts: Decodable {
    let error: String?
    let status: Int?
    let message: String?
    let type: String?
    let requestId: String?
}

/// What `sdk.py` reports of a stream left early.
struct AbandonedFacts: Decodable {
    let seen: Int
}
