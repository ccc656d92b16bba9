import Glibc
import Loop

/// Times of the monotonic clock and of this thread's work.
enum Clock {
    static var nanoseconds: Int64 { Kernel.monotonicNanoseconds() }
    static var seconds: Double { Double(nanoseconds) / 1e9 }
    /// Seconds this thread has spent on a processor.
    static var ownCPUSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
