import Bytes
import JSON

/// The names of members that a measure looks into; everything else is passed over.
enum MeasuredName {
    /// `messages`, `input` and Gemini's `contents`; inside a message, what a tool is given or gave back.
    case list
    /// `prompt`, `instructions`, `system`, `suffix`, Gemini's `systemInstruction`.
    case text
    /// `content`, `text`, `refusal`, `thinking`, `output`, `arguments`, `tool_calls`, `function`; Gemini's `parts`,
    /// `functionCall` and `functionResponse`.
    case content
    /// `tools`, `functions`.
    case tools
    /// `response_format`, `output_config`, and `text`, which is a format at the top and a text in a part.
    case format
    case innerFormat
    /// Gemini's `generationConfig`, and what of it names a schema.
    case generation, schema
    /// Gemini's `inlineData` and `fileData`, and the member that says what they are.
    case blob, mediaType
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
        case 4 where isExactly("args"): return .list
        case 4 where isExactly("text"): return .format
        case 5 where isExactly("input"): return .list
        case 5 where isExactly("parts"): return .content
        case 5 where isExactly("tools"): return .tools
        case 6 where isExactly("prompt") || isExactly("system") || isExactly("suffix"): return .text
        case 6 where isExactly("output"): return .content
        case 6 where isExactly("images"): return .images
        case 6 where isExactly("format"): return .innerFormat
        case 7 where isExactly("content") || isExactly("refusal"): return .content
        case 8 where isExactly("messages") || isExactly("contents") || isExactly("response"): return .list
        case 8 where isExactly("fileData") || isExactly("mimeType"): return key[0] == 0x66 ? .blob : .mediaType
        case 9 where isExactly("file_data") || isExactly("mime_type"): return key[0] == 0x66 ? .blob : .mediaType
        case 8 where isExactly("thinking") || isExactly("function"): return .content
        case 9 where isExactly("arguments"): return .list
        case 9 where isExactly("functions"): return .tools
        case 10 where isExactly("tool_calls"): return .content
        case 10 where isExactly("inlineData"): return .blob
        case 11 where isExactly("inline_data"): return .blob
        case 12 where isExactly("functionCall"): return .content
        case 14 where isExactly("responseSchema"): return .schema
        case 15 where isExactly("response_schema"): return .schema
        case 16 where isExactly("functionResponse"): return .content
        case 16 where isExactly("generationConfig"): return .generation
        case 17 where isExactly("function_response"): return .content
        case 17 where isExactly("generation_config"): return .generation
        case 17 where isExactly("systemInstruction"): return .text
        case 18 where isExactly("system_instruction"): return .text
        case 18 where isExactly("responseJsonSchema"): return .schema
        case 18 where isExactly("responseModalities"): return .modalities
        case 20 where isExactly("response_json_schema"): return .schema
        case 19 where isExactly("response_modalities"): return .modalities
        case 10 where isExactly("modalities"): return .modalities
        case 12 where isExactly("instructions"): return .text
        case 13 where isExactly("output_config") || isExactly("output_format"): return .format
        case 15 where isExactly("response_format"): return .format
        default: return .other
        }
    }
}
