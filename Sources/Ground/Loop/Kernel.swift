import CLinux
import Glibc

/// What one read, write or splice came to.
public enum Transfer: Equatable, Sendable {
    /// So many bytes went over, at least one.
    case moved(Int)
    /// Nothing can move now; an edge of the poller will tell.
    case wouldBlock
    /// The other side ended its direction in good order.
    case ended
    /// The connection broke; the number is errno, or `Kernel.brokenStream` when no errno applies.
    case failed(Int32)
}

/// The system calls that move bytes, with EINTR hidden and the result made a `Transfer`.
public enum Kernel {
    /// The failure number for streams that break above the kernel (TLS cut without a closing alert).
    public static let brokenStream: Int32 = EPROTO

    @inline(__always)
    private static func transfer(_ count: Int, zeroIsEnd: Bool) -> Transfer? {
        if count > 0 { return .moved(count) }
        if count == 0 { return zeroIsEnd ? .ended : .wouldBlock }
        switch errno {
        case EAGAIN: return .wouldBlock
        case EINTR: return nil
        default: return .failed(errno)
        }
    }

    /// Reads what is there, or only looks at it.
    public static func receive(
        _ descriptor: Int32,
        into buffer: UnsafeMutableRawBufferPointer,
        peek: Bool = false
    ) -> Transfer {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, peek ? Int32(MSG_PEEK) : 0)
            if let result = transfer(count, zeroIsEnd: true) { return result }
        }
    }

    /// Writes once; `more` says that further bytes follow in this very turn (`MSG_MORE`), never on the last piece.
    public static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, more: Bool = false) -> Transfer {
        let flags = Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0)
        while true {
            let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags)
            if let result = transfer(count, zeroIsEnd: false) { return result }
        }
    }

    /// Writes two pieces with one call (`sendmsg`), in order.
    public static func send(
        _ descriptor: Int32,
        _ first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer,
        more: Bool = false
    ) -> Transfer {
        if second.isEmpty { return send(descriptor, first, more: more) }
        if first.isEmpty { return send(descriptor, second, more: more) }
        var pieces = (
            iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count)
        )
        let flags = Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0)
        return withUnsafeMutableBytes(of: &pieces) { raw -> Transfer in
            var message = msghdr()
            message.msg_iov = raw.baseAddress?.assumingMemoryBound(to: iovec.self)
            message.msg_iovlen = 2
            while true {
                let count = sendmsg(descriptor, &message, flags)
                if let result = transfer(count, zeroIsEnd: false) { return result }
            }
        }
    }

    /// Moves bytes between a socket and a pipe without bringing them into user space (`splice`(2)).
    public static func splice(from: Int32, to: Int32, count: Int) -> Transfer {
        while true {
            let moved = clinux_splice(from, to, count, clinux_splice_move | clinux_splice_nonblock)
            if let result = transfer(moved, zeroIsEnd: true) { return result }
        }
    }

    /// True when a kept connection is still quiet and open: nothing to read, no end, no error.
    public static func isQuiet(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        let flags = Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)
        let count = recv(descriptor, &byte, 1, flags)
        return count < 0 && errno == EAGAIN
    }

    /// Sends what is written at once (`TCP_NODELAY`); a unix socket has no such switch and ignores it.
    public static func setNoDelay(_ descriptor: Int32) {
        var on: Int32 = 1
        _ = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// The address of the other end in network order: 4 or 16 bytes, none for a unix socket; nil when nobody knows it.
    public static func peerAddress(_ descriptor: Int32) -> [UInt8]? {
        var form = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &form) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) }
        }
        guard result == 0 else { return nil }
        let family = Int32(form.ss_family)
        return withUnsafeBytes(of: form) { bytes in
            switch family {
            case AF_UNIX: []
            case AF_INET: bytes.loadUnaligned(as: sockaddr_in.self).addressBytes
            case AF_INET6: bytes.loadUnaligned(as: sockaddr_in6.self).addressBytes
            default: nil
            }
        }
    }

    /// Makes the coming close send a reset, so the peer cannot take a broken answer for a whole one.
    public static func resetOnClose(_ descriptor: Int32) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    /// Ends our direction; the peer sees the end after all bytes written so far.
    public static func endSending(_ descriptor: Int32) {
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Nanoseconds of a clock that never goes back.
    public static func monotonicNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// The text the system has for an errno.
    public static func describe(_ number: Int32) -> String {
        String(cString: strerror(number))
    }
}

extension sockaddr_in {
    fileprivate var addressBytes: [UInt8] { withUnsafeBytes(of: sin_addr) { Array($0) } }
}

extension sockaddr_in6 {
    fileprivate var addressBytes: [UInt8] { withUnsafeBytes(of: sin6_addr) { Array($0) } }
}
