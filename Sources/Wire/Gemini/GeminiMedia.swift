import Bytes
import Conversation
import JSON

/// Media types, and what addresses say about them.
enum GeminiMedia {
    /// The kind a media type is of.
    static func kind(ofType type: JSONString) -> Media.Kind {
        let text = type.text.lowercased()
        if text.hasPrefix("image/") { return .image }
        if text.hasPrefix("audio/") { return .audio }
        if text.hasPrefix("video/") { return .video }
        return .document
    }

    /// A file that was uploaded to Google, which nobody else can read.
    static func isUploaded(_ address: JSONString) -> Bool {
        let text = address.text
        return text.hasPrefix("gs://") || text.hasPrefix("files/")
            || text.hasPrefix("https://generativelanguage.googleapis.com/")
    }

    /// The media type that the ending of an address stands for; nil when it says nothing.
    static func type(ofAddress address: JSONString) -> JSONString? {
        let path = address.text.prefix { $0 != "?" && $0 != "#" }.lowercased()
        for (ending, type) in endings where path.hasSuffix(ending) { return type }
        return nil
    }

    private static let endings: [(String, JSONString)] = [
        (".png", "image/png"), (".jpg", "image/jpeg"), (".jpeg", "image/jpeg"), (".webp", "image/webp"),
        (".gif", "image/gif"), (".heic", "image/heic"), (".heif", "image/heif"), (".pdf", "application/pdf"),
        (".txt", "text/plain"), (".html", "text/html"), (".csv", "text/csv"), (".mp3", "audio/mp3"),
        (".wav", "audio/wav"), (".flac", "audio/flac"), (".ogg", "audio/ogg"), (".aac", "audio/aac"),
        (".mp4", "video/mp4"), (".mov", "video/mov"), (".webm", "video/webm"), (".mpeg", "video/mpeg"),
    ]

    /// A `data:` address taken apart (RFC 2397); nil when it is another, or not base64.
    static func data(ofAddress address: JSONString) -> (type: JSONString, base64: JSONString)? {
        let plain = address.plain
        guard plain.starts(with: Array("data:".utf8)), let comma = plain.firstIndex(of: 0x2c) else { return nil }
        let fields = plain[5..<comma].split(separator: 0x3b, omittingEmptySubsequences: false)
        guard fields.count > 1, let last = fields.last, Array(last) == Array("base64".utf8) else { return nil }
        let type = fields[0].isEmpty ? Array("text/plain".utf8) : Array(fields[0])
        return (JSONString(plain: type), JSONString(plain: Array(plain[(comma + 1)...])))
    }
}

/// The `response` of a function: an object, whose members `output` and `error` have a meaning.
enum GeminiFunctionAnswer {
    /// The text an object stands for: that of its only member `output` or `error`, else the object's own.
    static func text(_ response: JSONNode) -> (text: JSONString, isError: Bool) {
        if let text = response.string { return (text, false) }
        if response.members.count == 1, let member = response.members.first {
            let isError = member.key == "error"
            if isError || member.key == "output", let text = member.value.string { return (text, isError) }
        }
        return (JSONString(plain: Array(response.source)), false)
    }

    /// Writes the object a text stands for: itself when it is one, else a member `output` or `error` with the text.
    static func write(_ text: JSONString, isError: Bool, to writer: inout JSONWriter) {
        if !isError, let node = try? JSONNode.parse(text.plain), node.isObject, !isTaken(node) {
            return writer.node(node)
        }
        writer.beginObject()
        if isError { writer.key("error") } else { writer.key("output") }
        writer.string(text)
        writer.endObject()
    }

    /// An object that would be read as the text within it.
    private static func isTaken(_ node: JSONNode) -> Bool {
        guard node.members.count == 1, let member = node.members.first else { return false }
        return (member.key == "error" || member.key == "output") && member.value.string != nil
    }
}
