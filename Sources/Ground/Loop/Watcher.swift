import CLinux

/// What the poller saw on a descriptor.
public struct Readiness: OptionSet, Sendable {
    /// The bits of `epoll_event.events`.
    public let rawValue: UInt32
    /// Wraps bits of `epoll_event.events`.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Bytes, a connection, or an end can be read.
    public static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    /// There is room to write again.
    public static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The peer ended its direction.
    public static let peerEnded = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// Both directions are gone, or the connection failed.
    public static let broken = Readiness(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
}

/// Somebody who waits for a descriptor or a timer of one loop.
///
/// Loop only. A class to inherit from rather than a protocol: the call per event is one jump through the class
/// table, with no existential to unpack.
open class Watcher {
    /// Where the loop keeps it; `.max` while it watches nothing.
    var slot: UInt32 = .max

    /// Makes a watcher that watches nothing yet.
    public init() {}

    /// The watched descriptor became ready.
    ///
    /// Edges only: use it up or remember it.
    open func ready(_ readiness: Readiness) {}

    /// A timer that names this watcher came due.
    open func timerFired(_ timer: LoopTimer) {}

    /// Comes once for each `EventLoop.again(_:)`, at the end of the turn.
    open func resumed() {}
}
