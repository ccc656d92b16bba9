import CLinux
import Glibc

/// How reading came to its end.
package enum Ending: Equatable, Sendable {
    /// The message was whole by its own framing.
    case complete
    /// The peer ended its direction.
    case ended
    /// The peer reset the connection, or TLS was cut without a closing alert.
    case reset
    /// Nothing came in time.
    case silence
    /// The framing made no sense.
    case malformed(String)
}

/// A connection that sends exactly what it is told and shows exactly what comes back.
///
/// Blocking, one thread at a time; each wait ends at the timeout.
package final class RawConnection {
    /// The descriptor, for tests that want to know.
    package private(set) var socket: Int32
    /// How long a read waits for the next byte.
    package var timeoutSeconds: Double
    /// What was received and not yet read.
    package private(set) var buffer: [UInt8] = []
    /// Whoever must not go away while this is open: the server at the other end.
    package var owner: AnyObject?
    private var tls: ClientTLS?

    /// Connects; with `tls` the handshake is done when this returns.
    ///
    /// - Throws: `TestKitFailure` when nobody listens or the handshake fails.
    package init(to address: Address, tls settings: TLSSettings? = nil, timeoutSeconds: Double = 60) throws {
        ignoreBrokenPipes()
        self.timeoutSeconds = timeoutSeconds
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        switch address {
        case .tcp(let host, let port):
            socket = Glibc.socket(AF_INET, kind, 0)
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_port = port.bigEndian
            inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host, &target.sin_addr)
            try RawConnection.connect(socket, &target, address)
            var on: Int32 = 1
            setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        case .unix(let path):
            socket = Glibc.socket(AF_UNIX, kind, 0)
            var target = sockaddr_un()
            target.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
            try RawConnection.connect(socket, &target, address)
        }
        var limit = timeval(tv_sec: Int(timeoutSeconds), tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        if settings != nil { setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, size) }
        if let settings { tls = try ClientTLS(settings, socket: socket) }
    }

    private static func connect<T>(_ socket: Int32, _ target: inout T, _ address: Address) throws {
        let size = socklen_t(MemoryLayout<T>.size)
        let result = withUnsafeMutableBytes(of: &target) { raw in
            raw.baseAddress.map { Glibc.connect(socket, $0.assumingMemoryBound(to: sockaddr.self), size) } ?? -1
        }
        guard result == 0 else {
            // The end of this object closes the socket: closed twice, the second would be another test's.
            throw TestKitFailure("cannot connect to \(address): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close() }

    // MARK: Sending

    /// Sends all of it.
    ///
    /// - Throws: `TestKitFailure` when the peer is gone or takes nothing for the timeout.
    package func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { raw -> Int in
                let rest = UnsafeRawBufferPointer(rebasing: raw[sent...])
                return tls?.send(rest) ?? Glibc.send(socket, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw TestKitFailure("cannot send: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    /// Sends all of it.
    ///
    /// - Throws: `TestKitFailure` when the peer is gone or takes nothing for the timeout.
    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Ends our direction; the other stays open.
    package func endSending() {
        tls?.endSending()
        shutdown(socket, Int32(SHUT_WR))
    }

    /// Closes with a reset.
    package func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    /// Closes.
    package func close() {
        tls = nil
        guard socket >= 0 else { return }
        Glibc.close(socket)
        socket = -1
    }

    // MARK: Receiving

    /// Waits for more bytes and puts them into `buffer`; nil when some came, else why none did.
    package func fill(timeoutSeconds: Double? = nil) -> Ending? {
        if tls?.hasPending != true {
            let limit = Int32((timeoutSeconds ?? self.timeoutSeconds) * 1000)
            var wanted = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            var result = poll(&wanted, 1, limit)
            while result < 0, errno == EINTR { result = poll(&wanted, 1, limit) }
            if result == 0 { return .silence }
        }
        return withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { raw -> Ending? in
            let count = tls?.receive(raw) ?? recv(socket, raw.baseAddress, raw.count, 0)
            if count > 0 {
                buffer.append(contentsOf: raw[0..<count])
                return nil
            }
            if count == 0 { return .ended }
            return errno == EAGAIN ? .silence : .reset
        }
    }

    /// Takes `count` bytes off the buffer, which must have them.
    package func take(_ count: Int) -> [UInt8] {
        let taken = Array(buffer[0..<count])
        buffer.removeFirst(count)
        return taken
    }

    /// Reads up to the end of the connection: all bytes and why there are no more.
    package func readToEnd() -> (bytes: [UInt8], ending: Ending) {
        while true {
            if let ending = fill() { return (take(buffer.count), ending) }
        }
    }

    /// Reads until the buffer holds `text`; nil when it does, else why not.
    package func read(until text: String) -> Ending? {
        let wanted = Array(text.utf8)
        while !buffer.contains(wanted) {
            if let ending = fill() { return ending }
        }
        return nil
    }

    /// True when nothing comes and nothing ends for so long.
    package func isQuiet(forSeconds seconds: Double) -> Bool {
        buffer.isEmpty && fill(timeoutSeconds: seconds) == .silence
    }
}
