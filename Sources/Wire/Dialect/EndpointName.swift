import Bytes

/// The endpoints of the OpenAI format, in the order of the routes' `api` words.
///
/// What is said of them here is the one table that the server, the proofs and the tools of route files go by.
package enum EndpointName: UInt8, CaseIterable, Sendable {
    case chat, completions, responses, messages, embeddings, models
    case transcriptions, translations, speech, images, moderations
    case other

    /// What stands behind `/v1/`, and whether all below it belongs to the endpoint too; nil for `other`.
    private var place: (word: StaticString, isTree: Bool)? {
        switch self {
        case .chat: ("chat/completions", false)
        case .completions: ("completions", false)
        case .responses: ("responses", true)
        case .messages: ("messages", true)
        case .embeddings: ("embeddings", false)
        case .models: ("models", true)
        case .transcriptions: ("audio/transcriptions", false)
        case .translations: ("audio/translations", false)
        case .speech: ("audio/speech", false)
        case .images: ("images", true)
        case .moderations: ("moderations", false)
        case .other: nil
        }
    }

    /// Recognises a path without its query.
    package static func recognise(path: Span<UInt8>) -> EndpointName {
        guard ASCII.starts(path, with: "/v1/") else { return .other }
        let rest = path.extracting(4...)
        for number in 0..<EndpointName.other.rawValue {
            guard let name = EndpointName(rawValue: number), let place = name.place else { continue }
            let count = place.word.utf8CodeUnitCount
            guard ASCII.starts(rest, with: place.word) else { continue }
            if rest.count == count || place.isTree && rest[count] == 0x2f { return name }
        }
        return .other
    }

    /// The path of the endpoint itself; nil for `other`.
    package var path: String? { place.map { "/v1/\($0.word)" } }

    /// True when everything below its path belongs to it too.
    package var isTree: Bool { place?.isTree ?? false }

    /// Where clients usually ask for it; `/v1/models` itself is a path of the server's own.
    package var usualPath: String {
        switch self {
        case .models: "/v1/models/some-model"
        case .images: "/v1/images/generations"
        case .other: "/v1/files"
        default: path ?? "/v1/files"
        }
    }

    /// How clients usually ask for it.
    package var usualMethod: String { self == .models ? "GET" : "POST" }

    /// Endpoints whose requests are JSON and nothing else.
    package var takesOnlyJSON: Bool {
        switch self {
        case .chat, .completions, .responses, .messages, .embeddings, .moderations: true
        default: false
        }
    }

    /// Endpoints where the server answers every method but POST itself, with 405; a response can also be fetched.
    package var takesOnlyPost: Bool { takesOnlyJSON && self != .responses }

    /// Endpoints that cannot be served without a model's name: to a POST without one the server answers 400.
    package var needsModel: Bool {
        switch self {
        case .chat, .completions, .responses, .messages, .embeddings: true
        default: false
        }
    }
}

/// Paths of the client listener that the server answers itself, whatever the routes say (`routes.md` A8).
package enum OwnPath: String, CaseIterable, Sendable {
    case models = "/v1/models"
    case health = "/v1/health"
    case providerHealth = "/v1/health/providers"
    case batch = "/v1/batch"
    /// Tools of MCP servers (docs/tools-gateway.md).
    case toolList = "/v1/tools/list"
    case toolCall = "/v1/tools/call"
    case mcp = "/mcp"
    /// Budgets that clients draw on themselves (docs/budgets.md), and what things cost (docs/costs.md).
    case tokenCheck = "/v1/tokens/check"
    case tokenReserve = "/v1/tokens/reserve"
    case tokenCommit = "/v1/tokens/commit"
    case tokenRelease = "/v1/tokens/release"
    case tokenReport = "/v1/tokens/report"
    case tokenPools = "/v1/tokens/pools"
    case costEstimate = "/v1/cost/estimate"
    case costRecommend = "/v1/cost/recommend"

    /// True when everything below it belongs to it too.
    package var isTree: Bool { self == .batch }

    /// Recognises a path without its query.
    package static func recognise(_ path: String) -> OwnPath? {
        if let exact = OwnPath(rawValue: path) { return exact }
        return allCases.first { $0.isTree && path.utf8.starts(with: ($0.rawValue + "/").utf8) }
    }
}
