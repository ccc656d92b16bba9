import Conversation
import Dialect
import JSON

/// A model as a list tells of it.
package struct ListedModel: Sendable {
    package var id: String
    /// Seconds since 1970; 0 where it is not known.
    package var created = 0
    package var owner = ""
    /// Ollama's own entry, which tells size, digest and family.
    package var tag: ArraySlice<UInt8>?
    /// The names of the providers that serve it.
    package var providers: [String] = []
    package init(id: String) { self.id = id }
}

/// A provider's list of models, or a page of it.
package struct ModelPage: Sendable {
    package private(set) var models: [ListedModel] = []
    /// What the next page is asked for with; nil after the last.
    package private(set) var next: String?

    /// Reads a page; what is no model is left out.
    package static func read(_ body: [UInt8], as format: ModelListFormat) -> ModelPage {
        var page = ModelPage()
        guard let node = try? JSONNode.parse(body) else { return page }
        let list = node[format == .gemini || format == .ollama ? "models" : "data"]?.elements ?? []
        page.models = list.compactMap { read($0, format) }
        switch format {
        case .openAI, .ollama: break
        case .anthropic: if node["has_more"]?.bool == true { page.next = node["last_id"]?.string?.text }
        case .gemini: page.next = node["nextPageToken"]?.string.flatMap { $0.isEmpty ? nil : $0.text }
        }
        return page
    }

    private static func read(_ node: JSONNode, _ format: ModelListFormat) -> ListedModel? {
        let name = format == .gemini || format == .ollama ? "name" : "id"
        guard let id = node[name]?.string?.text, !id.isEmpty else { return nil }
        var model = ListedModel(id: id)
        switch format {
        case .openAI:
            model.created = node["created"]?.integer ?? 0
            model.owner = node["owned_by"]?.string?.text ?? ""
        case .anthropic:
            model.created = node["created_at"]?.string.flatMap { InternetTime.seconds($0.plain) } ?? 0
            model.owner = "anthropic"
        case .gemini:
            model.id = id.hasPrefix("models/") ? String(id.dropFirst(7)) : id
            model.owner = "google"
        case .ollama:
            model.created = node["modified_at"]?.string.flatMap { InternetTime.seconds($0.plain) } ?? 0
            model.tag = node.source
        }
        return model
    }
}

/// A time as RFC 3339 §5.6 writes it.
package enum InternetTime {
    /// Seconds since 1970, fractions left out; nil when the text is none.
    package static func seconds(_ text: [UInt8]) -> Int? {
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= text.count else { return nil }
            return text[range].reduce(Int?.some(0)) { sum, digit in
                guard let sum, (0x30...0x39).contains(digit) else { return nil }
                return sum * 10 + Int(digit - 0x30)
            }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), (1...12).contains(month),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19)
        else { return nil }
        var end = 19
        while end < text.count, text[end] == 0x2e || (0x30...0x39).contains(text[end]) { end += 1 }
        var offset = 0
        if end < text.count, text[end] == 0x2b || text[end] == 0x2d {
            guard let hours = number((end + 1)..<(end + 3)), let minutes = number((end + 4)..<(end + 6)) else {
                return nil
            }
            offset = (hours * 60 + minutes) * (text[end] == 0x2b ? 60 : -60)
        }
        // Days from a date, after Hinnant's `days_from_civil`.
        let shifted = month > 2 ? year : year - 1
        let yearOfEra = shifted % 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = shifted / 400 * 146_097 + dayOfEra - 719_468
        return days * 86_400 + hour * 3_600 + minute * 60 + second - offset
    }
}
