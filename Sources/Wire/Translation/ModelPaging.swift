import Bytes
import Conversation
import Dialect

/// Which part of the list of models a client asks for.
///
/// Anthropic's `limit`, `after_id`, `before_id` (<https://docs.anthropic.com/en/api/models-list>) and Gemini's `pageSize`,
/// `pageToken` (<https://ai.google.dev/api/models#method:-models.list>). Who names no size gets all that is left: the list is
/// small, and clients that do not turn pages then miss nothing. OpenAI and Ollama have no pages.
package struct ModelPaging: Sendable {
    /// The models of the page.
    package let models: [ListedModel]
    /// More stand behind it, or before it when the client goes backwards.
    package let hasMore: Bool

    /// Cuts the page that a query asks for.
    ///
    /// - Throws: what of the query is no page.
    package init(
        _ models: [ListedModel],
        _ query: String,
        as format: ModelListFormat
    ) throws(ConversationFault) {
        var (start, end) = (0, models.count)
        var isBackwards = false
        var limit: Int?
        for (name, value) in Self.members(query) where !value.isEmpty {
            switch (format, name) {
            case (.anthropic, "limit"): limit = try Self.number(name, value, 1...1_000)
            case (.anthropic, "after_id"): start = try Self.place(value, models, name) + 1
            case (.anthropic, "before_id"):
                end = try Self.place(value, models, name)
                isBackwards = true
            // Zero is as if it were not there, and more than 1000 are 1000.
            case (.gemini, "pageSize"): limit = min(try Self.number(name, value, 0...Int(Int32.max)), 1_000)
            case (.gemini, "pageToken"):
                let last = ModelPaging.name(ofToken: value) ?? ""
                start = try Self.place(last, models, name) + 1
            default: break
            }
        }
        // Behind one model and before an earlier one stands nothing.
        let range = min(start, end)..<end
        let size = limit.flatMap { $0 == 0 ? nil : $0 } ?? range.count
        self.models = Array(isBackwards ? models[range].suffix(size) : models[range].prefix(size))
        hasMore = self.models.count < range.count
    }

    /// What Gemini's clients ask for the next page with: the last name in hexadecimal digits.
    var token: String? {
        guard hasMore, let last = models.last else { return nil }
        return last.id.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func name(ofToken token: String) -> String? {
        var bytes: [UInt8] = []
        var digits = Array(token.utf8)[...]
        while let first = digits.popFirst() {
            guard let second = digits.popFirst(), let high = ASCII.hexValue(first), let low = ASCII.hexValue(second)
            else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func place(
        _ id: String,
        _ models: [ListedModel],
        _ name: String
    ) throws(ConversationFault) -> Int {
        guard let place = models.firstIndex(where: { $0.id == id }) else {
            throw ConversationFault(
                "`\(name)` is no place in the list of models: ask for its first page",
                parameter: name
            )
        }
        return place
    }

    private static func number(
        _ name: String,
        _ value: String,
        _ range: ClosedRange<Int>
    ) throws(ConversationFault) -> Int {
        guard let number = Int(value), range.contains(number) else {
            let most = range.upperBound == 1_000 ? "from \(range.lowerBound) to 1000" : "that is not negative"
            throw ConversationFault("`\(name)` should be a whole number \(most)", parameter: name)
        }
        return number
    }

    /// Names and values of a query, `%XX` and `+` resolved.
    private static func members(_ query: String) -> [(String, String)] {
        query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (decoded(parts[0]), parts.count > 1 ? decoded(parts[1]) : "")
        }
    }

    private static func decoded(_ text: Substring) -> String {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, rest.count >= 2, let high = ASCII.hexValue(rest[rest.startIndex]),
                let low = ASCII.hexValue(rest[rest.startIndex + 1])
            {
                result.append(UInt8(high << 4 | low))
                rest = rest.dropFirst(2)
            } else {
                result.append(byte == 0x2b ? 0x20 : byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
