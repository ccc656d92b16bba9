import Budgets
import SharedPools

// What clients say that they have used.
extension TokenPaths {
    /// hoosh's report: of a reservation by its id, or of what was used without one.
    static func report(_ session: Session, _ order: Order) throws(Fault) {
        defer { session.worker.shared.state?.note() }
        guard order.node["id"] == nil else { return try reportNamed(session, order) }
        let (pool, books) = try pool(session, order)
        let actual = try spent(session, order, "actual", pool)
        let payer = Payer(session: session)
        let now = WallClock.milliseconds()
        var outcome = books.check(pool.number, some(of: actual), now: now, subject: { payer.name($0) })
        if case .success = outcome {
            outcome = books.debit(pool.number, actual, now: now, subject: { payer.name($0) })
        }
        switch outcome {
        case .success(let standing): answer(session, ["\"used\":\(actual.tokens)"] + members(standing))
        case .failure(.exhausted(let lack)): answer(session, ["\"used\":0"] + members(lack))
        case .failure(.crowded(let name, let moment)): throw crowded(name, moment)
        }
    }

    private static func reportNamed(_ session: Session, _ order: Order) throws(Fault) {
        let id = try order.text("id")
        let actual = try spent(session, order, "actual")
        let books = session.worker.snapshot.governance.books.pools
        let owner = Payer(session: session).owner
        switch books.settle(named: id, owner: owner, actual, now: WallClock.milliseconds()) {
        case .done(let pool, let charged):
            answer(session, ["\"used\":\(charged.tokens)", "\"pool\":\(quoted(pool))"] + short(actual, charged))
        case .again(let pool): answer(session, ["\"settled\":true", "\"pool\":\(quoted(pool))"])
        case .unknown: throw Fault(refusal: unknownReservation)
        }
    }

    /// The same for a pool that several proxies share.
    static func report(_ session: Session, _ order: Order, _ store: SharedStore) throws(Fault) {
        let pool = try pool(session, order).0
        let actual = try spent(session, order, "actual", pool)
        let payment = payment(session, pool.chain, store)
        session.awaitAnswer()
        let charged = tell(session) { _ in ["\"used\":\(actual.tokens)"] }
        let refused = tell(session) { _ in ["\"used\":0"] }
        store.check(payment, some(of: actual)) { outcome in
            guard case .reserved = outcome else { return refused(outcome) }
            store.debit(payment, actual, done: charged)
        }
    }

    /// What a body says was used: at most what a pool has in a window that the client may name.
    ///
    /// Its parents, which others share, are charged as well, and would be empty by one word of somebody who has little.
    ///
    /// * `pool`: the one that is named; nil where a reservation says it.
    static func spent(
        _ session: Session,
        _ order: Order,
        _ word: String,
        _ pool: Governance.Pool? = nil
    ) throws(Fault) -> Amount {
        let amount = try order.amount(tokens: word)
        let known = session.worker.snapshot.governance.pools
        let pools = pool.map { [$0] } ?? known.filter { session.mayName($0.name) }
        for quantity in Quantity.allCases {
            let capacities = pools.map { $0.chain.first?[quantity]?.amount ?? .max }
            guard let most = capacities.max(), amount[quantity] > most else { continue }
            let member = quantity == .tokens ? word : quantity == .requests ? "requests" : "cost_micro_usd"
            let told = quantity == .nanodollars ? most / 1_000 : most
            let message = "`\(member)` is more than the pool has in a whole window, which is \(told)"
            throw Fault(refusal: Refusal(400, "invalid_request", message, param: member))
        }
        return amount
    }

    /// What of an amount is charged, where that is not all of it: the pool is spent.
    static func short(_ actual: Amount?, _ charged: Amount) -> [String] {
        guard let actual, actual != charged else { return [] }
        let micro = charged.nanodollars / 1_000
        return [
            "\"charged\":{\"tokens\":\(charged.tokens),\"cost_micro_usd\":\(micro),\"requests\":\(charged.requests)}"
        ]
    }

    /// One of each quantity: what has to be left for a charge.
    private static func some(of amount: Amount) -> Amount {
        Amount(
            tokens: min(amount.tokens, 1),
            nanodollars: min(amount.nanodollars, 1),
            requests: min(amount.requests, 1)
        )
    }
}
