import Bytes

/// Writes JSON one value after the other; sets the commas.
///
/// Keeps its memory between events (`removeAll`), so a stream allocates only while it grows.
package struct JSONWriter {
    /// What was written.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// Begins with nothing written.
    package init() {}

    /// Forgets what was written, but keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    // MARK: Structure

    package mutating func beginObject() { open(0x7b) }
    package mutating func endObject() { close(0x7d) }
    package mutating func beginArray() { open(0x5b) }
    package mutating func endArray() { close(0x5d) }

    /// Writes a key; the next call writes its value.
    package mutating func key(_ key: StaticString) {
        separate()
        bytes.append(0x22)
        text(key)
        text("\":")
        needsComma = false
    }

    /// Writes a key that is not known beforehand.
    package mutating func key(_ key: String) {
        separate()
        bytes.append(0x22)
        for byte in key.utf8 { JSONText.escape(byte) { bytes.append($0) } }
        text("\":")
        needsComma = false
    }

    // MARK: Values

    package mutating func string(_ value: JSONString) {
        separate()
        bytes.append(0x22)
        bytes.append(contentsOf: value.spelled)
        bytes.append(0x22)
        needsComma = true
    }

    /// Writes a text of our own that needs no escape.
    package mutating func string(_ value: StaticString) {
        separate()
        bytes.append(0x22)
        text(value)
        bytes.append(0x22)
        needsComma = true
    }

    /// Writes a text, escaped.
    package mutating func string(_ value: String) {
        separate()
        bytes.append(0x22)
        for byte in value.utf8 { JSONText.escape(byte) { bytes.append($0) } }
        bytes.append(0x22)
        needsComma = true
    }

    /// Writes a piece of an event as a string: its spelling as it is, or a value of JSON spelled out.
    package mutating func string(_ piece: Span<UInt8>, isSpelled: Bool) {
        separate()
        bytes.append(0x22)
        if isSpelled { append(piece) } else { escape(piece) }
        bytes.append(0x22)
        needsComma = true
    }

    package mutating func number(_ value: Int) {
        separate()
        var value = value
        if value < 0 {
            bytes.append(0x2d)
            value = value == .min ? .max : -value
        }
        let start = bytes.count
        repeat {
            bytes.append(0x30 + UInt8(value % 10))
            value /= 10
        } while value > 0
        bytes[start...].reverse()
        needsComma = true
    }

    package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }
    package mutating func null() { raw("null") }

    /// Writes a whole value that is JSON already.
    package mutating func raw(_ json: StaticString) {
        separate()
        text(json)
        needsComma = true
    }

    /// Writes a whole value that is JSON already.
    package mutating func raw(_ json: ArraySlice<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    /// Writes a whole value that is JSON already.
    package mutating func raw(_ json: Span<UInt8>) {
        separate()
        append(json)
        needsComma = true
    }

    /// Writes a value that was read.
    package mutating func node(_ node: JSONNode) { raw(node.source) }

    // MARK: Around JSON

    /// Writes bytes that are no value: the framing of events and lines.
    package mutating func text(_ text: StaticString) {
        Scan.append(text, to: &bytes)
        needsComma = false
    }

    private mutating func append(_ piece: Span<UInt8>) { Scan.append(piece, to: &bytes) }

    private mutating func escape(_ piece: Span<UInt8>) {
        for index in piece.indices { JSONText.escape(piece[index]) { bytes.append($0) } }
    }

    private mutating func separate() { if needsComma { bytes.append(0x2c) } }

    private mutating func open(_ byte: UInt8) {
        separate()
        bytes.append(byte)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }
}
