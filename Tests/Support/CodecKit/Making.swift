import Conversation
import JSON

/// Random numbers from a seed: the same each time (SplitMix64).
package struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    package init(_ seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}

/// Makes up conversations and answers.
package struct Making {
    private var random: Seeded
    private var calls = 0

    package init(seed: UInt64) { random = Seeded(seed) }

    package mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    package mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

    private static let pieces = [
        "a", "word ", "Grüße", "日本", "😀", "\"quoted\"", "back\\slash", "\n", "\t", "{\"a\":1}", "</tag>", "\u{7f}", "",
        "longer text with spaces", "0", "\u{2028}",
    ]

    package mutating func text() -> JSONString {
        let count = number(1..<5)
        return JSONString((0..<count).map { _ in Making.pieces.randomElement(using: &random) ?? "" }.joined() + ".")
    }

    /// Base64 of random bytes, as seals are; it is Google's by its first byte.
    package mutating func seal() -> JSONString {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        return JSONString(
            plain: Array("AQ".utf8)
                + (0..<(number(4..<20) * 4 + 2)).map { _ in digits.randomElement(using: &random) ?? 65 }
        )
    }

    package mutating func arguments() -> [UInt8] {
        let values = ["1", "-2.5e3", "\"x\\n\\u00e4\"", "null", "[1,{\"b\":[]}]", "true", "{}"]
        let members = (0..<number(0..<4)).map { index in
            "\"k\(index)\": \(values.randomElement(using: &random) ?? "0")"
        }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    package mutating func call() -> ToolCall {
        calls += 1
        return ToolCall(
            id: JSONString("call_x\(calls)"),
            name: JSONString("tool_\(number(0..<3))"),
            arguments: arguments()
        )
    }
}
