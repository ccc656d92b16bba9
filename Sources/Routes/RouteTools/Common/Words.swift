import Report
import RouteModel
import Routing

/// Values in the spelling of a route file.
enum Words {
    /// `250ms`, `30s`, `10m`.
    static func duration(_ milliseconds: Int) -> String {
        for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)]
        where milliseconds >= 2 * length && milliseconds % length == 0 {
            // 60s is what people write for an idle time, 24h for a day.
            return "\(milliseconds / length)\(unit)"
        }
        return milliseconds == 1_000 ? "1s" : "\(milliseconds)ms"
    }

    /// `900`, `8k`, `2M`.
    static func count(_ number: Int) -> String {
        for (unit, size) in [("G", 1_000_000_000), ("M", 1_000_000), ("k", 1_000)]
        where number >= size && number % size == 0 {
            return "\(number / size)\(unit)"
        }
        return "\(number)"
    }

    /// `1,010`: for amounts that people compare.
    static func grouped(_ number: Int) -> String {
        var digits = String(abs(number))
        var parts: [String] = []
        while digits.count > 3 {
            parts.insert(String(digits.suffix(3)), at: 0)
            digits = String(digits.dropLast(3))
        }
        return (number < 0 ? "-" : "") + ([digits] + parts).joined(separator: ",")
    }

    /// `5%`, `0.5%` from hundredths of a percent.
    static func percent(_ hundredths: Int) -> String {
        let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
        if rest == 0 { return "\(whole)%" }
        return rest % 10 == 0 ? "\(whole).\(rest / 10)%" : "\(whole).\(rest < 10 ? "0" : "")\(rest)%"
    }

    /// `8k..32k`, `150k..`, `..8k`.
    static func tokens(_ range: TokenRange) -> String {
        (range.lower > 0 ? count(range.lower) : "") + ".." + (range.upper.map { count($0) } ?? "")
    }

    /// `confidential`, `confidential..`, `public..internal`.
    static func levels(_ range: ClosedRange<Level>) -> String {
        if range.lowerBound == range.upperBound { return range.lowerBound.word }
        let end = range.upperBound == .restricted ? "" : range.upperBound.word
        return "\(range.lowerBound.word)..\(end)"
    }

    /// `600/min`; money is in nano-dollars.
    static func rate(_ rate: Rate, isMoney: Bool = false) -> String {
        "\(isMoney ? money(rate.amount) : count(rate.amount))/\(rate.unit.rawValue)"
    }

    /// Dollars from nano-dollars, without needless zeros.
    static func money(_ nanoDollars: Int) -> String {
        let (whole, rest) = nanoDollars.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest == 0 { return count(whole) }
        var digits = String(abs(rest))
        digits = String(repeating: "0", count: 9 - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(whole).\(digits)"
    }

    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    /// `Fri 10:00`.
    static func clock(weekday: Int, minute: Int) -> String { "\(days[weekday % 7]) \(clock(minute))" }

    private static func clock(_ minute: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }

    /// `Mon-Fri 09:00-18:00 Europe/Berlin`.
    static func window(_ window: TimeWindow) -> String {
        let listed = (0..<7).filter { window.days & (1 << UInt8($0)) != 0 }
        var spans: [String] = []
        var index = 0
        while index < listed.count {
            var end = index
            while end + 1 < listed.count, listed[end + 1] == listed[end] + 1 { end += 1 }
            spans.append(end == index ? days[listed[index]] : "\(days[listed[index]])-\(days[listed[end]])")
            index = end + 1
        }
        return "\(spans.joined(separator: ",")) \(clock(window.startMinute))-\(clock(window.endMinute)) \(window.zone)"
    }

    /// `` `a`, `b` or `c` ``.
    static func either(_ texts: [String], quoted: Bool = true) -> String {
        let shown = quoted ? texts.map { "`\($0)`" } : texts
        guard let last = shown.last, shown.count > 1 else { return shown.first ?? "nothing" }
        return shown.dropLast().joined(separator: ", ") + " or " + last
    }

    /// `{pii, phi}`.
    static func tags(_ tags: Set<String>) -> String { "{\(tags.sorted().joined(separator: ", "))}" }

    /// `openai/gpt-4o`, or `openai` when the request's model is kept.
    static func target(_ target: TargetEntry, _ document: RouteDocument) -> String {
        let provider = document.providers[target.provider].name.value
        return target.model.map { "\(provider)/\($0)" } ?? provider
    }

    /// The features of a set, as a file spells them.
    static func features(_ set: FeatureSet) -> [String] {
        Feature.allCases.filter { set.contains(FeatureSet($0)) }.map(\.rawValue)
    }
}

extension HeaderCondition {
    /// Its matchers as people are shown them.
    var shown: [String] { matchers.map { SecretField.shown($0.value, of: name.value) } }
}
