import Budgets
import Limits
import Loop
import SharedPools
import Synchronization

/// What this process knows of budgets and limits that a store counts for several proxies, for `/metrics`.
///
/// Counters are of this process alone, so that those of all proxies add up; what pools have spent is what the store said
/// last. Any thread.
final class StoreCensus: Sendable {
    struct LimitCounts {
        var admitted = 0
        var refused = 0
        var running = 0
    }

    /// One subject's account of a pool.
    struct Account: Sendable {
        var settings: PoolSettings
        let subject: String
        var lines: [PoolReport.Line] = []
        /// When the store said so, in nanoseconds of the loops' clock; nil before it has.
        var heard: Int64?
    }

    private struct Known {
        /// By pool and subject.
        var accounts: [String: Account] = [:]
        var pools: [String: PoolCounts] = [:]
        var limits: [String: LimitCounts] = [:]
    }

    /// Subjects may be as many as clients like; further ones are not asked about.
    static let accountLimit = 4_096

    private let known = Mutex(Known())

    // MARK: What becomes of requests

    /// The store let a request in; `lacks` names the pool that could not pay for one that goes on all the same.
    func letIn(_ payment: SharedPayment, lacks: Shortfall? = nil) {
        known.withLock { known in
            for limit in payment.limits {
                known.limits[limit.name, default: LimitCounts()].admitted += 1
                known.limits[limit.name]?.running += 1
            }
            if let lacks {
                known.pools[lacks.pool, default: PoolCounts()].refused += 1
                return
            }
            if let first = payment.pools.first { known.pools[first.name, default: PoolCounts()].reserved += 1 }
            for (pool, subject) in zip(payment.pools, payment.payers) { StoreCensus.see(pool, subject, &known) }
        }
    }

    /// A budget could not pay.
    func refused(_ lack: Shortfall) {
        known.withLock { $0.pools[lack.pool, default: PoolCounts()].refused += 1 }
    }

    /// A limit let nobody in.
    func refused(_ excess: Excess) {
        known.withLock { $0.limits[excess.limit, default: LimitCounts()].refused += 1 }
    }

    /// A request is over; `ran` says that the store had let it in.
    func ended(_ payment: SharedPayment, charged: Amount?, ran: Bool) {
        known.withLock { known in
            if ran { for limit in payment.limits { known.limits[limit.name]?.running -= 1 } }
            guard let charged else { return }
            for pool in payment.pools { known.pools[pool.name, default: PoolCounts()].committed.add(charged) }
        }
    }

    // MARK: What the store says

    /// Knows of an account from now on.
    func see(_ pool: PoolSettings, _ subject: String) {
        known.withLock { StoreCensus.see(pool, subject, &$0) }
    }

    private static func see(_ pool: PoolSettings, _ subject: String, _ known: inout Known) {
        let name = "\(pool.name):\(subject)"
        if known.accounts[name] != nil {
            known.accounts[name]?.settings = pool
        } else if known.accounts.count < accountLimit {
            known.accounts[name] = Account(settings: pool, subject: subject)
        }
    }

    /// All accounts that the store is to be asked about.
    var accounts: [(pool: PoolSettings, subject: String)] {
        known.withLock { $0.accounts.values.map { ($0.settings, $0.subject) } }
    }

    /// Keeps what the store said of accounts; a subject's that is empty is forgotten until it is seen again.
    func heard(_ lines: [[PoolReport.Line]], of accounts: [(pool: PoolSettings, subject: String)], now: Int64) {
        known.withLock { known in
            for (account, lines) in zip(accounts, lines) {
                let name = "\(account.pool.name):\(account.subject)"
                if account.pool.per != nil, lines.allSatisfy({ $0.used == 0 && $0.reserved == 0 }) {
                    known.accounts[name] = nil
                } else {
                    known.accounts[name]?.lines = lines
                    known.accounts[name]?.heard = now
                }
            }
        }
    }

    // MARK: What is told

    /// Pools with what the store said last, and what this process has counted, with and without it.
    func pools(_ own: [PoolReport]) -> [PoolReport] {
        known.withLock { known in
            own.map { own in
                var report = own
                report.accounts = known.accounts.values
                    .filter { $0.settings.name == own.name && $0.heard != nil }
                    .map { PoolReport.Account(subject: $0.subject, lines: $0.lines) }
                let counts = known.pools[own.name] ?? PoolCounts()
                report.counts.reserved += counts.reserved
                report.counts.refused += counts.refused
                report.counts.committed = counts.committed
                return report
            }
        }
    }

    /// The same of limits.
    func limits(_ own: [LimitReport]) -> [LimitReport] {
        known.withLock { known in
            own.map { own in
                var report = own
                let counts = known.limits[own.name] ?? LimitCounts()
                report.admitted += counts.admitted
                report.refused += counts.refused
                report.running += counts.running
                return report
            }
        }
    }

    /// By pool: how old the oldest is of what is told of it, in nanoseconds.
    func ages(now: Int64) -> [String: Int64] {
        known.withLock { known in
            var ages: [String: Int64] = [:]
            for account in known.accounts.values {
                guard let heard = account.heard else { continue }
                ages[account.settings.name] = max(ages[account.settings.name] ?? 0, now - heard)
            }
            return ages
        }
    }
}

// What is asked before a page of metrics.
extension StoreCensus {
    /// So many accounts at a time: the store does nothing else meanwhile.
    static let questionAccounts = 200

    /// Asks the store about all accounts and goes on then; at once when it does not answer.
    static func refresh(_ worker: Worker, then: @escaping () -> Void) {
        guard let desk = worker.shared.store, let store = worker.store else { return then() }
        for pool in worker.snapshot.governance.pools {
            if let settings = pool.chain.first, settings.per == nil { desk.census.see(settings, "") }
        }
        ask(desk.census.accounts[...], desk.census, store, worker.loop, then)
    }

    private static func ask(
        _ accounts: ArraySlice<(pool: PoolSettings, subject: String)>,
        _ census: StoreCensus,
        _ store: SharedStore,
        _ loop: EventLoop,
        _ then: @escaping () -> Void
    ) {
        let part = Array(accounts.prefix(questionAccounts))
        if part.isEmpty { return then() }
        store.report(accounts: part, now: WallClock.milliseconds()) { result in
            guard case .success(let lines) = result else { return then() }
            census.heard(lines, of: part, now: loop.now)
            ask(accounts.dropFirst(part.count), census, store, loop, then)
        }
    }
}
