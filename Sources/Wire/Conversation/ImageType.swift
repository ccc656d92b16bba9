import JSON

/// What the first bytes of a picture say, where no media type stands beside it.
package enum ImageType {
    /// The media type of an image in base64; PNG where the bytes say nothing else.
    package static func of(_ base64: JSONString) -> JSONString {
        let starts: [(StaticString, JSONString)] = [
            ("/9j/", "image/jpeg"), ("R0lGOD", "image/gif"), ("UklGR", "image/webp"), ("Qk", "image/bmp"),
        ]
        let beginning = JSONString(spelled: base64.spelled.prefix(32)).plain
        for (start, type) in starts where beginning.starts(with: Array("\(start)".utf8)) { return type }
        return "image/png"
    }
}
