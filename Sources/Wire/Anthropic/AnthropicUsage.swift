import Bytes
import Conversation
import JSON

/// Usage as Anthropic counts it: what was read from a cache, or written to one, is not part of `input_tokens`.
struct AnthropicUsage: Equatable, Sendable {
    var input: Int?
    var output: Int?
    var cacheRead: Int?
    var cacheWrite: Int?
    var thinking: Int?

    /// In the words of `Conversation`, whose input counts the cached too.
    var tokens: TokenUsage {
        var usage = TokenUsage()
        if input != nil || cacheRead != nil || cacheWrite != nil {
            usage.input = (input ?? 0) + (cacheRead ?? 0) + (cacheWrite ?? 0)
        }
        usage.output = output
        usage.cachedInput = cacheRead
        usage.cacheWrite = cacheWrite
        usage.reasoning = thinking
        return usage
    }

    /// Takes over what a `usage` object says; counts are cumulative, and those left out stay.
    mutating func update(_ place: JSONPlace, in bytes: Span<UInt8>) throws(JSONFault) {
        guard place.kind == .object else { return }
        var next = self
        try JSONWalk.members(of: place, in: bytes) { key, value throws(JSONFault) in
            if JSONWalk.isKey(key, "input_tokens", in: bytes) {
                next.input = JSONWalk.integer(value, in: bytes) ?? next.input
            } else if JSONWalk.isKey(key, "output_tokens", in: bytes) {
                next.output = JSONWalk.integer(value, in: bytes) ?? next.output
            } else if JSONWalk.isKey(key, "cache_read_input_tokens", in: bytes) {
                next.cacheRead = JSONWalk.integer(value, in: bytes) ?? next.cacheRead
            } else if JSONWalk.isKey(key, "cache_creation_input_tokens", in: bytes) {
                next.cacheWrite = JSONWalk.integer(value, in: bytes) ?? next.cacheWrite
            } else if JSONWalk.isKey(key, "output_tokens_details", in: bytes), value.kind == .object {
                try JSONWalk.members(of: value, in: bytes) { key, value throws(JSONFault) in
                    guard JSONWalk.isKey(key, "thinking_tokens", in: bytes) else { return }
                    next.thinking = JSONWalk.integer(value, in: bytes) ?? next.thinking
                }
            }
        }
        self = next
    }

    /// Writes the object; `input_tokens` and `output_tokens` are required there and are 0 when not known.
    static func write(_ usage: TokenUsage, to writer: inout JSONWriter) {
        let cached = (usage.cachedInput ?? 0) + (usage.cacheWrite ?? 0)
        writer.beginObject()
        writer.key("input_tokens")
        writer.number(max(0, (usage.input ?? 0) - cached))
        if let written = usage.cacheWrite {
            writer.key("cache_creation_input_tokens")
            writer.number(written)
        }
        if let read = usage.cachedInput {
            writer.key("cache_read_input_tokens")
            writer.number(read)
        }
        writer.key("output_tokens")
        writer.number(usage.output ?? 0)
        if let thinking = usage.reasoning {
            writer.key("output_tokens_details")
            writer.beginObject()
            writer.key("thinking_tokens")
            writer.number(thinking)
            writer.endObject()
        }
        writer.endObject()
    }
}
