import Compiler
import Bytes
import Decision
import Routing
import Forwarding
import HTTP
import Health
import Loop
import Providers
import Telemetry

/// Why one try came to nothing, for the client and the log.
struct TryReport {
    let provider: String
    let reason: String
}

// Which target is asked next, and what happens when it does not answer.
extension Exchange {
    /// Asks the next target, or gives up.
    func nextTry() {
        guard ledger.tries < plan.failover.maxTries, mayTryAgain else { return giveUp() }
        guard let (index, pool) = chooseTarget() else { return giveUp() }
        guard !asksToPay(index, pool) else { return }
        goOn(index, pool)
    }

    /// Goes on with the target that was chosen, if its provider's limits and the budget let it.
    func goOn(_ index: Int, _ pool: UpstreamPool) {
        // Another loop may have been first, or the budget cannot pay: the next choice passes it over.
        guard takes(plan.tiers[tierIndex].targets[index]) else { return nextTry() }
        lastTarget = index
        triesInTier += 1
        ledger.tries += 1
        let target = plan.tiers[tierIndex].targets[index]
        guard restate(target, pool.provider) else { return }
        begin(target, pool)
    }

    /// An upload that has partly gone by cannot be sent a second time.
    var canReplay: Bool { upload?.hasMoved != true }

    /// What changes something at a provider is done there or nowhere: another try might do it at another.
    private var mayTryAgain: Bool {
        if case .manage(let command) = request.action, command.changes, ledger.tries > 0 { return false }
        return canReplay
    }

    private func begin(_ target: Target, _ pool: UpstreamPool) {
        self.target = target
        self.pool = pool
        providerIndex = target.provider
        row = snapshot.providerRows[providerIndex]
        timeouts = plan.timeouts.overridden(by: snapshot.configuration.providers[providerIndex].timeouts)
        if totalDeadline == .max {
            // A model may take hours to come; the idle limit still holds.
            totalDeadline =
                request.action == .manage(.pull) && request.streams
                ? .max : ledger.startedNanoseconds + Int64(timeouts.totalMilliseconds) * 1_000_000
        }
        beginWithPlace()
    }

    /// Its provider has a place for it.
    func beginTry() {
        guard let pool else { return giveUp() }
        tryStarted = loop.now
        snapshot.health[providerIndex].began()
        worker.counters.providers[row].tries += 1
        worker.counters.providers[row].inFlight += 1
        connect(pool)
    }

    /// Takes a kept connection or has one opened.
    ///
    /// The last line of defence stands here, where every connection is taken, whatever chose it (`routes.md` 2.7): no
    /// provider below the request's class or denied one of its tags. Not on a retry, not in panic is it skipped.
    func connect(_ pool: UpstreamPool) {
        guard snapshot.clearances[providerIndex].admits(request.level, tags: request.tags) else {
            return stopForPrivacy()
        }
        if let connection = pool.takeIdle() { return use(connection) }
        phase = .connecting
        arm()
        opening = pool.open(timeoutMilliseconds: timeouts.connectMilliseconds) { [weak self] result in
            guard let self, self.phase == .connecting else {
                if case .success(let connection) = result { pool.giveBack(connection) }
                return
            }
            self.opening = nil
            switch result {
            case .success(let connection): self.use(connection)
            case .failure(let fault):
                let failure: TryFailure =
                    fault.isOwnShortage ? .shortage : fault.isTimeout ? .connectTimeout : .connect
                self.tryFailed(failure, "could not be reached: \(fault.reason)")
            }
        }
        if opening == nil { tryFailed(.connect, "could not be reached: memory is short") }
    }

    private func use(_ connection: UpstreamConnection) {
        connection.user = self
        upstream = connection
        send()
    }

    /// The same target once more over a new connection: the kept one had died before any byte of an answer.
    ///
    /// Not counted as a try (`routes.md` A9). A request may be repeated then, since a server that closes an idle
    /// connection has not begun to work on it (RFC 9112 §9.3.1).
    func retryOnFreshConnection() -> Bool {
        guard let upstream, upstream.requests > 1, let pool, canReplay, carry.isEmpty else { return false }
        upstream.user = nil
        upstream.close()
        self.upstream = nil
        finder = HeadFinder(.response)
        connect(pool)
        return true
    }

    // MARK: Choosing

    /// The next target; one whose provider has no place left only where no other could be asked.
    private func chooseTarget() -> (Int, UpstreamPool)? {
        let start = (tierIndex, triesInTier, lastTarget)
        waitsForRoom = !hasPlaces
        if let found = chooseInTiers() { return found }
        guard !waitsForRoom else { return nil }
        (tierIndex, triesInTier, lastTarget) = start
        waitsForRoom = true
        return chooseInTiers()
    }

    /// Some provider of the plan answers only so many requests at a time.
    private var hasPlaces: Bool {
        plan.tiers.contains { tier in tier.targets.contains { snapshot.limitsPlaces[$0.provider] } }
    }

    /// The next target within the bounds of tier, route and health; moves on through the tiers.
    private func chooseInTiers() -> (Int, UpstreamPool)? {
        while tierIndex < plan.tiers.count {
            let tier = plan.tiers[tierIndex]
            if triesInTier <= plan.retry.attempts, let index = pick(tier) {
                return (index, local.pools[tier.targets[index].provider])
            }
            tierIndex += 1
            triesInTier = 0
            lastTarget = -1
        }
        // Everybody is down: ask once all the same, since health may be wrong (failover.panic: try).
        guard ledger.tries == 0, !isPanicking, plan.failover.panicTries, waitsForRoom else { return nil }
        isPanicking = true
        tierIndex = 0
        return chooseInTiers()
    }

    private func pick(_ tier: Tier) -> Int? {
        if tier.targets.count == 1 { return isEligible(tier.targets[0]) ? 0 : nil }
        var candidates: [TierPicker.Candidate] = []
        candidates.reserveCapacity(tier.targets.count)
        for (index, target) in tier.targets.enumerated() where isEligible(target) {
            candidates.append(candidate(index, target))
        }
        // Never the same target twice in a row if there is another.
        if candidates.count > 1, lastTarget >= 0 { candidates.removeAll { $0.index == lastTarget } }
        return local.pickers[request.route][request.planNumber][tierIndex].pick(
            tier,
            candidates,
            settings: plan.latency,
            now: loop.now,
            dice: dice
        )
    }

    private func isEligible(_ target: Target) -> Bool {
        guard isServing(target), isOpen(target), waitsForRoom || !isFull(target.provider) else { return false }
        if isPanicking || plan.tiers[tierIndex].strategy == .direct { return true }
        return snapshot.health[target.provider].mayTry(now: loop.now)
    }

    private func candidate(_ index: Int, _ target: Target) -> TierPicker.Candidate {
        TierPicker.Candidate(
            index: index,
            health: snapshot.health[target.provider],
            cell: cell(target),
            cost: plan.tiers[tierIndex].strategy == .cost ? expectedCost(target) : .max
        )
    }

    /// The cell of this target's latency average.
    func cell(_ target: Target) -> Int {
        let model = modelBytes(target)
        return LatencyTable.cell(model: model.span, metric: plan.latency.metric)
    }

    /// A number that follows from the request id, so that a choice can be repeated.
    private var dice: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in requestID { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash ^ (hash >> 31)
    }

    // MARK: Failing

    /// This try is over without a usable answer: retries, goes on to the next target, or gives up.
    func tryFailed(_ failure: TryFailure, _ reason: String) {
        guard let pool else { return giveUp() }
        let health = snapshot.health[providerIndex]
        let elapsed = tryStarted == 0 ? 0 : loop.now - tryStarted
        // Our own shortage says nothing about the provider.
        if failure != .status, failure != .shortage { health.requestFailed(now: loop.now) }
        if failure != .shortage, let target { recordFailure(target, health, elapsed) }
        failures.append(TryReport(provider: pool.provider.name, reason: reason))
        lastFailure = failure
        endTry(failed: failure)
        resetAnswer()
        guard ledger.tries < plan.failover.maxTries, mayTryAgain else { return giveUp() }
        scheduleNext(after: failure)
    }

    /// A failed try counts as a slow one: at least twice the average, at least a second.
    private func recordFailure(_ target: Target, _ health: ProviderHealth, _ elapsed: Int64) {
        let cell = cell(target)
        let average = health.latency.read(cell: cell, now: loop.now)?.microseconds ?? 0
        let sample = max(elapsed / 1_000, 2 * average, 1_000_000)
        health.latency.record(cell: cell, microseconds: sample, now: loop.now, settings: plan.latency)
    }

    private func scheduleNext(after failure: TryFailure) {
        let policy = plan.retry
        let retriesHere: Bool =
            switch failure {
            case .connect, .connectTimeout, .reset, .malformed, .unfinished, .shortage:
                failure == .connectTimeout ? policy.onConnect || policy.onTimeout : policy.onConnect
            case .firstByteTimeout, .idleTimeout, .totalTimeout: policy.onTimeout
            case .status: true
            }
        let tier = plan.tiers[tierIndex]
        let others = tier.targets.indices.contains { $0 != lastTarget && isEligible(tier.targets[$0]) }
        let wait = max(backoff(), retryAfterNanoseconds)
        let canWait = others || wait <= Int64(policy.retryAfterMilliseconds) * 1_000_000
        guard tier.strategy != .direct, retriesHere, triesInTier <= policy.attempts, canWait,
            snapshot.retryBudget.takeRetry(percent: policy.budgetPercent)
        else {
            // Nothing more in this tier: the next one is asked at once.
            triesInTier = policy.attempts + 1
            return nextTry()
        }
        if others { return nextTry() }
        phase = .backingOff
        waitDeadline = loop.now + wait
        arm()
    }

    /// Exponential, with jitter, in nanoseconds.
    private func backoff() -> Int64 {
        let policy = plan.retry
        let doublings = min(max(triesInTier - 1, 0), 20)
        let full = min(Int64(policy.backoffStartMilliseconds) << doublings, Int64(policy.backoffCapMilliseconds))
        let jitter = full * Int64(policy.jitterPercent) / 100
        let random = jitter == 0 ? 0 : Int64(worker.nextRandom() % UInt64(jitter + 1))
        return (full - random) * 1_000_000
    }

    /// True when, should this try end with a retryable status, another would follow.
    func wouldTryAgain(afterStatus retryAfterMilliseconds: Int?) -> Bool {
        guard mayTryAgain, ledger.tries < plan.failover.maxTries else { return false }
        let tier = plan.tiers[tierIndex]
        let later = plan.tiers[(tierIndex + 1)...].contains { tier in tier.targets.contains { isServing($0) } }
        if later { return true }
        guard tier.strategy != .direct, triesInTier <= plan.retry.attempts else { return false }
        let others = tier.targets.indices.contains { $0 != lastTarget && isServing(tier.targets[$0]) }
        return others || (retryAfterMilliseconds ?? 0) <= plan.retry.retryAfterMilliseconds
    }

    func isServing(_ target: Target) -> Bool {
        guard target.deniedTags & request.tags == 0, unsayable[target.provider] == nil else { return false }
        return answersFor(target)
    }

    /// True when the target's provider serves the model and the endpoint; privacy is not asked.
    func answersFor(_ target: Target) -> Bool {
        let provider = snapshot.configuration.providers[target.provider]
        let model = modelBytes(target)
        switch request.action {
        // Commands are about models that it need not have, or no more.
        case .manage(let command):
            let isWanted = request.onlyProvider.map { $0 == provider.name } ?? true
            return isWanted && provider.isEnabled && provider.kind.commands.contains(command)
        case .embed(let format): guard provider.format(for: format) != nil else { return false }
        case .chat: guard provider.format(for: request.dialect) != nil else { return false }
        case .countTokens, .pass: break
        }
        return provider.serves(model: model.span, api: request.api)
    }

    /// The model this target is asked for.
    func modelBytes(_ target: Target) -> [UInt8] {
        target.modelBytes ?? request.model
    }

    // MARK: Giving up

    /// Every try has failed: passes on the last answer an upstream gave, or says which upstream failed how.
    func giveUp() {
        if let saved { return deliver(saved) }
        if waitsForMoney() { return }
        let refusal = finalRefusal()
        ledger.status = refusal.status
        settle(refusing: refusal)
        session.refuse(refusal, requestID: requestID, retryAfterSeconds: refusal.status == 503 ? 5 : nil)
    }

    private func finalRefusal() -> Refusal {
        let route = snapshot.program.routes[request.route].name
        guard !failures.isEmpty else { return noTargetRefusal(route) }
        let tried = failures.map { "\($0.provider) \($0.reason)" }.joined(separator: "; ")
        switch lastFailure {
        case .connectTimeout, .firstByteTimeout, .idleTimeout, .totalTimeout:
            return Refusal(504, "timeout", "no provider of route `\(route)` answered in time: \(tried)")
        case .shortage:
            return Refusal(
                503,
                "proxy_exhausted",
                "this proxy has no file descriptor left to ask a provider of route `\(route)` with; raise `ulimit -n`"
            )
        default:
            return Refusal(502, "upstream_error", "no provider of route `\(route)` gave an answer: \(tried)")
        }
    }

    private func noTargetRefusal(_ route: String) -> Refusal {
        if let fault = unsayable.min(by: { $0.key < $1.key })?.value {
            return Refusal(400, "unsupported_request", fault.description, param: fault.parameter)
        }
        if isHiddenByPrivacy { return privacyRefusal(route) }
        if case .manage(let command) = request.action { return unknownCommand(command, route) }
        let serving = plan.tiers.contains { $0.targets.contains { isServing($0) } }
        let model = String(decoding: request.model, as: UTF8.self)
        if serving, let refusal = hindranceRefusal { return refusal }
        if serving {
            return Refusal(503, "no_healthy_upstream", "every provider of route `\(route)` is down; try again later")
        }
        guard !model.isEmpty else {
            return Refusal(404, "no_route", "no provider of route `\(route)` serves this endpoint")
        }
        let known = ClientPaths.known(local.models.knownNames)
        return Refusal(
            404,
            "model_not_found",
            "no provider of route `\(route)` serves the model `\(model)` at this endpoint. \(known)",
            param: "model"
        )
    }
}

extension Timeouts {
    /// The provider's own deadlines in place of the route's, where it has some.
    func overridden(by own: PartialTimeouts) -> Timeouts {
        var result = self
        if let value = own.connectMilliseconds { result.connectMilliseconds = value }
        if let value = own.firstByteMilliseconds { result.firstByteMilliseconds = value }
        if let value = own.idleMilliseconds { result.idleMilliseconds = value }
        if let value = own.totalMilliseconds { result.totalMilliseconds = value }
        return result
    }
}
