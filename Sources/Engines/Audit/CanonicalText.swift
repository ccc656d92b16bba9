import Bytes
import JSON
import Zones

/// A JSON object in the one spelling that the log has for it: members in a fixed order, no space, numbers whole.
///
/// Text is UTF-8; only `"`, `\` and control characters are escaped (RFC 8259 §7).
struct CanonicalText {
    private var writer: ByteWriter
    /// The next member is the first of its object.
    private var isFirst = true

    /// What `write` writes, in an array of its own.
    ///
    /// * `room`: bytes that are likely to do.
    static func bytes(room: Int = 1_024, _ write: (inout CanonicalText) -> Void) -> [UInt8] {
        ByteWriter.gather(room: room) { writer in
            var text = CanonicalText(writer: writer)
            write(&text)
            writer = text.writer
        }
    }

    private init(writer: ByteWriter) { self.writer = writer }

    /// Begins a member; its value follows.
    mutating func name(_ name: StaticString) {
        writer.put(isFirst ? "\"" : ",\"", name, "\":")
        isFirst = false
    }

    /// A value as it stands here.
    mutating func raw(_ text: StaticString) { writer.put(text) }

    /// An object; `members` writes what is in it.
    mutating func object(_ members: (inout CanonicalText) -> Void) {
        writer.put(byte: 0x7b)
        isFirst = true
        members(&self)
        isFirst = false
        writer.put(byte: 0x7d)
    }

    /// A text, or null.
    mutating func member(_ name: StaticString, _ text: String?) {
        self.name(name)
        guard let text else { return raw("null") }
        value(text)
    }

    /// A whole number, or null.
    mutating func member(_ name: StaticString, _ number: Int?) {
        self.name(name)
        guard let number else { return raw("null") }
        writer.put(decimal: number)
    }

    /// True or false.
    mutating func member(_ name: StaticString, _ truth: Bool) {
        self.name(name)
        raw(truth ? "true" : "false")
    }

    /// Bytes as hexadecimal digits.
    mutating func member(_ name: StaticString, hex bytes: [UInt8]) {
        self.name(name)
        writer.put(byte: 0x22)
        Hex.write(bytes, to: &writer)
        writer.put(byte: 0x22)
    }

    /// A text as a value.
    mutating func value(_ text: String) {
        writer.put(byte: 0x22)
        var text = text
        text.withUTF8 { JSONText.escape($0.span, into: &writer) }
        writer.put(byte: 0x22)
    }

    /// A list; `item` writes one of its values.
    mutating func list<Item>(_ name: StaticString, _ items: [Item], _ item: (inout CanonicalText, Item) -> Void) {
        self.name(name)
        raw("[")
        for (index, entry) in items.enumerated() {
            if index > 0 { raw(",") }
            item(&self, entry)
        }
        raw("]")
    }

    /// A moment as RFC 3339 has it, in UTC, with milliseconds: 24 bytes up to the year 9999.
    static func time(_ milliseconds: Int) -> String {
        String(decoding: ByteWriter.gather(room: 32) { write(time: milliseconds, to: &$0) }, as: UTF8.self)
    }

    /// The same, into memory that somebody else owns.
    static func write(time milliseconds: Int, to writer: inout ByteWriter) {
        let days = milliseconds >= 0 ? milliseconds / 86_400_000 : (milliseconds - 86_399_999) / 86_400_000
        let date = CivilDate(daysSinceEpoch: days)
        let rest = milliseconds - days * 86_400_000
        put(date.year, 4, "-", &writer)
        put(date.month, 2, "-", &writer)
        put(date.day, 2, "T", &writer)
        put(rest / 3_600_000, 2, ":", &writer)
        put(rest / 60_000 % 60, 2, ":", &writer)
        put(rest / 1_000 % 60, 2, ".", &writer)
        put(rest % 1_000, 3, "Z", &writer)
    }

    /// A number of so many digits at least, and what follows it.
    private static func put(_ number: Int, _ width: Int, _ after: StaticString, _ writer: inout ByteWriter) {
        var bound = 10
        for _ in 1..<width {
            if number < bound { writer.put(byte: 0x30) }
            bound *= 10
        }
        writer.put(decimal: number)
        writer.put(after)
    }
}
