/// Numbers that are the same in every run of a seed (SplitMix64).
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    mutating func roll(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &self) }
}

/// A JSON value that can be spelled in many ways.
indirect enum Value: Equatable {
    case object([String: Value])
    case array([Value])
    case text(String)
    /// In hundredths.
    case number(Int)
    case bool(Bool)
    case null

    static func random(_ dice: inout Dice, depth: Int = 0) -> Value {
        switch dice.roll(depth > 3 ? 4 : 6) {
        case 0: return .text(randomText(&dice))
        case 1: return .number(dice.roll(40_000) - 20_000)
        case 2: return .bool(dice.roll(2) == 0)
        case 3: return .null
        case 4: return .array((0..<dice.roll(4)).map { _ in random(&dice, depth: depth + 1) })
        default:
            var members: [String: Value] = [:]
            for _ in 0..<dice.roll(5) { members[randomText(&dice)] = random(&dice, depth: depth + 1) }
            return .object(members)
        }
    }

    private static func randomText(_ dice: inout Dice) -> String {
        let pieces = ["a", "b", "role", "1", "\"", "\\", "\n", "é", "🙂", " ", ":", "{", "é", ""]
        return (0..<dice.roll(5)).map { _ in pieces[dice.roll(pieces.count)] }.joined()
    }

    /// One of the ways to write it.
    func spelled(_ dice: inout Dice) -> String {
        func space() -> String { ["", "", " ", "\n", "\t "][dice.roll(5)] }
        switch self {
        case .null: return "null"
        case .bool(let bool): return bool ? "true" : "false"
        case .number(let hundredths): return Value.spelled(hundredths, &dice)
        case .text(let text): return Value.spelled(text, &dice)
        case .array(let elements):
            var parts: [String] = []
            for element in elements { parts.append(space() + element.spelled(&dice) + space()) }
            return "[" + (parts.isEmpty ? space() : parts.joined(separator: ",")) + "]"
        case .object(let members):
            var parts: [String] = []
            for (key, value) in members.sorted(by: { $0.key < $1.key }).shuffled(using: &dice) {
                let name = Value.spelled(key, &dice)
                parts.append(space() + name + space() + ":" + space() + value.spelled(&dice) + space())
            }
            return "{" + (parts.isEmpty ? space() : parts.joined(separator: ",")) + "}"
        }
    }

    private static func spelled(_ hundredths: Int, _ dice: inout Dice) -> String {
        let sign = hundredths < 0 ? "-" : ""
        let (whole, part) = (abs(hundredths) / 100, abs(hundredths) % 100)
        let digits = part < 10 ? "0\(part)" : "\(part)"
        switch dice.roll(4) {
        case 0 where part == 0: return "\(sign)\(whole)"
        case 1: return "\(sign)\(whole).\(digits)000"
        case 2: return "\(sign)\(abs(hundredths))e-2"
        case 3: return "\(sign)\(whole).\(digits)E+0"
        default: return "\(sign)\(whole).\(digits)"
        }
    }

    private static func spelled(_ text: String, _ dice: inout Dice) -> String {
        var result = "\""
        for unit in text.utf16 {
            let mustEscape = unit < 0x20 || unit == 0x22 || unit == 0x5c
            if mustEscape || unit >= 0xd800 && unit < 0xe000 || dice.roll(4) == 0 {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                result += String(decoding: [unit], as: UTF16.self)
            }
        }
        return result + "\""
    }
}
