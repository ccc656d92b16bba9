import Synchronization

/// A place in a file: where it starts and how long it is, for people.
///
/// Every value of a configuration carries one, so it is small and plain: copying it touches no reference count.
package struct Spot: Hashable, Sendable, CustomStringConvertible {
    private var file: FileName
    private var lineNumber: Int32
    private var columnNumber: Int32
    private var count: Int32

    /// The file as it was named.
    package var path: String {
        get { file.text }
        set { file = FileName(newValue) }
    }
    /// From 1.
    package var line: Int {
        get { Int(lineNumber) }
        set { lineNumber = Int32(clamping: newValue) }
    }
    /// From 1, counted in code points.
    package var column: Int {
        get { Int(columnNumber) }
        set { columnNumber = Int32(clamping: newValue) }
    }
    /// Code points on that line; at least 1 when drawn.
    package var length: Int {
        get { Int(count) }
        set { count = Int32(clamping: newValue) }
    }

    /// Names a place.
    package init(path: String, line: Int, column: Int, length: Int) {
        self.init(FileName(path), line: line, column: column, length: length)
    }

    /// Names a place in a file whose name is at hand, which is quicker.
    package init(_ file: FileName, line: Int, column: Int, length: Int) {
        self.file = file
        lineNumber = Int32(clamping: line)
        columnNumber = Int32(clamping: column)
        count = Int32(clamping: length)
    }

    /// `path:line:column`, as editors read it.
    package var description: String { "\(path):\(line):\(column)" }
}

/// A file's name, kept once for as long as the process runs: two of one text are the same object.
package struct FileName: Hashable, Sendable {
    private final class Kept: Sendable {
        let text: String
        init(_ text: String) { self.text = text }
    }

    /// All names there are; few, for a process reads few files.
    private static let known = Mutex<[String: Kept]>([:])

    /// `known` keeps it alive.
    private let kept: Unmanaged<Kept>

    /// Looks the name up.
    package init(_ text: String) {
        kept = Self.known.withLock { known in
            if let kept = known[text] { return Unmanaged.passUnretained(kept) }
            let fresh = Kept(text)
            known[text] = fresh
            return Unmanaged.passUnretained(fresh)
        }
    }

    /// The name itself.
    package var text: String { kept._withUnsafeGuaranteedRef { $0.text } }

    package static func == (left: Self, right: Self) -> Bool { left.kept.toOpaque() == right.kept.toOpaque() }
    package func hash(into hasher: inout Hasher) { hasher.combine(kept.toOpaque()) }
}
