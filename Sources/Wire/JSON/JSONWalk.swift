import Bytes

/// A value's place in the bytes of an event.
package struct JSONPlace {
    /// All bytes of the value, with its quotes when it is a string; counted from the beginning of the bytes.
    package let range: TextRange
    package let kind: JSONKind

    package init(range: TextRange, kind: JSONKind) {
        self.range = range
        self.kind = kind
    }

    /// A string's text between its quotes, as it is spelled; absent when this is no string.
    package var text: TextRange {
        kind == .string ? TextRange(start: range.start + 1, count: range.count - 2) : .absent
    }

    /// The whole text as one value, to begin a walk with.
    package static func whole(_ bytes: Span<UInt8>) -> JSONPlace {
        JSONPlace(range: TextRange(start: 0, count: Int32(truncatingIfNeeded: bytes.count)), kind: .object)
    }
}

/// Steps through a value in place: nothing is built, nothing is allocated.
package enum JSONWalk {
    /// Calls with the key's place (between its quotes) and the value's, for each member of the object at `place`.
    ///
    /// Keys that are spelled with escapes are passed as spelled: no writer spells the names of its format so.
    ///
    /// - Throws: what is wrong with the JSON; a place that holds no object is wrong.
    package static func members(
        of place: JSONPlace,
        in bytes: Span<UInt8>,
        _ body: (_ key: TextRange, _ value: JSONPlace) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        var scanner = JSONScanner(at: Int(place.range.start))
        scanner.skipSpace(bytes)
        try scanner.expect(0x7b, "an object should begin here", bytes)
        if closes(0x7d, &scanner, bytes) { return }
        while true {
            scanner.skipSpace(bytes)
            let key = try scanner.skipString(bytes).text
            scanner.skipSpace(bytes)
            try scanner.expect(0x3a, "a colon is missing after a key", bytes)
            try body(key, try value(&scanner, bytes))
            if closes(0x7d, &scanner, bytes) { return }
            try scanner.expect(0x2c, "a comma or the end is missing here", bytes)
        }
    }

    /// Calls with each element of the array at `place`.
    ///
    /// - Throws: what is wrong with the JSON; a place that holds no array is wrong.
    package static func elements(
        of place: JSONPlace,
        in bytes: Span<UInt8>,
        _ body: (_ value: JSONPlace) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        var scanner = JSONScanner(at: Int(place.range.start))
        scanner.skipSpace(bytes)
        try scanner.expect(0x5b, "a list should begin here", bytes)
        if closes(0x5d, &scanner, bytes) { return }
        while true {
            try body(try value(&scanner, bytes))
            if closes(0x5d, &scanner, bytes) { return }
            try scanner.expect(0x2c, "a comma or the end is missing here", bytes)
        }
    }

    /// Whether the key at this place is the word.
    package static func isKey(_ key: TextRange, _ word: StaticString, in bytes: Span<UInt8>) -> Bool {
        Int(key.count) == word.utf8CodeUnitCount && ASCII.starts(bytes.extracting(key.range), with: word)
    }

    /// A whole number from 0 to 10^17 at this place; nil for anything else.
    package static func integer(_ place: JSONPlace, in bytes: Span<UInt8>) -> Int? {
        place.kind == .number ? ObjectFields.integer(bytes.extracting(place.range.range)) : nil
    }

    private static func value(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) -> JSONPlace {
        scanner.skipSpace(bytes)
        let start = scanner.position
        let kind = try scanner.skipValue(bytes)
        return JSONPlace(
            range: TextRange(start: Int32(start), count: Int32(scanner.position - start)),
            kind: kind
        )
    }

    private static func closes(_ byte: UInt8, _ scanner: inout JSONScanner, _ bytes: Span<UInt8>) -> Bool {
        scanner.skipSpace(bytes)
        guard scanner.position < bytes.count, bytes[scanner.position] == byte else { return false }
        scanner = JSONScanner(at: scanner.position + 1)
        return true
    }
}
