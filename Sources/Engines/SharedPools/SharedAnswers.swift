import Budgets
import Limits

/// Why the store was of no use.
package enum StoreFault: Error, Equatable, Sendable {
    /// Nobody is connected, or the breaker is open: it was not asked.
    case unreachable
    /// It did not answer in time.
    case late
    /// The connection was lost before the answer.
    case lost
    /// It answered with an error of its own.
    case refused(String)
    /// Its clock is not ours: the current window of a pool is none of those around our now.
    case skewed

    /// A word for metrics.
    package var word: String {
        switch self {
        case .unreachable: "unreachable"
        case .late: "timeout"
        case .lost: "lost"
        case .refused: "error"
        case .skewed: "clock"
        }
    }
}

/// What came of a wish to reserve.
package enum SharedReservation: Sendable {
    case reserved(Standing, Allowances)
    /// Limits let it in, a pool cannot pay; the limits count it only if it was to go on all the same.
    case exhausted(Shortfall, Allowances)
    case refused(Excess)
    /// A client holds as many reservations as it may, until a moment that is worth trying.
    case crowded(pool: String, retryMilliseconds: Int)
    case failed(StoreFault)
}

/// What came of a wish to change a reservation.
package enum SharedChange: Sendable {
    /// The amount at this position of those that were asked for is set aside now.
    case done(Int)
    case exhausted(Shortfall)
    /// It has expired.
    case gone
    case failed(StoreFault)
}

/// The script's answer: a word, the server's time, and numbers.
struct SharedReply {
    let word: String
    /// Milliseconds since 1970, by the server's clock.
    let milliseconds: Int
    let numbers: [Int]
    let text: String?
    /// What was answered to a command of ours that is not the script's; nil for the script.
    let plain: RedisReply?

    init(plain reply: RedisReply?) throws(StoreFault) {
        guard let reply else { throw .lost }
        if case .error(let sentence) = reply { throw .refused(sentence) }
        plain = reply
        (word, milliseconds, numbers, text) = ("", 0, [], nil)
    }

    init(_ reply: RedisReply?) throws(StoreFault) {
        guard let reply else { throw .lost }
        if case .error(let sentence) = reply { throw .refused(sentence) }
        guard case .list(let items) = reply, items.count >= 2, case .text(let word) = items[0],
            case .integer(let milliseconds) = items[1]
        else { throw .refused("an answer that is none of ours") }
        guard word != "skew" else { throw .skewed }
        plain = nil
        self.word = word
        self.milliseconds = min(max(milliseconds, 0), SharedReply.longest)
        numbers = items.dropFirst(2).map { item in
            if case .integer(let number) = item { SharedReply.bounded(number) } else { 0 }
        }
        if items.count > 2, case .text(let text) = items[2] { self.text = text } else { text = nil }
    }

    /// Somebody may have written anything into the store; sums of these must not overflow.
    private static func bounded(_ number: Int) -> Int { min(max(number, -1 << 60), 1 << 60) }

    /// No moment is later, and no wait longer: 35,000 years of milliseconds, 35 of microseconds.
    private static let longest = 1 << 50

    /// A length of time that the script says in microseconds.
    private func nanoseconds(at index: Int) -> Int { min(max(self[index], 0), SharedReply.longest) * 1_000 }

    subscript(index: Int) -> Int { numbers.indices.contains(index) ? numbers[index] : -1 }

    private func known(_ index: Int) -> Int? { self[index] < 0 ? nil : self[index] }

    func standing(at index: Int = 0) -> Standing {
        var standing = Standing()
        standing.tokens = known(index)
        standing.nanodollars = known(index + 1)
        standing.requests = known(index + 2)
        standing.resetsMilliseconds = known(index + 3)
        return standing
    }

    func allowances(at index: Int) -> Allowances {
        func one(_ index: Int) -> Allowance? {
            guard let limit = known(index) else { return nil }
            return Allowance(limit: limit, remaining: self[index + 1], resetNanoseconds: nanoseconds(at: index + 2))
        }
        var told = Allowances()
        told.requests = one(index)
        told.tokens = one(index + 3)
        return told
    }

    func shortfall(_ payment: SharedPayment) -> Shortfall? {
        guard payment.pools.indices.contains(self[0] - 1), let quantity = Quantity(rawValue: self[1] - 1) else {
            return nil
        }
        return Shortfall(
            pool: payment.pools[self[0] - 1].name,
            quantity: quantity,
            capacity: self[2],
            remaining: self[3],
            needed: self[4],
            retryMilliseconds: known(5)
        )
    }

    func excess(_ payment: SharedPayment) -> Excess? {
        let quantities: [LimitedQuantity] = [.requests, .tokens, .concurrent]
        guard payment.limits.indices.contains(self[0] - 1), quantities.indices.contains(self[1] - 1) else { return nil }
        let limit = payment.limits[self[0] - 1]
        let quantity = quantities[self[1] - 1]
        let flow: LimitSettings.Flow? =
            switch quantity {
            case .requests: limit.requests
            case .tokens: limit.tokens
            case .concurrent: nil
            }
        return Excess(
            limit: limit.name,
            quantity: quantity,
            amount: flow?.amount ?? limit.concurrent ?? 0,
            seconds: flow?.seconds ?? 0,
            remaining: self[2],
            retryNanoseconds: nanoseconds(at: 3),
            allowances: allowances(at: 4)
        )
    }
}
