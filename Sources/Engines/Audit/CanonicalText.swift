import JSON
import Zones

/// A JSON object in the one spelling that the log has for it: members in a fixed order, no space, numbers whole.
///
/// Text is UTF-8; only `"`, `\` and control characters are escaped (RFC 8259 §7).
struct CanonicalText {
    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(768) }

    /// Begins a member; its value follows.
    mutating func name(_ name: StaticString) {
        if let last = bytes.last, last != 0x7b, last != 0x5b { bytes.append(0x2c) }
        bytes.append(0x22)
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(0x22)
        bytes.append(0x3a)
    }

    /// Bytes as they are.
    mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
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
        bytes.append(contentsOf: String(number).utf8)
    }

    /// True or false.
    mutating func member(_ name: StaticString, _ truth: Bool) {
        self.name(name)
        raw(truth ? "true" : "false")
    }

    /// A text as a value.
    mutating func value(_ text: String) {
        bytes.append(0x22)
        for byte in text.utf8 { JSONText.escape(byte) { bytes.append($0) } }
        bytes.append(0x22)
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
        let days = Int((Double(milliseconds) / 86_400_000).rounded(.down))
        let date = CivilDate(daysSinceEpoch: days)
        let rest = milliseconds - days * 86_400_000
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let clock = "\(padded(rest / 3_600_000, 2)):\(padded(rest / 60_000 % 60, 2)):\(padded(rest / 1_000 % 60, 2))"
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T\(clock)."
            + "\(padded(rest % 1_000, 3))Z"
    }
}
