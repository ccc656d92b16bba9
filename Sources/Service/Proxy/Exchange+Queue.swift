import Admission
import Compiler
import Loop
import RouteModel

// Waiting for a place at a provider that answers so many requests at a time (`limits.concurrent`).
extension Exchange {
    /// Goes on with the try at once, or when its provider has a place for it.
    func beginWithPlace() {
        guard snapshot.limitsPlaces[providerIndex] else { return beginTry() }
        let name = snapshot.configuration.providers[providerIndex].name
        let book = worker.shared.admission
        let box = LoopBound(WeakExchange(self))
        let inbox = loop.inbox
        let answer = book.enter(name, snapshot.urgencies[request.route], now: loop.now) {
            inbox.post {
                // Who is gone, or waits no longer, gives the place to the next.
                guard let exchange = box.value.exchange, exchange.phase == .queued else { return book.leave(name) }
                exchange.called(name)
            }
        }
        switch answer {
        case .admitted:
            place = name
            beginTry()
        case .waits(let ticket):
            self.ticket = ticket
            phase = .queued
            waitDeadline = loop.now + book.settings.maxWaitNanoseconds
            arm()
        case .full:
            refuseForRoom("queue_full", "as many requests as may wait for provider `\(name)` wait already")
        }
    }

    private func called(_ name: String) {
        ticket = nil
        place = name
        waitDeadline = .max
        beginTry()
    }

    /// It has waited as long as it may.
    func waitedInQueue() {
        let name = snapshot.configuration.providers[providerIndex].name
        leaveQueue()
        refuseForRoom("queue_timeout", "provider `\(name)` had no room within `queue.max_wait`")
    }

    private func refuseForRoom(_ code: String, _ sentence: String) {
        worker.shared.refusedForRoom.add(1, ordering: .relaxed)
        // Nobody was asked.
        ledger.tries -= 1
        let refusal = Refusal(503, code, "\(sentence); try again later")
        ledger.status = refusal.status
        settle(refusing: refusal)
        let wait = worker.shared.admission.settings.maxWaitNanoseconds / 1_000_000_000
        session.refuse(refusal, requestID: requestID, retryAfterSeconds: max(1, Int(wait)))
    }

    /// Waits for dollars: nobody could be paid, and the pool lets requests wait; false when that is over.
    ///
    /// What an answer costs is known only where its target is, so this is behind the door where tokens are waited for.
    func waitsForMoney() -> Bool {
        guard ledger.tries == 0, saved == nil, failures.isEmpty, hindrance.excess == nil, let lack = hindrance.lack,
            !lack.isHopeless, let position = grant.pool, snapshot.governance.pools[position].waits
        else { return false }
        let deadline = ledger.startedNanoseconds + worker.shared.admission.settings.maxWaitNanoseconds
        guard loop.now < deadline else { return false }
        hindrance = Hindrance()
        (tierIndex, triesInTier, lastTarget) = (0, 0, -1)
        isPanicking = false
        phase = .backingOff
        waitDeadline = min(deadline, loop.now + 100_000_000)
        arm()
        return true
    }

    /// Waits no longer.
    ///
    /// Where it was called in this moment, the message that is on its way finds it so and gives the place back.
    func leaveQueue() {
        guard let ticket = ticket.take() else { return }
        if phase == .queued { phase = .idle }
        _ = worker.shared.admission.cancel(ticket)
    }

    /// The try is over: the next may have its place.
    func leavePlace() {
        guard let name = place.take() else { return }
        worker.shared.admission.leave(name)
    }

    /// True when the provider would let this request wait.
    func isFull(_ provider: Int) -> Bool {
        guard snapshot.limitsPlaces[provider] else { return false }
        return !worker.shared.admission.hasRoom(snapshot.configuration.providers[provider].name)
    }
}

extension AdmissionBook {
    /// Goes on with what a configuration says of it.
    func apply(_ snapshot: Snapshot) {
        let document = snapshot.configuration.document
        var settings = AdmissionBook.Settings()
        settings.maxDepth = document.queue.maxDepth.value
        settings.maxWaitNanoseconds = Int64(document.queue.maxWaitMilliseconds.value) * 1_000_000
        settings.agingNanoseconds = Int64(document.queue.agingMilliseconds.value) * 1_000_000
        let limits = document.providers.compactMap { provider in
            provider.concurrent.map { (provider.name.value, $0.value) }
        }
        apply(Dictionary(limits) { _, last in last }, settings)
    }
}

extension Urgency {
    init(_ level: QueueSettings.Priority) {
        self =
            switch level {
            case .critical: .critical
            case .high: .high
            case .normal: .normal
            case .low: .low
            case .batch: .batch
            }
    }
}
