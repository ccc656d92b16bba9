import RouteModel
import Zones

/// Which time windows of the route file are open: worked out once a minute, read with each request.
///
/// Windows begin and end with minutes, so nothing changes in between (`routes.md` 2.7, time). Loop only.
struct OpenWindows {
    private let windows: [(window: TimeWindow, zone: Zone)]
    private var minute = Int64.min
    private var mask: UInt64 = 0

    /// * `windows`: by bit.
    init(_ windows: [(window: TimeWindow, zone: Zone)]) { self.windows = windows }

    /// The windows that are open now, by bit.
    mutating func now() -> UInt64 {
        if windows.isEmpty { return 0 }
        let seconds = WallClock.seconds()
        // The clock may be set back, so any other minute is a new one.
        if seconds / 60 != minute {
            minute = seconds / 60
            mask = OpenWindows.open(windows, at: Int(seconds))
        }
        return mask
    }

    static func open(_ windows: [(window: TimeWindow, zone: Zone)], at seconds: Int) -> UInt64 {
        var mask: UInt64 = 0
        for (bit, entry) in windows.enumerated() {
            let wall = entry.zone.time(at: seconds)
            if entry.window.contains(weekday: wall.weekday, minute: wall.minute) { mask |= 1 << UInt64(bit) }
        }
        return mask
    }
}
