import Foundation
import Testing

/// A folder that goes with its test.
final class JournalFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "hoosh-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String = "state.db") -> String { "\(path)/\(name)" }
}

/// Chance that is the same with each run of a seed.
struct Dice: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: Int) { state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_f491_4f6c_dd1d
    }
}
