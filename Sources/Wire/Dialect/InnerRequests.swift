import Bytes
import JSON

/// Requests that carry others, which name models and limits of their own that nobody judges.
package enum InnerRequests {
    /// True for a path where requests are handed in many at a time, to be done later.
    ///
    /// Anthropic's `/v1/messages/batches` and what is below it, and Gemini's `:batchGenerateContent` and
    /// `:asyncBatchEmbedContent`, however the colon is spelled.
    package static func areHandedIn(at path: Span<UInt8>) -> Bool {
        let rest = path.extracting((ASCII.starts(path, with: "/openai/v1/") ? 7 : 0)...)
        let messages: StaticString = "/v1/messages/batches"
        let count = messages.utf8CodeUnitCount
        if ASCII.starts(rest, with: messages), rest.count == count || rest[count] == 0x2f { return true }
        return ends(path, with: "batchGenerateContent") || ends(path, with: "asyncBatchEmbedContent")
    }

    /// True for a path where a file of requests is handed in, as OpenAI's `/v1/batches`.
    package static func areInFile(at path: Span<UInt8>) -> Bool { ends(path, with: "/batches") }

    /// True when a body for Gemini's embeddings names, for itself or for one of its `requests`, another model than its path.
    package static func nameAnother(than model: Span<UInt8>, in body: Span<UInt8>) -> Bool {
        struct Broken: Error {}
        var isAnother = false
        // What is no JSON was refused.
        try? ObjectFields.forEach(in: body, orElse: { _ in Broken() }) { member throws(Broken) in
            let raw = body.extracting(member.key.range)
            let key = member.keyIsEscaped ? JSONText.unescape(raw) : raw.indices.map { raw[$0] }
            let value = body.extracting(member.value.range)
            if ASCII.equalsIgnoringCase(key.span, "model"), member.kind != .null {
                guard member.kind == .string else { return isAnother = true }
                let inside = JSONText.unescape(value.extracting(1..<(value.count - 1)))
                isAnother = isAnother || !isSame(inside.span, model)
            } else if ASCII.equalsIgnoringCase(key.span, "requests"), member.kind == .array {
                try? JSONWalk.elements(of: JSONPlace.whole(value), in: value) { place throws(JSONFault) in
                    guard place.kind == .object else { return }
                    let one = value.extracting(place.range.range)
                    isAnother = isAnother || nameAnother(than: model, in: one)
                }
            }
        }
        return isAnother
    }

    /// `models/` may stand in front of either.
    private static func isSame(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        let left = left.extracting((ASCII.starts(left, with: "models/") ? 7 : 0)...)
        let right = right.extracting((ASCII.starts(right, with: "models/") ? 7 : 0)...)
        guard left.count == right.count else { return false }
        for index in left.indices where left[index] != right[index] { return false }
        return true
    }

    private static func ends(_ path: Span<UInt8>, with word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        return path.count >= count && ASCII.equals(path.extracting((path.count - count)...), word)
    }
}
