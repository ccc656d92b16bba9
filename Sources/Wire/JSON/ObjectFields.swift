import Bytes

/// Reads members of one JSON object without building the rest.
package enum ObjectFields {
    /// One member: the key between its quotes, and the value with all its bytes.
    package struct Member {
        /// Between its quotes, as it is spelled.
        package let key: TextRange
        /// The key is spelled with escapes.
        package let keyIsEscaped: Bool
        /// All bytes of the value, with its quotes when it is a string.
        package let value: TextRange
        /// What the value is.
        package let kind: JSONKind
        /// The value is a string with escapes.
        package let valueIsEscaped: Bool
    }

    /// Calls with each member of the object that is the whole text; ranges count from the text's beginning.
    ///
    /// - Throws: what is wrong with the JSON, which is checked to its last byte; or what `body` throws.
    package static func forEach<Failure: Error>(
        in bytes: Span<UInt8>,
        orElse fault: (JSONFault) -> Failure,
        _ body: (Member) throws(Failure) -> Void
    ) throws(Failure) {
        var scanner = JSONScanner()
        do throws(JSONFault) {
            // Places are told in 32 bits.
            guard bytes.count <= Int(Int32.max) else { throw JSONFault(offset: 0, message: "the text exceeds 2 GiB") }
            scanner.skipSpace(bytes)
            try scanner.expect(0x7b, "the body should be a JSON object", bytes)
            scanner.skipSpace(bytes)
        } catch { throw fault(error) }
        var isFirst = true
        while true {
            let member: Member?
            do { member = try next(&scanner, bytes, isFirst) } catch { throw fault(error) }
            guard let member else { return }
            try body(member)
            isFirst = false
        }
    }

    private static func next(
        _ scanner: inout JSONScanner,
        _ bytes: Span<UInt8>,
        _ isFirst: Bool
    ) throws(JSONFault) -> Member? {
        scanner.skipSpace(bytes)
        if scanner.position < bytes.count, bytes[scanner.position] == 0x7d {
            try scanner.expect(0x7d, "", bytes)
            guard scanner.isAtEnd(bytes) else {
                throw JSONFault(offset: scanner.position, message: "something stands behind the object")
            }
            return nil
        }
        if !isFirst {
            try scanner.expect(0x2c, "a comma or the end is missing here", bytes)
            scanner.skipSpace(bytes)
        }
        let (key, keyIsEscaped) = try scanner.skipString(bytes)
        scanner.skipSpace(bytes)
        try scanner.expect(0x3a, "a colon is missing after a key", bytes)
        scanner.skipSpace(bytes)
        let start = scanner.position
        var valueIsEscaped = false
        let kind: JSONKind
        if start < bytes.count, bytes[start] == 0x22 {
            kind = .string
            valueIsEscaped = try scanner.skipString(bytes).isEscaped
        } else {
            kind = try scanner.skipValue(bytes)
        }
        return Member(
            key: key,
            keyIsEscaped: keyIsEscaped,
            value: TextRange(start: Int32(start), count: Int32(scanner.position - start)),
            kind: kind,
            valueIsEscaped: valueIsEscaped
        )
    }

    /// The bytes of the first member with this name; nil when there is none or the text is broken.
    package static func value(of name: StaticString, in bytes: Span<UInt8>) -> Range<Int>? {
        find(name, in: bytes)?.value.range
    }

    /// The string value of a member as it is spelled, without its quotes.
    package static func stringValue(of name: StaticString, in bytes: Span<UInt8>) -> [UInt8]? {
        guard let member = find(name, in: bytes), member.kind == .string else { return nil }
        let range = member.value.range
        return ((range.lowerBound + 1)..<(range.upperBound - 1)).map { bytes[$0] }
    }

    /// The integer value of a member; nil when it is none or does not fit.
    package static func integerValue(of name: StaticString, in bytes: Span<UInt8>) -> Int? {
        guard let member = find(name, in: bytes), member.kind == .number else { return nil }
        return integer(bytes.extracting(member.value.range))
    }

    /// A whole JSON number below 10^17; nil for any other.
    package static func integer(_ text: Span<UInt8>) -> Int? {
        guard text.count <= 17 else { return nil }
        var value = 0
        for index in text.indices {
            guard ASCII.isDigit(text[index]) else { return nil }
            value = value * 10 + Int(text[index] - 0x30)
        }
        return value
    }

    private struct Stop: Error {}

    private static func find(_ name: StaticString, in bytes: Span<UInt8>) -> Member? {
        var found: Member?
        do {
            try forEach(in: bytes, orElse: { _ in Stop() }) { member throws(Stop) in
                guard member.key.count == name.utf8CodeUnitCount,
                    ASCII.starts(bytes.extracting(member.key.range), with: name)
                else { return }
                found = member
                throw Stop()
            }
        } catch {}
        return found
    }

    /// Calls with each object of the array that is the whole text; stops where the text is broken.
    package static func forEachElement(of bytes: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        var scanner = JSONScanner()
        scanner.skipSpace(bytes)
        guard (try? scanner.expect(0x5b, "", bytes)) != nil else { return }
        while true {
            scanner.skipSpace(bytes)
            let start = scanner.position
            guard start < bytes.count, let kind = try? scanner.skipValue(bytes) else { return }
            if kind == .object { body(bytes.extracting(start..<scanner.position)) }
            scanner.skipSpace(bytes)
            guard (try? scanner.expect(0x2c, "", bytes)) != nil else { return }
        }
    }
}
