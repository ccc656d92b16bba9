/// A replacement of bytes in a file, as `lint --fix` makes it.
package struct Edit: Hashable, Sendable {
    /// The file as the findings name it.
    package let path: String
    /// Bytes of the file's text, a byte order mark not counted; empty for an insertion.
    package let range: Range<Int>
    package let replacement: String

    /// Describes a replacement.
    package init(path: String, range: Range<Int>, replacement: String) {
        self.path = path
        self.range = range
        self.replacement = replacement
    }
}
