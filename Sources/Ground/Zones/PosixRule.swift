/// The footer of a TZif file: a POSIX `TZ` text that holds after the last transition (RFC 8536 §3.3.1).
struct PosixRule: Sendable, Equatable {
    /// When the clocks change in a year: a day, and seconds after its midnight.
    struct Change: Sendable, Equatable {
        enum Day: Sendable, Equatable {
            /// `Jn`: 1 to 365, the 29th of February is never counted.
            case julian(Int)
            /// `n`: 0 to 365, the 29th of February is counted.
            case zeroBased(Int)
            /// `Mm.w.d`: weekday `d` (0 is Sunday) of the `w`th week of month `m`; week 5 is the last.
            case weekday(month: Int, week: Int, weekday: Int)
        }
        var day: Day
        /// Version 3 allows -167 to 167 hours (RFC 8536 §3.3.1).
        var seconds: Int

        /// Seconds since 1970-01-01, on the wall clock that is left.
        func wallSeconds(in year: Int) -> Int {
            let newYear = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
            let days: Int
            switch day {
            case .julian(let number): days = newYear + number - (CivilDate.isLeap(year) && number >= 60 ? 0 : 1)
            case .zeroBased(let number): days = newYear + number
            case .weekday(let month, let week, let weekday):
                let first = CivilDate(year: year, month: month, day: 1)
                // `weekday` counts from Sunday, dates count from Monday.
                let ahead = ((weekday + 6) % 7 - first.weekday + 7) % 7
                let length = CivilDate.days(inMonth: month, of: year)
                var index = ahead + (week - 1) * 7
                while index >= length { index -= 7 }
                days = first.daysSinceEpoch + index
            }
            return days * 86_400 + seconds
        }
    }

    struct Summer: Sendable, Equatable {
        var offset: Int
        var start: Change
        var end: Change
    }

    /// Seconds east of UTC.
    var standardOffset: Int
    var summer: Summer?

    func offsetSeconds(at unixSeconds: Int) -> Int {
        guard let summer else { return standardOffset }
        let year = CivilDate(daysSinceEpoch: floorDivided(unixSeconds + standardOffset, by: 86_400).quotient).year
        let start = summer.start.wallSeconds(in: year) - standardOffset
        let end = summer.end.wallSeconds(in: year) - summer.offset
        // South of the equator summer runs over the new year.
        let isSummer =
            start < end ? (start..<end).contains(unixSeconds) : !(end..<start).contains(unixSeconds)
        return isSummer ? summer.offset : standardOffset
    }
}

extension PosixRule {
    /// Reads `CET-1CEST,M3.5.0,M10.5.0/3`; nil for anything that is no such text.
    init?(parsing text: ArraySlice<UInt8>) {
        var reader = Reader(rest: text)
        guard reader.name(), let west = reader.seconds(hourLimit: 24) else { return nil }
        standardOffset = -west
        guard !reader.rest.isEmpty else { return }
        guard reader.name() else { return nil }
        var offset = standardOffset + 3_600
        if reader.rest.first != UInt8(ascii: ",") {
            guard let west = reader.seconds(hourLimit: 24) else { return nil }
            offset = -west
        }
        guard reader.take(","), let start = reader.change(), reader.take(","), let end = reader.change(),
            reader.rest.isEmpty
        else { return nil }
        summer = Summer(offset: offset, start: start, end: end)
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func take(_ mark: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: mark) else { return false }
            rest = rest.dropFirst()
            return true
        }

        /// Three letters or more, or anything in angle brackets.
        mutating func name() -> Bool {
            if take("<") {
                guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
                rest = rest[(end + 1)...]
                return true
            }
            let letters = rest.prefix { byte in (byte | 0x20) &- 0x61 < 26 }
            rest = rest.dropFirst(letters.count)
            return letters.count >= 3
        }

        mutating func number(_ range: ClosedRange<Int>) -> Int? {
            let digits = rest.prefix { byte in byte &- 0x30 < 10 }
            guard (1...3).contains(digits.count) else { return nil }
            rest = rest.dropFirst(digits.count)
            let value = digits.reduce(0) { value, digit in value * 10 + Int(digit - 0x30) }
            return range.contains(value) ? value : nil
        }

        /// `[+-]hh[:mm[:ss]]`.
        mutating func seconds(hourLimit: Int) -> Int? {
            let isNegative = take("-")
            if !isNegative { _ = take("+") }
            guard var value = number(0...hourLimit) else { return nil }
            value *= 3_600
            for unit in [60, 1] where take(":") {
                guard let part = number(0...59) else { return nil }
                value += part * unit
            }
            return isNegative ? -value : value
        }

        mutating func change() -> Change? {
            let day: Change.Day
            if take("M") {
                guard let month = number(1...12), take("."), let week = number(1...5), take("."),
                    let weekday = number(0...6)
                else { return nil }
                day = .weekday(month: month, week: week, weekday: weekday)
            } else if take("J") {
                guard let count = number(1...365) else { return nil }
                day = .julian(count)
            } else {
                guard let count = number(0...365) else { return nil }
                day = .zeroBased(count)
            }
            var seconds = 7_200
            if take("/") {
                guard let written = self.seconds(hourLimit: 167) else { return nil }
                seconds = written
            }
            return Change(day: day, seconds: seconds)
        }
    }
}
