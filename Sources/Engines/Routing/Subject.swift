/// Whose requests fall on the same side of a `sample`, share a window of a limit, or stick to a target.
package enum Subject: Hashable, Sendable {
    case request, key, tenant
    /// The value of a header field, named in lower case.
    case header(String)

    /// The word in a route file.
    package var word: String {
        switch self {
        case .request: "request"
        case .key: "key"
        case .tenant: "tenant"
        case .header(let name): "header:\(name)"
        }
    }
}

/// Which of 10,000 buckets a subject falls into: SipHash-2-4 (Aumasson and Bernstein, 2012) with a fixed key, so that the
/// same subject is on the same side in every process, in `explain` and in tests.
package enum SampleBucket {
    /// Buckets in all; a share of 1 % takes the first 100.
    package static let count = 10_000

    /// The bucket of a text, 0 to 9,999.
    package static func of(_ text: Span<UInt8>) -> Int {
        var state = SipState()
        var offset = 0
        while offset + 8 <= text.count {
            var word: UInt64 = 0
            for index in 0..<8 { word |= UInt64(text[offset + index]) << UInt64(8 * index) }
            state.absorb(word)
            offset += 8
        }
        var last = UInt64(text.count & 0xFF) << 56
        for index in offset..<text.count { last |= UInt64(text[index]) << UInt64(8 * (index - offset)) }
        state.absorb(last)
        return Int(state.finished() % UInt64(count))
    }
}

private struct SipState {
    private var v0: UInt64 = 0x736f_6d65_7073_6575
    private var v1: UInt64 = 0x646f_7261_6e64_6f6d
    private var v2: UInt64 = 0x6c79_6765_6e65_7261
    private var v3: UInt64 = 0x7465_6462_7974_6573

    init() {
        // The key is 00 01 … 0f, that of the reference vectors.
        let (low, high): (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
        v0 ^= low
        v1 ^= high
        v2 ^= low
        v3 ^= high
    }

    mutating func absorb(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    mutating func finished() -> UInt64 {
        v2 ^= 0xFF
        for _ in 0..<4 { round() }
        return v0 ^ v1 ^ v2 ^ v3
    }

    private mutating func round() {
        v0 &+= v1
        v1 = rotated(v1, 13) ^ v0
        v0 = rotated(v0, 32)
        v2 &+= v3
        v3 = rotated(v3, 16) ^ v2
        v0 &+= v3
        v3 = rotated(v3, 21) ^ v0
        v2 &+= v1
        v1 = rotated(v1, 17) ^ v2
        v2 = rotated(v2, 32)
    }

    private func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
}
