import Glibc
import Providers

/// An IP address as a number, and which net it belongs to.
enum IPAddress {
    case v4(UInt32)
    case v6([UInt8])

    /// Reads an address without brackets.
    init?(_ text: String) {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self = .v4(UInt32(bigEndian: four.s_addr))
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: &six) { Array($0) }
        // ::ffff:a.b.c.d is the IPv4 address.
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            self = .v4(bytes[12...].reduce(0) { $0 << 8 | UInt32($1) })
        } else {
            self = .v6(bytes)
        }
    }

    var isLoopback: Bool {
        switch self {
        case .v4(let value): value >> 24 == 127
        case .v6(let bytes): bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
        }
    }

    /// All addresses of this machine.
    var isUnspecified: Bool {
        switch self {
        case .v4(let value): value == 0
        case .v6(let bytes): bytes.allSatisfy { $0 == 0 }
        }
    }

    /// Loopback, RFC 1918, link-local, ULA (RFC 4193).
    var isPrivate: Bool {
        switch self {
        case .v4(let value):
            isLoopback || value >> 24 == 10 || value >> 20 == 0xAC1 || value >> 16 == 0xC0A8 || value >> 16 == 0xA9FE
        case .v6(let bytes):
            isLoopback || bytes[0] & 0xFE == 0xFC || bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
        }
    }
}

/// How near a host is, as far as its name tells.
package enum Nearness: Sendable {
    case loopback, near, unqualified, far

    /// The host of an `http(s)` URL; nil for a text that is none, and for a socket of this machine.
    package init?(url text: String) {
        guard let url = try? Values.url(text), url.unixPath == nil else { return nil }
        self.init(host: url.host)
    }

    /// Judges a name or an address without brackets.
    package init(host: String) {
        let name = host.lowercased()
        if let address = IPAddress(name) {
            self = address.isLoopback || address.isUnspecified ? .loopback : address.isPrivate ? .near : .far
        } else if name == "localhost" || name.hasSuffix(".localhost") {
            self = .loopback
        } else if [".svc", ".svc.cluster.local", ".internal", ".local"].contains(where: { name.hasSuffix($0) }) {
            self = .near
        } else {
            // A name without a dot is resolved in one's own network, or not at all.
            self = name.contains(".") ? .far : .unqualified
        }
    }
}

/// `host:port` or `unix:/path` of a listener, taken apart.
struct ListenText: Equatable {
    /// Nil for a unix socket.
    let host: String?
    let port: Int
    let unixPath: String?

    var isLoopback: Bool {
        guard let host else { return true }
        return IPAddress(host)?.isLoopback ?? false
    }
}

extension Values {
    /// `127.0.0.1:8088`, `[::1]:8088`, `localhost:8088`, `unix:/run/hoosh.sock`.
    static func listenAddress(_ text: String) throws(ValueFault) -> ListenText {
        if text.hasPrefix("unix:") { return ListenText(host: nil, port: 0, unixPath: try unixPath(text)) }
        guard let colon = text.lastIndex(of: ":") else {
            throw ValueFault("HP111", "expected `address:port` or `unix:/path`, found \(shown(text))")
        }
        let port = try self.port(String(text[text.index(after: colon)...]), text, least: 0)
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if host == "localhost" { host = "127.0.0.1" }
        guard IPAddress(host) != nil else {
            throw ValueFault(
                "HP111",
                host.isEmpty
                    ? "\(shown(text)) has no address" : "`\(host)` is not an IP address of this machine",
                help: ["listen on this machine only:  127.0.0.1:\(port)"]
            )
        }
        return ListenText(host: host, port: port, unixPath: nil)
    }

    private static func unixPath(_ text: String) throws(ValueFault) -> String {
        let path = String(text.dropFirst(5))
        guard path.hasPrefix("/"), path.utf8.count < 108 else {
            throw ValueFault("HP111", "`unix:` takes an absolute path of at most 107 bytes")
        }
        return path
    }

    private static func port(_ text: String, _ whole: String, least: Int) throws(ValueFault) -> Int {
        guard !text.isEmpty, text.utf8.count <= 6, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let port = Int(text), (least...65_535).contains(port)
        else { throw ValueFault("HP111", "`\(text)` is no port: \(least) to 65535") }
        return port
    }

    /// `http(s)://host[:port][/path]` or `unix:/path`.
    static func url(_ text: String) throws(ValueFault) -> ProviderURL {
        if text.hasPrefix("unix:") {
            let path = try unixPath(text)
            return ProviderURL(isTLS: false, host: "localhost", port: 80, unixPath: path, basePath: "")
        }
        let isTLS = text.hasPrefix("https://")
        guard isTLS || text.hasPrefix("http://") else {
            throw ValueFault(
                "HP111",
                "expected `http://`, `https://` or `unix:/path`, found \(shown(text))",
                help: text.contains("://") || text.contains("//") ? [] : ["`https://\(text)`?"]
            )
        }
        let rest = text.dropFirst(isTLS ? 8 : 7)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if authority.contains("@") {
            throw ValueFault("HP710", "credentials in a URL", help: ["put the key under `key`:  key: env:NAME"])
        }
        let path = rest.dropFirst(authority.count)
        if path.contains("?") || path.contains("#") {
            throw ValueFault("HP111", "a provider's URL has no `?` and no `#`: \(shown(text))")
        }
        let isPlainPath = path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isPlainPath else {
            throw ValueFault("HP111", "the path of \(shown(text)) holds a space or a character that needs %XX")
        }
        let (host, port) = try hostAndPort(String(authority), text, isTLS ? 443 : 80)
        var base = String(path)
        while base.hasSuffix("/") { base.removeLast() }
        return ProviderURL(isTLS: isTLS, host: host, port: port, unixPath: nil, basePath: base)
    }

    private static func hostAndPort(
        _ authority: String,
        _ text: String,
        _ standard: Int
    ) throws(ValueFault) -> (String, Int) {
        var host = authority
        var port = standard
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else {
                throw ValueFault("HP111", "`[` is not closed in \(shown(text))")
            }
            host = String(authority[authority.index(after: authority.startIndex)..<close])
            let tail = authority[authority.index(after: close)...]
            if !tail.isEmpty {
                guard tail.hasPrefix(":") else {
                    throw ValueFault("HP111", "expected `:port` behind `]` in \(shown(text))")
                }
                port = try self.port(String(tail.dropFirst()), text, least: 1)
            }
            guard case .v6? = IPAddress(host) else { throw ValueFault("HP111", "`\(host)` is no IPv6 address") }
            return (host, port)
        }
        if let colon = authority.firstIndex(of: ":") {
            host = String(authority[..<colon])
            port = try self.port(String(authority[authority.index(after: colon)...]), text, least: 1)
        }
        guard isHostName(host) else {
            throw ValueFault("HP111", host.isEmpty ? "\(shown(text)) has no host" : "`\(host)` is no host name")
        }
        return (host, port)
    }

    private static func isHostName(_ host: String) -> Bool {
        guard !host.isEmpty, host.utf8.count <= 253 else { return false }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && !label.hasPrefix("-")
                && label.utf8.allSatisfy { byte in
                    byte >= 0x61 && byte <= 0x7A || byte >= 0x41 && byte <= 0x5A || byte >= 0x30 && byte <= 0x39
                        || byte == 0x2D || byte == 0x5F
                }
        }
    }
}
