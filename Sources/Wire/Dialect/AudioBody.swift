import Bytes

/// What the body of a request for a transcription is, by its Content-Type.
package enum AudioBody: Equatable, Sendable {
    /// `multipart/form-data`, as OpenAI's libraries send it.
    case form
    /// The sound itself, as hoosh took it: `audio/…`, `video/…` or `application/octet-stream`.
    case raw
    case other

    package init(contentType: Span<UInt8>) {
        let type = contentType.extracting(..<AudioBody.typeCount(contentType))
        if ASCII.equalsIgnoringCase(type, "multipart/form-data") {
            self = .form
        } else if ASCII.equalsIgnoringCase(type, "application/octet-stream")
            || type.count > 6
                && (ASCII.equalsIgnoringCase(type.extracting(..<6), "audio/")
                    || ASCII.equalsIgnoringCase(type.extracting(..<6), "video/"))
        {
            self = .raw
        } else {
            self = .other
        }
    }

    /// The name of a file with this content: OpenAI goes by its ending.
    package static func fileName(contentType: Span<UInt8>) -> StaticString {
        let type = contentType.extracting(..<typeCount(contentType))
        for (word, name) in endings where ASCII.equalsIgnoringCase(type.extracting(min(6, type.count)...), word) {
            return name
        }
        return "audio.wav"
    }

    private static let endings: [(word: StaticString, name: StaticString)] = [
        ("mpeg", "audio.mp3"), ("mp3", "audio.mp3"), ("mp4", "audio.mp4"), ("m4a", "audio.m4a"),
        ("x-m4a", "audio.m4a"), ("webm", "audio.webm"), ("ogg", "audio.ogg"), ("opus", "audio.ogg"),
        ("flac", "audio.flac"), ("x-flac", "audio.flac"),
    ]

    /// The length of the type without its parameters.
    private static func typeCount(_ value: Span<UInt8>) -> Int {
        var end = 0
        while end < value.count, value[end] != 0x3b, value[end] != 0x20, value[end] != 0x09 { end += 1 }
        return end
    }
}

/// The items of a query, `a=b&c=d`, with %XX and + resolved (WHATWG URL, application/x-www-form-urlencoded).
package enum QueryItems {
    package static func read(_ query: Span<UInt8>) -> [(name: String, value: [UInt8])] {
        var items: [(name: String, value: [UInt8])] = []
        var position = 0
        while position <= query.count {
            let end = Scan.find(0x26, in: query, from: position) ?? query.count
            let item = query.extracting(position..<end)
            position = end + 1
            guard !item.isEmpty else { continue }
            let equals = Scan.find(0x3d, in: item) ?? item.count
            let name = decoded(item.extracting(..<equals))
            let value = decoded(item.extracting(min(equals + 1, item.count)...))
            items.append((String(decoding: name, as: UTF8.self), value))
        }
        return items
    }

    private static func decoded(_ text: Span<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index] == 0x25, index + 2 < text.count, let high = ASCII.hexValue(text[index + 1]),
                let low = ASCII.hexValue(text[index + 2])
            {
                result.append(UInt8(high << 4 | low))
                index += 3
            } else {
                result.append(text[index] == 0x2b ? 0x20 : text[index])
                index += 1
            }
        }
        return result
    }
}
