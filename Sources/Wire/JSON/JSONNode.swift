import Bytes

/// A JSON value taken apart; texts and numbers stay as they were spelled, in the bytes they were read from.
///
/// For bodies that are rebuilt: a request once, an answer once. Events of a stream are read with `JSONWalk`.
package struct JSONNode: Equatable, Sendable {
    /// A member of an object.
    package struct Member: Equatable, Sendable {
        /// The key, escapes resolved.
        package let key: String
        package let value: JSONNode
    }

    /// What the value is.
    package indirect enum Value: Equatable, Sendable {
        case object([Member])
        case array([JSONNode])
        case string(JSONString)
        case number
        case bool(Bool)
        case null
    }

    package let value: Value
    /// The value's bytes as they stand in the text, quotes and brackets included.
    package let source: ArraySlice<UInt8>

    /// Reads a whole text.
    ///
    /// - Throws: what is wrong with it; more than 256 levels are refused.
    package static func parse(_ bytes: [UInt8]) throws(JSONFault) -> JSONNode {
        guard bytes.count <= Int(Int32.max) else { throw JSONFault(offset: 0, message: "the text exceeds 2 GiB") }
        var scanner = JSONScanner()
        let node = try NodeReader(bytes: bytes).value(&scanner, depth: 0)
        guard scanner.isAtEnd(bytes.span) else {
            throw JSONFault(offset: scanner.position, message: "something stands behind the value")
        }
        return node
    }

    /// The last member with this key, as most readers take it; nil when there is none or this is no object.
    package subscript(_ key: String) -> JSONNode? {
        guard case .object(let members) = value else { return nil }
        return members.last { $0.key == key }?.value
    }

    /// The members; empty when this is no object.
    package var members: [Member] {
        guard case .object(let members) = value else { return [] }
        return members
    }

    /// The elements; nil when this is no array.
    package var elements: [JSONNode]? {
        guard case .array(let elements) = value else { return nil }
        return elements
    }

    /// The text; nil when this is no string.
    package var string: JSONString? {
        guard case .string(let text) = value else { return nil }
        return text
    }

    /// The truth value; nil when this is none.
    package var bool: Bool? {
        guard case .bool(let bool) = value else { return nil }
        return bool
    }

    /// A whole number from 0 to 10^17; nil for any other.
    package var integer: Int? { number.flatMap { ObjectFields.integer($0.span) } }

    /// A number as it is spelled; nil when this is none.
    package var number: ArraySlice<UInt8>? {
        guard case .number = value else { return nil }
        return source
    }

    package var isNull: Bool { value == .null }
    package var isObject: Bool { if case .object = value { true } else { false } }
}

/// A text as JSON spells it between the quotes, so that it can be passed on without being read.
package struct JSONString: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The inside of the quotes, with escapes.
    package let spelled: ArraySlice<UInt8>

    /// Takes text that is spelled already.
    package init(spelled: ArraySlice<UInt8>) { self.spelled = spelled }

    /// Spells a text.
    package init(_ plain: String) { self.init(plain: Array(plain.utf8)) }

    /// Spells UTF-8.
    package init(plain: [UInt8]) { spelled = JSONText.escaped(plain)[...] }

    package init(stringLiteral text: String) { self.init(text) }

    /// What it stands for, as UTF-8.
    package var plain: [UInt8] { JSONText.unescape(spelled.span) }

    /// What it stands for.
    package var text: String { String(decoding: plain, as: UTF8.self) }

    package var isEmpty: Bool { spelled.isEmpty }

    /// Both texts, one after the other.
    package static func + (left: JSONString, right: JSONString) -> JSONString {
        JSONString(spelled: left.spelled + right.spelled)
    }
}

private struct NodeReader {
    let bytes: [UInt8]

    func value(_ scanner: inout JSONScanner, depth: Int) throws(JSONFault) -> JSONNode {
        scanner.skipSpace(bytes.span)
        let start = scanner.position
        guard start < bytes.count else { throw fault(scanner, "the text ends where a value should be") }
        let value: JSONNode.Value
        switch bytes[start] {
        case 0x7b: value = .object(try members(&scanner, depth))
        case 0x5b: value = .array(try elements(&scanner, depth))
        case 0x22: value = .string(JSONString(spelled: bytes[try scanner.skipString(bytes.span).text.range]))
        default:
            switch try scanner.skipValue(bytes.span) {
            case .bool: value = .bool(bytes[start] == 0x74)
            case .null: value = .null
            default: value = .number
            }
        }
        return JSONNode(value: value, source: bytes[start..<scanner.position])
    }

    private func members(_ scanner: inout JSONScanner, _ depth: Int) throws(JSONFault) -> [JSONNode.Member] {
        try open(&scanner, 0x7b, depth)
        var members: [JSONNode.Member] = []
        guard !closes(&scanner, 0x7d) else { return [] }
        while true {
            scanner.skipSpace(bytes.span)
            let (key, isEscaped) = try scanner.skipString(bytes.span)
            scanner.skipSpace(bytes.span)
            try scanner.expect(0x3a, "a colon is missing after a key", bytes.span)
            let spelled = bytes[key.range]
            let plain = isEscaped ? JSONText.unescape(spelled.span)[...] : spelled
            let value = try value(&scanner, depth: depth + 1)
            members.append(JSONNode.Member(key: String(decoding: plain, as: UTF8.self), value: value))
            if closes(&scanner, 0x7d) { return members }
            try scanner.expect(0x2c, "a comma or the end is missing here", bytes.span)
        }
    }

    private func elements(_ scanner: inout JSONScanner, _ depth: Int) throws(JSONFault) -> [JSONNode] {
        try open(&scanner, 0x5b, depth)
        var elements: [JSONNode] = []
        guard !closes(&scanner, 0x5d) else { return [] }
        while true {
            elements.append(try value(&scanner, depth: depth + 1))
            if closes(&scanner, 0x5d) { return elements }
            try scanner.expect(0x2c, "a comma or the end is missing here", bytes.span)
        }
    }

    private func open(_ scanner: inout JSONScanner, _ byte: UInt8, _ depth: Int) throws(JSONFault) {
        guard depth < JSONScanner.depthLimit else { throw fault(scanner, "more than 256 levels") }
        try scanner.expect(byte, "an array or object should begin here", bytes.span)
    }

    /// Passes the closing byte if it stands here.
    private func closes(_ scanner: inout JSONScanner, _ byte: UInt8) -> Bool {
        scanner.skipSpace(bytes.span)
        guard scanner.position < bytes.count, bytes[scanner.position] == byte else { return false }
        scanner = JSONScanner(at: scanner.position + 1)
        return true
    }

    private func fault(_ scanner: JSONScanner, _ message: StaticString) -> JSONFault {
        JSONFault(offset: scanner.position, message: message)
    }
}
