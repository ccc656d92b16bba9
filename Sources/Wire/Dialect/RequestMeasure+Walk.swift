import Bytes
import JSON

// Steps over a body without building anything: each value is passed once.
extension RequestMeasure {
    /// The byte the next value begins with; nil at the end.
    static func peek(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) -> UInt8? {
        scanner.skipSpace(bytes)
        return scanner.position < bytes.count ? bytes[scanner.position] : nil
    }

    /// Passes a value; answers its text between the quotes when it is a string.
    static func stringValue(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) -> TextRange? {
        guard peek(&scanner, bytes) == 0x22 else {
            try scanner.skipValue(bytes)
            return nil
        }
        return try scanner.skipString(bytes).text
    }

    static func isExactly(_ text: Span<UInt8>, _ word: StaticString) -> Bool {
        text.count == word.utf8CodeUnitCount && ASCII.starts(text, with: word)
    }

    /// How many bytes a spelled text stands for.
    static func plainCount(_ text: Span<UInt8>) -> Int {
        var count = 0
        var index = 0
        while index < text.count {
            guard text[index] == 0x5c, index + 1 < text.count else {
                count += 1
                index += 1
                continue
            }
            guard text[index + 1] == 0x75 else {
                count += 1
                index += 2
                continue
            }
            let (unit, next) = (unit(text, index), unit(text, index + 6))
            if unit & 0xfc00 == 0xd800, next & 0xfc00 == 0xdc00 {
                count += 4
                index += 12
            } else {
                count += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3
                index += 6
            }
        }
        return count
    }

    /// The number of a `\u` escape at `index`; 0xffff when there is none.
    private static func unit(_ text: Span<UInt8>, _ index: Int) -> Int {
        guard index + 6 <= text.count, text[index] == 0x5c, text[index + 1] == 0x75 else { return 0xffff }
        var value = 0
        for place in (index + 2)..<(index + 6) { value = value << 4 | Int(ASCII.hexValue(text[place]) ?? 0) }
        return value
    }

    /// Calls with the key of each member of the object that stands here; `body` passes the value.
    static func members(
        _ scanner: inout JSONScanner,
        _ bytes: Span<UInt8>,
        _ body: (inout JSONScanner, MeasuredName) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        scanner.skipSpace(bytes)
        try scanner.expect(0x7b, "an object should begin here", bytes)
        guard peek(&scanner, bytes) != 0x7d else { return try scanner.expect(0x7d, "", bytes) }
        while true {
            scanner.skipSpace(bytes)
            let (key, isEscaped) = try scanner.skipString(bytes)
            scanner.skipSpace(bytes)
            try scanner.expect(0x3a, "a colon is missing after a key", bytes)
            scanner.skipSpace(bytes)
            let name = MeasuredName.of(bytes.extracting(key.range), isEscaped: isEscaped)
            try body(&scanner, name)
            if peek(&scanner, bytes) == 0x7d { return try scanner.expect(0x7d, "", bytes) }
            try scanner.expect(0x2c, "a comma or the end is missing here", bytes)
        }
    }

    /// Calls at each element of the array that stands here; `body` passes it.
    static func elements(
        _ scanner: inout JSONScanner,
        _ bytes: Span<UInt8>,
        _ body: (inout JSONScanner) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        scanner.skipSpace(bytes)
        try scanner.expect(0x5b, "a list should begin here", bytes)
        guard peek(&scanner, bytes) != 0x5d else { return try scanner.expect(0x5d, "", bytes) }
        while true {
            scanner.skipSpace(bytes)
            try body(&scanner)
            if peek(&scanner, bytes) == 0x5d { return try scanner.expect(0x5d, "", bytes) }
            try scanner.expect(0x2c, "a comma or the end is missing here", bytes)
        }
    }
}
