import Bytes
import Conversation
import JSON

/// OpenAI's `usage`, with the members in which its imitators tell what was cached.
enum OpenAIUsage {
    /// Reads it from a tree; nil when this is no object or says nothing.
    static func read(_ node: JSONNode?) -> TokenUsage? {
        guard let node, node.isObject else { return nil }
        var usage = TokenUsage()
        for member in node.members {
            let number = member.value.integer
            switch member.key {
            case "prompt_tokens": usage.input = number
            case "completion_tokens": usage.output = number
            case "total_tokens": usage.total = number
            case "prompt_tokens_details":
                usage.cachedInput = member.value["cached_tokens"]?.integer ?? usage.cachedInput
                usage.cacheWrite = member.value["cache_write_tokens"]?.integer
            case "completion_tokens_details": usage.reasoning = member.value["reasoning_tokens"]?.integer
            case "prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens":
                usage.cachedInput = usage.cachedInput ?? number
            default: break
            }
        }
        return usage.isEmpty ? nil : settled(usage)
    }

    /// Reads it in place.
    static func read(_ place: JSONPlace, in data: Span<UInt8>) throws(JSONFault) -> TokenUsage? {
        guard place.kind == .object else { return nil }
        var usage = TokenUsage()
        try JSONWalk.members(of: place, in: data) { key, value throws(JSONFault) in
            let word = data.extracting(key.range)
            if value.kind == .number {
                let number = JSONWalk.integer(value, in: data)
                if ASCII.equals(word, "prompt_tokens") {
                    usage.input = number
                } else if ASCII.equals(word, "completion_tokens") {
                    usage.output = number
                } else if ASCII.equals(word, "total_tokens") {
                    usage.total = number
                } else if ASCII.equals(word, "prompt_cache_hit_tokens") || ASCII.equals(word, "cached_tokens")
                    || ASCII.equals(word, "num_cached_tokens")
                {
                    usage.cachedInput = usage.cachedInput ?? number
                }
            } else if value.kind == .object {
                if ASCII.equals(word, "prompt_tokens_details") {
                    usage.cachedInput = try integer("cached_tokens", of: value, in: data) ?? usage.cachedInput
                    usage.cacheWrite = try integer("cache_write_tokens", of: value, in: data)
                } else if ASCII.equals(word, "completion_tokens_details") {
                    usage.reasoning = try integer("reasoning_tokens", of: value, in: data)
                }
            }
        }
        return usage.isEmpty ? nil : settled(usage)
    }

    private static func integer(
        _ word: StaticString,
        of place: JSONPlace,
        in data: Span<UInt8>
    ) throws(JSONFault) -> Int? {
        var found: Int?
        try JSONWalk.members(of: place, in: data) { key, value throws(JSONFault) in
            if JSONWalk.isKey(key, word, in: data) { found = JSONWalk.integer(value, in: data) }
        }
        return found
    }

    /// xAI counts thinking beside the completion, OpenAI within it; the total tells which.
    private static func settled(_ usage: TokenUsage) -> TokenUsage {
        guard let input = usage.input, let output = usage.output, let reasoning = usage.reasoning, reasoning > 0,
            usage.total == input + output + reasoning
        else { return usage }
        var usage = usage
        usage.output = output + reasoning
        return usage
    }

    /// Writes it as Chat Completions and Completions have it.
    static func write(_ usage: TokenUsage, to output: inout JSONWriter) {
        output.beginObject()
        output.key("prompt_tokens")
        output.number(usage.input ?? 0)
        output.key("completion_tokens")
        output.number(usage.output ?? 0)
        output.key("total_tokens")
        output.number(usage.sum ?? 0)
        if usage.cachedInput != nil || usage.cacheWrite != nil {
            output.key("prompt_tokens_details")
            output.beginObject()
            output.key("cached_tokens")
            output.number(usage.cachedInput ?? 0)
            if let count = usage.cacheWrite {
                output.key("cache_write_tokens")
                output.number(count)
            }
            output.endObject()
        }
        if let count = usage.reasoning {
            output.key("completion_tokens_details")
            output.beginObject()
            output.key("reasoning_tokens")
            output.number(count)
            output.endObject()
        }
        output.endObject()
    }

    /// Writes it as the Responses API has it, whose members are all required.
    static func writeResponses(_ usage: TokenUsage, to output: inout JSONWriter) {
        output.beginObject()
        output.key("input_tokens")
        output.number(usage.input ?? 0)
        output.key("input_tokens_details")
        output.beginObject()
        output.key("cache_write_tokens")
        output.number(usage.cacheWrite ?? 0)
        output.key("cached_tokens")
        output.number(usage.cachedInput ?? 0)
        output.endObject()
        output.key("output_tokens")
        output.number(usage.output ?? 0)
        output.key("output_tokens_details")
        output.beginObject()
        output.key("reasoning_tokens")
        output.number(usage.reasoning ?? 0)
        output.endObject()
        output.key("total_tokens")
        output.number(usage.sum ?? 0)
        output.endObject()
    }
}
