/// A point in time as people write it: `2026-11-20T10:00:00+01:00` (RFC 3339 §5.6).
package enum DateTime {
    /// Why a text is no date-time, and where.
    package struct Fault: Error, Equatable {
        /// One sentence without a full stop.
        package let sentence: String
        /// Byte offset into the text.
        package let offset: Int
    }

    /// Reads a date-time with its offset from UTC; parts of a second are dropped.
    ///
    /// A leap second (`23:59:60`) is the second after it, as POSIX counts.
    ///
    /// - Throws: the first place that does not fit.
    package static func unixSeconds(parsing text: String) throws(Fault) -> Int {
        var reader = Reader(Array(text.utf8))
        let date = try reader.date()
        try reader.expect("T", or: "t", " ")
        let seconds = try reader.time()
        try reader.fraction()
        let offset = try reader.offset()
        guard reader.isAtEnd else {
            throw Fault(sentence: "nothing may follow the offset from UTC", offset: reader.position)
        }
        return date.daysSinceEpoch * 86_400 + seconds - offset
    }

    /// Writes a point in time with the offset that a zone has then.
    package static func text(_ unixSeconds: Int, in zone: Zone = .utc) -> String {
        let offset = zone.offsetSeconds(at: unixSeconds)
        let (day, second) = floorDivided(unixSeconds + offset, by: 86_400)
        let date = CivilDate(daysSinceEpoch: day)
        let clock = [second / 3_600, second / 60 % 60, second % 60].map(two).joined(separator: ":")
        let written = "\(padded(date.year, 4))-\(two(date.month))-\(two(date.day))T\(clock)"
        if offset == 0 { return written + "Z" }
        let minutes = abs(offset) / 60
        return "\(written)\(offset < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
    }

    private static func two(_ number: Int) -> String { padded(number, 2) }
    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }
}

private struct Reader {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }
    private var next: Character? { isAtEnd ? nil : Character(Unicode.Scalar(bytes[position])) }

    mutating func date() throws(DateTime.Fault) -> CivilDate {
        let year = try number(digits: 4, "a year has four digits", 0...9_999)
        try expect("-")
        let month = try number(digits: 2, "a month is 01 to 12", 1...12)
        try expect("-")
        let last = CivilDate.days(inMonth: month, of: year)
        let day = try number(digits: 2, "a day of this month is 01 to \(last)", 1...last)
        return CivilDate(year: year, month: month, day: day)
    }

    /// Seconds since midnight.
    mutating func time() throws(DateTime.Fault) -> Int {
        let hour = try number(digits: 2, "an hour is 00 to 23", 0...23)
        try expect(":")
        let minute = try number(digits: 2, "a minute is 00 to 59", 0...59)
        try expect(":")
        return try hour * 3_600 + minute * 60 + number(digits: 2, "a second is 00 to 59", 0...60)
    }

    mutating func fraction() throws(DateTime.Fault) {
        guard next == "." else { return }
        position += 1
        _ = try number(digits: 1, "a digit is expected here", 0...9)
        while let digit = next, ("0"..."9").contains(digit) { position += 1 }
    }

    /// Seconds east of UTC.
    mutating func offset() throws(DateTime.Fault) -> Int {
        let mark = next
        try expect("Z", or: "z", "+", "-")
        if mark == "Z" || mark == "z" { return 0 }
        let hours = try number(digits: 2, "an offset's hours are 00 to 23", 0...23)
        try expect(":")
        let minutes = try number(digits: 2, "an offset's minutes are 00 to 59", 0...59)
        return (hours * 3_600 + minutes * 60) * (mark == "-" ? -1 : 1)
    }

    mutating func expect(_ mark: Character, or others: Character...) throws(DateTime.Fault) {
        guard let next, next == mark || others.contains(next) else {
            let wanted = mark == "Z" ? "`Z` or an offset such as `+01:00`" : "`\(mark)`"
            throw DateTime.Fault(sentence: "\(wanted) is expected here", offset: position)
        }
        position += 1
    }

    private mutating func number(
        digits: Int,
        _ sentence: String,
        _ range: ClosedRange<Int>
    ) throws(DateTime.Fault) -> Int {
        var value = 0
        for index in position..<position + digits {
            guard index < bytes.count, (0x30...0x39).contains(bytes[index]) else {
                throw DateTime.Fault(sentence: sentence, offset: min(index, bytes.count))
            }
            value = value * 10 + Int(bytes[index] - 0x30)
        }
        guard range.contains(value) else { throw DateTime.Fault(sentence: sentence, offset: position) }
        position += digits
        return value
    }
}
