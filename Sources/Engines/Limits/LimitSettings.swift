/// A limit of speed as the file says it.
package struct LimitSettings: Equatable, Sendable {
    /// Who is counted.
    package enum Subject: Hashable, Sendable {
        case key, tenant, ip, global
        /// The value of a header field, named in lower case.
        case header(String)
    }

    /// So many in so long.
    package struct Flow: Equatable, Sendable {
        package var amount: Int
        package var seconds: Int
        package init(_ amount: Int, perSeconds seconds: Int) {
            self.amount = max(amount, 1)
            self.seconds = max(seconds, 1)
        }

        var nanoseconds: Int { seconds * 1_000_000_000 }

        /// One second's worth, at least one.
        package var secondsWorth: Int { max((amount + seconds - 1) / seconds, 1) }
    }

    package var name: String
    package var by: Subject
    package var requests: Flow?
    package var tokens: Flow?
    /// Requests at a time.
    package var concurrent: Int?
    /// Requests that may come at once, or tokens where only tokens are limited; nil is one second's worth.
    package var burst: Int?
    /// Counts what happened in the last period, instead of letting one in after the other.
    package var isSliding = false

    package init(_ name: String, by: Subject) {
        self.name = name
        self.by = by
    }

    /// What is one of several equal parts of it, never nothing.
    package func part(of parts: Int) -> LimitSettings {
        guard parts > 1 else { return self }
        var part = self
        part.requests = requests.map { Flow($0.amount / parts, perSeconds: $0.seconds) }
        part.tokens = tokens.map { Flow($0.amount / parts, perSeconds: $0.seconds) }
        part.concurrent = concurrent.map { max($0 / parts, 1) }
        part.burst = burst.map { max($0 / parts, 1) }
        return part
    }
}

/// What a limit counts.
package enum LimitedQuantity: String, CaseIterable, Sendable { case requests, tokens, concurrent }

/// A limit of a `LimitBook`; valid as long as the book.
package struct LimitNumber: Hashable, Sendable {
    let position: Int32
}

/// What was let in, until it is settled or withdrawn; to be given back exactly once.
package struct Pass: Sendable {
    var accounts: InlineArray<8, Int32> = .init(repeating: -1)
    var count = 0
    /// Tokens that were counted in advance.
    var tokens = 0
    /// When all of it was counted.
    var moment = 0
    /// Tokens that were counted in advance.
    package var estimate: Int { tokens }
}

/// How much of a rate is left.
package struct Allowance: Equatable, Sendable {
    /// Of the rate as it is written.
    package var limit: Int
    package var remaining: Int
    /// Until all of it is there again, nanoseconds.
    package var resetNanoseconds: Int

    package init(limit: Int, remaining: Int, resetNanoseconds: Int) {
        self.limit = limit
        self.remaining = remaining
        self.resetNanoseconds = resetNanoseconds
    }

    /// True when it leaves less than another.
    func isTighter(than other: Allowance?) -> Bool { other.map { remaining < $0.remaining } ?? true }
}

/// What a request is told of its limits: the tightest of each kind; nil where there is none.
package struct Allowances: Equatable, Sendable {
    package var requests: Allowance?
    package var tokens: Allowance?
    package init() {}
}

/// Why a request is not let in.
package struct Excess: Equatable, Sendable {
    /// The limit's name.
    package var limit: String
    package var quantity: LimitedQuantity
    /// The rate, or how many at a time.
    package var amount: Int
    /// The rate's period; 0 for requests at a time.
    package var seconds: Int
    package var remaining: Int
    /// When it may be worth asking again; for requests at a time a guess of a second.
    package var retryNanoseconds: Int
    package var allowances: Allowances

    package init(
        limit: String,
        quantity: LimitedQuantity,
        amount: Int,
        seconds: Int,
        remaining: Int,
        retryNanoseconds: Int,
        allowances: Allowances
    ) {
        self.limit = limit
        self.quantity = quantity
        self.amount = amount
        self.seconds = seconds
        self.remaining = remaining
        self.retryNanoseconds = retryNanoseconds
        self.allowances = allowances
    }
}

/// Whether a request is let in.
package enum Admission: Sendable {
    case admitted(Pass, Allowances)
    case refused(Excess)
    /// The limit has as many subjects as it may have, and each is still being counted; one may have left after a while.
    case crowded(limit: String, retryNanoseconds: Int)
}
