import CLinux
import Glibc

/// A thread of the operating system.
public struct LoopThread: Sendable {
    private let handle: pthread_t

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts `body` on a thread of its own; `name` shows in `top -H`, 15 bytes at most.
    public init(name: String, _ body: @escaping @Sendable () -> Void) {
        let boxed = Unmanaged.passRetained(
            Body {
                _ = clinux_name_thread(name)
                body()
            }
        )
        var handle = pthread_t()
        let result = pthread_create(&handle, nil, threadEntry, boxed.toOpaque())
        precondition(result == 0, "cannot start a thread: \(Kernel.describe(result))")
        self.handle = handle
    }

    /// Waits until the thread has ended.
    public func join() { pthread_join(handle, nil) }

    fileprivate static func enter(_ argument: UnsafeMutableRawPointer) {
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
    }
}

private func threadEntry(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument { LoopThread.enter(argument) }
    return nil
}
