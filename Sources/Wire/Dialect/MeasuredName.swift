import Bytes
import JSON

/// The names of members that a measure looks into; everything else is passed over.
enum MeasuredName {
    /// `messages` and `input`; inside a message, what a tool is given.
    case list
    /// `prompt`, `instructions`, `system`, `suffix`.
    case text
    /// `content`, `text`, `refusal`, `thinking`, `output`, `arguments`, `tool_calls`, `function`.
    case content
    /// `tools`, `functions`.
    case tools
    /// `response_format`, `output_config`, and `text`, which is a format at the top and a text in a part.
    case format
    case innerFormat
    case type, images, modalities, other

    /// Names a member.
    static func of(_ key: Span<UInt8>, isEscaped: Bool) -> MeasuredName {
        guard isEscaped else { return read(key) }
        // Only a name in disguise is of interest.
        let plain = JSONText.unescape(key)
        return read(plain.span)
    }

    private static func read(_ key: Span<UInt8>) -> MeasuredName {
        func isExactly(_ word: StaticString) -> Bool { ASCII.starts(key, with: word) }
        switch key.count {
        case 4 where isExactly("type"): return .type
        case 4 where isExactly("text"): return .format
        case 5 where isExactly("input"): return .list
        case 5 where isExactly("tools"): return .tools
        case 6 where isExactly("prompt") || isExactly("system") || isExactly("suffix"): return .text
        case 6 where isExactly("output"): return .content
        case 6 where isExactly("images"): return .images
        case 6 where isExactly("format"): return .innerFormat
        case 7 where isExactly("content") || isExactly("refusal"): return .content
        case 8 where isExactly("messages"): return .list
        case 8 where isExactly("thinking") || isExactly("function"): return .content
        case 9 where isExactly("arguments"): return .list
        case 9 where isExactly("functions"): return .tools
        case 10 where isExactly("tool_calls"): return .content
        case 10 where isExactly("modalities"): return .modalities
        case 12 where isExactly("instructions"): return .text
        case 13 where isExactly("output_config") || isExactly("output_format"): return .format
        case 15 where isExactly("response_format"): return .format
        default: return .other
        }
    }
}
