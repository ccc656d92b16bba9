import Bytes

/// `auth`, with its references resolved to digests.
package struct AccessSettings: Sendable {
    /// A key is asked for.
    package var isBearer = false
    package var ring = KeyRing([])
    /// What opens the admin listener; nil leaves it open.
    package var admin: TokenDigest?
    /// The field by which a trusted proxy names the tenant, in lower case.
    package var tenantHeader: String?
    /// Who may do so.
    package var trusted: [Network] = []

    package init() {}

    /// True when nothing of it differs.
    package func isSame(as other: AccessSettings) -> Bool {
        isBearer == other.isBearer && ring.isSame(as: other.ring) && admin == other.admin
            && tenantHeader == other.tenantHeader && trusted == other.trusted
    }

    /// True when that end of a connection may name tenants.
    package func trusts(_ address: ClientAddress?) -> Bool {
        guard let address else { return false }
        return trusted.contains { $0.contains(address) }
    }

    /// True for a name of a tenant that a proxy may give: short, and of visible characters.
    package static func isTenant(_ name: Span<UInt8>) -> Bool {
        guard (1...128).contains(name.count) else { return false }
        // A comma joins several field lines to one on the way (RFC 9110 §5.3).
        for index in name.indices where name[index] <= 0x20 || name[index] >= 0x7f || name[index] == 0x2c {
            return false
        }
        return true
    }
}

/// What becomes of a request that says who it is.
package enum Admission: Sendable {
    case admitted(Caller)
    case refused(Reason)

    /// Why nobody is let in.
    package enum Reason: Int, CaseIterable, Sendable {
        /// No credential.
        case missing
        /// One that is nobody's.
        case unknown
        /// Two that differ.
        case differing
        /// A tenant that has no form, or several.
        case malformedTenant
        /// Another tenant than the key's own.
        case foreignTenant

        /// The label of the metric.
        package var word: String {
            switch self {
            case .missing: "missing"
            case .unknown: "unknown"
            case .differing: "differing"
            case .malformedTenant: "malformed_tenant"
            case .foreignTenant: "foreign_tenant"
            }
        }
    }
}
