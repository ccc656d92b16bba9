import Report
import Routing

/// What a route asks of a request (`routes.md` 2.6): the keys are all required, the values of a list are alternatives.
///
/// Nil tests nothing. Patterns are texts here: the compiler and the reference interpreter each read them themselves.
package struct Match: Sendable {
    package var spot: Spot
    package var models: [Located<String>]?
    package var apis: [Located<API>]?
    package var paths: [Located<String>]?
    package var methods: [Located<String>]?
    package var headers: [HeaderCondition] = []
    package var tenants: [Located<String>]?
    package var keys: [Located<String>]?
    package var tags: TagCondition?
    package var levels: Located<ClosedRange<Level>>?
    package var stream: Located<Bool>?
    package var tokens: Located<TokenRange>?
    /// All of them.
    package var features: [Located<Feature>]?
    package var times: [Located<TimeWindow>]?
    /// Share in hundredths of a percent, 0 to 10,000: true for buckets below it.
    package var sample: Located<Int>?
    package var sampleBy: Located<Subject>?
    package var any: [Match]?
    /// Matches of which none may be true: at most one, in a list because a struct cannot hold its own kind.
    package var not: [Match] = []
    package init(spot: Spot) { self.spot = spot }
}

/// A header field that must be there and fit one of the matchers.
package struct HeaderCondition: Sendable {
    /// In lower case.
    package var name: Located<String>
    /// Globs, or `re:` and a PCRE2 pattern that must match the whole value.
    package var matchers: [Located<String>]
    package init(name: Located<String>, matchers: [Located<String>]) {
        self.name = name
        self.matchers = matchers
    }
}

/// What is asked of a request's tags; a plain list is `all`.
package struct TagCondition: Sendable {
    package var spot: Spot
    package var all: [Located<String>] = []
    package var any: [Located<String>] = []
    package var none: [Located<String>] = []
    package init(spot: Spot) { self.spot = spot }
}

/// Prompt tokens, half-open: `lower` is inside, `upper` is not; no `upper` has no end.
package struct TokenRange: Equatable, Hashable, Sendable {
    package var lower: Int
    package var upper: Int?
    package init(lower: Int, upper: Int?) {
        self.lower = lower
        self.upper = upper
    }
    package func contains(_ count: Int) -> Bool { count >= lower && count < upper ?? .max }
}

/// Hours of a week in a zone: `Mon-Fri 09:00-18:00 Europe/Berlin`.
///
/// An end at or before the start runs into the next day and is counted from the listed day.
package struct TimeWindow: Equatable, Hashable, Sendable {
    /// Bit 0 is Monday.
    package var days: UInt8
    /// Minutes after midnight, 0 to 1,439.
    package var startMinute: Int
    /// Minutes after midnight, 0 to 1,440; not inside.
    package var endMinute: Int
    /// As in the tz database.
    package var zone: String
    package init(days: UInt8, startMinute: Int, endMinute: Int, zone: String) {
        self.days = days
        self.startMinute = startMinute
        self.endMinute = endMinute
        self.zone = zone
    }

    /// True when a wall clock in the window's zone is inside; `weekday` 0 is Monday.
    package func contains(weekday: Int, minute: Int) -> Bool {
        func isListed(_ day: Int) -> Bool { days & (1 << UInt8((day + 7) % 7)) != 0 }
        if startMinute < endMinute { return isListed(weekday) && minute >= startMinute && minute < endMinute }
        return isListed(weekday) && minute >= startMinute || isListed(weekday - 1) && minute < endMinute
    }
}

/// Tells whether a whole header value matches a PCRE2 pattern, given without `re:`.
///
/// Handed in by callers, since the definition of the language has no regular expressions of its own.
package typealias PatternMatcher = @Sendable (_ pattern: String, _ value: String) -> Bool
