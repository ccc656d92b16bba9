import Bytes
import Conversation
import JSON

/// What the words of Anthropic's Messages stand for (platform.claude.com/docs/en/api/messages).
enum AnthropicWords {
    /// The reason that a `stop_reason` says; words that are not known are `other`.
    static func finish(_ word: Span<UInt8>) -> FinishReason {
        if ASCII.equals(word, "end_turn") { return .stop }
        if ASCII.equals(word, "tool_use") { return .toolCalls }
        if ASCII.equals(word, "max_tokens") { return .length }
        if ASCII.equals(word, "stop_sequence") { return .stopSequence }
        if ASCII.equals(word, "pause_turn") { return .pause }
        if ASCII.equals(word, "refusal") { return .refusal }
        if ASCII.equals(word, "model_context_window_exceeded") { return .contextLength }
        return .other
    }

    /// The `stop_reason` for a reason.
    ///
    /// Some providers say "stop" after calls and refusals, where Anthropic's clients go by the reason alone. A filter
    /// that intervenes is a refusal here (build-with-claude/handling-stop-reasons).
    static func stopReason(_ finish: FinishReason?, hasCalls: Bool, hasRefusal: Bool) -> StaticString {
        switch finish {
        case .stopSequence: "stop_sequence"
        case .length: "max_tokens"
        case .contextLength: "model_context_window_exceeded"
        case .toolCalls: "tool_use"
        case .contentFilter, .refusal: "refusal"
        case .pause: "pause_turn"
        case .stop, .other, nil: hasCalls ? "tool_use" : hasRefusal ? "refusal" : "end_turn"
        }
    }

    /// The kind of an error by its type (api/errors); nil for a word that is not known.
    static func kind(_ type: Span<UInt8>) -> ChatFault.Kind? {
        if ASCII.equals(type, "invalid_request_error") { return .invalidRequest }
        if ASCII.equals(type, "authentication_error") { return .authentication }
        if ASCII.equals(type, "billing_error") { return .billing }
        if ASCII.equals(type, "permission_error") { return .permission }
        if ASCII.equals(type, "not_found_error") { return .notFound }
        if ASCII.equals(type, "request_too_large") { return .tooLarge }
        if ASCII.equals(type, "rate_limit_error") { return .rateLimit }
        if ASCII.equals(type, "overloaded_error") { return .overloaded }
        if ASCII.equals(type, "timeout_error") { return .timeout }
        if ASCII.equals(type, "api_error") { return .server }
        return nil
    }

    /// The error type for a kind.
    static func type(_ kind: ChatFault.Kind) -> StaticString {
        switch kind {
        case .invalidRequest: "invalid_request_error"
        case .authentication: "authentication_error"
        case .billing: "billing_error"
        case .permission: "permission_error"
        case .notFound: "not_found_error"
        case .tooLarge: "request_too_large"
        case .rateLimit: "rate_limit_error"
        case .server: "api_error"
        case .overloaded: "overloaded_error"
        case .timeout: "timeout_error"
        }
    }

    /// The HTTP status of a kind.
    static func status(_ kind: ChatFault.Kind) -> Int {
        switch kind {
        case .invalidRequest: 400
        case .authentication: 401
        case .billing: 402
        case .permission: 403
        case .notFound: 404
        case .tooLarge: 413
        case .rateLimit: 429
        case .server: 500
        case .overloaded: 529
        case .timeout: 504
        }
    }

    /// Blocks of this dialect that no other has a word for; they are written as they were read.
    static func isOwnBlock(_ kind: String) -> Bool {
        switch kind {
        case "server_tool_use", "search_result", "container_upload", "tool_reference", "mcp_tool_use",
            "mcp_tool_result", "compaction", "fallback", "document", "browser_state":
            true
        default: kind.hasSuffix("_tool_result")
        }
    }

    /// Whether a tool's type is one of this dialect's: `web_search_20250305`, `mcp_toolset`.
    static func isOwnTool(_ type: String) -> Bool {
        if type == "mcp_toolset" { return true }
        let date = type.utf8.suffix(8)
        return date.count == 8 && date.allSatisfy(ASCII.isDigit) && type.utf8.dropLast(8).last == 0x5f
    }

    /// The id of a call with the only bytes Anthropic takes: letters, digits, `_` and `-`.
    static func callID(_ id: JSONString) -> JSONString {
        func isPlain(_ byte: UInt8) -> Bool {
            ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == 0x5f || byte == 0x2d
        }
        if id.spelled.allSatisfy(isPlain) { return id }
        return JSONString(spelled: id.plain.map { isPlain($0) ? $0 : 0x5f }[...])
    }
}

extension JSONString {
    /// Nothing, or nothing but white space: what Anthropic refuses as a text.
    var isBlank: Bool {
        var isEscaped = false
        for byte in spelled {
            switch byte {
            case 0x20: if isEscaped { return false }
            case 0x5c:
                if isEscaped { return false }
                isEscaped = true
            case 0x6e, 0x72, 0x74:
                if !isEscaped { return false }
                isEscaped = false
            default: return false
            }
        }
        return true
    }
}
