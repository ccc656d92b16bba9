/// Where a server listens.
package enum Address: Equatable, Sendable, CustomStringConvertible {
    /// An IPv4 address or `localhost`, and a port.
    case tcp(host: String, port: UInt16)
    /// The path of a unix socket.
    case unix(path: String)

    /// Finds the address in what a program says: `... listening on http://127.0.0.1:1234`, `... on unix:/path (client)`.
    package init?(saidIn line: String) {
        for word in line.split(separator: " ") {
            if word.hasPrefix("unix:") {
                self = .unix(path: String(word.dropFirst(5)))
                return
            }
            let bare = word.split(separator: "/").last ?? word
            let halves = bare.split(separator: ":")
            if halves.count == 2, let port = UInt16(halves[1]), halves[0].contains(".") || halves[0] == "localhost" {
                self = .tcp(host: String(halves[0]), port: port)
                return
            }
        }
        return nil
    }

    /// The port, 0 for a unix socket.
    package var port: UInt16 {
        if case .tcp(_, let port) = self { return port }
        return 0
    }

    /// `host:port` or `unix:/path`.
    package var description: String {
        switch self {
        case .tcp(let host, let port): "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
