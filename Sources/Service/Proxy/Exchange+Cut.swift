import Budgets
import Bytes
import Conversation
import Costs
import Dialect
import JSON
import Relay
import Routing
import SharedPools
import Translation

// Answers that outgrow what is set aside for them (docs/budgets.md).
extension Exchange {
    /// How much more is set aside at a time, tokens, and of a store that others share.
    private static let stepTokens = 256
    private static let sharedStepTokens = [1_024, 256, 64]

    // MARK: Pools that do not end answers

    /// Sets more aside for an answer that outgrows its budget; the pool may go below zero for it.
    func extendGrant() {
        guard $grant.isUsed, grant.isReserved, let position = grant.pool, let pump, pump.budget == nil, hasCommitted,
            request.streams, !isEndingBroken, !pump.isEnding
        else { return }
        let delivered = pump.tally.outputTokens
        guard delivered > grant.outputTokens else { return }
        let output = delivered + max(delivered / 4, Exchange.stepTokens)
        let more = need(snapshot.governance.pools[position], askedPrice, output: output)
        if let shared = grant.shared, shared.mode == .held { return extend(shared, to: more, output: output) }
        guard let id = grant.reservation else { return }
        guard case .done = snapshot.governance.books.pools.extend(id, to: more, now: WallClock.milliseconds()) else {
            return
        }
        grant.outputTokens = output
        grant.reserved = more
    }

    private func extend(_ shared: SharedGrant, to more: Amount, output: Int) {
        guard !shared.isExtending else { return }
        shared.isExtending = true
        shared.store.resize(shared.id, shared.payment, to: [more], mustFit: false) { [weak self] change in
            shared.isExtending = false
            guard let self, self.phase == .relaying else { return }
            self.grant.outputTokens = output
            if case .done = change { self.grant.reserved = more }
        }
    }

    private var askedPrice: Price? { target.flatMap { price(of: $0) } }

    // MARK: Pools that do

    /// Pays for a stream as it goes and ends it; nil where no pool of the request's ends answers.
    var streamBudget: StreamBudget? {
        guard $grant.isUsed, grant.isReserved, let position = grant.pool, request.streams, let format = request.format,
            snapshot.governance.pools[position].cuts, answer.status < 300
        else { return nil }
        return StreamBudget(
            paidTokens: max(grant.outputTokens, 0),
            paidPromptTokens: grant.promptTokens,
            format: format,
            answersLater: grant.shared?.mode == .held,
            more: { [unowned self] tally, isExact in self.setAside(tally, isExact: isExact) }
        )
    }

    /// Sets aside what an answer came to, and a little more; answers how the stream ends when there is none.
    private func setAside(_ tally: StreamTally, isExact: Bool) -> StreamCut? {
        guard let position = grant.pool, let budget = pump?.budget else { return nil }
        let pool = snapshot.governance.pools[position]
        // What is charged by sizes does not grow when the provider counts more.
        let input = pool.accounting == .bytes ? 0 : tally.usage?.input ?? 0
        budget.paidPromptTokens = max(budget.paidPromptTokens, tally.usage?.input ?? 0)
        if let shared = grant.shared, shared.mode == .held { return ask(shared, tally, pool, input: input, budget) }
        guard let id = grant.reservation else {
            budget.paidTokens = .max
            return nil
        }
        let least = max(tally.outputTokens, budget.paidTokens)
        let price = askedPrice
        for output in isExact ? [least] : [least + max(least / 4, Exchange.stepTokens), least] {
            let more = need(pool, price, input: input, output: output)
            switch snapshot.governance.books.pools.extend(id, to: more, now: WallClock.milliseconds()) {
            case .done:
                grant.outputTokens = output
                grant.reserved = more
                budget.paidTokens = output
                return nil
            case .gone:
                budget.paidTokens = .max
                return nil
            case .exhausted(let lack): if output == least { return streamCut(lack) }
            }
        }
        return nil
    }

    /// Asks a store that several proxies share, which answers later.
    ///
    /// A running stream does not end because the store does not answer.
    private func ask(
        _ shared: SharedGrant,
        _ tally: StreamTally,
        _ pool: Governance.Pool,
        input: Int,
        _ budget: StreamBudget
    ) -> StreamCut? {
        if let lack = shared.lack { return tally.outputTokens > budget.paidTokens ? streamCut(lack) : nil }
        guard !shared.isExtending else { return nil }
        let least = max(tally.outputTokens, budget.paidTokens)
        let outputs = Exchange.sharedStepTokens.map { least + $0 }
        let price = askedPrice
        let needs = outputs.map { need(pool, price, input: input, output: $0) }
        shared.isExtending = true
        shared.store.resize(shared.id, shared.payment, to: needs, mustFit: false) { [weak self, weak budget] change in
            shared.isExtending = false
            guard let self, let budget, self.phase == .relaying else { return }
            switch change {
            case .done(let step):
                self.grant.outputTokens = outputs[step]
                self.grant.reserved = needs[step]
                budget.paidTokens = outputs[step]
            case .exhausted(let lack):
                // What it has is still its own.
                shared.lack = lack
                budget.isSpent = true
            case .gone, .failed: budget.paidTokens = outputs[0]
            }
            guard budget.waits else { return }
            budget.waits = false
            self.loop.again(self)
        }
        return nil
    }

    /// How a stream ends that reached the end of its budget.
    private func streamCut(_ lack: Shortfall) -> StreamCut {
        var usage = TokenUsage()
        usage.input = pump?.usage?.input ?? promptEstimate ?? grant.promptTokens
        return StreamCut(
            requestID: String(decoding: requestID, as: UTF8.self),
            model: JSONString(plain: request.model),
            created: Int(WallClock.seconds()),
            usage: usage,
            wantsUsage: !request.streamOptions.isAbsent && !asksUsage,
            code: "budget_exceeded",
            pool: lack.pool,
            message: "the budget `\(lack.pool)` of this gateway is exhausted, so this answer ends here"
        )
    }

    /// Writes down that the budget ended an answer.
    func noteCut() {
        auditEntry?.code = "budget_exceeded"
        let governance = snapshot.governance
        if let position = grant.pool { governance.books.pools.noteCut(governance.pools[position].number) }
    }
}
