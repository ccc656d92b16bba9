import Bytes
import HTTP

/// Decides who asks, by a request's head and the other end of its connection.
package enum Gate {
    /// Who asks on the client listener.
    ///
    /// - Parameters:
    ///   - access: the settings that hold for the request.
    ///   - head: the head.
    ///   - bytes: what it was read from.
    ///   - takesQuery: true where the query may carry the credential.
    ///   - address: gives the other end; asked only where it counts.
    /// - Returns: the caller, or why there is none.
    package static func admit(
        _ access: borrowing AccessSettings,
        _ head: RequestHead,
        _ bytes: Span<UInt8>,
        takesQuery: Bool,
        address: () -> ClientAddress?
    ) -> Admission {
        var caller = Caller.anonymous
        if access.isBearer {
            switch Credential.read(head, bytes, takesQuery: takesQuery) {
            case .none: return .refused(.missing)
            case .differing: return .refused(.differing)
            case .inHead(let place):
                guard let found = access.ring.caller(sending: bytes.extracting(place.range)) else {
                    return .refused(.unknown)
                }
                caller = found
            case .inQuery(let token):
                guard let found = access.ring.caller(sending: token.span) else { return .refused(.unknown) }
                caller = found
            }
        }
        guard let name = access.tenantHeader, !head.firstValue(of: name, in: bytes).isAbsent,
            access.trusts(address())
        else { return .admitted(caller) }
        var said: [UInt8]?
        for field in head.fields where ASCII.equalsIgnoringCase(bytes.extracting(field.name.range), name) {
            let value = field.value.range.map { bytes[$0] }
            guard said == nil || said == value, AccessSettings.isTenant(value.span) else {
                return .refused(.malformedTenant)
            }
            said = value
        }
        let tenant = String(decoding: said ?? [], as: UTF8.self)
        if let own = caller.tenant { return own == tenant ? .admitted(caller) : .refused(.foreignTenant) }
        return .admitted(caller.acting(for: tenant))
    }

    /// True when a request's head carries a key, right or wrong.
    package static func sendsKey(_ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        if case .none = Credential.read(head, bytes, takesQuery: false) { return false }
        return true
    }

    /// True when a request on the admin listener carries the admin's token, or none is asked for.
    package static func admitsAdmin(
        _ access: borrowing AccessSettings,
        _ head: RequestHead,
        _ bytes: Span<UInt8>
    ) -> Bool {
        guard let wanted = access.admin else { return true }
        guard case .inHead(let place) = Credential.read(head, bytes, takesQuery: false) else { return false }
        return TokenDigest(of: bytes.extracting(place.range)).isSame(as: wanted)
    }
}
