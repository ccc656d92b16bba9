import CLinux
import Glibc
import Loop

/// Gives memory back to the kernel that a burst of requests has left behind.
///
/// What a request needs until its answer begins is freed then, but lies among what its stream keeps, and the allocator
/// gives back only the top of its heap: without this, thousands of silent streams cost their peak. On a thread of its own;
/// the loops wait only while they want the heap that is being looked through.
enum HeapTrim {
    private static let periodSeconds: UInt32 = 5
    /// Free memory that is not worth the work, and how much more makes it worth doing it again, bytes.
    private static let slackBytes = 4 << 20

    static func start() {
        _ = LoopThread(name: "heap-trim") {
            var known = 0
            while true {
                sleep(periodSeconds)
                let free = clinux_free_heap_bytes()
                if free > known + slackBytes {
                    _ = clinux_trim_heap()
                    known = clinux_free_heap_bytes()
                } else {
                    known = min(known, free)
                }
            }
        }
    }
}
