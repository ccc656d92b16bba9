import Glibc

/// What the program says to the person who started it: lines on standard error.
package enum Console {
    /// True when standard error is a terminal that wants color (https://no-color.org).
    package static var hasColor: Bool { isatty(2) == 1 && getenv("NO_COLOR") == nil }

    /// One line with the program's name in front.
    package static func say(_ text: String) { write("hoosh-proxy: \(text)\n") }

    /// Text as it is.
    package static func write(_ text: String) { put(text, to: 2) }

    /// Text to standard output.
    package static func print(_ text: String) { put(text, to: 1) }

    private static func put(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
