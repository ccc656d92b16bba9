import Conversation
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
    /// OpenAI's own words, which its imitators may not know: `max_completion_tokens`, the role `developer`, lists of
    /// texts in every role.
    package let knowsNewestWords: Bool
    /// It takes `top_k`, `min_p` and `repetition_penalty` in OpenAI's format; the others refuse them or do not name them.
    package let knowsOpenSampling: Bool
    /// The member of OpenAI's messages that it takes earlier thinking in.
    package let thinking: ThinkingMember
    /// What it calls the members of OpenAI's format, and which it refuses.
    package let words: ChatWords
    /// Formats of embeddings that it speaks: others are translated to the first that can be asked in.
    ///
    /// Empty: it has none.
    package let embeddings: [EmbeddingFormat]
    /// Formats in which it counts the tokens of a chat; for the rest the proxy estimates.
    package let counts: [ChatFormat]
    /// What can be done to its models.
    package let commands: [ModelCommand]
    /// How it lists its models; nil when it lists none.
    package let modelList: ModelListFormat?
    /// Its streams in OpenAI's format tell their usage when asked by `stream_options.include_usage`.
    package let takesStreamOptions: Bool
    /// The client's header fields that it gets.
    package let passes: HeaderRule

    /// How a provider of speech is asked.
    package enum Speech: String, Sendable {
        /// As OpenAI is.
        case openai
        /// whisper.cpp's server: `POST /inference`.
        case whisper
        /// Piper's: `POST /synthesize`.
        case piper
    }

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
        knowsNewestWords: Bool = false,
        knowsOpenSampling: Bool = true,
        thinking: ThinkingMember = .reasoningContent,
        words: ChatWords = ChatWords(),
        embeddings: [EmbeddingFormat] = [.openAI],
        counts: [ChatFormat] = [],
        commands: [ModelCommand] = [],
        modelList: ModelListFormat? = .openAI,
        takesStreamOptions: Bool = true,
        passes: HeaderRule = .everything
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
        self.knowsOpenSampling = knowsOpenSampling
        self.thinking = thinking
        self.words = words
        self.embeddings = embeddings
        self.counts = counts
        self.commands = commands
        self.modelList = modelList
        self.takesStreamOptions = takesStreamOptions
        self.passes = passes
    }

    /// What a provider lacks it answers with its own 404; formats of chats it lacks are translated.
    private static let everything = Set(API.allCases)
    /// Everything but embeddings, for which nothing can be asked in their stead.
    private static let noEmbeddings = everything.subtracting([.embeddings])
    /// Every chat, whatever its format.
    private static let chats: Set<API> = [.chat, .completions, .responses, .messages]

    /// Every kind of the language, in the order of its reference.
    package static let all: [ProviderKind] = [
        ProviderKind(
            "ollama",
            "http://127.0.0.1:11434",
            isLocal: true,
            health: "/api/version",
            formats: [.ollama, .chat, .completions, .responses, .messages, .generate],
            thinking: .reasoning,
            embeddings: [.ollama, .ollamaOld, .openAI],
            commands: [.pull, .delete],
            modelList: .ollama
        ),
        ProviderKind(
            "llamacpp",
            "http://127.0.0.1:8080",
            isLocal: true,
            health: "/health",
            formats: [.chat, .completions, .responses, .messages],
            counts: [.messages]
        ),
        ProviderKind(
            "synapse",
            "http://127.0.0.1:5000",
            isLocal: true,
            health: "/health",
            commands: [.training, .sync],
            takesStreamOptions: false
        ),
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
            formats: [.chat, .completions, .responses, .messages],
            counts: [.messages]
        ),
        ProviderKind(
            "tensorrt-llm",
            "http://127.0.0.1:8000",
            isLocal: true,
            health: "/health",
            formats: [.chat, .completions, .responses]
        ),
        ProviderKind("onnx", "http://127.0.0.1:5272", isLocal: true, takesStreamOptions: false),
        ProviderKind(
            "openai",
            "https://api.openai.com",
            formats: [.chat, .completions, .responses],
            knowsNewestWords: true,
            knowsOpenSampling: false,
            thinking: .none,
            words: .openAI,
            passes: .known("openai-*")
        ),
        ProviderKind(
            "deepseek",
            "https://api.deepseek.com",
            formats: [.chat],
            apis: noEmbeddings,
            knowsOpenSampling: false,
            words: .deepSeek,
            embeddings: [],
            passes: .known()
        ),
        // Its schema is closed: what it does not know it refuses with 422. Its streams end with their usage unasked.
        ProviderKind(
            "mistral",
            "https://api.mistral.ai",
            formats: [.chat],
            knowsOpenSampling: false,
            thinking: .parts,
            words: .mistral,
            takesStreamOptions: false,
            passes: .known()
        ),
        ProviderKind(
            "google",
            "https://generativelanguage.googleapis.com",
            v1Path: "/v1beta/openai",
            formats: [.gemini, .chat],
            knowsOpenSampling: false,
            thinking: .none,
            embeddings: [.geminiBatch, .gemini, .openAI],
            counts: [.gemini],
            modelList: .gemini,
            passes: .known("x-goog-*")
        ),
        // It refuses what it does not know, `reasoning_content` too.
        ProviderKind(
            "groq",
            "https://api.groq.com",
            v1Path: "/openai/v1",
            formats: [.chat, .responses],
            apis: noEmbeddings,
            knowsOpenSampling: false,
            thinking: .reasoning,
            words: .groq,
            embeddings: [],
            passes: .known("groq-*")
        ),
        ProviderKind(
            "grok",
            "https://api.x.ai",
            formats: [.chat, .responses],
            knowsOpenSampling: false,
            passes: .known("x-grok-*")
        ),
        ProviderKind(
            "openrouter",
            "https://openrouter.ai",
            v1Path: "/api/v1",
            formats: [.chat, .completions, .responses, .messages],
            thinking: .details,
            passes: .known("http-referer", "x-title", "x-openrouter-*", "anthropic-beta")
        ),
        ProviderKind("openai-compatible", nil),
        ProviderKind(
            "anthropic",
            "https://api.anthropic.com",
            formats: [.messages],
            apis: chats.union([.models]),
            keyHeader: "x-api-key",
            embeddings: [],
            counts: [.messages],
            modelList: .anthropic,
            passes: .known("anthropic-*")
        ),
        ProviderKind(
            "whisper",
            "http://127.0.0.1:8080",
            isLocal: true,
            health: "/health",
            formats: [],
            apis: [.transcriptions, .translations],
            speech: .whisper,
            embeddings: [],
            modelList: nil
        ),
        ProviderKind(
            "piper",
            "http://127.0.0.1:5000",
            isLocal: true,
            health: "/voices",
            formats: [],
            apis: [.speech],
            speech: .piper,
            embeddings: [],
            modelList: nil
        ),
    ]

    /// The kind of that name.
    package static func named(_ name: String) -> ProviderKind? { all.first { $0.name == name } }
}
