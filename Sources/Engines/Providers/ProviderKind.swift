import Decision
import Routing

/// What is known of a kind of upstream before anything is configured: a row of a table.
package struct ProviderKind: Equatable, Hashable, Sendable {
    /// The word in a route file.
    package let name: String
    /// Where it listens when the file has no `url`; nil when it must have one.
    package let defaultURL: String?
    /// What stands in place of the client's `/v1` when the URL has no path of its own.
    package let v1Path: String
    /// True when it usually runs on this machine or in this cluster.
    package let isLocalByDefault: Bool
    /// The header that carries the key, in lower case.
    package let keyHeader: String
    /// What stands before the key in that header.
    package let keyPrefix: String
    /// Path of a cheap request that tells whether it lives, from the root of the host.
    package let healthPath: String
    /// Path that lists its models, in place of the client's `/v1/models`.
    package let modelsPath: String
    /// Endpoints it serves unless the file says otherwise.
    package let apis: Set<API>
    /// The shape of its requests and answers.
    package let dialect: Dialect

    /// A shape of requests and answers.
    package enum Dialect: String, Sendable {
        case openai, anthropic, whisper, piper
    }

    /// True when this build can talk to it.
    package var hasEngine: Bool { dialect == .openai }

    private init(
        _ name: String,
        _ defaultURL: String?,
        v1Path: String = "/v1",
        isLocal: Bool = false,
        health: String? = nil,
        apis: Set<API>? = nil,
        dialect: Dialect = .openai
    ) {
        self.name = name
        self.defaultURL = defaultURL
        self.v1Path = v1Path
        isLocalByDefault = isLocal
        keyHeader = dialect == .anthropic ? "x-api-key" : "authorization"
        keyPrefix = dialect == .anthropic ? "" : "Bearer "
        modelsPath = "\(v1Path)/models"
        healthPath = health ?? modelsPath
        self.apis = apis ?? (isLocal || defaultURL == nil ? Self.everything : Self.openAIAPIs)
        self.dialect = dialect
    }

    /// Servers one runs oneself often speak Anthropic's format too; what they lack they answer with their own 404.
    private static let everything = Set(API.allCases)
    /// The endpoints of the OpenAI format.
    private static let openAIAPIs = everything.subtracting([.messages])

    /// Every kind of the language, in the order of its reference.
    package static let all: [ProviderKind] = [
        ProviderKind("ollama", "http://127.0.0.1:11434", isLocal: true, health: "/api/version"),
        ProviderKind("llamacpp", "http://127.0.0.1:8080", isLocal: true, health: "/health"),
        ProviderKind("synapse", "http://127.0.0.1:5000", isLocal: true, health: "/health"),
        ProviderKind("lmstudio", "http://127.0.0.1:1234", isLocal: true),
        ProviderKind("localai", "http://127.0.0.1:8080", isLocal: true, health: "/readyz"),
        ProviderKind("vllm", "http://127.0.0.1:8000", isLocal: true, health: "/health"),
        ProviderKind("tensorrt-llm", "http://127.0.0.1:8000", isLocal: true, health: "/health"),
        ProviderKind("onnx", "http://127.0.0.1:5272", isLocal: true),
        ProviderKind("openai", "https://api.openai.com"),
        ProviderKind("deepseek", "https://api.deepseek.com"),
        ProviderKind("mistral", "https://api.mistral.ai"),
        ProviderKind("google", "https://generativelanguage.googleapis.com", v1Path: "/v1beta/openai"),
        ProviderKind("groq", "https://api.groq.com", v1Path: "/openai/v1"),
        ProviderKind("grok", "https://api.x.ai"),
        ProviderKind("openrouter", "https://openrouter.ai", v1Path: "/api/v1"),
        ProviderKind("openai-compatible", nil),
        // What the language sends there: chats are for translation, the engine that the kind waits for.
        ProviderKind("anthropic", "https://api.anthropic.com", apis: [.chat, .messages, .models], dialect: .anthropic),
        ProviderKind(
            "whisper",
            "http://127.0.0.1:8080",
            isLocal: true,
            apis: [.transcriptions, .translations],
            dialect: .whisper
        ),
        ProviderKind("piper", "http://127.0.0.1:5000", isLocal: true, apis: [.speech], dialect: .piper),
    ]

    /// The kind of that name.
    package static func named(_ name: String) -> ProviderKind? { all.first { $0.name == name } }
}
