import Bytes
import Synchronization

/// The answers that are kept under one pair of limits, and the questions that are being answered.
///
/// For all loops; one short lock for each call. Whoever waits is told outside of it.
package final class CacheShelf: Sendable {
    /// What a request is told.
    package enum Outcome: Sendable {
        /// Here is the answer.
        case hit(CachedAnswer)
        /// Find it out for all who ask the same.
        case lead(CacheFlight)
        /// Somebody else is finding it out; the waiter will be told.
        case wait(CacheTicket)
        /// There is none, and none is awaited.
        case none
    }

    /// What somebody who waited is told, once.
    package enum News: Sendable {
        case answer(CachedAnswer)
        /// The answer to another question will do, which is this much alike.
        case alike(CachedAnswer, Float)
        /// Who was finding it out has failed: now it is this one's turn, for all others who wait.
        case lead(CacheFlight)
        /// The answer cannot be shared: each asks on its own.
        case alone
    }

    package typealias Teller = @Sendable (News) -> Void

    private struct Waiter {
        let number: UInt64
        let tell: Teller
    }

    private struct Flight {
        /// Who finds it out.
        var leader: UInt64
        var waiters: [Waiter] = []
    }

    private struct State {
        var limits: CacheLimits
        var entries = CacheEntries()
        var flights: [CacheKey: Flight] = [:]
        var counts = CacheCounts()
        var lastNumber: UInt64 = 0
        /// Goes up with each invalidation: what was asked before it is not kept.
        var epoch: UInt64 = 0
        /// What this process has in a store.
        var lent = LentAnswers()
    }

    private let state: Mutex<State>

    package init(_ limits: CacheLimits) { state = Mutex(State(limits: limits)) }

    /// Goes on with other limits.
    package func apply(_ limits: CacheLimits) {
        state.withLock { state in
            state.limits = limits
            state.counts.evictions += state.entries.shrink(to: limits)
        }
    }

    package var limits: CacheLimits { state.withLock { $0.limits } }

    // MARK: Asking

    /// Looks for the answer to a question.
    ///
    /// * `ttl`: how old an answer may be, in nanoseconds, whatever was said when it was kept.
    /// * `compares`: who gets to lead looks elsewhere, for an answer that is alike or in a store, and tells what came of
    ///   that (`alike`, `foundNoneAlike`, `foundInStore`, `foundNoneInStore`): until then it is no miss.
    /// * `teller`: told once, from any thread, if the outcome is `wait`.
    package func ask(
        _ key: CacheKey,
        _ wish: CacheWish,
        ttl: Int64,
        now: Int64,
        compares: Bool = false,
        teller: @escaping Teller
    ) -> Outcome {
        state.withLock { state in
            if wish.isBypass {
                state.counts.bypasses += 1
                return .none
            }
            if wish.mayRead {
                let (answer, hasExpired) = state.entries.use(key, now: now)
                if hasExpired { state.counts.expirations += 1 }
                let oldest = min(ttl, wish.maxAgeNanoseconds ?? .max)
                if let answer, now - answer.createdNanoseconds <= oldest {
                    state.counts.hits += 1
                    state.counts.savedPromptTokens.add(bounded: answer.promptTokens)
                    state.counts.savedCompletionTokens.add(bounded: answer.completionTokens)
                    return .hit(answer)
                }
            }
            if wish.wantsOnlyKept {
                if !compares { state.counts.misses += 1 }
                return .none
            }
            state.lastNumber += 1
            let number = state.lastNumber
            // Who wants it fresh waits for nobody, and nobody who has asked before is kept waiting for that.
            if wish.mayRead, state.flights[key] != nil {
                state.flights[key]?.waiters.append(Waiter(number: number, tell: teller))
                return .wait(CacheTicket(shelf: self, key: key, number: number))
            }
            if !compares { state.counts.misses += 1 }
            if state.flights[key] == nil { state.flights[key] = Flight(leader: number) }
            return .lead(CacheFlight(shelf: self, key: key, number: number, epoch: state.epoch))
        }
    }

    // MARK: Comparing

    /// Looks for the answer to a question that means the same; counts a miss when there is none.
    ///
    /// Compares outside of the lock: what is found there may be gone by then, and the next best is taken.
    package func alike(
        _ mark: AlikeMark,
        threshold: Float,
        _ wish: CacheWish,
        ttl: Int64,
        now: Int64
    ) -> (answer: CachedAnswer, similarity: Float)? {
        let rows = state.withLock { $0.entries.alike.rows(mark.partition) }
        let nearest = AlikeRows.nearest(to: mark.vector, rows, threshold: threshold)
        return state.withLock { state in
            let oldest = min(ttl, wish.maxAgeNanoseconds ?? .max)
            for (key, similarity) in nearest where state.entries.mark(of: key)?.partition == mark.partition {
                let (answer, hasExpired) = state.entries.use(key, now: now)
                if hasExpired { state.counts.expirations += 1 }
                guard let answer, now - answer.createdNanoseconds <= oldest else { continue }
                state.counts.alike += 1
                state.counts.savedPromptTokens.add(bounded: answer.promptTokens)
                state.counts.savedCompletionTokens.add(bounded: answer.completionTokens)
                return (answer, similarity)
            }
            state.counts.misses += 1
            return nil
        }
    }

    /// Nothing could be compared: it is a miss, and one of the embedder's failures if that was asked.
    package func foundNoneAlike(isFailure: Bool) {
        state.withLock { state in
            state.counts.misses += 1
            if isFailure { state.counts.embedderFailures += 1 }
        }
    }

    // MARK: Answering

    fileprivate func share(_ flight: CacheFlight, _ answer: CachedAnswer, _ similarity: Float) {
        let waiters = state.withLock { state in
            let waiters = take(flight, &state)
            state.counts.shared += waiters.count
            state.counts.savedPromptTokens.add(bounded: answer.promptTokens.times(bounded: waiters.count))
            state.counts.savedCompletionTokens.add(bounded: answer.completionTokens.times(bounded: waiters.count))
            return waiters
        }
        for waiter in waiters { waiter.tell(.alike(answer, similarity)) }
    }

    fileprivate func finish(_ flight: CacheFlight, _ answer: CachedAnswer, ttl: Int64, isFromStore: Bool) {
        let waiters = state.withLock { state in
            if answer.body.count > state.limits.bodyBytes {
                state.entries.drop(flight.key)
            } else if flight.epoch == state.epoch {
                let expires = answer.createdNanoseconds.addingReportingOverflow(ttl)
                let end = expires.overflow ? Int64.max : expires.partialValue
                if !isFromStore { state.counts.stores += 1 }
                // The question is the same, so what it means is.
                let mark = answer.alike == nil ? state.entries.mark(of: flight.key) : nil
                let kept = mark.map(answer.marked) ?? answer
                state.counts.evictions += state.entries.put(flight.key, kept, expires: end, limits: state.limits)
            }
            let waiters = take(flight, &state)
            state.counts.shared += waiters.count
            state.counts.savedPromptTokens.add(bounded: answer.promptTokens.times(bounded: waiters.count))
            state.counts.savedCompletionTokens.add(bounded: answer.completionTokens.times(bounded: waiters.count))
            return waiters
        }
        for waiter in waiters { waiter.tell(.answer(answer)) }
    }

    /// The answer is none to be shared: all who wait go on by themselves.
    fileprivate func release(_ flight: CacheFlight) {
        let waiters = state.withLock { state in
            let waiters = take(flight, &state)
            state.counts.misses += waiters.count
            return waiters
        }
        for waiter in waiters { waiter.tell(.alone) }
    }

    /// Nothing came of it: the one who waits longest finds it out for the rest.
    fileprivate func fail(_ flight: CacheFlight) {
        let next = state.withLock { state -> (Waiter, UInt64)? in
            guard state.flights[flight.key]?.leader == flight.number else { return nil }
            guard let first = state.flights[flight.key]?.waiters.first else {
                state.flights[flight.key] = nil
                return nil
            }
            state.flights[flight.key]?.waiters.removeFirst()
            state.flights[flight.key]?.leader = first.number
            state.counts.misses += 1
            return (first, state.epoch)
        }
        guard let (waiter, epoch) = next else { return }
        waiter.tell(.lead(CacheFlight(shelf: self, key: flight.key, number: waiter.number, epoch: epoch)))
    }

    /// Ends a flight; answers who waits for it.
    private func take(_ flight: CacheFlight, _ state: inout State) -> [Waiter] {
        guard state.flights[flight.key]?.leader == flight.number else { return [] }
        return state.flights.removeValue(forKey: flight.key)?.waiters ?? []
    }

    fileprivate func leave(_ ticket: CacheTicket) {
        state.withLock { state in
            state.flights[ticket.key]?.waiters.removeAll { $0.number == ticket.number }
        }
    }

    // MARK: Running it

    func count(_ change: (inout CacheCounts) -> Void) { state.withLock { change(&$0.counts) } }

    /// Whether one more answer may go into a store: together those of this process take there what they may take here.
    package func mayLend(_ size: Int, until: Int64, now: Int64) -> Bool {
        state.withLock { $0.lent.take(size, until: until, now: now, $0.limits) }
    }

    /// Lets go of what fits, and keeps nothing that is being found out now; answers how many answers are gone.
    package func invalidate(where fits: (CachedAnswer) -> Bool) -> Int {
        state.withLock { state in
            state.epoch += 1
            let gone = state.entries.remove { answer, _ in fits(answer) }
            state.counts.invalidations += gone
            return gone
        }
    }

    /// What it holds and has done; what has expired goes first.
    package func report(now: Int64) -> CacheReport {
        // In steps: of one closure that returned the whole report Swift 6.3.1 with -O tested the error register, which a
        // closure that cannot throw does not keep, and so unlocked on the way of an error that there was not.
        let (counts, limits) = state.withLock { state in
            state.counts.expirations += state.entries.remove { $1 <= now }
            return (state.counts, state.limits)
        }
        let (entries, bytes) = state.withLock { ($0.entries.count, $0.entries.bytes) }
        let (inFlight, waiting) = state.withLock { state in
            (state.flights.count, state.flights.values.reduce(0) { $0 + $1.waiters.count })
        }
        return CacheReport(
            limits: limits,
            entries: entries,
            bytes: bytes,
            inFlight: inFlight,
            waiting: waiting,
            counts: counts
        )
    }
}

/// The right, and the duty, to find out an answer for all who ask the same.
///
/// Let go of without a word it has failed, so that no waiter is ever forgotten. Any thread.
package final class CacheFlight: Sendable {
    private let shelf: CacheShelf
    fileprivate let key: CacheKey
    fileprivate let number: UInt64
    fileprivate let epoch: UInt64
    private let isOver = Atomic(false)

    fileprivate init(shelf: CacheShelf, key: CacheKey, number: UInt64, epoch: UInt64) {
        self.shelf = shelf
        self.key = key
        self.number = number
        self.epoch = epoch
    }

    deinit { if !isOver.load(ordering: .relaxed) { shelf.fail(self) } }

    /// Here is the answer, whole: it is kept, and given to all who wait.
    package func finish(_ answer: CachedAnswer, ttl: Int64) {
        guard end() else { return }
        shelf.finish(self, answer, ttl: ttl, isFromStore: false)
    }

    /// The same for an answer that another proxy had found out.
    package func finish(fromStore answer: CachedAnswer, ttl: Int64) {
        guard end() else { return }
        shelf.finish(self, answer, ttl: ttl, isFromStore: true)
    }

    /// The answer to a question that is alike will do, for all who wait as well; it is kept under that one alone.
    package func share(_ answer: CachedAnswer, similarity: Float) {
        guard end() else { return }
        shelf.share(self, answer, similarity)
    }

    /// There is an answer, but not one for others.
    package func release() {
        guard end() else { return }
        shelf.release(self)
    }

    /// Nothing came of it.
    package func fail() {
        guard end() else { return }
        shelf.fail(self)
    }

    private func end() -> Bool { !isOver.exchange(true, ordering: .relaxed) }
}

/// A place among those who wait for an answer.
package struct CacheTicket: Sendable {
    fileprivate let shelf: CacheShelf
    fileprivate let key: CacheKey
    fileprivate let number: UInt64

    /// Waits no longer.
    ///
    /// News that is on its way still comes; a flight among it has to be let go of.
    package func leave() { shelf.leave(self) }
}
