/// A time zone of the tz database: how far its clocks are from UTC at any time.
///
/// A value without references to the file it came from; looking up takes a binary search and no allocation.
package struct Zone: Sendable, Equatable {
    /// As in the tz database: `Europe/Berlin`.
    package let name: String
    /// When the offset changes, ascending.
    let transitions: [Int]
    /// The offset from each transition on, in seconds east of UTC.
    let offsets: [Int]
    /// Before the first transition.
    let firstOffset: Int
    /// After the last transition; nil keeps the last offset.
    let rule: PosixRule?

    /// The zone that needs no file.
    package static let utc = Zone(name: "UTC", transitions: [], offsets: [], firstOffset: 0, rule: nil)

    /// Seconds that this zone's clocks are ahead of UTC.
    package func offsetSeconds(at unixSeconds: Int) -> Int {
        // The number of transitions at or before the moment.
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= unixSeconds { low = middle + 1 } else { high = middle }
        }
        if low == transitions.count, let rule { return rule.offsetSeconds(at: unixSeconds) }
        return low == 0 ? firstOffset : offsets[low - 1]
    }

    /// What a clock on the wall shows.
    package func time(at unixSeconds: Int) -> ZoneTime {
        let (day, second) = floorDivided(unixSeconds + offsetSeconds(at: unixSeconds), by: 86_400)
        return ZoneTime(weekday: CivilDate.weekday(ofDay: day), minute: second / 60)
    }

    /// What a calendar on the wall shows.
    package func date(at unixSeconds: Int) -> CivilDate {
        CivilDate(daysSinceEpoch: floorDivided(unixSeconds + offsetSeconds(at: unixSeconds), by: 86_400).quotient)
    }
}
