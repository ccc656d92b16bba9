import CLinux
import Glibc

/// Why a listener could not be opened, in words for the person who started us.
public struct ListenFailure: Error, CustomStringConvertible {
    /// The whole sentence.
    public let description: String
    /// Makes a failure of a sentence.
    public init(description: String) { self.description = description }
}

/// A socket that connections arrive at.
public struct ListeningSocket: ~Copyable, Sendable {
    /// The owned socket.
    public let descriptor: Descriptor
    /// Where it listens, with the port the kernel chose when 0 was asked for.
    public let address: ListenAddress

    /// Opens one socket for each loop.
    ///
    /// TCP sockets share the port by `SO_REUSEPORT`, so the kernel spreads connections without a lock; a unix socket
    /// is one socket with several descriptors. Before that, a bind without `SO_REUSEPORT` makes sure that no other
    /// process has the port: two proxies on one port would each get half the requests.
    ///
    /// - Throws: `ListenFailure` when the address is taken or not ours.
    public static func open(_ address: ListenAddress, loops: Int) throws(ListenFailure) -> ListeningSockets {
        switch address {
        case .unix(let path): return try openUnix(path, loops)
        case .tcp(let host, let port):
            // A port that the kernel chooses is free: its search counts sharing sockets of others as taken. It must
            // not be let go in between, or two processes that start together may be given the same one to share.
            if port != 0 { _ = try bound(host, port, share: false) }
            let sockets = ListeningSockets()
            var chosen = port
            for _ in 0..<loops {
                let descriptor = try bound(host, chosen, share: true)
                if chosen == 0 { chosen = boundPort(descriptor.number) }
                sockets.add(ListeningSocket(descriptor: descriptor, address: .tcp(host: host, port: chosen)))
            }
            return sockets
        }
    }

    private static func boundPort(_ number: Int32) -> UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutableBytes(of: &storage) { raw in
            _ = getsockname(number, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        // The port sits at the same place in both families.
        return withUnsafeBytes(of: &storage) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) }
    }

    private static func bound(_ host: String, _ port: UInt16, share: Bool) throws(ListenFailure) -> Descriptor {
        let isV6 = host.contains(":")
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let number = socket(isV6 ? AF_INET6 : AF_INET, kind, 0)
        guard number >= 0 else { throw failure("open a socket for", host, port) }
        let descriptor = Descriptor(adopting: number)
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, size)
        if share { setsockopt(number, SOL_SOCKET, SO_REUSEPORT, &on, size) }
        let result = SocketAddress.with(.tcp(host: host, port: port)) { bind(number, $0, $1) }
        guard result == 0 else { throw failure("listen on", host, port) }
        if share, listen(number, 4096) != 0 { throw failure("listen on", host, port) }
        return descriptor
    }

    private static func failure(_ what: String, _ host: String, _ port: UInt16) -> ListenFailure {
        let reason = Kernel.describe(errno)
        let hint = errno == EADDRINUSE ? ": is another hoosh-proxy running? Choose another port in `listen`" : ""
        return ListenFailure(description: "cannot \(what) \(host):\(port): \(reason)\(hint)")
    }

    private static func openUnix(_ path: String, _ loops: Int) throws(ListenFailure) -> ListeningSockets {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let number = socket(AF_UNIX, kind, 0)
        guard number >= 0 else { throw ListenFailure(description: "cannot open a unix socket") }
        let first = Descriptor(adopting: number)
        let place = ListenAddress.unix(path: path)
        // A full queue is a live listener too; its connect says EAGAIN.
        let isLive = SocketAddress.with(place) { connect(number, $0, $1) } == 0 || errno == EAGAIN
        if isLive { throw ListenFailure(description: "cannot listen on unix:\(path): another process serves it") }
        unlinkStaleSocket(path)
        let result = SocketAddress.with(place) { bind(number, $0, $1) }
        guard result == 0, listen(number, 4096) == 0 else {
            throw ListenFailure(description: "cannot listen on unix:\(path): \(Kernel.describe(errno))")
        }
        let sockets = ListeningSockets()
        for _ in 1..<max(loops, 1) {
            if let copy = first.duplicate() {
                sockets.add(ListeningSocket(descriptor: copy, address: .unix(path: path)))
            }
        }
        sockets.add(ListeningSocket(descriptor: first, address: .unix(path: path)))
        return sockets
    }

    /// Removes what an earlier run left behind, but never a file that is not a socket.
    private static func unlinkStaleSocket(_ path: String) {
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { _ = unlink(path) }
    }
}

/// Listening sockets on their way to the loops that will own them.
public final class ListeningSockets {
    // Noncopyable values cannot sit in an Array: the numbers do, and each is adopted again when taken.
    private var waiting: [(Int32, ListenAddress)] = []

    func add(_ socket: consuming ListeningSocket) {
        let address = socket.address
        waiting.append((socket.descriptor.release(), address))
    }

    /// Where the first of those not yet taken listens.
    public var address: ListenAddress? { waiting.first?.1 }

    /// One socket for one loop; nil when all are taken.
    public func take() -> ListeningSocket? {
        guard let (number, address) = waiting.popLast() else { return nil }
        return ListeningSocket(descriptor: Descriptor(adopting: number), address: address)
    }

    deinit {
        for (number, _) in waiting { _ = close(number) }
    }
}
