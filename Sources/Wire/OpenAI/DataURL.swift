import Conversation
import JSON

/// Data URLs with base64 (RFC 2397), which OpenAI uses for images and files.
enum DataURL {
    /// What the URL carries, when it is a data URL with base64; else the URL.
    static func source(_ url: JSONString) -> Media.Source {
        // PHP spells every slash with an escape.
        let text = url.spelled.prefix(2_048).contains(0x5c) ? JSONString(plain: url.plain) : url
        let spelled = text.spelled
        guard spelled.starts(with: Array("data:".utf8)), let comma = spelled.prefix(256).firstIndex(of: 0x2c)
        else { return .url(text) }
        let head = spelled[(spelled.startIndex + 5)..<comma]
        let mark = Array(";base64".utf8)
        guard head.count >= mark.count, head.suffix(mark.count).elementsEqual(mark) else { return .url(text) }
        return .data(
            type: JSONString(spelled: head.dropLast(mark.count)),
            base64: JSONString(spelled: spelled[(comma + 1)...])
        )
    }

    /// The URL that carries it.
    static func spelled(type: JSONString, base64: JSONString) -> JSONString {
        JSONString("data:") + type + JSONString(";base64,") + base64
    }
}
