import Glibc

/// The other end of a connection.
package enum ClientAddress: Hashable, Sendable {
    /// A unix socket.
    case unix
    case v4(UInt32)
    case v6(UInt64, UInt64)

    /// Takes an address in network order: 4 or 16 bytes, none for a unix socket; nil for another count.
    ///
    /// An IPv4 address inside an IPv6 one (RFC 4291 §2.5.5.2) is the IPv4 address.
    package init?(bytes: [UInt8]) {
        func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 0: self = .unix
        case 4: self = .v4(UInt32(number(0..<4)))
        case 16:
            let (high, low) = (number(0..<8), number(8..<16))
            self = high == 0 && low >> 32 == 0xffff ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high, low)
        default: return nil
        }
    }

    /// Reads an address without brackets; nil for any other text.
    package init?(_ text: String) {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self = .v4(UInt32(bigEndian: four.s_addr))
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        self.init(bytes: withUnsafeBytes(of: &six) { Array($0) })
    }
}

/// A net of addresses: `10.0.0.0/8`, `fd00::/8`, one address, or `unix` for every unix socket.
package struct Network: Hashable, Sendable {
    private let base: ClientAddress
    private let prefixBits: Int

    /// Why a text is no net.
    package struct Fault: Error, Equatable {
        /// One sentence without a full stop.
        package let sentence: String
    }

    /// Reads a net (RFC 4632 §3.1, RFC 4291 §2.3).
    ///
    /// - Throws: what is wrong with it.
    package init(parsing text: String) throws(Fault) {
        if text == "unix" {
            base = .unix
            prefixBits = 0
            return
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = ClientAddress(String(parts[0])) else {
            throw Fault(sentence: "`\(text)` is no address, no net such as `10.0.0.0/8`, and not `unix`")
        }
        let width = if case .v4 = address { 32 } else { 128 }
        var bits = width
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(parts[1]),
                (0...width).contains(number)
            else { throw Fault(sentence: "behind `/` stands a number from 0 to \(width)") }
            bits = number
        }
        base = address
        prefixBits = bits
        guard Self.masked(address, bits) == address else {
            throw Fault(sentence: "`\(text)` has bits behind the first \(bits): name the net or the address alone")
        }
    }

    /// True when an address belongs to it.
    package func contains(_ address: ClientAddress) -> Bool {
        switch (base, address) {
        case (.unix, .unix): true
        case (.v4, .v4), (.v6, .v6): Self.masked(address, prefixBits) == base
        default: false
        }
    }

    private static func masked(_ address: ClientAddress, _ bits: Int) -> ClientAddress {
        // Shifts by a whole width give zero.
        switch address {
        case .unix: address
        case .v4(let value): .v4(value & ~(UInt32.max >> UInt32(bits)))
        case .v6(let high, let low):
            .v6(high & ~(UInt64.max >> UInt64(min(bits, 64))), low & ~(UInt64.max >> UInt64(max(bits - 64, 0))))
        }
    }
}
