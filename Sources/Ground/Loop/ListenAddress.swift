import CLinux
import Glibc

/// Where to listen: `host:port` or `unix:/path`.
public enum ListenAddress: Equatable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address, or `localhost`, with a port; port 0 lets the kernel choose.
    case tcp(host: String, port: UInt16)
    /// The path of a unix socket.
    case unix(path: String)

    /// Reads `127.0.0.1:8088`, `[::1]:8088`, `localhost:8088` or `unix:/run/hoosh.sock`; nil when it is none of these.
    public init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard path.hasPrefix("/"), path.utf8.count < 108 else { return nil }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if host == "localhost" { host = "127.0.0.1" }
        var v4 = in_addr()
        var v6 = in6_addr()
        guard inet_pton(AF_INET, host, &v4) == 1 || inet_pton(AF_INET6, host, &v6) == 1 else { return nil }
        self = .tcp(host: host, port: port)
    }

    /// True when only this machine can connect.
    public var isLoopback: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _): host.hasPrefix("127.") || host == "::1"
        }
    }

    /// The form `init(_:)` reads.
    public var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}

extension ListenAddress {
    /// Connects with a blocking socket whose calls give up after the time-out; nil with `errno` set when it fails.
    ///
    /// For command-line questions only: a loop must never block.
    public func connect(timeoutMilliseconds: Int) -> Descriptor? {
        let family: Int32
        switch self {
        case .unix: family = AF_UNIX
        case .tcp(let host, _): family = host.contains(":") ? AF_INET6 : AF_INET
        }
        let number = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return nil }
        let descriptor = Descriptor(adopting: number)
        var limit = timeval(tv_sec: timeoutMilliseconds / 1_000, tv_usec: timeoutMilliseconds % 1_000 * 1_000)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        let result = SocketAddress.with(self) { Glibc.connect(number, $0, $1) }
        if result == 0 { return consume descriptor }
        return nil
    }
}

/// The kernel's form of an address.
enum SocketAddress {
    /// Lends the `sockaddr` of an address for the time of one call.
    static func with(_ address: ListenAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        switch address {
        case .unix(let path):
            var form = sockaddr_un()
            form.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &form.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
            return lend(&form, body)
        case .tcp(let host, let port) where host.contains(":"):
            var form = sockaddr_in6()
            form.sin6_family = sa_family_t(AF_INET6)
            form.sin6_port = port.bigEndian
            inet_pton(AF_INET6, host, &form.sin6_addr)
            return lend(&form, body)
        case .tcp(let host, let port):
            var form = sockaddr_in()
            form.sin_family = sa_family_t(AF_INET)
            form.sin_port = port.bigEndian
            inet_pton(AF_INET, host, &form.sin_addr)
            return lend(&form, body)
        }
    }

    private static func lend<Form>(
        _ form: inout Form,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        let size = socklen_t(MemoryLayout<Form>.size)
        return withUnsafePointer(to: &form) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }
}
