import Routing

/// How findings write values, so that what they say can be pasted into a file.
enum Words {
    /// `a`, `b` and `c`, in backticks.
    static func listed(_ names: [String], most: Int = 6) -> String {
        let quoted = names.prefix(most).map { "`\($0)`" }
        if names.count > most { return "\(quoted.joined(separator: ", ")) and \(names.count - most) more" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.joined() }
        return "\(quoted.dropLast().joined(separator: ", ")) and \(last)"
    }

    /// `10s`, `1m30s`, `250ms`.
    static func duration(_ milliseconds: Int) -> String {
        if milliseconds == 0 { return "0s" }
        var left = milliseconds
        var text = ""
        for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
            if left >= size { text += "\(left / size)\(unit)" }
            left %= size
        }
        return text
    }

    /// `8k`, `2M`, `1500`: decimal, as route files write counts.
    static func count(_ value: Int) -> String {
        for (unit, size) in [("G", 1_000_000_000), ("M", 1_000_000), ("k", 1_000)]
        where value >= size && value % size == 0 {
            return "\(value / size)\(unit)"
        }
        return "\(value)"
    }

    /// Nano-dollars as dollars.
    static func dollars(_ nanos: Int) -> String {
        let cents = (nanos + 5_000_000) / 10_000_000
        return cents % 100 == 0 ? "\(cents / 100)" : "\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)"
    }

    /// `restricted`, or `confidential and restricted`.
    static func levels(_ levels: [Level]) -> String {
        guard let last = levels.last, levels.count > 1 else { return levels.first?.word ?? "" }
        return "\(levels.dropLast().map(\.word).joined(separator: ", ")) and \(last.word)"
    }

    /// `1 tier`, `3 tiers`.
    static func amount(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
