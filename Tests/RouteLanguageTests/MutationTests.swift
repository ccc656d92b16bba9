import Report
import RouteLanguage
import Testing

/// A small generator with a seed, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

@Suite struct MutationTests {
    /// What authors and vandals type.
    static let pieces = [
        "*", "!", "&a ", "*a", "<<: ", "{", "}", "[", "]", ": ", "- ", "\n", "\t", "  ", "\"", "'", "|\n", "#", "@",
        "%", "\u{0}",
        "é", "🙂", "\u{202E}", "\r", "null", "~", "re:(", "env:", "file:/", "..", "%", "-1", "999999999999999999999",
        "1e9", "---\n",
        "? ", "\\", "${", "https://u:p@h", "k", "ms", "%", "to: ", "deny: ", "local", "[[[[[[[[[[", "*x: *x\n",
    ]

    @Test(arguments: 0..<4)
    func `no mutation of a file brings the reader down`(seed: UInt64) throws {
        let names = Cases.names("good") + Cases.names("broken")
        let files = names.compactMap {
            Cases.bytes("\(Cases.folder)/good/\($0).yaml") ?? Cases.bytes("\(Cases.folder)/broken/\($0).yaml")
        }.filter { $0.count < 8_000 }
        var random = SeededGenerator(seed: seed)
        var found = 0
        for round in 0..<2_000 {
            var bytes = files.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...4, using: &random) { Self.mutate(&bytes, files, &random) }
            let name = round % 2 == 0 ? "serve-mutant" : "mutant"
            let loaded = Cases.load(bytes, name)
            let problems = loaded.problems
            if !problems.isEmpty { found += 1 }
            let isUnsound = problems.all.contains { $0.severity == .error && $0.code < "HP300" }
            if isUnsound != (loaded.document == nil), isUnsound || !problems.hasErrors {
                Issue.record("\(String(decoding: bytes, as: UTF8.self))")
            }
            // Drawing must hold for every place, too.
            for format in Render.Format.allCases { #expect(Render(problems).text(format).utf8.count < 1 << 20) }
        }
        #expect(found > 1_000)
    }

    private static func mutate(_ bytes: inout [UInt8], _ files: [[UInt8]], _ random: inout SeededGenerator) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let end = min(bytes.count, place + Int.random(in: 0...12, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes.replaceSubrange(place..<end, with: Array((pieces.randomElement(using: &random) ?? "").utf8))
        case 1: bytes.insert(contentsOf: Array((pieces.randomElement(using: &random) ?? "").utf8), at: place)
        case 2: bytes.removeSubrange(place..<end)
        case 3: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &random) }
        case 4: bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
        default:
            let other = files.randomElement(using: &random) ?? []
            let start = Int.random(in: 0...other.count, using: &random)
            let stop = min(other.count, start + Int.random(in: 0...60, using: &random))
            bytes.insert(contentsOf: other[start..<stop], at: place)
        }
    }
}
