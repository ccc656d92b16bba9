import Bytes
import JSON

/// What a provider says it counted.
///
/// Zero that was said is not the same as nothing said.
package struct UsageShape: Equatable, Sendable {
    /// Tokens read.
    package var prompt: Int?
    /// Tokens written.
    package var completion: Int?
    /// Both together, as the provider added them up.
    package var total: Int?
    /// Tokens of the prompt that came from a cache.
    package var cached: Int?

    private init() {}

    private var isSaid: Bool { prompt != nil || completion != nil || total != nil }

    /// Reads a usage object, in the names of OpenAI's chat or of its Responses; nil when it says nothing.
    package init?(_ object: Span<UInt8>) {
        guard readMembers(object, from: 0) != nil, isSaid else { return nil }
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
        case 12 where ASCII.starts(key, with: "input_tokens"): prompt = prompt ?? ObjectFields.integer(value)
        case 12 where ASCII.starts(key, with: "total_tokens"): total = ObjectFields.integer(value)
        case 13 where ASCII.starts(key, with: "prompt_tokens"): prompt = ObjectFields.integer(value)
        case 13 where ASCII.starts(key, with: "output_tokens"): completion = completion ?? ObjectFields.integer(value)
        case 17 where ASCII.starts(key, with: "completion_tokens"): completion = ObjectFields.integer(value)
        case 20 where ASCII.starts(key, with: "input_tokens_details"),
            21 where ASCII.starts(key, with: "prompt_tokens_details"):
            cached = ObjectFields.integerValue(of: "cached_tokens", in: value)
        default: break
        }
    }

    /// Finds the last `"usage":{…}` that is complete in a piece of a body.
    ///
    /// A search, not a parse: the piece may begin anywhere. Inside a JSON string the quotes would be escaped, so text
    /// that talks about usage is not taken for it.
    package static func findMember(in bytes: Span<UInt8>) -> UsageShape? {
        var found: UsageShape?
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
            if shape.isSaid { found = shape }
            start = end
        }
        return found
    }
}
