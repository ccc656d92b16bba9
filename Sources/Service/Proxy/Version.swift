import Glibc

/// What this build is called.
package enum Version {
    /// Semantic version of the program.
    package static let current = "0.1.0"
}

/// The time of day, for what must be compared with dates.
enum WallClock {
    /// Seconds since 1970, UTC.
    static func seconds() -> Int64 { Int64(time(nil)) }

    /// Milliseconds since 1970, UTC.
    static func milliseconds() -> Int {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return now.tv_sec * 1_000 + now.tv_nsec / 1_000_000
    }
}
