import JSON

/// The text of a JSON body: what content rules look at.
///
/// Escapes are resolved first: `\u0040` is `@` (`routes.md` 2.7).
package struct RequestText: Sendable {
    /// One string of the body, a member's name that no API has, or a long number.
    package struct Field: Equatable, Sendable {
        /// Where it stands: `messages[0].content`.
        package let path: String
        /// UTF-8, escapes resolved.
        package let text: [UInt8]
        package init(path: String, text: [UInt8]) {
            self.path = path
            self.text = text
        }
    }

    /// In the order of the body.
    package let fields: [Field]
    /// The body holds what cannot be looked at: pictures, sound, files.
    package let hasOpaqueParts: Bool

    /// Reads a body; `names` bounds it to some of its top-level fields (`privacy.scan.fields`).
    ///
    /// - Throws: why it is no JSON that can be looked at; the label of a request then counts it as an error.
    package init(of body: Span<UInt8>, fields names: Set<String>? = nil) throws(JSONFault) {
        var walker = RequestWalker(Collector(), names: names)
        try walker.whole(body)
        fields = walker.reader.fields
        hasOpaqueParts = walker.reader.hasOpaqueParts
    }

    private struct Collector: TextReader {
        var fields: [Field] = []
        var hasOpaqueParts = false

        mutating func read(_ piece: TextPiece, _ bytes: Span<UInt8>, _ path: BodyPath) {
            let text = Unescaped(bytes.extracting(piece.range), piece.kinds).bytes
            fields.append(Field(path: path.text(bytes), text: text))
        }

        mutating func read(joined pieces: [TextPiece], _ bytes: Span<UInt8>, _ path: BodyPath) {
            var whole: [UInt8] = []
            for piece in pieces { whole += Unescaped(bytes.extracting(piece.range), piece.kinds).bytes }
            fields.append(Field(path: path.text(bytes), text: whole))
        }

        mutating func sawOpaque() { hasOpaqueParts = true }
        mutating func sawUnreadable() { hasOpaqueParts = true }
    }
}
