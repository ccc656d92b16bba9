import Decision
import Dialect
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
    /// Formats of chats it speaks itself, which pass unchanged; other formats are translated to the first.
    package let formats: [ChatFormat]
    /// How speech is asked of it.
    package let speech: Speech
    /// OpenAI's own words, which its imitators may not know: `max_completion_tokens`, the role `developer`.
    package let knowsNewestWords: Bool

    /// How a provider of speech is asked.
    package enum Speech: String, Sendable {
        /// As OpenAI is.
        case openai
        /// whisper.cpp's server: `POST /inference`.
        case whisper
        /// Piper's: `POST /synthesize`.
        case piper
    }

    /// True when this build can talk to it.
    package var hasEngine: Bool { speech == .openai }

    private init(
        _ name: String,
        _ defaultURL: String?,
        v1Path: String = "/v1",
        isLocal: Bool = false,
        health: String? = nil,
        formats: [ChatFormat] = [.chat, .completions],
        apis: Set<API> = everything,
        keyHeader: String = "authorization",
        speech: Speech = .openai,
        knowsNewestWords: Bool = false
    ) {
        self.name = name
        self.defaultURL = defaultURL
        self.v1Path = v1Path
        isLocalByDefault = isLocal
        self.keyHeader = keyHeader
        keyPrefix = keyHeader == "authorization" ? "Bearer " : ""
        modelsPath = "\(v1Path)/models"
        healthPath = health ?? modelsPath
        self.formats = formats
        self.apis = apis
        self.speech = speech
        self.knowsNewestWords = knowsNewestWords
    }

    /// What a provider lacks it answers with its own 404; formats of chats it lacks are translated.
    private static let everything = Set(API.allCases)
    /// Every chat, whatever its format.
    private static let chats: Set<API> = [.chat, .completions, .responses, .messages]

    /// Every kind of the language, in the order of its reference.
    package static let all: [ProviderKind] = [
        ProviderKind(
            "ollama",
            "http://127.0.0.1:11434",
            isLocal: true,
            health: "/api/version",
            formats: [.ollama, .chat, .completions, .responses, .messages, .generate]
        ),
        ProviderKind(
            "llamacpp",
            "http://127.0.0.1:8080",
            isLocal: true,
            health: "/health",
            formats: [.chat, .completions, .responses, .messages]
        ),
        ProviderKind("synapse", "http://127.0.0.1:5000", isLocal: true, health: "/health"),
        ProviderKind(
            "lmstudio",
            "http://127.0.0.1:1234",
            isLocal: true,
            formats: [.chat, .completions, .responses, .messages]
        ),
        ProviderKind("localai", "http://127.0.0.1:8080", isLocal: true, health: "/readyz"),
        ProviderKind(
            "vllm",
            "http://127.0.0.1:8000",
            isLocal: true,
            health: "/health",
            formats: [.chat, .completions, .responses, .messages]
        ),
        ProviderKind(
            "tensorrt-llm",
            "http://127.0.0.1:8000",
            isLocal: true,
            health: "/health",
            formats: [.chat, .completions, .responses]
        ),
        ProviderKind("onnx", "http://127.0.0.1:5272", isLocal: true),
        ProviderKind(
            "openai",
            "https://api.openai.com",
            formats: [.chat, .completions, .responses],
            knowsNewestWords: true
        ),
        ProviderKind("deepseek", "https://api.deepseek.com", formats: [.chat]),
        ProviderKind("mistral", "https://api.mistral.ai", formats: [.chat]),
        ProviderKind(
            "google",
            "https://generativelanguage.googleapis.com",
            v1Path: "/v1beta/openai",
            formats: [.gemini, .chat]
        ),
        ProviderKind("groq", "https://api.groq.com", v1Path: "/openai/v1", formats: [.chat, .responses]),
        ProviderKind("grok", "https://api.x.ai", formats: [.chat, .responses]),
        ProviderKind(
            "openrouter",
            "https://openrouter.ai",
            v1Path: "/api/v1",
            formats: [.chat, .completions, .responses, .messages]
        ),
        ProviderKind("openai-compatible", nil),
        ProviderKind(
            "anthropic",
            "https://api.anthropic.com",
            formats: [.messages],
            apis: chats.union([.models]),
            keyHeader: "x-api-key"
        ),
        ProviderKind(
            "whisper",
            "http://127.0.0.1:8080",
            isLocal: true,
            formats: [],
            apis: [.transcriptions, .translations],
            speech: .whisper
        ),
        ProviderKind("piper", "http://127.0.0.1:5000", isLocal: true, formats: [], apis: [.speech], speech: .piper),
    ]

    /// The kind of that name.
    package static func named(_ name: String) -> ProviderKind? { all.first { $0.name == name } }
}
