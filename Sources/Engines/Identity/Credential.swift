import Bytes
import HTTP

/// The token that a request carries, wherever clients put one.
///
/// `Authorization: Bearer` (RFC 6750 §2.1), `x-api-key` (Anthropic), `x-goog-api-key` (Gemini), `api-key` (Azure), and the
/// `key` of the query where Gemini's libraries ask. They are looked at in this order.
package enum Credential: Equatable {
    case none
    /// A place in the head's bytes.
    case inHead(TextRange)
    /// Of the query, with what its escapes stand for.
    case inQuery([UInt8])
    /// Two that differ: another proxy might have looked at the one, and this at the other.
    case differing

    private static let names: [KnownField] = [.authorization, .xApiKey, .xGoogApiKey, .apiKey]

    /// Reads a request's head; only differing credentials and those of queries allocate.
    ///
    /// - Parameters:
    ///   - head: the head.
    ///   - bytes: what it was read from.
    ///   - takesQuery: true where a client may put it in the query.
    /// - Returns: the one token of the request; several places that say the same are one.
    package static func read(_ head: RequestHead, _ bytes: Span<UInt8>, takesQuery: Bool) -> Credential {
        var found = TextRange.absent
        for name in names {
            for field in head.fields where field.id == name {
                let token = name == .authorization ? bearer(field.value, bytes) : field.value
                guard !token.isAbsent, token.count > 0 else { continue }
                if found.isAbsent {
                    found = token
                } else if !isSame(bytes.extracting(found.range), bytes.extracting(token.range)) {
                    return .differing
                }
            }
        }
        guard takesQuery, !head.query.isAbsent else { return found.isAbsent ? .none : .inHead(found) }
        let said = QueryKey.values(in: bytes.extracting(head.query.range)).filter { !$0.isEmpty }
        guard let first = said.first else { return found.isAbsent ? .none : .inHead(found) }
        guard said.allSatisfy({ $0 == first }) else { return .differing }
        if found.isAbsent { return .inQuery(first) }
        return isSame(bytes.extracting(found.range), first.span) ? .inHead(found) : .differing
    }

    /// What stands behind `Bearer`; absent for another scheme, which is not for us (RFC 9110 §11.1: its case does not matter).
    private static func bearer(_ value: TextRange, _ bytes: Span<UInt8>) -> TextRange {
        let text = bytes.extracting(value.range)
        guard text.count > 7, ASCII.equalsIgnoringCase(text.extracting(..<6), "bearer"), text[6] == 0x20 else {
            return .absent
        }
        var start = 7
        while start < text.count, text[start] == 0x20 { start += 1 }
        return TextRange(start: value.start + Int32(start), count: Int32(text.count - start))
    }

    private static func isSame(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        guard one.count == other.count else { return false }
        for index in one.indices where one[index] != other[index] { return false }
        return true
    }
}

/// The item `key` of a query: Gemini's way to send a key (ai.google.dev/api).
package enum QueryKey {
    /// The values of all of them, %XX resolved.
    package static func values(in query: Span<UInt8>) -> [[UInt8]] {
        var values: [[UInt8]] = []
        for item in items(query) where isKey(query, item) {
            let name = nameEnd(query, item)
            values.append(decoded(query, min(name + 1, item.upperBound)..<item.upperBound))
        }
        return values
    }

    /// True when there is anything that is called a key.
    package static func isIn(_ query: Span<UInt8>) -> Bool { items(query).contains { isCredential(query, $0) } }

    /// The query without them and without what else is called a key; all else as it was.
    package static func removed(from query: Span<UInt8>) -> [UInt8] {
        var kept: [UInt8] = []
        for item in items(query) where !isCredential(query, item) {
            if !kept.isEmpty { kept.append(0x26) }
            for index in item { kept.append(query[index]) }
        }
        return kept
    }

    private static func items(_ query: Span<UInt8>) -> [Range<Int>] {
        var items: [Range<Int>] = []
        var start = 0
        for index in 0...query.count where index == query.count || query[index] == 0x26 {
            if index > start { items.append(start..<index) }
            start = index + 1
        }
        return items
    }

    private static func nameEnd(_ query: Span<UInt8>, _ item: Range<Int>) -> Int {
        item.first { query[$0] == 0x3d } ?? item.upperBound
    }

    /// A server may resolve escapes in names as well, so `k%65y` is one.
    private static func isKey(_ query: Span<UInt8>, _ item: Range<Int>) -> Bool {
        decoded(query, item.lowerBound..<nameEnd(query, item)) == Array("key".utf8)
    }

    /// What clients call a key in a query, whether or not this proxy takes one from there.
    private static func isCredential(_ query: Span<UInt8>, _ item: Range<Int>) -> Bool {
        let name = String(decoding: decoded(query, item.lowerBound..<nameEnd(query, item)), as: UTF8.self).lowercased()
        return ["key", "api_key", "api-key", "apikey", "access_token"].contains(name)
    }

    private static func decoded(_ query: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            if query[index] == 0x25, index + 2 < range.upperBound, let high = ASCII.hexValue(query[index + 1]),
                let low = ASCII.hexValue(query[index + 2])
            {
                result.append(UInt8(high << 4 | low))
                index += 3
            } else {
                result.append(query[index])
                index += 1
            }
        }
        return result
    }
}
