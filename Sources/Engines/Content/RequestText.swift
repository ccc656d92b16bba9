import JSON

/// The text of a request in OpenAI's format: what content rules look at.
///
/// Every string of the body counts, wherever it stands, unless it is known to be no text; so a field that a provider adds
/// tomorrow is looked at today. Escapes are resolved first: `\u0040` is `@` (`routes.md` 2.7).
package struct RequestText: Sendable {
    /// One string of the body.
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
    package private(set) var fields: [Field] = []
    /// The body holds what cannot be looked at: pictures, sound, files.
    package private(set) var hasOpaqueParts = false

    /// Reads a body; `names` bounds it to some of its top-level fields (`privacy.scan.fields`).
    ///
    /// - Throws: why it is no JSON object that can be looked at; the label of a request then counts it as an error.
    package init(of body: Span<UInt8>, fields names: Set<String>? = nil) throws(JSONFault) {
        var walker = RequestWalker(names: names)
        try walker.object(body)
        fields = walker.fields
        hasOpaqueParts = walker.hasOpaqueParts
    }
}
