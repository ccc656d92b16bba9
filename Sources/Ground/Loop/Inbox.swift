import CLinux
import Glibc
import Synchronization

/// Messages from other threads to a loop: a list behind a mutex, and one eventfd write per burst.
public final class Inbox: Sendable {
    private let letters = Mutex<[@Sendable () -> Void]>([])
    let doorbell: Int32

    init() {
        doorbell = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        precondition(doorbell >= 0, "eventfd failed: \(Kernel.describe(errno))")
    }

    deinit { _ = close(doorbell) }

    /// Runs `letter` on the loop's thread, soon.
    ///
    /// Any thread.
    public func post(_ letter: @escaping @Sendable () -> Void) {
        let wasEmpty = letters.withLock { list in
            list.append(letter)
            return list.count == 1
        }
        if wasEmpty {
            var one: UInt64 = 1
            _ = write(doorbell, &one, 8)
        }
    }

    func runAll() {
        var count: UInt64 = 0
        _ = read(doorbell, &count, 8)
        let list = letters.withLock { list in
            let taken = list
            list.removeAll()
            return taken
        }
        for letter in list { letter() }
    }
}
