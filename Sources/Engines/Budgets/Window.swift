import Routing
import Zones

/// When a budget begins anew: with a unit of the calendar in a zone, or continuously.
package struct Window: Equatable, Sendable {
    package var period: Period
    /// Whose calendar; of no concern to a sliding window.
    package var zone: Zone
    /// What was spent longer ago than the period counts no more; else all is forgotten at once when a unit begins.
    package var isSliding: Bool

    package init(_ period: Period, zone: Zone = .utc, isSliding: Bool = false) {
        self.period = period
        self.zone = zone
        self.isSliding = isSliding
    }

    /// The unit of the calendar that holds a moment, in milliseconds since 1970; weeks begin on Monday (ISO 8601).
    package func bounds(at milliseconds: Int) -> Range<Int> {
        let seconds = floorDivided(milliseconds, by: 1_000)
        switch period {
        case .sec, .min, .hour:
            // Zones are whole quarters of an hour from UTC nowadays, so minutes are everybody's.
            let offset = period == .hour ? zone.offsetSeconds(at: seconds) : 0
            let start = floorDivided(seconds + offset, by: period.seconds) * period.seconds - offset
            return start * 1_000..<(start + period.seconds) * 1_000
        case .day, .week, .month:
            var days = zone.date(at: seconds).daysSinceEpoch
            // A clock put back at midnight shows the old day once more; three steps find the unit all the same.
            for _ in 0..<3 {
                let unit = unit(of: days)
                let (start, end) = (start(ofDay: unit.lowerBound), start(ofDay: unit.upperBound))
                if seconds < start {
                    days = unit.lowerBound - 1
                } else if seconds >= end {
                    days = unit.upperBound
                } else {
                    return start * 1_000..<end * 1_000
                }
            }
            let start = floorDivided(seconds, by: period.seconds) * period.seconds
            return start * 1_000..<(start + period.seconds) * 1_000
        }
    }

    /// The days of the unit that a day is in, counted from 1970-01-01.
    private func unit(of day: Int) -> Range<Int> {
        switch period {
        case .week:
            let monday = day - CivilDate.weekday(ofDay: day)
            return monday..<monday + 7
        case .month:
            let date = CivilDate(daysSinceEpoch: day)
            let first = day - (date.day - 1)
            return first..<first + CivilDate.days(inMonth: date.month, of: date.year)
        default: return day..<day + 1
        }
    }

    /// The second at which a zone's calendar comes to a day; in a zone that skips midnight that is later than it.
    private func start(ofDay day: Int) -> Int {
        // No zone is further from UTC than 26 hours.
        var (low, high) = (day * 86_400 - 93_600, day * 86_400 + 93_600)
        while low < high {
            let middle = low + (high - low) / 2
            if zone.date(at: middle).daysSinceEpoch >= day { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// Division that rounds down.
func floorDivided(_ value: Int, by divisor: Int) -> Int {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
}
