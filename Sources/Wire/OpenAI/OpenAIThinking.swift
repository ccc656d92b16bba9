import Conversation
import JSON

/// Thinking in messages: `reasoning_content` (DeepSeek, vLLM), `reasoning` (Groq, OpenRouter), `reasoning_details`
/// (OpenRouter), `thinking_blocks` (LiteLLM) and Mistral's parts of type `thinking`.
enum OpenAIThinking {
    /// The thinking beside a message's content, most exact source first.
    static func parts(of message: JSONNode) -> [ReasoningPart] {
        let plain = filled(message["reasoning_content"]) ?? filled(message["reasoning"])
        if let details = message["reasoning_details"]?.elements, !details.isEmpty {
            return merged(details.compactMap(part(ofDetail:)), plain)
        }
        if let blocks = message["thinking_blocks"]?.elements, !blocks.isEmpty {
            return merged(blocks.compactMap(part(ofBlock:)), plain)
        }
        return plain.map { [ReasoningPart(text: $0)] } ?? []
    }

    /// Details may be seals alone, while the text stands beside them.
    private static func merged(_ parts: [ReasoningPart], _ plain: JSONString?) -> [ReasoningPart] {
        guard let plain, !parts.contains(where: { !$0.text.isEmpty }) else { return parts }
        guard let index = parts.firstIndex(where: { $0.signature != nil }) else {
            return [ReasoningPart(text: plain)] + parts
        }
        var parts = parts
        parts[index].text = plain
        return parts
    }

    private static func filled(_ node: JSONNode?) -> JSONString? { node?.string.flatMap { $0.isEmpty ? nil : $0 } }

    /// An element of `reasoning_details`.
    ///
    /// <https://openrouter.ai/docs/use-cases/reasoning-tokens#reasoning_details-array-structure>
    private static func part(ofDetail node: JSONNode) -> ReasoningPart? {
        if let data = filled(node["data"]) { return ReasoningPart(text: "", redacted: data) }
        let part = ReasoningPart(
            text: filled(node["text"]) ?? filled(node["summary"]) ?? "",
            signature: filled(node["signature"])
        )
        return part.text.isEmpty && part.signature == nil ? nil : part
    }

    /// LiteLLM passes on Anthropic's blocks.
    private static func part(ofBlock node: JSONNode) -> ReasoningPart? {
        if let data = filled(node["data"]) { return ReasoningPart(text: "", redacted: data) }
        let part = ReasoningPart(text: filled(node["thinking"]) ?? "", signature: filled(node["signature"]))
        return part.text.isEmpty && part.signature == nil ? nil : part
    }

    /// A part of the content of type `thinking`.
    ///
    /// <https://docs.mistral.ai/capabilities/reasoning>
    static func part(ofMistral node: JSONNode) -> ReasoningPart? {
        guard let thinking = node["thinking"] else { return nil }
        if let text = thinking.string { return ReasoningPart(text: text, signature: filled(node["signature"])) }
        let texts = (thinking.elements ?? []).compactMap { $0["text"]?.string }
        return ReasoningPart(text: JSONString.joined(texts), signature: filled(node["signature"]))
    }

    /// All texts as one; nil when there are none.
    static func text(_ parts: [ReasoningPart]) -> JSONString? {
        let texts = parts.filter { !$0.text.isEmpty }.map(\.text)
        return texts.isEmpty ? nil : JSONString.joined(texts, by: "\n")
    }

    /// Whether `reasoning_content` alone would lose something.
    static func needsDetails(_ parts: [ReasoningPart]) -> Bool {
        parts.contains { $0.signature != nil || $0.redacted != nil }
    }

    /// Writes `reasoning_details`.
    static func writeDetails(_ parts: [ReasoningPart], to output: inout JSONWriter) {
        output.key("reasoning_details")
        output.beginArray()
        var index = 0
        for part in parts {
            if part.redacted == nil || !part.text.isEmpty || part.signature != nil {
                output.beginObject()
                output.key("type")
                output.string("reasoning.text")
                output.key("text")
                output.string(part.text)
                if let signature = part.signature {
                    output.key("signature")
                    output.string(signature)
                }
                output.key("index")
                output.number(index)
                output.endObject()
                index += 1
            }
            if let data = part.redacted {
                output.beginObject()
                output.key("type")
                output.string("reasoning.encrypted")
                output.key("data")
                output.string(data)
                output.key("index")
                output.number(index)
                output.endObject()
                index += 1
            }
        }
        output.endArray()
    }
}
