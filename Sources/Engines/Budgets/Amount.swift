/// What budgets are counted in.
package enum Quantity: Int, CaseIterable, Sendable {
    case tokens
    /// Billionths of a dollar.
    case nanodollars
    case requests
}

/// What a request needs or has spent, in every quantity; never negative, and too small to overflow when added up.
package struct Amount: Equatable, Sendable {
    package private(set) var tokens: Int
    package private(set) var nanodollars: Int
    package private(set) var requests: Int

    /// The largest of one quantity in one request: 281,474 dollars.
    package static let limit = 1 << 48
    /// The largest that sums are kept of: more than a billion dollars.
    static let sumLimit = 1 << 60

    package init(tokens: Int = 0, nanodollars: Int = 0, requests: Int = 0) {
        self.tokens = Amount.bounded(tokens)
        self.nanodollars = Amount.bounded(nanodollars)
        self.requests = Amount.bounded(requests)
    }

    /// A provider may say any number.
    private static func bounded(_ value: Int) -> Int { min(max(value, 0), limit) }

    /// One of the quantities.
    package subscript(quantity: Quantity) -> Int {
        switch quantity {
        case .tokens: tokens
        case .nanodollars: nanodollars
        case .requests: requests
        }
    }

    /// Adds to a sum, which grows no further than `sumLimit`.
    package mutating func add(_ other: Amount) {
        tokens = min(tokens + other.tokens, Amount.sumLimit)
        nanodollars = min(nanodollars + other.nanodollars, Amount.sumLimit)
        requests = min(requests + other.requests, Amount.sumLimit)
    }
}

/// What is left of a budget and of all that pay with it, in every quantity; nil where nothing limits it.
package struct Standing: Equatable, Sendable {
    /// The largest number where nothing limits it: one is told for every request.
    var leftTokens = Int.max
    var leftNanodollars = Int.max
    var leftRequests = Int.max
    var end = Int.max

    package init() {}

    package var tokens: Int? {
        get { leftTokens == .max ? nil : leftTokens }
        set { leftTokens = newValue ?? .max }
    }
    package var nanodollars: Int? {
        get { leftNanodollars == .max ? nil : leftNanodollars }
        set { leftNanodollars = newValue ?? .max }
    }
    package var requests: Int? {
        get { leftRequests == .max ? nil : leftRequests }
        set { leftRequests = newValue ?? .max }
    }
    /// When the first of its windows ends, milliseconds since 1970; nil when none does.
    package var resetsMilliseconds: Int? {
        get { end == .max ? nil : end }
        set { end = newValue ?? .max }
    }

    package subscript(quantity: Quantity) -> Int? {
        switch quantity {
        case .tokens: tokens
        case .nanodollars: nanodollars
        case .requests: requests
        }
    }
}

/// Why a budget cannot pay.
package struct Shortfall: Equatable, Sendable {
    /// The pool that is short, which may be a parent of the one that was asked.
    package var pool: String
    package var quantity: Quantity
    package var capacity: Int
    /// Never negative.
    package var remaining: Int
    package var needed: Int
    /// When it may be worth asking again, milliseconds since 1970; nil when the whole budget would not do.
    package var retryMilliseconds: Int?

    package init(
        pool: String,
        quantity: Quantity,
        capacity: Int,
        remaining: Int,
        needed: Int,
        retryMilliseconds: Int?
    ) {
        self.pool = pool
        self.quantity = quantity
        self.capacity = capacity
        self.remaining = remaining
        self.needed = needed
        self.retryMilliseconds = retryMilliseconds
    }

    /// Not even a fresh window could pay.
    package var isHopeless: Bool { retryMilliseconds == nil }
}
