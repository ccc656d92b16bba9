import Bytes
import Conversation
import JSON

/// Data URLs (RFC 2397), which OpenAI uses for images and files.
enum DataURL {
    /// What the URL carries when it is a data URL; else the URL.
    ///
    /// Nil for an empty one, and for a data URL that carries nothing. Scheme and `base64` may be in capitals (RFC 3986
    /// §3.1), data without base64 is turned into it, and an image without a media type gets that of its first bytes.
    static func source(_ url: JSONString, isImage: Bool = false) -> Media.Source? {
        // PHP spells every slash with an escape.
        let text = url.spelled.prefix(2_048).contains(0x5c) ? JSONString(plain: url.plain) : url
        let spelled = text.spelled
        guard !text.isBlank else { return nil }
        guard lower(spelled.prefix(5)) == "data:" else { return .url(text) }
        guard let comma = spelled.prefix(2_048).firstIndex(of: 0x2c) else { return nil }
        let head = spelled[(spelled.startIndex + 5)..<comma]
        let fields = head.split(separator: 0x3b, omittingEmptySubsequences: false)
        let isBase64 = fields.count > 1 && fields.last.map(lower) == "base64"
        let data = isBase64 ? cleaned(spelled[(comma + 1)...]) : encoded(spelled[(comma + 1)...])
        guard !data.isEmpty else { return nil }
        return .data(type: type(head, fields, isBase64: isBase64, data, isImage: isImage), base64: data)
    }

    /// The URL that carries it.
    static func spelled(type: JSONString, base64: JSONString) -> JSONString {
        JSONString("data:") + type + JSONString(";base64,") + base64
    }

    /// The media type; parameters matter for texts only, which have character sets.
    private static func type(
        _ head: ArraySlice<UInt8>,
        _ fields: [ArraySlice<UInt8>],
        isBase64: Bool,
        _ data: JSONString,
        isImage: Bool
    ) -> JSONString {
        let type = fields.first.map(lower) ?? ""
        if type.isEmpty { return isImage ? ImageType.of(data) : "text/plain" }
        guard type.hasPrefix("text/") else { return JSONString(spelled: Array(type.utf8)[...]) }
        return JSONString(spelled: isBase64 ? head.dropLast(";base64".utf8.count) : head)
    }

    private static func lower(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self).lowercased()
    }

    /// Base64 without what stands between its lines, and without the URL's own escapes.
    private static func cleaned(_ data: ArraySlice<UInt8>) -> JSONString {
        guard data.contains(where: { $0 == 0x5c || $0 == 0x25 || $0 == 0x20 }) else { return JSONString(spelled: data) }
        let plain = unescaped(JSONString(spelled: data).plain).filter { ![0x20, 0x0a, 0x0d, 0x09].contains($0) }
        return JSONString(plain: plain)
    }

    /// Data that is no base64, as base64.
    private static func encoded(_ data: ArraySlice<UInt8>) -> JSONString {
        JSONString(spelled: Base64.encode(unescaped(JSONString(spelled: data).plain))[...])
    }

    /// Resolves `%XX`.
    private static func unescaped(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, rest.count >= 2, let high = ASCII.hexValue(rest[rest.startIndex]),
                let low = ASCII.hexValue(rest[rest.startIndex + 1])
            {
                result.append(UInt8(high << 4 | low))
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return result
    }
}

extension JSONString {
    /// Nothing but spaces, if anything.
    fileprivate var isBlank: Bool { spelled.allSatisfy { $0 == 0x20 } }
}
