import Loop
import Providers

/// Whoever uses an upstream connection for the time of one try.
open class UpstreamUser: Watcher {
    /// Makes a user of nothing yet.
    public override init() { super.init() }

    /// An edge arrived on the connection in use.
    open func upstreamReady() {}
}

/// A connection to one provider, opened by libcurl.
///
/// Plain connections leave libcurl at once: its socket is duplicated and the handle freed, so that an open stream
/// costs no more than this object. TLS keeps the handle, which decrypts. Loop only.
package class UpstreamConnection: Socket {
    /// The pool it goes back to.
    package let pool: UpstreamPool
    /// The try that uses it; nil while it waits in the pool.
    ///
    /// Cleared by whoever ends the try.
    package var user: UpstreamUser?
    /// Requests sent over it; above 1 it may have died while it waited.
    package internal(set) var requests = 0
    /// When it was put into the pool, monotonic nanoseconds.
    var idleSince: Int64 = 0

    init(_ descriptor: consuming Descriptor, pool: UpstreamPool) {
        self.pool = pool
        super.init(descriptor, loop: pool.loop)
    }

    package override func ready(_ readiness: Readiness) {
        note(readiness)
        if let user {
            user.upstreamReady()
        } else if mayRead, !isQuiet {
            // While nobody asked, anything to read is an end or a stray answer: of no use to the next request.
            pool.drop(self)
        }
    }

    /// True when a waiting connection is open with nothing to read.
    var isQuiet: Bool { Kernel.isQuiet(number) }
}

/// A connection whose bytes pass through libcurl's TLS.
final class TLSUpstreamConnection: UpstreamConnection {
    private let handle: CurlHandle

    init(_ descriptor: consuming Descriptor, handle: CurlHandle, pool: UpstreamPool) {
        self.handle = handle
        super.init(descriptor, pool: pool)
    }

    override var canSplice: Bool { false }

    /// TLS keeps decrypted bytes inside, of which no edge tells: only "again" means empty.
    override func receive(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        let result = handle.receive(into: buffer)
        if case .wouldBlock = result { mayRead = false }
        return result
    }

    override func send(_ bytes: UnsafeRawBufferPointer, more: Bool) -> Transfer {
        let result = handle.send(bytes)
        if case .wouldBlock = result { mayWrite = false }
        return result
    }

    override func send(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Transfer {
        guard !first.isEmpty else { return send(second, more: false) }
        let result = send(first, more: false)
        guard case .moved(let count) = result, count == first.count, !second.isEmpty else { return result }
        if case .moved(let rest) = send(second, more: false) { return .moved(count + rest) }
        return result
    }

    override func close() {
        super.close()
        handle.end()
    }

    /// A session ticket may lie unread in a healthy connection, so only reading tells.
    override var isQuiet: Bool {
        var byte: UInt8 = 0
        return withUnsafeMutableBytes(of: &byte) { receive(into: $0) == .wouldBlock }
    }
}
