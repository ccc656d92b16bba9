/// Revisions of the Model Context Protocol that this program speaks (modelcontextprotocol.io/specification).
///
/// Those with a handshake. The revision of 2026-07-28, which has none, comes with a fallback to them on both sides.
package enum ProtocolVersion: String, CaseIterable, Sendable {
    case v2024November = "2024-11-05"
    case v2025March = "2025-03-26"
    case v2025June = "2025-06-18"
    case v2025November = "2025-11-25"

    /// What is offered to servers.
    package static let newest = ProtocolVersion.v2025November

    /// What a client is answered: the revision it asked for, or else the newest (lifecycle, version negotiation).
    package static func answer(to asked: String?) -> ProtocolVersion {
        asked.flatMap(ProtocolVersion.init(rawValue:)) ?? newest
    }
}
