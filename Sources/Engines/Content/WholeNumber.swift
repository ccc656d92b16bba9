import Bytes

/// A number of JSON that is whole but spelled as if it were not: `4.1e15`, `41.0`.
struct WholeNumber {
    /// As it would be spelled.
    let digits: [UInt8]

    /// A quick look: vectors are full of numbers that are not whole.
    static func mayBe(_ text: Span<UInt8>) -> Bool {
        text[text.count - 1] == 0x30 || text.indices.contains { text[$0] | 0x20 == UInt8(ascii: "e") }
    }

    /// Nil for one that is not whole, is too long for a card, or is spelled plainly.
    init?(_ text: Span<UInt8>) {
        var (digits, whole, exponent) = ([UInt8](), -1, 0)
        var index = text.count > 0 && text[0] == UInt8(ascii: "-") ? 1 : 0
        while index < text.count, text[index] | 0x20 != UInt8(ascii: "e") {
            if text[index] == UInt8(ascii: ".") { whole = digits.count } else { digits.append(text[index]) }
            index += 1
        }
        let isPlain = whole < 0 && index == text.count
        if whole < 0 { whole = digits.count }
        if index < text.count {
            guard let value = Int(String(decoding: (index + 1..<text.count).map { text[$0] }, as: UTF8.self)) else {
                return nil
            }
            exponent = value
        }
        guard !isPlain, (-64...64).contains(exponent), (1...64).contains(whole + exponent), digits.count <= 96 else {
            return nil
        }
        let point = whole + exponent
        guard digits.dropFirst(point).allSatisfy({ $0 == 0x30 }) else { return nil }
        digits = Array(digits.prefix(point)) + [UInt8](repeating: 0x30, count: max(point - digits.count, 0))
        digits = Array(digits.drop { $0 == 0x30 })
        guard digits.count >= 8 else { return nil }
        self.digits = digits
    }
}
