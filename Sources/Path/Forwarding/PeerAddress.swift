import Glibc
import Loop

/// Tells whether an address that was really connected to lies on this machine or a private network.
///
/// RFC 1918, RFC 4193 (unique local), RFC 3927 and RFC 4291 §2.5.6 (link-local), loopback.
package enum PeerAddress {
    /// True for addresses a `local` provider may have; `text` is as libcurl prints it.
    package static func isLocal(_ text: String) -> Bool {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 { return isLocal(UInt32(bigEndian: v4.s_addr)) }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return false }
        return withUnsafeBytes(of: &v6) { bytes in
            if bytes[0] & 0xfe == 0xfc { return true }
            if bytes[0] == 0xfe, bytes[1] & 0xc0 == 0x80 { return true }
            let head = bytes.prefix(10).allSatisfy { $0 == 0 }
            if head, bytes[10] == 0xff, bytes[11] == 0xff {
                return isLocal(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self)))
            }
            return bytes.prefix(15).allSatisfy { $0 == 0 } && bytes[15] == 1
        }
    }

    private static func isLocal(_ address: UInt32) -> Bool {
        address >> 24 == 127 || address >> 24 == 10 || address >> 20 == 0xac1 || address >> 16 == 0xc0a8
            || address >> 16 == 0xa9fe
    }
}

extension Descriptor {
    /// A second descriptor for a socket somebody else owns; nil when the process has no number left.
    static func duplicating(_ number: Int32) -> Descriptor? {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        return copy < 0 ? nil : Descriptor(adopting: copy)
    }
}
