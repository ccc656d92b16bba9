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

    /// Reads a usage object, in the names of OpenAI's chat or of its Responses.
    package init?(_ object: Span<UInt8>) {
        do {
            try ObjectFields.forEach(in: object, orElse: { $0 }) { (member) throws(JSONFault) in take(member, object) }
        } catch { return nil }
        guard prompt != nil || completion != nil || total != nil else { return nil }
    }

    private mutating func take(_ member: ObjectFields.Member, _ object: Span<UInt8>) {
        let key = object.extracting(member.key.range)
        let value = object.extracting(member.value.range)
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
            let objectStart = scanner.position
            guard let kind = try? scanner.skipValue(bytes), kind == .object else { continue }
            found = UsageShape(bytes.extracting(objectStart..<scanner.position)) ?? found
            start = scanner.position
        }
        return found
    }
}
