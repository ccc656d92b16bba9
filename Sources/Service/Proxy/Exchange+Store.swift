import Budgets
import Compiler
import Costs
import Forwarding
import Limits
import Loop
import RouteModel
import Routing
import SharedPools

// Budgets and limits that a store counts for several proxies (docs/state.md).
extension Exchange {
    // MARK: At the door

    /// Goes on once the store has counted the request; it answers within `state.timeout`, or a fault does.
    func askStore(_ shared: SharedGrant) {
        phase = .reserving
        arm()
        let goesOn = grant.pool.map { snapshot.governance.pools[$0].goesLocal } ?? false
        shared.store.reserve(shared.id, shared.payment, grant.reserved, goesOn: goesOn) { [weak self] outcome in
            // Who has left has withdrawn his wish.
            guard let self, self.phase == .reserving, shared.mode == .asking else { return }
            self.decided(outcome, shared, goesOn)
        }
    }

    private var census: StoreCensus? { worker.shared.store?.census }

    private func decided(_ outcome: SharedReservation, _ shared: SharedGrant, _ goesOn: Bool) {
        switch outcome {
        case .reserved(let standing, let allowances):
            shared.mode = .held
            census?.letIn(shared.payment)
            grant.allowances = allowances
            if grant.pool != nil { grant.standing = standing }
            letIn()
        case .exhausted(let lack, let allowances) where goesOn:
            shared.mode = .held
            census?.letIn(shared.payment, lacks: lack)
            grant.allowances = allowances
            grant.isLocalOnly = true
            grant.lack = lack
            letIn()
        case .exhausted(let lack, _):
            census?.refused(lack)
            refuse(Refusal(lack), shared)
        case .refused(let excess):
            census?.refused(excess)
            refuse(Refusal(excess), shared)
        case .crowded, .failed: goOnAlone(shared)
        }
    }

    /// The store is of no use: what the file says for that holds.
    private func goOnAlone(_ shared: SharedGrant) {
        guard let desk = worker.shared.store else { return letIn() }
        switch desk.policy {
        case .deny:
            desk.health.denied.add(1, ordering: .relaxed)
            refuse(StoreDesk.refusal, shared)
        case .open:
            desk.health.opened.add(1, ordering: .relaxed)
            shared.mode = .open
            letIn()
        case .localShare:
            desk.health.shared.add(1, ordering: .relaxed)
            do throws(GrantFault) { try takePart(shared) } catch {
                if let pass = grant.pass.take() {
                    snapshot.governance.books.limits.withdraw(pass, now: Int(loop.now))
                }
                return refuse(error.refusal, shared)
            }
            shared.mode = .part
            letIn()
        }
    }

    private func takePart(_ shared: SharedGrant) throws(GrantFault) {
        let governance = snapshot.governance
        let payment = shared.payment
        let need = grant.reserved
        grant.reserved = Amount()
        if !payment.limits.isEmpty {
            try grant.count(
                governance.routes[request.route],
                governance,
                tokens: payment.tokens,
                now: loop.now,
                subject: { payment.subject($0) }
            )
        }
        guard let position = grant.pool else { return }
        try grant.reserve(governance.pools[position], governance.books, need) { payment.subject($0) }
    }

    private func refuse(_ refusal: Refusal, _ shared: SharedGrant) {
        shared.mode = .refused
        refuse(refusal)
    }

    private func refuse(_ refusal: Refusal) {
        ledger.status = refusal.status
        settle(refusing: refusal)
        session.refuse(refusal, requestID: requestID)
    }

    // MARK: Before a try

    /// Asks the store whether the budget can pay a target; true when the try goes on with its answer.
    func asksToPay(_ index: Int, _ pool: UpstreamPool) -> Bool {
        guard let shared = grant.shared, grant.isReserved, let position = grant.pool, shared.mode == .held else {
            return false
        }
        let budget = snapshot.governance.pools[position]
        let target = plan.tiers[tierIndex].targets[index]
        guard budget.countsMoney, let price = price(of: target) else { return false }
        let need = need(budget, price, output: min(grant.outputTokens, target.maxTokens ?? .max))
        guard need != grant.reserved else { return false }
        phase = .reserving
        arm()
        shared.store.resize(shared.id, shared.payment, to: [need], mustFit: true) { [weak self] change in
            guard let self, self.phase == .reserving else { return }
            self.phase = .idle
            switch change {
            // What has expired meanwhile is charged in the end all the same.
            case .done, .gone: self.grant.reserved = need
            case .exhausted(let lack):
                self.hindrance.tooDear.insert(ObjectIdentifier(target))
                self.hindrance.lack = lack
                self.census?.refused(lack)
                return self.nextTry()
            case .failed:
                guard let desk = self.worker.shared.store, desk.policy == .deny else {
                    self.grant.reserved = need
                    break
                }
                desk.health.denied.add(1, ordering: .relaxed)
                return self.refuse(StoreDesk.refusal)
            }
            self.goOn(index, pool)
        }
        return true
    }

    // MARK: The end

    /// Tells the store what the request came to; nil when nothing of it is charged.
    func settleShared(_ shared: SharedGrant, _ spent: SpentTokens?, nanodollars: Int?) {
        let tokens = spent.map { $0.input + $0.output } ?? 0
        let actual = spent.map { _ in Amount(tokens: tokens, nanodollars: nanodollars ?? 0, requests: 1) }
        // Who goes on without the budget is not charged for it.
        let charge = grant.isLocalOnly ? nil : actual
        switch shared.mode {
        case .asking: shared.store.withdraw(shared.id, shared.payment)
        case .held:
            shared.store.settle(shared.id, shared.payment, charge, tokens: tokens)
            census?.ended(shared.payment, charged: charge, ran: true)
            mirror(shared, charge)
        case .part, .open:
            // A name of its own: what was asked in vain is withdrawn by the other.
            guard let actual else { return }
            let id = String(decoding: worker.newRequestID(), as: UTF8.self)
            shared.store.owe(id, shared.payment, charge ?? Amount(), tokens: actual.tokens)
            census?.ended(shared.payment, charged: charge, ran: false)
        case .refused: break
        }
    }

    /// Charges this proxy's part as well, so that it is what is left of it that holds while the store is away.
    private func mirror(_ shared: SharedGrant, _ charge: Amount?) {
        guard let charge, let position = grant.pool, worker.shared.store?.policy == .localShare else { return }
        let governance = snapshot.governance
        _ = governance.books.pools.debit(
            governance.pools[position].number,
            charge,
            now: WallClock.milliseconds(),
            subject: { shared.payment.subject($0) }
        )
    }

    /// Says that the store did not decide; nil where it did.
    var storeField: String? {
        switch grant.shared?.mode {
        case .part: "x-hoosh-store: local_share\r\n"
        case .open: "x-hoosh-store: open\r\n"
        case .asking, .held, .refused, nil: nil
        }
    }
}
