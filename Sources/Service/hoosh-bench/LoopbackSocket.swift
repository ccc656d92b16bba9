import Glibc

/// Client sockets to a port of this machine.
enum LoopbackSocket {
    /// Begins to connect; nil when the process has no descriptor left.
    static func connect(port: UInt16) -> Int32? {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let number = socket(AF_INET, kind, 0)
        guard number >= 0 else { return nil }
        var address = LoopbackSocket.address(port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result != 0, errno != EINPROGRESS {
            _ = close(number)
            return nil
        }
        return number
    }

    /// True when the connection attempt ended well.
    static func isConnected(_ descriptor: Int32) -> Bool {
        var problem: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0
    }

    /// The address of a port on 127.0.0.1.
    static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    /// Listens on a free port.
    static func listen() -> (descriptor: Int32, port: UInt16)? {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let number = socket(AF_INET, kind, 0)
        guard number >= 0 else { return nil }
        var address = LoopbackSocket.address(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, size) == 0 && Glibc.listen(number, 1024) == 0 && getsockname(number, $0, &size) == 0
            }
        }
        guard isBound else {
            _ = close(number)
            return nil
        }
        return (number, UInt16(bigEndian: address.sin_port))
    }

    /// True when somebody accepts connections on the port.
    static func answers(_ port: UInt16) -> Bool {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return false }
        defer { _ = close(number) }
        var address = LoopbackSocket.address(port)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// A port nobody listens on at this moment.
    static func freePort() -> UInt16? {
        guard let (number, port) = listen() else { return nil }
        _ = close(number)
        return port
    }
}
