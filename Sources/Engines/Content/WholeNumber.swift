import Bytes

/// The whole part of a JSON number that is spelled otherwise: `4.1e15`, `41.0`, `41.5`.
struct WholeNumber {
    /// As it would be spelled; cut short when it is too large.
    let digits: [UInt8]
    /// More zeros follow than a double has (IEEE 754: 308), so that nobody can say what a provider makes of it.
    let isTooLarge: Bool

    /// What is shorter is no secret.
    private static let leastDigits = 8
    private static let mostZeros = 400
    /// No text is as long, and sums of such numbers do not overflow.
    private static let mostExponent = 1 << 40

    /// A quick look: vectors are full of numbers that are small.
    static func mayBe(_ text: Span<UInt8>) -> Bool {
        for index in text.indices {
            if text[index] == UInt8(ascii: "."), index >= leastDigits { return true }
            if text[index] | 0x20 == UInt8(ascii: "e") { return true }
        }
        return false
    }

    /// Nil for what is spelled plainly, or has fewer than eight digits in front of its point, by its value.
    init?(_ text: Span<UInt8>) {
        // The digits from the first to the last that is not zero, and the zeros behind that.
        var (digits, zeros, fraction, hasPoint) = ([UInt8](), 0, 0, false)
        var index = 0
        while index < text.count, text[index] | 0x20 != UInt8(ascii: "e") {
            let byte = text[index]
            index += 1
            guard ASCII.isDigit(byte) else {
                hasPoint = hasPoint || byte == UInt8(ascii: ".")
                continue
            }
            if hasPoint { fraction += 1 }
            if byte != 0x30 {
                digits.append(contentsOf: repeatElement(0x30, count: zeros))
                digits.append(byte)
                zeros = 0
            } else if !digits.isEmpty {
                zeros += 1
            }
        }
        let isPlain = !hasPoint && index == text.count
        let scale = WholeNumber.exponent(text.extracting(index...)) - fraction + zeros
        guard !isPlain, !digits.isEmpty, digits.count + scale >= WholeNumber.leastDigits else { return nil }
        isTooLarge = scale > WholeNumber.mostZeros
        if scale < 0 { digits.removeLast(-scale) }
        digits.append(contentsOf: repeatElement(0x30, count: min(max(scale, 0), WholeNumber.mostZeros)))
        self.digits = digits
    }

    /// The number behind an `e`, however long it is; 0 when there is none.
    private static func exponent(_ text: Span<UInt8>) -> Int {
        var (value, isNegative) = (0, false)
        for index in text.indices {
            if ASCII.isDigit(text[index]) {
                value = min(value * 10 + Int(text[index] - 0x30), mostExponent)
            } else if text[index] == UInt8(ascii: "-") {
                isNegative = true
            }
        }
        return isNegative ? -value : value
    }
}
