/// Damages texts in ways that keep much of their form, from a seed.
package struct Damage {
    private var random: Seeded

    package init(seed: UInt64) { random = Seeded(seed) }

    private static let pieces = [
        "\"", "{", "}", "[", "]", ",", ":", "null", "-1", "9223372036854775807", "-9223372036854775808", "1e999",
        "\\u0000",
        "\\ud800", "\\", "\n", "data: ", "true", "[]", "{}", "\"\"", "\u{0}", "99999999999999999999",
    ].map { Array($0.utf8) }

    /// The text with one to four places changed.
    package mutating func damaged(_ text: [UInt8]) -> [UInt8] {
        var text = text
        for _ in 0..<Int.random(in: 1...4, using: &random) where !text.isEmpty {
            let place = Int.random(in: 0..<text.count, using: &random)
            let end = min(text.count, place + Int.random(in: 0..<12, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0: text.replaceSubrange(place..<end, with: Damage.pieces.randomElement(using: &random) ?? [])
            case 1: text.removeSubrange(place..<end)
            case 2: text.insert(contentsOf: text[place..<end], at: place)
            default: changeNumber(&text, from: place)
            }
        }
        return text
    }

    /// Puts a hostile value in the place of the next number.
    private mutating func changeNumber(_ text: inout [UInt8], from place: Int) {
        guard let start = text[place...].firstIndex(where: { (0x30...0x39).contains($0) }) else { return }
        let end = text[start...].firstIndex { !(0x30...0x39).contains($0) } ?? text.count
        text.replaceSubrange(start..<end, with: Damage.pieces.randomElement(using: &random) ?? [])
    }
}
