import Budgets
import Limits
import Routing

/// What one request draws on and is counted by, as the script is told of it.
package final class SharedPayment: Sendable {
    /// The pool and its parents, in this order; none where no budget pays.
    package let pools: [PoolSettings]
    package let limits: [LimitSettings]
    /// Tokens that limits count in advance.
    package let tokens: Int
    /// Names of the accounts, then of the limits, in the store.
    let keys: [String]
    /// What the script has to know of them.
    let accounts: String
    let rates: String
    /// Whose account it is, by position in `pools`.
    package let payers: [String]
    /// Whom limits count, by position in `limits`.
    private let subjects: [String]

    init(
        pools: [PoolSettings],
        limits: [LimitSettings],
        tokens: Int,
        base: String,
        words: (accounts: String, rates: String),
        payers: [String],
        subjects: [String]
    ) {
        self.pools = pools
        self.limits = limits
        self.tokens = tokens
        keys =
            zip(pools, payers).map { "\(base)p:\($0.name):\($1)" }
            + zip(limits, subjects).map { "\(base)l:\($0.name):\($1)" }
        (accounts, rates) = words
        self.payers = payers
        self.subjects = subjects
    }

    /// Whose account of its pools it is.
    package func subject(_ kind: Subject) -> String {
        pools.firstIndex { $0.per == kind }.map { payers[$0] } ?? ""
    }

    /// Whom its limits count.
    package func subject(_ kind: LimitSettings.Subject) -> String {
        limits.firstIndex { $0.by == kind }.map { subjects[$0] } ?? ""
    }
}

/// Settings in the script's words.
struct SharedWords {
    /// The largest whole number that Lua holds exactly.
    static let most = (1 << 53) - 1

    private struct Known {
        var settings: PoolSettings
        var text: String
        /// As long as the windows around it are the same, milliseconds since 1970.
        var times: Range<Int>
    }
    /// Calendars are not asked for each request.
    private var known: [String: Known] = [:]

    /// One pool: whether it cuts, and for each quantity its capacity and window.
    mutating func pool(_ settings: PoolSettings, now: Int) -> String {
        if let last = known[settings.name], last.times.contains(now), last.settings == settings { return last.text }
        var times = 0..<Int.max
        var meters: [String] = []
        for quantity in Quantity.allCases {
            guard let allowance = settings[quantity] else { continue }
            let capacity = min(allowance.amount, SharedWords.most)
            let (window, valid) = SharedWords.window(allowance.window, now)
            times = times.clamped(to: valid)
            meters.append("[\(quantity.rawValue + 1),\(capacity),\(window)]")
        }
        let text = "{\"c\":\(settings.cuts ? 1 : 0),\"q\":[\(meters.joined(separator: ","))]}"
        // Names come and go with reloads, hardly more than a file has.
        if known.count > 4_096 { known = [:] }
        known[settings.name] = Known(settings: settings, text: text, times: times)
        return text
    }

    /// A window, and how long these words are true.
    private static func window(_ window: Window, _ now: Int) -> (String, Range<Int>) {
        let length = window.period.seconds * 1_000
        if window.isSliding { return ("\"s\",\(length)", 0..<Int.max) }
        switch window.period {
        case .sec, .min: return ("\"f\",\(length),0", 0..<Int.max)
        case .hour:
            let bounds = window.bounds(at: now)
            // Where the zone's hours begin, as an offset to those of UTC.
            let shift = (length - bounds.lowerBound % length) % length
            return ("\"f\",\(length),\(shift)", bounds)
        case .day, .week, .month:
            let bounds = window.bounds(at: now)
            let before = window.bounds(at: bounds.lowerBound - 1).lowerBound
            let after = window.bounds(at: bounds.upperBound).upperBound
            return ("\"c\",\(before),\(bounds.lowerBound),\(bounds.upperBound),\(after)", bounds)
        }
    }

    /// One limit: its flows, how many at a time, and whether its window slides.
    static func limit(_ settings: LimitSettings) -> String {
        var members: [String] = []
        if let flow = settings.requests { members.append("\"r\":\(words(flow, settings.burst))") }
        if let flow = settings.tokens {
            members.append("\"t\":\(words(flow, settings.requests == nil ? settings.burst : nil))")
        }
        if let most = settings.concurrent { members.append("\"c\":\(most)") }
        if settings.isSliding { members.append("\"s\":1") }
        return "{\(members.joined(separator: ","))}"
    }

    private static func words(_ flow: LimitSettings.Flow, _ burst: Int?) -> String {
        "[\(flow.amount),\(flow.seconds * 1_000_000),\(max(burst ?? flow.secondsWorth, 1))]"
    }
}
