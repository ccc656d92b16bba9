import Budgets
import Limits
import Routing

// What is waited for.
extension SharedStore {
    /// What a request draws on, for who asks.
    ///
    /// * `now`: by our own clock; it only says which windows are near.
    package func payment(
        pools: [PoolSettings],
        limits: [LimitSettings],
        tokens: Int,
        now: Int,
        pool: (Subject) -> String,
        limit: (LimitSettings.Subject) -> String
    ) -> SharedPayment {
        let rates = limits.prefix(LimitBook.depthLimit)
        return SharedPayment(
            pools: pools,
            limits: Array(rates),
            tokens: min(max(tokens, 0), Amount.limit),
            base: base,
            words: (
                "[\(pools.map { words.pool($0, now: now) }.joined(separator: ","))]",
                "[\(rates.map(SharedWords.limit).joined(separator: ","))]"
            ),
            payers: pools.map { $0.per.map(pool) ?? "" },
            subjects: rates.map { $0.by == .global ? "" : limit($0.by) }
        )
    }

    /// Counts a request and sets aside what it may need, all of it or nothing.
    ///
    /// * `goesOn`: it goes on when the budget cannot pay, and is counted then.
    package func reserve(
        _ id: String,
        _ payment: SharedPayment,
        _ need: Amount,
        goesOn: Bool,
        done: @escaping (SharedReservation) -> Void
    ) {
        let order =
            "{\"op\":\"reserve\",\"need\":\(SharedStore.json(need)),\"k\":\(payment.tokens)"
            + ",\"ttl\":\(settings.leaseMilliseconds)\(goesOn ? ",\"soft\":1" : "")"
            + ",\"a\":\(payment.accounts),\"l\":\(payment.rates)}"
        let call = ask(order, keys: [base + "x", base + "r:" + id] + payment.keys) { [weak self] result in
            let outcome = SharedStore.reservation(result, payment)
            switch outcome {
            case .reserved: break
            case .exhausted where goesOn: break
            case .exhausted, .refused, .crowded, .failed: self?.held.remove(id)
            }
            done(outcome)
        }
        // From now on: who leaves before the answer has settled before it.
        if call.done != nil { held.insert(id) }
        if call.done != nil { call.takeBack = { [weak self] in self?.withdraw(id, payment) } }
    }

    /// What would become of a reservation, without making it.
    package func check(_ payment: SharedPayment, _ need: Amount, done: @escaping (SharedReservation) -> Void) {
        let order =
            "{\"op\":\"reserve\",\"dry\":1,\"need\":\(SharedStore.json(need)),\"k\":\(payment.tokens),\"ttl\":1"
            + ",\"a\":\(payment.accounts),\"l\":\(payment.rates)}"
        _ = ask(order, keys: [base + "x", base + "r:"] + payment.keys) { result in
            done(SharedStore.reservation(result, payment))
        }
    }

    static func reservation(
        _ result: Result<SharedReply, StoreFault>,
        _ payment: SharedPayment
    ) -> SharedReservation {
        switch result {
        case .failure(let fault): return .failed(fault)
        case .success(let reply):
            switch reply.word {
            case "ok": return .reserved(reply.standing(), reply.allowances(at: 4))
            case "lack":
                if let lack = reply.shortfall(payment) { return .exhausted(lack, reply.allowances(at: 6)) }
            case "crowded":
                return .crowded(pool: payment.pools.first?.name ?? "", retryMilliseconds: max(reply[0], 0))
            case "excess": if let excess = reply.excess(payment) { return .refused(excess) }
            default: break
            }
            return .failed(.refused("it answers \(reply.word)"))
        }
    }

    /// Changes what is set aside to the first of several amounts that fits.
    ///
    /// * `mustFit`: in every pool; else only those that cut refuse, the others go below zero.
    package func resize(
        _ id: String,
        _ payment: SharedPayment,
        to needs: [Amount],
        mustFit: Bool,
        done: @escaping (SharedChange) -> Void
    ) {
        let wanted = needs.map(SharedStore.json).joined(separator: ",")
        let order =
            "{\"op\":\"resize\",\"needs\":[\(wanted)]\(mustFit ? ",\"fit\":1" : ""),\"a\":\(payment.accounts)}"
        let accounts = payment.keys.prefix(payment.pools.count)
        _ = ask(order, keys: [base + "x", base + "r:" + id] + accounts) { result in
            switch result {
            case .failure(let fault): done(.failed(fault))
            case .success(let reply):
                switch reply.word {
                case "done": done(.done(reply[0] - 1))
                case "gone": done(.gone)
                case "lack":
                    if let lack = reply.shortfall(payment) { return done(.exhausted(lack)) }
                    done(.failed(.refused("an answer that is none of ours")))
                default: done(.failed(.refused("it answers \(reply.word)")))
                }
            }
        }
    }
}
