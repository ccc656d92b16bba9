import JSON

/// A request for embeddings in no dialect.
package struct EmbeddingRequest: Sendable {
    /// The form in which the numbers come.
    package enum Encoding: Sendable {
        /// A list of numbers.
        case float
        /// Base64 of 32-bit floats, little endian.
        case base64
    }

    package var model = JSONString(spelled: [])
    package var inputs: [EmbeddingInput] = []
    /// The client gave one text, not a list of one.
    package var isSingle = false
    package var dimensions: Int?
    /// Nil when the client did not say: then numbers.
    package var encoding: Encoding?
    package var user: JSONString?
    /// Members with no counterpart elsewhere, by name.
    package var extras: [JSONNode.Member] = []

    package init() {}
}

/// One thing to embed.
package enum EmbeddingInput: Sendable {
    case text(JSONString)
    /// Tokens of the model's own, as they were spelled: a list of numbers.
    case tokens(JSONNode)
}

/// Embeddings in no dialect.
package struct EmbeddingAnswer: Sendable {
    package var model: JSONString?
    package var embeddings: [Embedding] = []
    package var usage: TokenUsage?
    package init() {}
}

/// One embedding, in the form it came in; turned into the other when a writer needs that.
package struct Embedding: Sendable {
    package enum Vector: Sendable {
        /// A list of numbers, as it was spelled, with its brackets.
        case numbers(ArraySlice<UInt8>)
        case base64(JSONString)
    }
    package var index: Int
    package var vector: Vector
    package init(index: Int, vector: Vector) {
        self.index = index
        self.vector = vector
    }

    /// The list of numbers, with its brackets; nil when the base64 is none, or holds no whole floats.
    package var numbers: ArraySlice<UInt8>? {
        switch vector {
        case .numbers(let list): return list
        case .base64(let text):
            guard let bytes = Base64.decode(text.plain), bytes.count % 4 == 0 else { return nil }
            var list: [UInt8] = [0x5b]
            for start in stride(from: 0, to: bytes.count, by: 4) {
                var bits: UInt32 = 0
                for offset in 0..<4 { bits |= UInt32(bytes[start + offset]) << UInt32(offset * 8) }
                let value = Float(bitPattern: bits)
                guard value.isFinite else { return nil }
                if start > 0 { list.append(0x2c) }
                list += Array(value.description.utf8)
            }
            list.append(0x5d)
            return list[...]
        }
    }

    /// The base64; nil when the list holds something that is no number.
    package var base64: JSONString? {
        switch vector {
        case .base64(let text): return text
        case .numbers(let list):
            guard let elements = try? JSONNode.parse(Array(list)).elements else { return nil }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(elements.count * 4)
            for element in elements {
                guard let number = element.number, let value = Float(String(decoding: number, as: UTF8.self))
                else { return nil }
                for offset in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(offset * 8))) }
            }
            return JSONString(spelled: Base64.encode(bytes)[...])
        }
    }
}

/// Base64 (RFC 4648 §4), as embeddings use it.
package enum Base64 {
    /// The bytes; nil when it is no base64.
    ///
    /// Padding may be missing.
    package static func decode(_ text: [UInt8]) -> [UInt8]? {
        var digits = text[...]
        while digits.last == 0x3d { digits.removeLast() }
        guard digits.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for digit in digits {
            guard let value = value(digit) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    /// The text, with padding.
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var position = 0
        while position < bytes.count {
            let left = min(3, bytes.count - position)
            var bits: UInt32 = 0
            for offset in 0..<3 {
                bits = bits << 8 | (offset < left ? UInt32(bytes[position + offset]) : 0)
            }
            for offset in 0..<4 {
                text.append(offset <= left ? digit(UInt8(bits >> UInt32(18 - offset * 6) & 63)) : 0x3d)
            }
            position += 3
        }
        return text
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x41...0x5a: digit - 0x41
        case 0x61...0x7a: digit - 0x61 + 26
        case 0x30...0x39: digit - 0x30 + 52
        case 0x2b: 62
        case 0x2f: 63
        default: nil
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: 0x41 + value
        case 26..<52: 0x61 + value - 26
        case 52..<62: 0x30 + value - 52
        case 62: 0x2b
        default: 0x2f
        }
    }
}
