import Bytes

/// Why a text is no JSON.
package struct JSONFault: Error, Equatable {
    /// Byte at which it went wrong.
    package let offset: Int
    /// What is wrong there.
    package let message: StaticString

    /// What went wrong where.
    package init(offset: Int, message: StaticString) {
        self.offset = offset
        self.message = message
    }

    /// Whether both say the same of the same place.
    package static func == (left: JSONFault, right: JSONFault) -> Bool {
        left.offset == right.offset && left.message.description == right.message.description
    }
}

/// What a value is.
package enum JSONKind: Sendable {
    case object, array, string, number, bool, null
}

/// Steps over JSON (RFC 8259), strictly, without building anything.
///
/// Reads only what it is given; depth is bounded, so no text can exhaust the stack.
package struct JSONScanner {
    /// Arrays and objects within one another.
    package static let depthLimit = 256

    /// Where it stands.
    package private(set) var position: Int

    /// Begins at an offset.
    package init(at position: Int = 0) { self.position = position }

    /// Passes white space.
    package mutating func skipSpace(_ bytes: Span<UInt8>) {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return
            }
        }
    }

    /// True when nothing but white space is left.
    package mutating func isAtEnd(_ bytes: Span<UInt8>) -> Bool {
        skipSpace(bytes)
        return position >= bytes.count
    }

    /// Passes one byte that must stand here.
    package mutating func expect(_ byte: UInt8, _ message: StaticString, _ bytes: Span<UInt8>) throws(JSONFault) {
        guard position < bytes.count, bytes[position] == byte else { throw fault(message) }
        position += 1
    }

    /// Passes one value; its bytes are from where the position stood (after white space) to where it then stands.
    @discardableResult
    package mutating func skipValue(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONKind {
        skipSpace(bytes)
        guard position < bytes.count else { throw fault("the text ends where a value should be") }
        switch bytes[position] {
        case 0x22:
            _ = try skipString(bytes)
            return .string
        case 0x7b, 0x5b: return try skipContainer(bytes)
        case 0x74:
            try word("true", bytes)
            return .bool
        case 0x66:
            try word("false", bytes)
            return .bool
        case 0x6e:
            try word("null", bytes)
            return .null
        default:
            try skipNumber(bytes)
            return .number
        }
    }

    /// Passes a string; answers its bytes between the quotes and whether it has escapes.
    package mutating func skipString(_ bytes: Span<UInt8>) throws(JSONFault) -> (text: TextRange, isEscaped: Bool) {
        try expect(0x22, "a string should begin here", bytes)
        let start = position
        var isEscaped = false
        var index = start
        while true {
            index = JSONScanner.endOfPlain(bytes, from: index)
            position = index
            guard index < bytes.count else { throw fault("a string without an end") }
            switch bytes[index] {
            case 0x22:
                position = index + 1
                return (TextRange(start: Int32(start), count: Int32(index - start)), isEscaped)
            case 0x5c:
                isEscaped = true
                if index + 1 < bytes.count, JSONScanner.isShortEscape(bytes[index + 1]) {
                    index += 2
                } else {
                    try skipUnicodeEscape(bytes)
                    index = position
                }
            case 0x80...:
                // Text that is not ASCII goes on as such.
                repeat { try skipCharacter(bytes) } while position < bytes.count && bytes[position] >= 0x80
                index = position
            default: throw fault("a control byte in a string")
            }
        }
    }

    /// Passes one character beyond ASCII.
    ///
    /// RFC 8259 §8.1 wants UTF-8, and a reader that drops what is none could see another key than we do. Well-formed is
    /// what Unicode 16, table 3-7 lists.
    private mutating func skipCharacter(_ bytes: Span<UInt8>) throws(JSONFault) {
        let first = bytes[position]
        let count = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
        guard first >= 0xc2, first <= 0xf4 else { throw fault("bytes that are no UTF-8") }
        guard position + count <= bytes.count else { throw fault("a string without an end") }
        let second = bytes[position + 1]
        let isFine =
            switch first {
            case 0xe0: second >= 0xa0 && second <= 0xbf
            case 0xed: second >= 0x80 && second <= 0x9f
            case 0xf0: second >= 0x90 && second <= 0xbf
            case 0xf4: second >= 0x80 && second <= 0x8f
            default: second & 0xc0 == 0x80
            }
        guard isFine, count < 3 || bytes[position + 2] & 0xc0 == 0x80, count < 4 || bytes[position + 3] & 0xc0 == 0x80
        else { throw fault("bytes that are no UTF-8") }
        position += count
    }

    /// The first quote, backslash, control byte or byte beyond ASCII at or after `start`.
    @inline(__always)
    private static func endOfPlain(_ bytes: Span<UInt8>, from start: Int) -> Int {
        Scan.first(in: bytes, from: start) { word in
            Scan.equal(0x22, in: word) | Scan.equal(0x5c, in: word) | Scan.below(0x20, in: word)
                | (word & 0x8080_8080_8080_8080)
        }
    }

    @inline(__always)
    private static func isShortEscape(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74: true
        default: false
        }
    }

    private mutating func skipUnicodeEscape(_ bytes: Span<UInt8>) throws(JSONFault) {
        guard position + 1 < bytes.count else { throw fault("a string without an end") }
        guard bytes[position + 1] == 0x75 else { throw fault("an escape that JSON does not have") }
        guard position + 5 < bytes.count else { throw fault("a string without an end") }
        for index in (position + 2)..<(position + 6) {
            guard ASCII.hexValue(bytes[index]) != nil else { throw fault("a malformed \\u escape") }
        }
        position += 6
    }

    private mutating func word(_ text: StaticString, _ bytes: Span<UInt8>) throws(JSONFault) {
        guard ASCII.starts(bytes.extracting(position...), with: text) else { throw fault("no JSON value") }
        position += text.utf8CodeUnitCount
    }

    private mutating func skipNumber(_ bytes: Span<UInt8>) throws(JSONFault) {
        func isDigit(_ at: Int) -> Bool { at < bytes.count && ASCII.isDigit(bytes[at]) }
        var index = position
        if index < bytes.count, bytes[index] == 0x2d { index += 1 }
        guard isDigit(index) else { throw fault("no JSON value") }
        if bytes[index] == 0x30 { index += 1 } else { while isDigit(index) { index += 1 } }
        if index < bytes.count, bytes[index] == 0x2e {
            index += 1
            guard isDigit(index) else { throw fault("a malformed number") }
            while isDigit(index) { index += 1 }
        }
        if index < bytes.count, bytes[index] | 0x20 == 0x65 {
            index += 1
            if index < bytes.count, bytes[index] == 0x2b || bytes[index] == 0x2d { index += 1 }
            guard isDigit(index) else { throw fault("a malformed number") }
            while isDigit(index) { index += 1 }
        }
        position = index
    }

    /// Passes an array or object without recursion: one bit per level says which it is.
    private mutating func skipContainer(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONKind {
        let kind: JSONKind = bytes[position] == 0x7b ? .object : .array
        var levels = Levels()
        repeat {
            if try !enter(bytes, &levels) { try skipScalar(bytes) }
            try leave(bytes, &levels)
        } while levels.count > 0
        return kind
    }

    /// Opens a container if one stands here; leaves the position before its first value.
    private mutating func enter(_ bytes: Span<UInt8>, _ levels: inout Levels) throws(JSONFault) -> Bool {
        skipSpace(bytes)
        guard position < bytes.count else { throw fault("the text ends where a value should be") }
        let byte = bytes[position]
        guard byte == 0x7b || byte == 0x5b else { return false }
        guard levels.count < JSONScanner.depthLimit else { throw fault("more than 256 levels") }
        levels.push(isObject: byte == 0x7b)
        position += 1
        skipSpace(bytes)
        if position < bytes.count, bytes[position] == (byte == 0x7b ? 0x7d : 0x5d) { return true }
        if byte == 0x7b { try key(bytes) }
        return try enter(bytes, &levels) ? true : skipScalarAfterOpening(bytes)
    }

    private mutating func skipScalarAfterOpening(_ bytes: Span<UInt8>) throws(JSONFault) -> Bool {
        try skipScalar(bytes)
        return true
    }

    private mutating func skipScalar(_ bytes: Span<UInt8>) throws(JSONFault) {
        guard bytes[position] != 0x7b, bytes[position] != 0x5b else { throw fault("no JSON value") }
        try skipValue(bytes)
    }

    private mutating func key(_ bytes: Span<UInt8>) throws(JSONFault) {
        skipSpace(bytes)
        _ = try skipString(bytes)
        skipSpace(bytes)
        try expect(0x3a, "a colon is missing after a key", bytes)
    }

    /// After a value: closes what ends, or passes a comma (and a key) to stand before the next value.
    private mutating func leave(_ bytes: Span<UInt8>, _ levels: inout Levels) throws(JSONFault) {
        while levels.count > 0 {
            skipSpace(bytes)
            guard position < bytes.count else { throw fault("an array or object without an end") }
            let isObject = levels.isObject
            switch bytes[position] {
            case 0x2c:
                position += 1
                if isObject { try key(bytes) }
                return
            case isObject ? 0x7d : 0x5d:
                position += 1
                levels.pop()
            default: throw fault("a comma or the end is missing here")
            }
        }
    }

    /// Which of the open levels are objects.
    private struct Levels {
        private var bits: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        private(set) var count = 0

        mutating func push(isObject: Bool) {
            set(count, isObject)
            count += 1
        }

        mutating func pop() { count -= 1 }

        var isObject: Bool {
            let index = count - 1
            let word = index < 64 ? bits.0 : index < 128 ? bits.1 : index < 192 ? bits.2 : bits.3
            return word & (1 << UInt64(index & 63)) != 0
        }

        private mutating func set(_ index: Int, _ value: Bool) {
            let mask: UInt64 = 1 << UInt64(index & 63)
            func change(_ word: inout UInt64) { if value { word |= mask } else { word &= ~mask } }
            switch index >> 6 {
            case 0: change(&bits.0)
            case 1: change(&bits.1)
            case 2: change(&bits.2)
            default: change(&bits.3)
            }
        }
    }

    private func fault(_ message: StaticString) -> JSONFault { JSONFault(offset: position, message: message) }
}
