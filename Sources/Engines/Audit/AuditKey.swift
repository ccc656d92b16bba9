import Bytes
import CSSL
import Glibc

/// The secret of a log's chain, and the digests that are made with it.
///
/// HMAC-SHA256 (RFC 2104, FIPS 198-1) by OpenSSL.
package struct AuditKey: Sendable {
    /// Bytes of a digest.
    package static let digestBytes = 32
    /// Shorter keys could be guessed.
    package static let leastBytes = 16

    private let bytes: [UInt8]

    /// A key that is these bytes.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// A key that ends with the process.
    package static func random() -> AuditKey? {
        var bytes = [UInt8](repeating: 0, count: digestBytes)
        guard RAND_bytes(&bytes, Int32(bytes.count)) == 1 else { return nil }
        return AuditKey(bytes)
    }

    /// Calls with the secret.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { bytes.withUnsafeBytes(body) }

    /// What tells keys apart without telling anything about them: 16 hex digits.
    package var name: String {
        let text = Array("hoosh-audit-key".utf8)
        return Hex.text(mac(of: text).prefix(8))
    }

    /// HMAC-SHA256 of a text.
    package func mac(of text: [UInt8]) -> [UInt8] { mac(of: text[...]) }

    /// HMAC-SHA256 of a part of a text.
    package func mac(of text: ArraySlice<UInt8>) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: AuditKey.digestBytes)
        var count: UInt32 = 0
        let made = text.withUnsafeBytes { raw in
            bytes.withUnsafeBytes { key in
                HMAC(
                    EVP_sha256(),
                    key.baseAddress,
                    Int32(key.count),
                    raw.bindMemory(to: UInt8.self).baseAddress,
                    raw.count,
                    &result,
                    &count
                )
            }
        }
        precondition(made != nil && count == AuditKey.digestBytes, "no memory for an HMAC")
        return result
    }

    /// SHA-256 of a text.
    package static func digest(_ text: some Collection<UInt8>) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: digestBytes)
        let done: Void? = text.withContiguousStorageIfAvailable { cssl_sha256($0.baseAddress, $0.count, &result) }
        return done == nil ? digest(Array(text)) : result
    }

    /// SHA-256 of memory that somebody else owns.
    package static func digest(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        digest(text.bindMemory(to: UInt8.self))
    }

    /// True when two digests are the same; takes as long when they are not.
    package static func isSame(_ one: some Collection<UInt8>, _ other: some Collection<UInt8>) -> Bool {
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// HMAC-SHA256 with one key, text after text: what depends on the key alone is worked out once.
final class KeyedMAC {
    private let context: OpaquePointer

    init(_ key: AuditKey) {
        guard let context = HMAC_CTX_new() else { preconditionFailure("no memory for an HMAC") }
        self.context = context
        let begun = key.withBytes { HMAC_Init_ex(context, $0.baseAddress, Int32($0.count), EVP_sha256(), nil) }
        precondition(begun == 1, "OpenSSL has no HMAC-SHA256")
    }

    deinit { HMAC_CTX_free(context) }

    /// The MAC of a text in two parts, one behind the other.
    func mac(of first: [UInt8], _ second: UnsafeRawBufferPointer) -> [UInt8] {
        var count: UInt32 = 0
        var result = [UInt8](repeating: 0, count: AuditKey.digestBytes)
        // Without a key it begins anew with the one it has (HMAC_Init_ex(3)).
        let isMade =
            HMAC_Init_ex(context, nil, 0, nil, nil) == 1 && HMAC_Update(context, first, first.count) == 1
            && HMAC_Update(context, second.bindMemory(to: UInt8.self).baseAddress, second.count) == 1
            && HMAC_Final(context, &result, &count) == 1
        precondition(isMade && count == AuditKey.digestBytes, "no memory for an HMAC")
        return result
    }
}

/// Bytes as hexadecimal digits, small letters only: one spelling for each value.
package enum Hex {
    /// The digits as text.
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Hex.bytes(bytes), as: UTF8.self)
    }

    /// The digits as ASCII.
    package static func bytes(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(2 * AuditKey.digestBytes)
        for byte in bytes {
            result.append(digit(byte >> 4))
            result.append(digit(byte & 15))
        }
        return result
    }

    /// The digits, into memory that somebody else owns.
    static func write(_ bytes: [UInt8], to writer: inout ByteWriter) {
        for byte in bytes {
            writer.put(byte: digit(byte >> 4))
            writer.put(byte: digit(byte & 15))
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

    /// What 64 digits stand for; nil for anything else.
    package static func digest(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count == 2 * AuditKey.digestBytes else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(AuditKey.digestBytes)
        var high: UInt8?
        for digit in text {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x61...0x66: value = digit - 0x57
            default: return nil
            }
            if let first = high {
                result.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return result
    }
}
