import Arrival
import Budgets
import Bytes
import HTTP
import Identity
import Limits
import Routing

/// Who is charged and counted for the request that stands in a session.
struct Payer {
    let session: Session

    /// Names longer than this are cut.
    private static let nameLimitBytes = 256

    /// Which account of a pool.
    func name(_ subject: Routing.Subject) -> String {
        switch subject {
        case .request: ""
        case .key: session.caller.key?.name ?? ""
        case .tenant: session.caller.tenant ?? ""
        case .header(let name): value(of: name)
        }
    }

    /// Which account of a limit.
    func name(_ subject: LimitSettings.Subject) -> String {
        switch subject {
        case .global: ""
        case .key: session.caller.key?.name ?? ""
        case .tenant: session.caller.tenant ?? ""
        case .ip: session.clientAddress?.block ?? ""
        case .header(let name): value(of: name)
        }
    }

    /// Who holds the reservations that this client makes.
    var owner: String {
        guard let key = session.caller.key?.name else { return "" }
        return "\(key) \(session.caller.tenant ?? "")"
    }

    private func value(of name: String) -> String {
        let bytes = session.requestBytes.bindMemory(to: UInt8.self).span
        let place = session.reader.head.firstValue(of: name, in: bytes)
        guard !place.isAbsent else { return "" }
        let value = session.requestBytes[place.range].prefix(Payer.nameLimitBytes)
        return String(decoding: UnsafeRawBufferPointer(rebasing: value), as: UTF8.self)
    }
}

extension ClientAddress {
    /// What counts as one client: an IPv4 address, or the 64 bits of an IPv6 one that name a network (RFC 4291 §2.5.4).
    fileprivate var block: String {
        switch self {
        case .unix: "unix"
        case .v4(let bits): (0..<4).map { "\(bits >> (24 - 8 * $0) & 0xff)" }.joined(separator: ".")
        case .v6(let high, _): String(high, radix: 16) + "::/64"
        }
    }
}
