import Bytes

/// Dates as HTTP writes them (RFC 9110 §5.6.7): the preferred form and the two old ones that must still be understood.
package enum HTTPDate {
    /// Seconds since 1970, UTC; nil when it is no such date.
    ///
    /// `nowSeconds` decides the century of a date with a year of two digits.
    package static func secondsSince1970(_ text: Span<UInt8>, nowSeconds: Int64 = 0) -> Int64? {
        guard let comma = Scan.find(0x2c, in: text) else { return asctime(text) }
        return comma == 3 ? preferred(text) : rfc850(text, comma, nowSeconds)
    }

    /// The form that is written today, `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func preferred(_ text: Span<UInt8>) -> Int64? {
        guard text.count == 29, text[4] == 0x20, text[7] == 0x20, text[11] == 0x20, text[16] == 0x20,
            ASCII.equals(text.extracting(25...), " GMT"), let day = number(text, 5, 2), let month = month(text, 8),
            let year = number(text, 12, 4), let time = time(text, 17)
        else { return nil }
        return seconds(year, month, day, time)
    }

    /// The form of RFC 850, `Sunday, 06-Nov-94 08:49:37 GMT`.
    private static func rfc850(_ text: Span<UInt8>, _ comma: Int, _ nowSeconds: Int64) -> Int64? {
        let rest = text.extracting((comma + 1)...)
        guard rest.count == 23, rest[0] == 0x20, rest[3] == 0x2d, rest[7] == 0x2d, rest[10] == 0x20,
            ASCII.equals(rest.extracting(19...), " GMT"), let day = number(rest, 1, 2), let month = month(rest, 4),
            let short = number(rest, 8, 2), let time = time(rest, 11)
        else { return nil }
        // More than 50 years ahead means the most recent past year with these digits.
        guard let late = seconds(2000 + short, month, day, time) else { return nil }
        return late > nowSeconds + 50 * 31_556_952 ? seconds(1900 + short, month, day, time) : late
    }

    /// The form of C, `Sun Nov  6 08:49:37 1994`.
    private static func asctime(_ text: Span<UInt8>) -> Int64? {
        guard text.count == 24, text[3] == 0x20, text[7] == 0x20, text[10] == 0x20, text[19] == 0x20,
            let month = month(text, 4), let day = text[8] == 0x20 ? number(text, 9, 1) : number(text, 8, 2),
            let time = time(text, 11), let year = number(text, 20, 4)
        else { return nil }
        return seconds(year, month, day, time)
    }

    /// From the civil date, counting years from March (Howard Hinnant, "chrono-Compatible Low-Level Date
    /// Algorithms", days_from_civil).
    private static func seconds(_ year: Int, _ month: Int, _ day: Int, _ time: Int) -> Int64? {
        guard year >= 1, day >= 1, day <= 31 else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64((era * 146_097 + dayOfEra - 719_468) * 86_400 + time)
    }

    /// `08:49:37` as seconds of the day; a leap second counts as the next day's first.
    private static func time(_ text: Span<UInt8>, _ start: Int) -> Int? {
        guard text[start + 2] == 0x3a, text[start + 5] == 0x3a, let hour = number(text, start, 2), hour < 24,
            let minute = number(text, start + 3, 2), minute < 60, let second = number(text, start + 6, 2), second <= 60
        else { return nil }
        return (hour * 60 + minute) * 60 + second
    }

    private static func number(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> Int? {
        var value = 0
        for index in start..<(start + count) {
            guard ASCII.isDigit(text[index]) else { return nil }
            value = value * 10 + Int(text[index] - 0x30)
        }
        return value
    }

    private static func month(_ text: Span<UInt8>, _ start: Int) -> Int? {
        let name = text.extracting(start..<(start + 3))
        let names: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"
        for index in 0..<12 where ASCII.equals(name, names, at: index * 3) { return index + 1 }
        return nil
    }
}
