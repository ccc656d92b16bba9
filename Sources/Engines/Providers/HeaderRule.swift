import Bytes

/// Which of the client's header fields a provider gets to see.
///
/// Fields of the client's own connection and its credentials are no question of this: they never pass.
package struct HeaderRule: Equatable, Hashable, Sendable {
    /// Names, a star at the end stands for the rest of one; nil lets everything pass.
    private let names: [String]?

    /// Who runs the upstream wrote the application, too, or chose both.
    package static let everything = HeaderRule(names: nil)

    /// Fields that every API understands or ignores: what the body is, what is wanted, traces, and how often it was tried.
    private static let common = [
        "accept", "accept-language", "baggage", "content-encoding", "content-language", "content-type",
        "idempotency-key", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range",
        "traceparent", "tracestate", "user-agent", "x-client-request-id", "x-stainless-*",
    ]

    /// The common ones and those of the provider's own API.
    package static func known(_ own: String...) -> HeaderRule { HeaderRule(names: common + own) }

    /// Lets others pass as well, as a route file says.
    package func adding(_ more: [String]) -> HeaderRule {
        guard let names, !more.isEmpty else { return self }
        return HeaderRule(names: names + more.map { $0.lowercased() })
    }

    private init(names: [String]?) { self.names = names }

    /// True when the field may pass, whatever the case of its name.
    package func passes(_ name: Span<UInt8>) -> Bool {
        guard let names else { return true }
        for known in names where HeaderRule.fits(name, known) { return true }
        return false
    }

    private static func fits(_ name: Span<UInt8>, _ pattern: String) -> Bool {
        let bytes = pattern.utf8
        guard bytes.last == UInt8(ascii: "*") else { return ASCII.equalsIgnoringCase(name, pattern) }
        let count = bytes.count - 1
        guard name.count >= count else { return false }
        var index = 0
        for byte in bytes {
            if index == count { return true }
            if ASCII.lower(name[index]) != byte { return false }
            index += 1
        }
        return true
    }
}
