import Audit
import Budgets
import Bytes
import Conversation
import Costs
import Decision
import Dialect
import HTTP
import JSON
import Limits
import Providers
import Relay
import Routing
import Settlement
import Translation

/// Why targets were passed over that could have answered; told to the client when nothing else is left.
struct Hindrance: Starting {
    /// Targets that the budget cannot pay, by position in tier and plan.
    var tooDear: Set<ObjectIdentifier> = []
    var lack: Shortfall?
    var excess: Excess?
    /// A provider that asked to be left alone, and for how much longer, nanoseconds.
    var resting: (provider: String, nanoseconds: Int64)?
    /// A model that nobody knows the price of, in a budget of dollars.
    var unpriced: String?
}

// Budgets, limits of providers, and prices, from one try to the settlement (docs/budgets.md, docs/limits.md, docs/costs.md).
extension Exchange {
    // MARK: Before a try

    /// True when neither the provider's limits nor its own wish to be left alone nor the budget stand against a target.
    func isOpen(_ target: Target) -> Bool {
        let provider = snapshot.configuration.providers[target.provider]
        if grant.isLocalOnly, !provider.isLocal { return false }
        if hindrance.tooDear.contains(ObjectIdentifier(target)) { return false }
        let rest = snapshot.health[target.provider].restLeft(now: loop.now)
        if rest > 0 {
            if hindrance.resting.map({ rest < $0.nanoseconds }) ?? true { hindrance.resting = (provider.name, rest) }
            return false
        }
        let own = snapshot.governance.providers[target.provider]
        guard let limit = own.limit else { return true }
        let books = snapshot.governance.books
        guard let excess = books.limits.hasRoom(limit, tokens: tokens(for: own), now: Int(loop.now)) else {
            return true
        }
        note(excess)
        return false
    }

    private func note(_ excess: Excess) {
        if let known = hindrance.excess, known.retryNanoseconds <= excess.retryNanoseconds { return }
        hindrance.excess = excess
    }

    private func tokens(for provider: Governance.Provider) -> Int {
        provider.limitsTokens ? promptSize + max(grant.outputTokens, 0) : 0
    }

    /// The size of the prompt, measured once.
    private var promptSize: Int {
        if grant.promptTokens > 0 { return grant.promptTokens }
        let reader = session.reader
        let all = bytes
        guard reader.isJSON, reader.bodyBytes > 0, all.count >= reader.consumedBytes else { return 0 }
        let span = all.bindMemory(to: UInt8.self).span
        grant.promptTokens = RequestMeasure.of(span.extracting(reader.headBytes..<reader.consumedBytes)).promptTokens
        return grant.promptTokens
    }

    /// Takes what a try at a target needs, of its provider's limits and of the budget; false when it cannot be had.
    func takes(_ target: Target) -> Bool {
        guard pays(target) else { return false }
        if let unused = providerPass.take() {
            snapshot.governance.books.limits.withdraw(unused, now: Int(loop.now))
        }
        let own = snapshot.governance.providers[target.provider]
        guard let limit = own.limit else { return true }
        let outcome = snapshot.governance.books.limits.admit(
            [limit],
            tokens: tokens(for: own),
            now: Int(loop.now),
            subject: { _ in "" }
        )
        switch outcome {
        case .admitted(let pass, _):
            providerPass = pass
            return true
        case .refused(let excess): note(excess)
        case .crowded: break
        }
        return false
    }

    /// Sets aside what the answer may cost there; a target that the budget cannot pay is passed over.
    private func pays(_ target: Target) -> Bool {
        guard grant.isReserved, let position = grant.pool else { return true }
        let pool = snapshot.governance.pools[position]
        guard pool.countsMoney else { return true }
        guard let price = price(of: target) else {
            hindrance.tooDear.insert(ObjectIdentifier(target))
            hindrance.unpriced = String(decoding: modelBytes(target).prefix(128), as: UTF8.self)
            return false
        }
        let need = self.need(pool, price, output: min(grant.outputTokens, target.maxTokens ?? .max))
        if need == grant.reserved { return true }
        // A shared store has been asked (`asksToPay`).
        guard let id = grant.reservation else { return true }
        switch snapshot.governance.books.pools.resize(id, to: need, now: WallClock.milliseconds()) {
        case .done:
            grant.reserved = need
            return true
        case .gone: return true
        case .exhausted(let lack):
            hindrance.tooDear.insert(ObjectIdentifier(target))
            hindrance.lack = lack
            return false
        }
    }

    /// What has to be set aside for an answer, and for the prompt as it was measured or, if that is more, counted.
    func need(_ pool: Governance.Pool, _ price: Price?, input counted: Int = 0, output: Int) -> Amount {
        let input = max(grant.promptTokens, counted)
        let dollars = price?.mostNanodollars(input: input, output: output) ?? 0
        return Amount(
            tokens: pool.withMargin(input, output),
            nanodollars: dollars + Int(Int128(dollars) * Int128(pool.margin) / 10_000),
            requests: 1
        )
    }

    /// What a target's model costs; nil when nobody knows.
    func price(of target: Target) -> Price? {
        if let own = snapshot.governance.prices(of: target) { return own.price(of: modelBytes(target)) }
        return local.prices.price(of: modelBytes(target), at: target.provider, snapshot.governance)
    }

    /// What an answer is expected to cost at a target, for `strategy: cost`.
    func expectedCost(_ target: Target) -> Int {
        guard let price = price(of: target) else { return .max }
        let output = grant.outputTokens > 0 ? grant.outputTokens : request.maxTokens ?? 1_000
        return price.nanodollars(SpentTokens(input: promptSize, output: min(output, target.maxTokens ?? .max)))
    }

    /// Why no target was left to ask, when that was a matter of budgets or limits.
    var hindranceRefusal: Refusal? {
        if let lack = hindrance.lack ?? grant.lack { return Refusal(lack) }
        if let excess = hindrance.excess { return Refusal(excess) }
        if let (provider, nanoseconds) = hindrance.resting {
            let milliseconds = max(Int(nanoseconds + 999_999) / 1_000_000, 1)
            let message =
                "the provider `\(provider)` takes no more for now; try again in \(Refusal.seconds(milliseconds))"
            var refusal = Refusal(429, "rate_limit_exceeded", message)
            refusal.mayRetry = true
            refusal.fields =
                "retry-after: \((milliseconds + 999) / 1_000)\r\nretry-after-ms: \(milliseconds)\r\n"
                + "x-hoosh-limited-by: provider \(provider)\r\n"
            return refusal
        }
        guard let model = hindrance.unpriced, let position = grant.pool else { return nil }
        let name = snapshot.governance.pools[position].name
        let message =
            "the budget `\(name)` counts dollars, and nobody knows what the model `\(model)` costs; tell it in "
            + "`providers.*.price`"
        return Refusal(429, "budget_exceeded", message)
    }

    /// An upstream takes no more for now and says for how long: nobody asks it until then.
    func learnLimit(retryAfterMilliseconds wait: Int?) {
        guard answer.status == 429, let wait, wait > 0 else { return }
        let until = loop.now + Int64(min(wait, 3_600_000)) * 1_000_000
        snapshot.health[providerIndex].rest(until: until, now: loop.now)
    }

    // MARK: The end

    /// Charges what the answer came to, or gives back what was set aside for it.
    func settleGrant() {
        if ledger.clientLeft, !worker.shared.settlesDepartures { return }
        let books = snapshot.governance.books
        let now = Int(loop.now)
        let spent = spend()
        let tokens = spent.map { $0.input + $0.output } ?? 0
        if let pass = providerPass.take() { books.limits.settle(pass, tokens: tokens, now: now) }
        if $grant.isUsed, let pass = grant.pass.take() { books.limits.settle(pass, tokens: tokens, now: now) }
        var cost: Int?
        if let spent, ledger.provider >= 0, let target { cost = record(spent, target) }
        // A kept answer costs nothing, which is known.
        auditEntry?.costNanoDollars = cost ?? ($cache.isUsed && cache.replay != nil ? 0 : nil)
        defer { worker.shared.state?.note() }
        guard $grant.isUsed else { return }
        if let shared = grant.shared { settleShared(shared, spent, nanodollars: cost) }
        guard let id = grant.reservation.take() else { return }
        guard let spent else {
            books.pools.release(id)
            return
        }
        let actual = Amount(tokens: spent.input + spent.output, nanodollars: cost ?? 0, requests: 1)
        books.pools.commit(id, actual, now: WallClock.milliseconds())
    }

    /// Writes down what the answer cost, by provider, model, key, pool and day.
    private func record(_ spent: SpentTokens, _ target: Target) -> Int? {
        let cost = price(of: target)?.nanodollars(spent)
        let governance = snapshot.governance
        let key = CostKey(
            day: Int(WallClock.seconds()) / 86_400,
            provider: snapshot.configuration.providers[ledger.provider].name,
            model: String(decoding: modelBytes(target).prefix(128), as: UTF8.self),
            key: caller.key?.name ?? "",
            pool: grant.pool.map { governance.pools[$0].name } ?? ""
        )
        governance.books.costs.record(key, spent, nanodollars: cost)
        return cost
    }

    /// What the answer came to; nil when nothing of it is charged: it failed, or nobody was asked.
    ///
    /// What has to be estimated for that is written down as such, so that log, counters and budgets say the same.
    private func spend() -> SpentTokens? {
        let isAnswered = hasCommitted && ledger.provider >= 0 && (200..<300).contains(answer.status)
        guard isAnswered || leftUnanswered else { return nil }
        let counted = countedTokens
        if ledger.promptTokens == 0, counted.input > 0 {
            ledger.promptTokens = counted.input
            ledger.promptIsEstimate = true
        }
        if ledger.completionTokens == 0, counted.output > 0 {
            ledger.completionTokens = counted.output
            ledger.completionIsEstimate = true
        }
        return talliedTokens
    }

    /// What was counted or has to be estimated so far.
    private var countedTokens: SpentTokens {
        let usage = pump?.usage ?? gatheredUsage
        var spent = SpentTokens(
            input: ledger.promptTokens,
            cached: ledger.cachedTokens,
            cacheWrite: ledger.cacheWriteTokens,
            output: ledger.completionTokens,
            reasoning: ledger.reasoningTokens
        )
        guard request.format != nil || request.isEmbedding else { return spent }
        // What the provider does not tell is estimated by its size.
        if usage?.input == nil, spent.input == 0 { spent.input = promptEstimate ?? grant.promptTokens }
        if usage?.output == nil, spent.output == 0, request.format != nil { spent.output = (bodyBytes + 3) / 4 }
        return spent
    }

    /// Bytes of an answer's text, or of all of it.
    private var bodyBytes: Int {
        guard gatheredBytes == 0 else { return gatheredBytes }
        // Where a stream was asked for, too, an answer may come that is none.
        guard request.streams, pump?.measuresText != false else { return ledger.bytesCopied + ledger.bytesSpliced }
        return pump?.tally.textBytes ?? 0
    }

    /// The same by the way in which the budget wants it counted.
    var talliedTokens: SpentTokens {
        var spent = countedTokens
        guard request.format != nil || request.isEmbedding else { return spent }
        let usage = pump?.usage ?? gatheredUsage
        switch grant.pool.map({ snapshot.governance.pools[$0].accounting }) {
        case .usage where usage?.sum == nil:
            spent.input = max(spent.input, grant.promptTokens)
            spent.output = max(spent.output, grant.outputTokens)
        case .bytes:
            spent = SpentTokens(input: grant.promptTokens, output: request.format == nil ? 0 : (bodyBytes + 3) / 4)
        default: break
        }
        return spent
    }
}
