import Bytes
import Decision
import Dialect
import Routing

extension Provider {
    /// True when the provider is enabled for the endpoint and lists the model, or lists none.
    ///
    /// A request without a model is asked about with an empty one, which every provider of the endpoint serves.
    package func serves(model: Span<UInt8>, api: API) -> Bool {
        guard isEnabled, apis.contains(api) else { return false }
        guard let models, !model.isEmpty else { return true }
        for index in models.indices where models[index].matches(model) { return true }
        return false
    }

    /// The format a chat reaches it in: the client's own where it speaks that, else the first that it can be asked in.
    package func format(for client: ChatFormat) -> ChatFormat? {
        formats.contains(client) ? client : formats.first { $0.canBeAsked }
    }

    /// The path that a chat in a format of ours is asked at.
    ///
    /// The model is part of Gemini's paths, and streams have another one there.
    package func path(of format: ChatFormat, model: String, streams: Bool) -> String {
        switch format {
        case .chat: return targetPrefix.path(for: "/v1/chat/completions")
        case .completions: return targetPrefix.path(for: "/v1/completions")
        case .responses: return targetPrefix.path(for: "/v1/responses")
        case .messages: return targetPrefix.path(for: "/v1/messages")
        case .gemini:
            return geminiPath(model, streams ? "streamGenerateContent?alt=sse" : "generateContent")
        case .ollama: return rootPath + "/api/chat"
        case .generate: return rootPath + "/api/generate"
        }
    }

    /// The format embeddings reach it in: the client's own where it speaks that, else the first that it can be asked in.
    package func format(for client: EmbeddingFormat) -> EmbeddingFormat? {
        kind.embeddings.contains(client) ? client : kind.embeddings.first { $0.canBeAsked }
    }

    /// The path that embeddings are asked at; in Gemini's, the model is part of it.
    package func path(of format: EmbeddingFormat, model: String) -> String {
        switch format {
        case .openAI: targetPrefix.path(for: "/v1/embeddings")
        case .ollama: rootPath + "/api/embed"
        case .ollamaOld: rootPath + "/api/embeddings"
        case .gemini: geminiPath(model, "embedContent")
        case .geminiBatch: geminiPath(model, "batchEmbedContents")
        }
    }

    /// The path that counts the tokens of a chat; nil when it does not count in this format.
    package func countPath(of format: ChatFormat, model: String) -> String? {
        guard kind.counts.contains(format), formats.contains(format) else { return nil }
        return format == .gemini
            ? geminiPath(model, "countTokens") : targetPrefix.path(for: "/v1/messages/count_tokens")
    }

    /// Method and path of a command, about the training `job` if it is about one; nil when it does not know it.
    package func request(of command: ModelCommand, job: String) -> (method: String, path: String)? {
        guard kind.commands.contains(command) else { return nil }
        return switch command {
        case .pull: ("POST", rootPath + "/api/pull")
        case .delete: ("DELETE", rootPath + "/api/delete")
        case .training: ("GET", targetPrefix.path(for: "/v1/training/") + Self.pathSegment(job))
        case .sync: ("POST", targetPrefix.path(for: "/v1/catalog/sync"))
        }
    }

    /// The path that lists its models, with the size of a page where it has pages; nil when it has none.
    ///
    /// `page` is what the page before told of the next.
    package func modelsPath(page: String?) -> String? {
        switch kind.modelList {
        case .openAI: return targetPrefix.path(for: "/v1/models")
        case .ollama: return rootPath + "/api/tags"
        case .anthropic:
            let next = page.map { "&after_id=\(Self.pathSegment($0))" } ?? ""
            return targetPrefix.path(for: "/v1/models") + "?limit=1000" + next
        case .gemini:
            let next = page.map { "&pageToken=\(Self.pathSegment($0))" } ?? ""
            return rootPath + "/v1beta/models?pageSize=1000" + next
        case nil: return nil
        }
    }

    private func geminiPath(_ model: String, _ verb: String) -> String {
        rootPath
            + "/v1beta/models/\(Self.pathSegment(model.hasPrefix("models/") ? String(model.dropFirst(7)) : model)):"
            + verb
    }

    /// Where sound goes to become text at whisper.cpp's server, and text to become sound at Piper's.
    ///
    /// Piper has had `/synthesize` since 1.4 and takes the same at `/` in 1.3. A URL may name the place itself.
    package func speechPath(atRoot: Bool = false) -> String {
        let place = kind.speech == .whisper ? "/inference" : "/synthesize"
        let root = rootPath
        guard !root.hasSuffix(place) else { return root }
        return root + (atRoot ? "/" : place)
    }

    /// What stands before paths that are not under `/v1`: the URL's path without the version that OpenAI's libraries want.
    private var rootPath: String {
        var path = url.basePath
        for ending in ["/openai", "/v1beta", "/v1"] where path.hasSuffix(ending) {
            path = String(path.dropLast(ending.utf8.count))
        }
        return path
    }

    /// A model's name as one segment of a path (RFC 3986 §3.3).
    private static func pathSegment(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    /// The name and value of the header field that carries the key, for requests in a format.
    ///
    /// Google takes the key of its own format in a field of its own (ai.google.dev/api), and as a bearer token where it
    /// imitates OpenAI.
    package func keyField(for format: ChatFormat) -> HeaderPair? {
        guard format == .gemini, kind.name == "google" else { return keyField }
        return key.map { HeaderPair(name: "x-goog-api-key", value: $0) }
    }

    /// How a client's path becomes this upstream's.
    package var targetPrefix: TargetPrefix { TargetPrefix(kind: kind, basePath: url.basePath) }

    /// The name and value of the header field that carries the key.
    package var keyField: HeaderPair? {
        key.map { HeaderPair(name: kind.keyHeader, value: kind.keyPrefix + $0) }
    }
}

/// How a client's path becomes an upstream's: what to drop in front and what to put there.
///
/// The client's paths begin with `/v1`. A provider may keep that elsewhere (`/openai/v1`), and a URL in a route file may
/// name the place itself; then it is not written twice:
///
/// - a URL without a path gets the kind's place;
/// - a URL whose path ends in `/v1` stands for the client's `/v1`, as does any path of an `openai-compatible` provider
///   (what OpenAI's libraries call the base URL) or of a kind whose place is not `/v1`;
/// - any other path stands in front of `/v1`.
package struct TargetPrefix: Equatable, Sendable {
    /// Put in front of what is left of the client's path.
    package let prefix: String
    /// True when the client's leading `/v1` is dropped.
    package let replacesV1: Bool

    /// Works out the rule for a kind and the path of a URL, which has no slash at its end.
    package init(kind: ProviderKind, basePath: String) {
        if basePath.isEmpty {
            prefix = kind.v1Path == "/v1" ? "" : kind.v1Path
            replacesV1 = kind.v1Path != "/v1"
        } else {
            prefix = basePath
            replacesV1 = basePath.hasSuffix("/v1") || kind.v1Path != "/v1" || kind.defaultURL == nil
        }
    }

    /// The upstream's path for a client's path with its query, or for one that is not under `/v1`, which stays whole.
    package func path(for client: String) -> String {
        let drop = droppedBytes(of: client.utf8.span)
        return prefix + String(decoding: Array(client.utf8.dropFirst(drop)), as: UTF8.self)
    }

    /// How many bytes of the client's path the prefix replaces: 3 for `/v1`, 0 when nothing is dropped.
    ///
    /// Groq's libraries ask `/openai/v1`, which is the same place (`Surface.dropped`): `/openai` never goes on.
    package func droppedBytes(of client: Span<UInt8>) -> Int {
        let start = ASCII.starts(client, with: "/openai/v1/") ? 7 : 0
        guard replacesV1, client.count >= start + 3 else { return start }
        guard ASCII.starts(client.extracting(start...), with: "/v1") else { return start }
        guard client.count > start + 3 else { return start + 3 }
        let next = client[start + 3]
        return next == UInt8(ascii: "/") || next == UInt8(ascii: "?") ? start + 3 : start
    }
}
