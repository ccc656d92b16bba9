import JSON

/// The list of models in Anthropic's shape (platform.claude.com/docs/en/api/models-list).
package enum AnthropicModels {
    /// Writes a page that is the whole list.
    ///
    /// `created`, in seconds since 1970, is shown as each model's date; 0 where it is not known, as Anthropic does.
    package static func write(ids: [String], created: Int) -> [UInt8] { write(ids.map { ($0, created) }) }

    /// Writes a page, each model with its own time.
    package static func write(_ models: [(id: String, created: Int)], hasMore: Bool = false) -> [UInt8] {
        let ids = models.map(\.id)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("data")
        writer.beginArray()
        for (id, created) in models { model(id, created, &writer) }
        writer.endArray()
        writer.key("has_more")
        writer.bool(hasMore)
        writer.key("first_id")
        if let first = ids.first { writer.string(first) } else { writer.null() }
        writer.key("last_id")
        if let last = ids.last { writer.string(last) } else { writer.null() }
        writer.endObject()
        return writer.bytes
    }

    /// Writes one model.
    package static func write(id: String, created: Int) -> [UInt8] {
        var writer = JSONWriter()
        model(id, created, &writer)
        return writer.bytes
    }

    /// The most tokens that a model of Anthropic's writes: what `max_tokens` is where a client of another dialect sets no
    /// limit; nil for other names.
    package static func longestAnswer(of model: String) -> Int? { ClaudeModel(model).longestAnswer }

    private static func model(_ id: String, _ created: Int, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.string("model" as StaticString)
        writer.key("id")
        writer.string(id)
        writer.key("display_name")
        writer.string(id)
        writer.key("created_at")
        writer.string(date(created))
        writer.key("lifecycle")
        writer.string("active" as StaticString)
        writer.endObject()
    }

    /// A time as RFC 3339 has it, in UTC; days become a date by Hinnant's `civil_from_days`.
    private static func date(_ seconds: Int) -> String {
        let seconds = min(max(0, seconds), 253_402_300_799)
        let (days, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let (era, dayOfEra) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func digits(_ value: Int, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T\(digits(second / 3_600, 2))"
            + ":\(digits(second / 60 % 60, 2)):\(digits(second % 60, 2))Z"
    }
}

/// The answer of `/v1/messages/count_tokens`; its request is read with `AnthropicRequest.read`.
package enum AnthropicCount {
    /// Writes the count.
    package static func write(_ tokens: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("input_tokens")
        writer.number(tokens)
        writer.endObject()
        return writer.bytes
    }
}
