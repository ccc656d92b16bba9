import Bytes

/// Writes parts of a `multipart/form-data` body (RFC 7578).
package struct FormWriter {
    package private(set) var bytes: [UInt8] = []
    private let boundary: [UInt8]

    /// - Parameter boundary: without the dashes in front; it must stand in no value.
    package init(boundary: [UInt8]) { self.boundary = boundary }

    /// Writes a field.
    package mutating func field(_ name: String, _ value: [UInt8]) {
        open(name)
        text("\"\r\n\r\n")
        bytes += value
        text("\r\n")
    }

    /// Begins the part of a file, whose content follows.
    package mutating func file(_ name: StaticString, type: [UInt8]) {
        open("file")
        text("\"; filename=\"")
        text(name)
        text("\"\r\nContent-Type: ")
        bytes += type
        text("\r\n\r\n")
    }

    /// Ends the last part and the body.
    package mutating func end() {
        text("\r\n--")
        bytes += boundary
        text("--\r\n")
    }

    private mutating func open(_ name: String) {
        text("--")
        bytes += boundary
        text("\r\nContent-Disposition: form-data; name=\"")
        bytes += Array(name.utf8)
    }

    private mutating func text(_ text: StaticString) {
        for index in 0..<text.utf8CodeUnitCount { bytes.append(ASCII.byte(text, at: index)) }
    }
}
