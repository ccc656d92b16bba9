/// A place in a file: where it starts and how long it is, for people.
package struct Spot: Hashable, Sendable, CustomStringConvertible {
    /// The file as it was named.
    package var path: String
    /// From 1.
    package var line: Int
    /// From 1, counted in code points.
    package var column: Int
    /// Code points on that line; at least 1 when drawn.
    package var length: Int

    /// Names a place.
    package init(path: String, line: Int, column: Int, length: Int) {
        self.path = path
        self.line = line
        self.column = column
        self.length = length
    }

    /// `path:line:column`, as editors read it.
    package var description: String { "\(path):\(line):\(column)" }
}
