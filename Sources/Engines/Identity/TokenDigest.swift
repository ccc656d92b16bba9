import CSSL

/// The SHA-256 of a token: all that is kept of one.
package struct TokenDigest: Hashable, Sendable {
    fileprivate let bytes: SIMD32<UInt8>

    /// Digests the bytes of a token.
    package init(of token: Span<UInt8>) {
        var digest = SIMD32<UInt8>()
        token.withUnsafeBufferPointer { text in
            withUnsafeMutableBytes(of: &digest) { cssl_sha256(text.baseAddress, text.count, $0.baseAddress) }
        }
        bytes = digest
    }

    /// Digests a text as UTF-8.
    package init(of text: String) {
        let bytes = Array(text.utf8)
        self.init(of: bytes.span)
    }

    /// Reads 64 hexadecimal digits of either case; nil for anything else.
    package init?(hexadecimal text: Substring) {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var digest = SIMD32<UInt8>()
        for index in 0..<32 {
            guard let high = Self.value(digits[2 * index]), let low = Self.value(digits[2 * index + 1]) else {
                return nil
            }
            digest[index] = high << 4 | low
        }
        bytes = digest
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }

    /// Compares without telling by its time where the two differ.
    package func isSame(as other: TokenDigest) -> Bool { DigestTable([other]).position(of: self) != nil }
}

/// Digests that are searched as a whole: the time says neither whether one was found nor which.
struct DigestTable: Sendable {
    private let digests: [SIMD32<UInt8>]

    init(_ digests: [TokenDigest]) { self.digests = digests.map(\.bytes) }

    /// The position of a digest; of two that are the same, the position means nothing.
    func position(of digest: TokenDigest) -> Int? {
        var wanted = digest.bytes
        let count = digests.count
        let found = withUnsafeBytes(of: &wanted) { wanted in
            digests.withUnsafeBytes { all in
                var found = 0
                guard let first = all.baseAddress, let wanted = wanted.baseAddress else { return 0 }
                for index in 0..<count {
                    let difference = UInt32(bitPattern: CRYPTO_memcmp(first + index * 32, wanted, 32))
                    // All ones where nothing differs, else zero; no branch.
                    let mask = Int((difference | (0 &- difference)) >> 31) - 1
                    found |= mask & (index + 1)
                }
                return found
            }
        }
        return found == 0 ? nil : found - 1
    }
}
