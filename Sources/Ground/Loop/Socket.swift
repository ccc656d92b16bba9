import Glibc

/// A connected stream socket of one loop, with what the poller last said of it.
///
/// The poller tells edges once; `mayRead` and `mayWrite` remember them until a call says "would block". The plain
/// form talks to the kernel; a subclass may put TLS between (`canSplice` is then false). Loop only.
open class Socket: Watcher {
    /// The loop that watches it.
    ///
    /// Loops live as long as their threads, so a strong reference costs nothing to follow.
    public let loop: EventLoop
    /// Something may be there to read: bytes or an end.
    public var mayRead = false
    /// There may be room to write.
    public var mayWrite = true
    /// The peer has ended its direction: what is left to read is all that will ever come.
    public private(set) var peerEnded = false
    private var descriptor: Descriptor?

    /// Takes over a connected, non-blocking socket.
    ///
    /// It is not watched before `watch()`.
    public init(_ descriptor: consuming Descriptor, loop: EventLoop) {
        self.descriptor = consume descriptor
        self.loop = loop
        super.init()
    }

    /// The kernel's number, or -1 after `close()`.
    public final var number: Int32 {
        switch descriptor {
        case .some(let descriptor): descriptor.number
        case .none: -1
        }
    }

    /// True until `close()`.
    public final var isOpen: Bool { number >= 0 }

    /// Registers with the poller for both directions; false when the kernel refuses.
    public final func watch() -> Bool { loop.watch(number, self) }

    /// Stops watching and closes; harmless when done before.
    open func close() {
        guard let descriptor = descriptor.take() else { return }
        loop.forget(self, descriptor.number, closing: true)
        mayRead = false
        mayWrite = false
    }

    /// Remembers what the poller said.
    public final func note(_ readiness: Readiness) {
        if !readiness.isDisjoint(with: [.peerEnded, .broken]) { peerEnded = true }
        if peerEnded || readiness.contains(.readable) { mayRead = true }
        if !readiness.isDisjoint(with: [.writable, .broken]) { mayWrite = true }
    }

    /// True when bytes may pass through a pipe, past user space.
    open var canSplice: Bool { true }

    /// Reads into `buffer`; clears `mayRead` when nothing is left.
    open func receive(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        noted(Kernel.receive(number, into: buffer), asked: buffer.count)
    }

    /// Writes what the socket takes; clears `mayWrite` when it takes no more.
    open func send(_ bytes: UnsafeRawBufferPointer, more: Bool) -> Transfer {
        let result = Kernel.send(number, bytes, more: more)
        if case .wouldBlock = result { mayWrite = false }
        return result
    }

    /// Writes two pieces as one, as far as the socket takes them.
    open func send(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Transfer {
        let result = Kernel.send(number, first, second)
        if case .wouldBlock = result { mayWrite = false }
        return result
    }

    /// Looks at what is there without taking it; only where `canSplice`.
    public final func peek(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        let result = Kernel.receive(number, into: buffer, peek: true)
        if case .wouldBlock = result { mayRead = false }
        return result
    }

    private func noted(_ result: Transfer, asked: Int) -> Transfer {
        switch result {
        case .wouldBlock: mayRead = false
        // A read that did not fill its buffer took all there was; an end may still stand behind it.
        case .moved(let count) where count < asked: mayRead = peerEnded
        default: break
        }
        return result
    }
}
