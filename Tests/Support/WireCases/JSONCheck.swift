import Bytes
import Dialect
import JSON

/// JSON: the scanner agrees with a plain recursive reader, and what is found in a document stands in it.
enum JSONCheck {
    static func run(_ bytes: [UInt8]) throws(Violation) {
        let isValid = JSONCheck.isValid(bytes)
        var slow = SlowReader(bytes)
        let expected = slow.readDocument()
        if !slow.isTooDeep {
            try claim(
                isValid == expected,
                "\(isValid ? "valid" : "invalid") here, \(expected ? "valid" : "invalid") by RFC 8259"
            )
        }
        try shape(bytes, isValid)
        _ = UsageShape.findMember(in: bytes.span)
        _ = UsageShape.read(bytes.span)
        let escaped = JSONText.escaped(bytes)
        try claim(escaped.count == JSONText.escapedCount(bytes), "the count of an escaped text")
        try claim(JSONText.unescape(escaped.span) == bytes, "a text escaped and back is another")
    }

    static func isValid(_ bytes: [UInt8]) -> Bool {
        var scanner = JSONScanner()
        guard (try? scanner.skipValue(bytes.span)) != nil else { return false }
        return scanner.isAtEnd(bytes.span)
    }

    private static func shape(_ bytes: [UInt8], _ isValid: Bool) throws(Violation) {
        guard let shape = try? RequestShape.read(bytes.span) else { return }
        try claim(isValid, "a request is read from broken JSON")
        guard !shape.model.isAbsent else { return }
        let range = shape.modelWithQuotes.range
        try claim(range.upperBound <= bytes.count && range.count >= 2, "a model outside")
        try claim(bytes[range.lowerBound] == 0x22 && bytes[range.upperBound - 1] == 0x22, "a model without quotes")
        var replaced = bytes
        replaced.replaceSubrange(range, with: Array("\"another\"".utf8))
        guard let again = try? RequestShape.read(replaced.span) else {
            throw Violation(claim: "a document is broken by another model")
        }
        try claim(Array(replaced[again.model.range]) == Array("another".utf8), "another model is not found")
        try claim(again.stream == shape.stream && again.maxTokens == shape.maxTokens, "another model changes the rest")
    }

    /// RFC 8259, rule by rule.
    struct SlowReader {
        private let bytes: [UInt8]
        private var place = 0
        var isTooDeep = false

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func readDocument() -> Bool {
            // Beyond ASCII there are only strings, so the whole text is UTF-8 or none of it counts (RFC 8259 §8.1).
            guard String(validating: bytes, as: UTF8.self) != nil, value(1) else { return false }
            space()
            return place == bytes.count
        }

        private var byte: UInt8? { place < bytes.count ? bytes[place] : nil }

        private mutating func space() {
            while let byte, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { place += 1 }
        }

        private mutating func take(_ wanted: UInt8) -> Bool {
            guard byte == wanted else { return false }
            place += 1
            return true
        }

        private mutating func value(_ depth: Int) -> Bool {
            space()
            switch byte {
            case 0x7b: return list(0x7d, depth, isObject: true)
            case 0x5b: return list(0x5d, depth, isObject: false)
            case 0x22: return string()
            case 0x74: return word("true")
            case 0x66: return word("false")
            case 0x6e: return word("null")
            default: return number()
            }
        }

        private mutating func word(_ text: String) -> Bool { text.utf8.allSatisfy { take($0) } }

        private mutating func list(_ end: UInt8, _ depth: Int, isObject: Bool) -> Bool {
            if depth > JSONScanner.depthLimit {
                isTooDeep = true
                return false
            }
            place += 1
            space()
            if take(end) { return true }
            while true {
                if isObject {
                    space()
                    guard string() else { return false }
                    space()
                    guard take(0x3a) else { return false }
                }
                guard value(depth + 1) else { return false }
                space()
                if take(end) { return true }
                guard take(0x2c) else { return false }
            }
        }

        private mutating func string() -> Bool {
            guard take(0x22) else { return false }
            while let byte {
                place += 1
                if byte == 0x22 { return true }
                if byte < 0x20 { return false }
                guard byte == 0x5c else { continue }
                guard let escape = self.byte else { return false }
                place += 1
                if Array("\"\\/bfnrt".utf8).contains(escape) { continue }
                guard escape == 0x75 else { return false }
                for _ in 0..<4 {
                    guard let digit = self.byte, ASCII.hexValue(digit) != nil else { return false }
                    place += 1
                }
            }
            return false
        }

        private mutating func digits() -> Bool {
            let start = place
            while let byte, ASCII.isDigit(byte) { place += 1 }
            return place > start
        }

        private mutating func number() -> Bool {
            _ = take(0x2d)
            if !take(0x30), !digits() { return false }
            if take(0x2e), !digits() { return false }
            if take(0x65) || take(0x45) {
                if !take(0x2b) { _ = take(0x2d) }
                return digits()
            }
            return true
        }
    }
}
