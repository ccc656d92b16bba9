import Conversation
import JSON

/// Probabilities of tokens in OpenAI's form and in Gemini's (https://ai.google.dev/api/generate-content#LogprobsResult).
enum GeminiLogProbabilities {
    /// OpenAI's form of a `logprobsResult`; nil when it has no chosen tokens.
    static func standard(_ result: JSONNode) -> JSONNode? {
        guard let chosen = result.field("chosenCandidates")?.elements else { return nil }
        let top = result.field("topCandidates")?.elements ?? []
        return .written { writer in
            writer.beginObject()
            writer.key("content")
            writer.beginArray()
            for (index, token) in chosen.enumerated() {
                writer.beginObject()
                writeToken(token, &writer)
                writer.key("top_logprobs")
                writer.beginArray()
                let others = index < top.count ? top[index].field("candidates")?.elements ?? [] : []
                for other in others {
                    writer.beginObject()
                    writeToken(other, &writer)
                    writer.endObject()
                }
                writer.endArray()
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
    }

    private static func writeToken(_ token: JSONNode, _ writer: inout JSONWriter) {
        let text = token.field("token")?.string ?? ""
        writer.key("token")
        writer.string(text)
        writer.key("logprob")
        if let number = token.field("logProbability")?.number { writer.raw(number) } else { writer.number(0) }
        writer.key("bytes")
        writer.beginArray()
        for byte in text.plain { writer.number(Int(byte)) }
        writer.endArray()
    }

    /// Writes OpenAI's `logprobs` as a `logprobsResult`.
    static func write(_ node: JSONNode, to writer: inout JSONWriter) {
        write(tokens: node["content"]?.elements ?? [], to: &writer)
    }

    static func write(tokens: [JSONNode], to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("chosenCandidates")
        writer.beginArray()
        for token in tokens { writeOwn(token, &writer) }
        writer.endArray()
        writer.key("topCandidates")
        writer.beginArray()
        for token in tokens {
            writer.beginObject()
            writer.key("candidates")
            writer.beginArray()
            for other in token["top_logprobs"]?.elements ?? [] { writeOwn(other, &writer) }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    private static func writeOwn(_ token: JSONNode, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("token")
        writer.string(token["token"]?.string ?? "")
        if let number = token["logprob"]?.number {
            writer.key("logProbability")
            writer.raw(number)
        }
        writer.endObject()
    }
}
