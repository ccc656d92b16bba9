import Routing

// Setting aside and settling.
extension PoolLedger {
    mutating func check(
        _ pool: PoolNumber,
        _ need: Amount,
        _ now: Int,
        _ subject: (Subject) -> String
    ) -> Result<Standing, BudgetRefusal> {
        expire(now)
        switch path(from: pool, now, subject) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let path):
            for step in 0..<path.count {
                if let lack = lack(path.accounts[step], need, now) { return .failure(.exhausted(lack)) }
            }
            return .success(standing(path, now))
        }
    }

    mutating func reserve(
        _ pool: PoolNumber,
        _ need: Amount,
        _ now: Int,
        _ subject: (Subject) -> String
    ) -> Reservation {
        expire(now)
        let path: Path
        switch self.path(from: pool, now, subject) {
        case .failure(.crowded(let name)): return .crowded(pool: name)
        case .failure(.exhausted(let lack)): return .exhausted(lack)
        case .success(let found): path = found
        }
        for step in 0..<path.count {
            guard let lack = lack(path.accounts[step], need, now) else { continue }
            pools[Int(accounts[Int(path.accounts[step])].pool)].counts.refused += 1
            return .exhausted(lack)
        }
        for step in 0..<path.count {
            hold(path.accounts[step], need, adding: true)
            accounts[Int(path.accounts[step])].holders += 1
        }
        let index: UInt32
        if let free = freeSlots.popLast() {
            index = free
        } else {
            index = UInt32(slots.count)
            slots.append(Slot())
        }
        slots[Int(index)].path = path
        slots[Int(index)].amount = need
        openCount += 1
        pools[Int(pool.position)].counts.reserved += 1
        return .reserved(
            ReservationID(slot: index, generation: slots[Int(index)].generation),
            standing(path, now)
        )
    }

    private func isOpen(_ id: ReservationID) -> Bool {
        id.slot < slots.count && slots[Int(id.slot)].generation == id.generation && slots[Int(id.slot)].path.count > 0
    }

    mutating func resize(_ id: ReservationID, _ need: Amount, _ now: Int, mustFit: Bool) -> Resized {
        guard isOpen(id) else { return .gone }
        let slot = slots[Int(id.slot)]
        let more = Amount(
            tokens: need.tokens - slot.amount.tokens,
            nanodollars: need.nanodollars - slot.amount.nanodollars,
            requests: need.requests - slot.amount.requests
        )
        for step in 0..<slot.path.count {
            let account = slot.path.accounts[step]
            advance(account, now)
            guard let lack = lack(account, more, now) else { continue }
            let pool = Int(accounts[Int(account)].pool)
            guard mustFit || pools[pool].settings.cuts else { continue }
            if mustFit { pools[pool].counts.refused += 1 }
            return .exhausted(lack)
        }
        for step in 0..<slot.path.count {
            hold(slot.path.accounts[step], slot.amount, adding: false)
            hold(slot.path.accounts[step], need, adding: true)
        }
        slots[Int(id.slot)].amount = need
        return .done
    }

    /// Ends a reservation, charging `actual` if there is one.
    mutating func settle(_ id: ReservationID, _ actual: Amount?, _ now: Int) -> Bool {
        guard isOpen(id) else { return false }
        let slot = slots[Int(id.slot)]
        for step in 0..<slot.path.count {
            let account = slot.path.accounts[step]
            hold(account, slot.amount, adding: false)
            accounts[Int(account)].holders -= 1
            if let actual { charge(account, actual, now) }
            if accounts[Int(account)].pool < 0, accounts[Int(account)].holders == 0 { drop(account) }
        }
        slots[Int(id.slot)].generation &+= 1
        slots[Int(id.slot)].path.count = 0
        freeSlots.append(id.slot)
        openCount -= 1
        return true
    }
}
