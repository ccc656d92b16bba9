import Conversation
import JSON

/// Reads and writes `countTokens` (https://ai.google.dev/api/tokens).
package enum GeminiTokenCount {
    /// Reads a body: `contents` alone, or a whole request as `generateContentRequest`.
    ///
    /// - Throws: what the client should have written.
    package static func read(request body: JSONNode) throws(ConversationFault) -> ChatRequest {
        try GeminiRequest.read(body.field("generateContentRequest") ?? body)
    }

    /// Writes a body that counts all of a request.
    ///
    /// - Throws: what cannot be said to Gemini without changing what it means.
    package static func write(
        _ request: ChatRequest,
        _ terms: RequestTerms
    ) throws(ConversationFault) -> WrittenRequest {
        let whole = try GeminiRequest.write(request, terms)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("generateContentRequest")
        writer.beginObject()
        writer.key("model")
        writer.string(JSONString("models/") + GeminiModels.name(terms.model))
        // The members of the body, without its braces.
        writer.text(",")
        writer.raw(whole.body[1..<(whole.body.count - 1)])
        writer.endObject()
        writer.endObject()
        return WrittenRequest(body: writer.bytes, dropped: whole.dropped)
    }

    /// Reads an answer; nil when it does not say.
    package static func read(answer body: JSONNode) -> Int? { body.field("totalTokens")?.count }

    /// Writes an answer.
    package static func write(tokens: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("totalTokens")
        writer.number(tokens)
        writer.endObject()
        return writer.bytes
    }
}
