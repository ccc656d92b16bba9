import Bytes
import Conversation
import JSON

/// Reads what a provider says it counted, where a body passes unchanged.
package struct UsageShape {
    private var tokens = TokenUsage()
    /// Anthropic's cached tokens, which its `input_tokens` leaves out.
    private var leftOut: Int?

    private init() {}

    /// Reads a usage object, in the names of OpenAI's chat, of its Responses or of Anthropic; nil when it says nothing.
    package static func read(_ object: Span<UInt8>) -> TokenUsage? {
        var shape = UsageShape()
        return shape.readMembers(object, from: 0) == nil ? nil : shape.said
    }

    private var said: TokenUsage? {
        var tokens = tokens
        if let leftOut, let input = tokens.input { tokens.input = input + leftOut }
        return tokens.input != nil || tokens.output != nil || tokens.total != nil ? tokens : nil
    }

    /// Reads the members of the object that begins at `start`; answers where it ends, nil when it is not whole.
    private mutating func readMembers(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var scanner = JSONScanner(at: start)
        do {
            try scanner.expect(0x7b, "", bytes)
            while true {
                scanner.skipSpace(bytes)
                let key = try scanner.skipString(bytes).text
                scanner.skipSpace(bytes)
                try scanner.expect(0x3a, "", bytes)
                scanner.skipSpace(bytes)
                let valueStart = scanner.position
                try scanner.skipValue(bytes)
                take(bytes.extracting(key.range), bytes.extracting(valueStart..<scanner.position))
                scanner.skipSpace(bytes)
                if scanner.position < bytes.count, bytes[scanner.position] == 0x7d { return scanner.position + 1 }
                try scanner.expect(0x2c, "", bytes)
            }
        } catch { return nil }
    }

    private mutating func take(_ key: Span<UInt8>, _ value: Span<UInt8>) {
        switch key.count {
        case 12 where ASCII.starts(key, with: "input_tokens"):
            tokens.input = tokens.input ?? ObjectFields.integer(value)
        case 12 where ASCII.starts(key, with: "total_tokens"): tokens.total = ObjectFields.integer(value)
        case 13 where ASCII.starts(key, with: "prompt_tokens"): tokens.input = ObjectFields.integer(value)
        case 13 where ASCII.starts(key, with: "output_tokens"):
            tokens.output = tokens.output ?? ObjectFields.integer(value)
        case 17 where ASCII.starts(key, with: "completion_tokens"): tokens.output = ObjectFields.integer(value)
        case 20 where ASCII.starts(key, with: "input_tokens_details"),
            21 where ASCII.starts(key, with: "prompt_tokens_details"):
            tokens.cachedInput = ObjectFields.integerValue(of: "cached_tokens", in: value)
        case 21 where ASCII.starts(key, with: "output_tokens_details"),
            25 where ASCII.starts(key, with: "completion_tokens_details"):
            tokens.reasoning = ObjectFields.integerValue(of: "reasoning_tokens", in: value)
        case 23 where ASCII.starts(key, with: "cache_read_input_tokens"):
            tokens.cachedInput = ObjectFields.integer(value)
            leftOut = (leftOut ?? 0) + (tokens.cachedInput ?? 0)
        case 27 where ASCII.starts(key, with: "cache_creation_input_tokens"):
            tokens.cacheWrite = ObjectFields.integer(value)
            leftOut = (leftOut ?? 0) + (tokens.cacheWrite ?? 0)
        default: break
        }
    }

    /// Finds the last `"usage":{…}` that is complete in a piece of a body.
    ///
    /// A search, not a parse: the piece may begin anywhere. Inside a JSON string the quotes would be escaped, so text
    /// that talks about usage is not taken for it.
    package static func findMember(in bytes: Span<UInt8>) -> TokenUsage? {
        var found: TokenUsage?
        var start = 0
        while let hit = Scan.find("\"usage\"", in: bytes, from: start) {
            start = hit + 7
            if hit > 0, bytes[hit - 1] == 0x5c { continue }
            var scanner = JSONScanner(at: start)
            scanner.skipSpace(bytes)
            guard (try? scanner.expect(0x3a, "", bytes)) != nil else { continue }
            scanner.skipSpace(bytes)
            var shape = UsageShape()
            guard let end = shape.readMembers(bytes, from: scanner.position) else { continue }
            if let said = shape.said { found = said }
            start = end
        }
        return found
    }
}
