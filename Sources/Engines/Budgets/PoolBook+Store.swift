import Routing

/// What one subject of one pool has spent in its window: what a store keeps.
package struct SpentRecord: Equatable, Sendable {
    package var pool: String
    /// The kind of its subjects, as a route file writes it; empty for a pool that is one for all.
    package var per: String
    package var subject: String
    package var quantity: Quantity
    package var used: Int
    /// The window it was spent in, milliseconds since 1970; of a sliding one the last moment, and when it counts no more.
    package var startMilliseconds: Int
    package var endMilliseconds: Int
    /// When it was spent, in a window that slides (`Slide.parts`); else empty.
    package var parts: [Int]

    package init(
        pool: String,
        per: String,
        subject: String,
        quantity: Quantity,
        used: Int,
        startMilliseconds: Int,
        endMilliseconds: Int,
        parts: [Int] = []
    ) {
        self.pool = pool
        self.per = per
        self.subject = subject
        self.quantity = quantity
        self.used = used
        self.startMilliseconds = startMilliseconds
        self.endMilliseconds = endMilliseconds
        self.parts = parts
    }
}

// What a store writes, and takes back after a restart.
extension PoolBook {
    /// What was charged since this was last asked.
    package func takeChanges() -> [SpentRecord] {
        state.withLock { state in
            var records: [SpentRecord] = []
            for account in state.changed {
                state.accounts[Int(account)].isChanged = false
                guard state.accounts[Int(account)].pool >= 0 else { continue }
                records += state.records(of: Int(account))
            }
            state.changed.removeAll(keepingCapacity: state.changed.count < 4_096)
            return records
        }
    }

    /// Makes all that is known a change: for a store that begins anew.
    package func markAllChanged() {
        state.withLock { state in
            for account in state.accounts.indices { state.noteChange(account) }
        }
    }

    /// Takes back what was written before a restart; windows that are over by now are left out.
    ///
    /// What belongs to a pool that the file does not have waits until a reload brings it.
    package func restore(_ records: [SpentRecord], now: Int) { state.withLock { $0.restore(records, now) } }
}

extension PoolLedger {
    /// An account's next `records` are news.
    mutating func noteChange(_ account: Int) {
        guard !accounts[account].isChanged else { return }
        accounts[account].isChanged = true
        changed.append(Int32(account))
    }

    fileprivate func records(of index: Int) -> [SpentRecord] {
        let account = accounts[index]
        let settings = pools[Int(account.pool)].settings
        return Quantity.allCases.compactMap { quantity in
            let meter = account.meters[quantity.rawValue]
            guard let window = settings[quantity]?.window, meter.used > 0 else { return nil }
            let isSliding = meter.slide >= 0
            return SpentRecord(
                pool: settings.name,
                per: settings.per?.word ?? "",
                subject: account.subject,
                quantity: quantity,
                used: meter.used,
                startMilliseconds: meter.start,
                endMilliseconds: isSliding ? meter.start + Slide.reach(window.period.seconds * 1_000) : meter.end,
                parts: isSliding ? slides[Int(meter.slide)].kept : []
            )
        }
    }

    fileprivate mutating func restore(_ records: [SpentRecord], _ now: Int) {
        for record in records where now < record.endMilliseconds && record.used > 0 {
            waiting[record.pool, default: [:]][record.subject, default: []].append(record)
        }
        for (name, subjects) in waiting {
            guard let pool = position(of: name) else { continue }
            for subject in subjects.keys {
                guard let account = account(of: pool, named: subject, now) else { break }
                takeBack(account, now)
            }
            // The rest is of subjects that this pool has no more.
            waiting[name] = nil
        }
    }

    /// Charges an account with what waits for it.
    mutating func takeBack(_ account: Int32, _ now: Int) {
        let index = Int(account)
        let settings = pools[Int(accounts[index].pool)].settings
        guard let records = waiting[settings.name]?.removeValue(forKey: accounts[index].subject) else { return }
        advance(account, now)
        for record in records where record.per == settings.per?.word ?? "" && now < record.endMilliseconds {
            guard let allowance = settings[record.quantity] else { continue }
            let quantity = record.quantity.rawValue
            let meter = accounts[index].meters[quantity]
            let kept = record.endMilliseconds - record.startMilliseconds
            let length = allowance.window.period.seconds * 1_000
            if meter.slide >= 0, meter.used == 0, kept == Slide.reach(length),
                let slide = Slide(kept: record.parts, sum: record.used, now: now, length: length)
            {
                slides[Int(meter.slide)] = slide
                accounts[index].meters[quantity].used = record.used
                advance(account, now)
            } else {
                spend(index, quantity, max(record.used, 0))
            }
        }
    }
}
