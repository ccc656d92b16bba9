import Budgets
import Limits
import Routing

/// What a request was let in with: counted by its limits, set aside in its budget, and settled once at its end.
struct Grant: Starting {
    var pass: Pass?
    var allowances = Allowances()
    var reservation: ReservationID?
    /// Position of the pool in the snapshot's; nil when no budget pays.
    var pool: Int?
    var standing: Standing?
    /// Tokens of the prompt by its size; 0 where nothing asks for it.
    var promptTokens = 0
    /// Tokens that the answer may have before more has to be set aside.
    var outputTokens = 0
    /// What is set aside now.
    var reserved = Amount()
    /// Set when the budget is exhausted.
    var lack: Shortfall?
    /// The budget is exhausted, and what is local goes on without it.
    var isLocalOnly = false
    /// The place of the body's member `pool`, which is the proxy's own.
    var poolMember: Range<Int>?
    /// What several proxies count together; nil without a shared store.
    var shared: SharedGrant?

    /// Nothing was counted, set aside or read of the body.
    var isBlank: Bool {
        pass == nil && allowances == Allowances() && reservation == nil && pool == nil && standing == nil && lack == nil
            && promptTokens == 0 && outputTokens == 0 && reserved == Amount() && !isLocalOnly && poolMember == nil
            && shared == nil
    }

    /// Limits of this gateway have counted it.
    var isCounted: Bool { pass != nil || shared.map { $0.mode == .held && !$0.payment.limits.isEmpty } ?? false }
    /// Something is set aside for it.
    var isReserved: Bool { reservation != nil || shared?.mode == .held && !isLocalOnly }
}

/// Why a request is not let in.
struct GrantFault: Error {
    let refusal: Refusal
    /// After which it may be worth trying again; nil where nobody waits for it.
    var retryNanoseconds: Int?
}

// Counting and setting aside in the books of this process.
extension Grant {
    /// Counts a request by the limits of its route.
    mutating func count(
        _ route: Governance.Route,
        _ governance: Governance,
        tokens: Int,
        now: Int64,
        subject: (LimitSettings.Subject) -> String
    ) throws(GrantFault) {
        guard !route.limits.isEmpty else { return }
        switch governance.books.limits.admit(route.limits, tokens: tokens, now: Int(now), subject: subject) {
        case .admitted(let pass, let allowances):
            self.pass = pass
            self.allowances = allowances
        case .refused(let excess):
            let waits = governance.queuedLimits.contains(excess.limit)
            throw GrantFault(refusal: Refusal(excess), retryNanoseconds: waits ? excess.retryNanoseconds : nil)
        case .crowded(let limit, let wait):
            let refusal = Refusal.crowded(limit: limit, retryNanoseconds: wait)
            throw GrantFault(
                refusal: refusal,
                retryNanoseconds: governance.queuedLimits.contains(limit) ? wait : nil
            )
        }
    }

    /// Sets tokens and the request aside; dollars follow when it is known who is asked.
    mutating func reserve(
        _ pool: Governance.Pool,
        _ books: Books,
        _ need: Amount,
        subject: (Subject) -> String
    ) throws(GrantFault) {
        switch books.pools.reserve(pool.number, need, now: WallClock.milliseconds(), subject: subject) {
        case .reserved(let id, let standing):
            reservation = id
            reserved = need
            self.standing = standing
        case .exhausted(let lack) where pool.goesLocal:
            isLocalOnly = true
            self.lack = lack
        case .exhausted(let lack):
            let milliseconds = lack.retryMilliseconds.map { max($0 - WallClock.milliseconds(), 1) }
            let retry = pool.waits ? milliseconds.map { min($0, 60_000) * 1_000_000 } : nil
            throw GrantFault(refusal: Refusal(lack), retryNanoseconds: retry)
        case .crowded(let name, let moment):
            throw GrantFault(refusal: Refusal.crowded(pool: name, retryMilliseconds: moment))
        }
    }
}
