import Budgets
import Identity
import Routing
import SharedPools

// The same for pools that several proxies share (docs/state.md): the store answers, or nobody does.
extension TokenPaths {
    static func serve(
        _ session: Session,
        _ action: OwnTokens,
        _ order: Order,
        _ store: SharedStore
    ) throws(Fault) {
        switch action {
        case .check:
            let (payment, need) = (try payment(session, order, store), try order.amount(tokens: "tokens"))
            session.awaitAnswer()
            store.check(payment, need, done: tell(session) { $0 ? ["\"allowed\":true"] : ["\"allowed\":false"] })
        case .reserve: try reserve(session, order, store)
        case .commit: try settle(session, order, store, "committed", try spent(session, order, "tokens"))
        case .release: try settle(session, order, store, "released", nil)
        case .report:
            guard order.node["id"] != nil else { return try report(session, order, store) }
            try settle(session, order, store, nil, try spent(session, order, "actual"))
        case .pools: break
        }
    }

    private static func payment(
        _ session: Session,
        _ order: Order,
        _ store: SharedStore
    ) throws(Fault) -> SharedPayment {
        payment(session, try pool(session, order).0.chain, store)
    }

    static func payment(_ session: Session, _ pools: [PoolSettings], _ store: SharedStore) -> SharedPayment {
        let payer = Payer(session: session)
        return store.payment(
            pools: pools,
            limits: [],
            tokens: 0,
            now: WallClock.milliseconds(),
            pool: { payer.name($0) },
            limit: { payer.name($0) }
        )
    }

    /// Answers with what became of it; `said` has the first members, by whether it was done.
    static func tell(
        _ session: Session,
        _ said: @escaping (Bool) -> [String]
    ) -> (SharedReservation) -> Void {
        let asker = WeakSession(session)
        return { outcome in
            guard let session = asker.session else { return }
            switch outcome {
            case .reserved(let standing, _): answer(session, said(true) + members(standing))
            case .exhausted(let lack, _): answer(session, said(false) + members(lack))
            case .crowded(let pool, let moment): session.refuse(Refusal.crowded(pool: pool, retryMilliseconds: moment))
            case .refused, .failed: session.refuse(StoreDesk.refusal)
            }
        }
    }

    private static func reserve(_ session: Session, _ order: Order, _ store: SharedStore) throws(Fault) {
        let seconds = min(max(try order.count("ttl_seconds") ?? standardSeconds, 1), longestSeconds)
        let (payment, need) = (try payment(session, order, store), try order.amount(tokens: "tokens"))
        session.awaitAnswer()
        let asker = WeakSession(session)
        let owner = Payer(session: session).owner
        store.reserveNamed(payment, need, owner: owner, seconds: seconds) { name, outcome in
            guard let session = asker.session else { return }
            let made = ["\"reserved\":true", "\"id\":\(quoted(name))", "\"expires_in\":\(seconds)"]
            tell(session) { $0 ? made : ["\"reserved\":false"] }(outcome)
        }
    }

    /// * `word`: what the answer calls it; nil is hoosh's report.
    private static func settle(
        _ session: Session,
        _ order: Order,
        _ store: SharedStore,
        _ word: String?,
        _ actual: Amount?
    ) throws(Fault) {
        let id = try order.text("id")
        session.awaitAnswer()
        let asker = WeakSession(session)
        store.settleNamed(id, owner: Payer(session: session).owner, actual) { outcome in
            guard let session = asker.session else { return }
            switch outcome {
            case .done(let pool, let charged):
                let done = word.map { "\"\($0)\":true" } ?? "\"used\":\(charged.tokens)"
                answer(session, [done, "\"pool\":\(quoted(pool))"] + short(actual, charged))
            case .again(let pool):
                answer(
                    session,
                    (word.map { ["\"\($0)\":false"] } ?? []) + ["\"pool\":\(quoted(pool))", "\"settled\":true"]
                )
            case .unknown: session.refuse(unknownReservation)
            case .failed: session.refuse(StoreDesk.refusal)
            }
        }
    }

    static func list(_ session: Session, _ store: SharedStore) {
        let governance = session.worker.snapshot.governance
        let own = governance.pools.filter { session.mayName($0.name) }.compactMap(\.chain.first)
        session.awaitAnswer()
        let asker = WeakSession(session)
        store.report(payment(session, own, store)) { result in
            guard let session = asker.session else { return }
            switch result {
            case .success(let pools):
                answer(session, ["\"pools\":[\(pools.map(PoolText.json).joined(separator: ","))]"])
            case .failure: session.refuse(StoreDesk.refusal)
            }
        }
    }
}
