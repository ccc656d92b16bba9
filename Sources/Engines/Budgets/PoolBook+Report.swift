import Routing

/// What happened to a pool since the process began.
package struct PoolCounts: Equatable, Sendable {
    /// Reservations made, and refused because it was short.
    package var reserved = 0
    package var refused = 0
    /// Answers that had to end because it was short.
    package var cut = 0
    /// Reservations that clients forgot.
    package var expired = 0
    /// All that was charged, in this pool or by those it is a parent of.
    package var committed = Amount()

    /// Nothing yet.
    package init() {}
}

/// A pool with what its subjects have spent.
package struct PoolReport: Equatable, Sendable {
    /// One subject's share of one quantity.
    package struct Line: Equatable, Sendable {
        package var quantity: Quantity
        package var capacity: Int
        package var used: Int
        package var reserved: Int
        /// Below zero when more was spent than there was.
        package var remaining: Int { capacity - used - reserved }
        /// When its window ends, milliseconds since 1970.
        package var resetsMilliseconds: Int

        package init(quantity: Quantity, capacity: Int, used: Int, reserved: Int, resetsMilliseconds: Int) {
            self.quantity = quantity
            self.capacity = capacity
            self.used = used
            self.reserved = reserved
            self.resetsMilliseconds = resetsMilliseconds
        }
    }

    package struct Account: Equatable, Sendable {
        /// Empty for a pool that is one for all.
        package var subject: String
        package var lines: [Line]
        package init(subject: String, lines: [Line]) {
            self.subject = subject
            self.lines = lines
        }
    }

    package var name: String
    package var per: Subject?
    package var parent: String?
    package var accounts: [Account]
    package var counts: PoolCounts

    /// Of a pool that is kept elsewhere.
    package init(_ settings: PoolSettings, _ accounts: [Account]) {
        self.init(
            name: settings.name,
            per: settings.per,
            parent: settings.parent,
            accounts: accounts,
            counts: PoolCounts()
        )
    }

    init(name: String, per: Subject?, parent: String?, accounts: [Account], counts: PoolCounts) {
        self.name = name
        self.per = per
        self.parent = parent
        self.accounts = accounts
        self.counts = counts
    }
}

extension PoolBook {
    /// The pools of the served file, each with one subject's account or with all that have one.
    ///
    /// * `subject`: whose accounts; nil is everybody's.
    package func report(now: Int, of subject: ((Subject) -> String)? = nil) -> [PoolReport] {
        state.withLock { state in
            state.expire(now)
            return state.pools.indices.filter { state.pools[$0].isListed }.map { state.report($0, now, subject) }
        }
    }
}

extension PoolLedger {
    fileprivate mutating func report(_ pool: Int, _ now: Int, _ subject: ((Subject) -> String)?) -> PoolReport {
        let settings = pools[pool].settings
        var found: [Int32] = []
        var unseen: String?
        if settings.per == nil {
            if let account = account(of: pool, named: "", now) { found = [account] }
        } else if let subject, let per = settings.per {
            let name = subject(per)
            if let account = links[pool].subjects.find(name) { found = [account] } else { unseen = name }
        } else {
            found = links[pool].subjects.all.sorted { $0.key < $1.key }.map(\.value)
        }
        return PoolReport(
            name: settings.name,
            per: settings.per,
            parent: settings.parent,
            accounts: found.map { account in
                PoolReport.Account(subject: accounts[Int(account)].subject, lines: lines(account, settings, now))
            } + (unseen.map { [PoolReport.Account(subject: $0, lines: unusedLines(settings, now))] } ?? []),
            counts: links[pool].counts
        )
    }

    /// What a subject has that nothing was kept of yet; asking makes no account.
    private func unusedLines(_ settings: PoolSettings, _ now: Int) -> [PoolReport.Line] {
        Quantity.allCases.compactMap { quantity in
            guard let allowance = settings[quantity] else { return nil }
            let window = allowance.window
            return PoolReport.Line(
                quantity: quantity,
                capacity: allowance.amount,
                used: 0,
                reserved: 0,
                resetsMilliseconds: window.isSliding
                    ? now + window.period.seconds * 1_000 : window.bounds(at: now).upperBound
            )
        }
    }

    private mutating func lines(_ account: Int32, _ settings: PoolSettings, _ now: Int) -> [PoolReport.Line] {
        // Nothing is charged: this brings the windows up to now.
        charge(account, Amount(), now)
        return Quantity.allCases.compactMap { quantity in
            guard let allowance = settings[quantity] else { return nil }
            let meter = accounts[Int(account)].meters[quantity.rawValue]
            return PoolReport.Line(
                quantity: quantity,
                capacity: allowance.amount,
                used: meter.used,
                reserved: meter.reserved,
                resetsMilliseconds: meter.end
            )
        }
    }
}
