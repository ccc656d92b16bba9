import Bytes
import Conversation
import JSON

/// Names of models, and the list of them (https://ai.google.dev/api/models).
package enum GeminiModels {
    /// `gemini-x` of `models/gemini-x`; other names stay.
    package static func name(_ name: JSONString) -> JSONString {
        let prefix = Array("models/".utf8)
        let plain = name.plain
        return plain.starts(with: prefix) ? JSONString(plain: Array(plain.dropFirst(prefix.count))) : name
    }

    /// Writes the answer of `GET /v1beta/models`, or a page of it.
    package static func list(_ names: [String], nextPage: String? = nil) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("models")
        writer.beginArray()
        for name in names { entry(name, &writer) }
        writer.endArray()
        if let nextPage {
            writer.key("nextPageToken")
            writer.string(nextPage)
        }
        writer.endObject()
        return writer.bytes
    }

    /// Writes the answer of `GET /v1beta/models/NAME`.
    package static func one(_ name: String) -> [UInt8] {
        var writer = JSONWriter()
        entry(name, &writer)
        return writer.bytes
    }

    private static func entry(_ name: String, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("name")
        writer.string("models/" + name)
        writer.key("displayName")
        writer.string(name)
        writer.key("supportedGenerationMethods")
        writer.beginArray()
        writer.string("generateContent" as StaticString)
        writer.string("streamGenerateContent" as StaticString)
        writer.string("countTokens" as StaticString)
        writer.endArray()
        writer.endObject()
    }

    /// Whether a model is of generation 3 or later, which thinks by level and demands the seals on calls; an unknown
    /// name counts as late, the old ones being known.
    static func isLate(_ model: JSONString) -> Bool {
        let name = model.text.lowercased()
        for old in ["gemini-1", "gemini-2", "gemini-pro", "gemini-exp", "gemma", "learnlm"] where has(old, in: name) {
            return false
        }
        return true
    }

    private static func has(_ word: String, in text: String) -> Bool {
        let word = Array(word.utf8)
        let text = Array(text.utf8)
        guard text.count >= word.count else { return false }
        return (0...(text.count - word.count)).contains { text[$0...].starts(with: word) }
    }
}
