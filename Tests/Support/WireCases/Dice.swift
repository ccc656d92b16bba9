/// Random numbers that a seed decides, so that what failed once fails again (SplitMix64).
package struct Dice: RandomNumberGenerator {
    private var state: UInt64

    /// Begins at a seed.
    package init(seed: UInt64) { state = seed }

    /// Begins at a seed that the bytes decide (FNV-1a).
    package init(of bytes: [UInt8]) {
        state = bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    /// A number from 0 up to `limit`, without it.
    package mutating func roll(_ limit: Int) -> Int { Int(next() % UInt64(max(limit, 1))) }

    /// True once in `count` times.
    package mutating func isLucky(_ count: Int) -> Bool { roll(count) == 0 }

    /// Places to cut `count` bytes at, ascending, the last being `count`; mostly few, now and then after every byte.
    package mutating func cuts(_ count: Int) -> [Int] {
        guard count > 0 else { return [0] }
        if count <= 2_000, isLucky(4) { return Array(1...count) }
        let inner = (0..<roll(8)).map { _ in roll(count + 1) }
        return Array(Set(inner + [count])).sorted()
    }

    /// The bytes with a few of them changed, dropped, doubled or moved.
    package mutating func mutated(_ bytes: [UInt8], alphabet: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0...roll(4) {
            let place = roll(result.count + 1)
            switch roll(5) {
            case 0 where place < result.count: result.remove(at: place)
            case 1: result.insert(alphabet[roll(alphabet.count)], at: place)
            case 2 where place < result.count: result[place] = alphabet[roll(alphabet.count)]
            case 3 where place < result.count: result.insert(result[place], at: place)
            case 4 where place < result.count:
                let count = min(roll(12), result.count - place)
                let piece = Array(result[place..<(place + count)])
                result.insert(contentsOf: piece, at: roll(result.count + 1))
            default: result.append(UInt8(roll(256)))
            }
        }
        return result
    }
}
