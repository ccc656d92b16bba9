import CLinux
import Glibc

/// Wakes a thread that is no loop.
///
/// Any thread rings; one waits.
package final class Doorbell: Sendable {
    private let number: Int32

    /// Nobody has rung yet.
    package init() {
        number = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        precondition(number >= 0, "eventfd failed: \(Kernel.describe(errno))")
    }

    deinit { _ = close(number) }

    /// Ends the wait that runs, or the next one.
    package func ring() {
        var one: UInt64 = 1
        _ = write(number, &one, 8)
    }

    /// Waits until somebody rings, `milliseconds` at most.
    package func wait(milliseconds: Int) {
        var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        _ = poll(&entry, 1, Int32(clamping: milliseconds))
        var count: UInt64 = 0
        _ = read(number, &count, 8)
    }
}
