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
            return .success(standing(path))
        }
    }

    mutating func reserve(
        _ pool: PoolNumber,
        _ need: Amount,
        _ now: Int,
        _ subject: (Subject) -> String
    ) -> Reservation {
        if now >= nextExpiry { expire(now) }
        var path = Path()
        var position = Int(pool.position)
        while position >= 0, path.count < PoolBook.depthLimit {
            var account = links[position].shared
            if account < 0 {
                guard let found = self.account(of: position, now, subject) else {
                    links[position].counts.refused += 1
                    return Reservation(crowded(position, now))
                }
                account = found
            }
            if !accounts[Int(account)].isCurrent(now) { advance(account, now) }
            if !accounts[Int(account)].canPay(need), let lack = lack(account, need, now) {
                links[position].counts.refused += 1
                return .exhausted(lack)
            }
            path.accounts[path.count] = account
            path.count += 1
            position = Int(links[position].parent)
        }
        var standing = Standing()
        for step in 0..<path.count { accounts[Int(path.accounts[step])].hold(need, telling: &standing) }
        links[Int(pool.position)].counts.reserved += 1
        openCount += 1
        return .reserved(open(path, need), standing)
    }

    private mutating func open(_ path: Path, _ need: Amount) -> ReservationID {
        let index: UInt32
        if let free = freeSlots.popLast() {
            index = free
        } else {
            index = UInt32(slots.count)
            slots.append(Slot())
        }
        slots[Int(index)].path = path
        slots[Int(index)].amount = need
        return ReservationID(slot: index, generation: slots[Int(index)].generation)
    }

    func isOpen(_ id: ReservationID) -> Bool {
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
            if mustFit { links[pool].counts.refused += 1 }
            return .exhausted(lack)
        }
        for step in 0..<slot.path.count {
            accounts[Int(slot.path.accounts[step])].unhold(slot.amount)
            accounts[Int(slot.path.accounts[step])].hold(need)
        }
        slots[Int(id.slot)].amount = need
        return .done
    }

    /// Ends a reservation, charging `actual` if there is one.
    mutating func settle(_ id: ReservationID, _ actual: Amount?, _ now: Int) -> Bool {
        guard isOpen(id) else { return false }
        let index = Int(id.slot)
        let (path, amount) = (slots[index].path, slots[index].amount)
        for step in 0..<path.count {
            let account = path.accounts[step]
            let isLast = accounts[Int(account)].leave(amount)
            if let actual { charge(account, actual, now) }
            if isLast, accounts[Int(account)].pool < 0 { drop(account) }
        }
        slots[index].generation &+= 1
        slots[index].path.count = 0
        freeSlots.append(id.slot)
        openCount -= 1
        return true
    }
}

extension Account {
    /// Sets aside for one more request, and narrows what is told to be left.
    @inline(__always)
    fileprivate mutating func hold(_ need: Amount, telling standing: inout Standing) {
        hold(need)
        holders += 1
        narrow(&standing)
    }

    /// Gives back what was set aside; true when nobody holds anything here any more.
    @inline(__always)
    fileprivate mutating func leave(_ amount: Amount) -> Bool {
        unhold(amount)
        holders -= 1
        return holders == 0
    }
}
