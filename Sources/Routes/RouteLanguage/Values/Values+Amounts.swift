import Report
import RouteModel
import Routing

extension Values {
    private static let units = Period.allCases.map(\.rawValue)

    /// The unit of a rate and what stands before it.
    private static func perUnit(_ text: String, _ example: String) throws(ValueFault) -> (String, Period) {
        guard let slash = text.lastIndex(of: "/") else {
            let help = text.isEmpty ? [] : ["`\(text)/min`? `\(text)/day`?"]
            let isBare = text.utf8.first.map { $0 >= 0x30 && $0 <= 0x39 } ?? false
            throw ValueFault(
                isBare ? "HP105" : "HP103",
                isBare
                    ? "a rate needs its time: \(shown(text))"
                    : "expected a rate such as `\(example)`, found \(shown(text))",
                help: isBare ? help : []
            )
        }
        let word = String(text[text.index(after: slash)...])
        guard let unit = Period(rawValue: word) else {
            let near = [
                "s": "sec", "second": "sec", "m": "min", "minute": "min", "h": "hour", "d": "day", "mo": "month",
            ]
            let guess = near[word] ?? Suggestion.nearest(to: word, among: units)
            var fault = ValueFault("HP105", "`\(word)` is no unit of a rate: \(units.joined(separator: " "))")
            fault.help = guess.map { ["did you mean `\(text[..<slash])/\($0)`?"] } ?? []
            fault.replacement = guess.map { "\(text[..<slash])/\($0)" }
            throw fault
        }
        return (String(text[..<slash]), unit)
    }

    /// `600/min`, `2M/day`.
    static func rate(_ text: String) throws(ValueFault) -> Rate {
        let (number, unit) = try perUnit(text, "600/min")
        return Rate(amount: try count(number, 1...Int.max), unit: unit)
    }

    /// `5k/month`, in nano-dollars.
    static func money(_ text: String) throws(ValueFault) -> Rate {
        let (number, unit) = try perUnit(text, "5k/month")
        return Rate(amount: try usd(number), unit: unit)
    }

    /// `12`, `0.27`, `5k`: nano-dollars.
    static func usd(_ text: String) throws(ValueFault) -> Int {
        let end = text.firstIndex { !($0.isASCII && $0.isNumber) && $0 != "." } ?? text.endIndex
        let scales = ["": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000]
        let parts = text[..<end].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let scale = scales[String(text[end...])], let whole = parts.first.flatMap({ Int($0) }), whole >= 0,
            parts.count == 1 || !(parts[1].isEmpty)
        else {
            let help = text.hasPrefix("$") ? ["without the sign:  \(text.dropFirst())"] : []
            throw ValueFault("HP103", "expected dollars such as `12`, `0.27` or `5k`, found \(shown(text))", help: help)
        }
        let fraction = parts.count == 2 ? String(parts[1]) : ""
        guard fraction.utf8.count <= 9 else {
            throw ValueFault("HP105", "dollars have at most nine decimals: \(shown(text))")
        }
        let digits = Int(fraction + String(repeating: "0", count: 9 - fraction.utf8.count)) ?? 0
        let (billions, overflows) = whole.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowsToo) = billions.addingReportingOverflow(digits)
        let (total, overflowsAgain) = sum.multipliedReportingOverflow(by: scale)
        guard !overflows, !overflowsToo, !overflowsAgain else {
            throw ValueFault("HP106", "\(shown(text)) is more money than fits")
        }
        return total
    }

    /// A share in hundredths of a percent.
    static func hundredths(_ text: String) throws(ValueFault) -> Int { Int((try percent(text) * 100).rounded()) }

    /// `..8k`, `8k..32k`, `32k..`: the end is not inside, so that neighbours tile.
    static func tokenRange(_ text: String) throws(ValueFault) -> TokenRange {
        guard let ends = separator(text) else {
            let isCount = (try? count(text, 0...Int.max)) != nil
            throw ValueFault(
                isCount ? "HP105" : "HP103",
                isCount
                    ? "a range needs `..`: \(shown(text))" : "expected a range such as `8k..32k`, found \(shown(text))",
                help: isCount ? ["`\(text)..`? `..\(text)`?"] : []
            )
        }
        if ends.0.isEmpty, ends.1.isEmpty {
            throw ValueFault("HP105", "a range needs an end: \(shown(text))", help: ["`8k..`? `..8k`?"])
        }
        let lower = ends.0.isEmpty ? 0 : try count(ends.0, 0...Int.max)
        let upper = ends.1.isEmpty ? nil : try count(ends.1, 0...Int.max)
        if let upper, lower >= upper {
            throw ValueFault(
                "HP404",
                "\(shown(text)) is empty: it holds \(ends.0.isEmpty ? "0" : ends.0) and more, but less than \(ends.1)",
                help: lower > upper ? ["the lower end stands first:  \(ends.1)..\(ends.0)"] : []
            )
        }
        return TokenRange(lower: lower, upper: upper)
    }
}
