import Bytes
import JSON

/// What a provider says it counted. Zero that was said is not the same as nothing said.
package struct UsageShape: Equatable, Sendable {
    package var prompt: Int?
    package var completion: Int?
    package var total: Int?
    package var cached: Int?

    /// Reads a usage object, in the names of OpenAI's chat or of its Responses.
    package init?(_ object: Span<UInt8>) {
        prompt =
            ObjectFields.integerValue(of: "prompt_tokens", in: object)
            ?? ObjectFields.integerValue(of: "input_tokens", in: object)
        completion =
            ObjectFields.integerValue(of: "completion_tokens", in: object)
            ?? ObjectFields.integerValue(of: "output_tokens", in: object)
        total = ObjectFields.integerValue(of: "total_tokens", in: object)
        for name: StaticString in ["prompt_tokens_details", "input_tokens_details"] {
            guard let details = ObjectFields.value(of: name, in: object) else { continue }
            cached = ObjectFields.integerValue(of: "cached_tokens", in: object.extracting(details))
        }
        guard prompt != nil || completion != nil || total != nil else { return nil }
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
