/// The names by which a listener that asks for no token is called.
///
/// A page whose owner lets its name point to this machine (DNS rebinding) is of the same origin as the listener for a
/// browser: it could read all, and sends no `Origin` with a GET. But it cannot choose another `Host` than its own name.
package enum OwnHost {
    /// Names that nobody can register: of this machine, of Kubernetes' services, of private networks.
    private static let endings = [".localhost", ".svc", ".svc.cluster.local", ".internal"]

    /// True for an address, a name without a dot, one that nobody can register, and the listener's own.
    ///
    /// - Parameters:
    ///   - authority: the value of `Host`, maybe with a port.
    ///   - address: what is listened on, `host:port` or `unix:/path`.
    /// - Returns: false for a name that the owner of a page could let point here.
    package static func holds(_ authority: String, listeningOn address: String) -> Bool {
        let host = name(authority)
        if address.hasPrefix("unix:") || host == name(address) || !host.contains(".") { return true }
        if ClientAddress(host) != nil { return true }
        let plain = host.hasSuffix(".") ? String(host.dropLast()) : host
        return plain == "localhost" || endings.contains { plain.hasSuffix($0) }
    }

    /// Without its port, and without the brackets of IPv6.
    private static func name(_ authority: String) -> String {
        let text = authority.lowercased()
        if text.hasPrefix("[") { return String(text.dropFirst().prefix { $0 != "]" }) }
        return String(text.prefix { $0 != ":" })
    }
}
