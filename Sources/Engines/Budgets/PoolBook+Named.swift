import Routing

/// A reservation that a client holds.
struct NamedReservation {
    var id: ReservationID
    /// Whose it is.
    var owner: String
    var pool: Int32
    var amount: Amount
    var expires: Int
    /// Settled: kept until it would have expired, so that settling twice is known from settling what never was.
    var isSettled = false
}

// Reservations that clients make and settle themselves.
extension PoolBook {
    /// What became of a client's wish to settle a reservation.
    package enum Settled: Equatable, Sendable {
        case done(pool: String, charged: Amount)
        /// It was settled before; nothing happens.
        case again(pool: String)
        /// There is none of this name that this client made, or it has expired.
        case unknown
    }

    /// Sets an amount aside under a name that nobody can guess: 128 bits of the system's randomness.
    ///
    /// - Returns: the name with what happened; no name unless it is reserved.
    package func reserveNamed(
        _ pool: PoolNumber,
        _ need: Amount,
        owner: String,
        expires: Int,
        now: Int,
        subject: (Subject) -> String
    ) -> (name: String?, outcome: Reservation) {
        var random = SystemRandomNumberGenerator()
        let name = PoolBook.hexadecimal(random.next()) + PoolBook.hexadecimal(random.next())
        return state.withLock { state in
            state.expire(now)
            guard state.makesRoom(for: owner) else {
                // The first to expire makes room, whosever it is.
                let moment = max(min(state.nextExpiry, now + 60_000), now + 1)
                return (nil, .crowded(pool: state.pools[Int(pool.position)].settings.name, retryMilliseconds: moment))
            }
            let outcome = state.reserve(pool, need, now, subject)
            guard case .reserved(let id, _) = outcome else {
                state.noteSettled(owner)
                return (nil, outcome)
            }
            state.named[name] = NamedReservation(
                id: id,
                owner: owner,
                pool: pool.position,
                amount: need,
                expires: expires
            )
            state.nextExpiry = min(state.nextExpiry, expires)
            return (name, outcome)
        }
    }

    /// Commits what a client says it used, or releases when it says nothing; once, and for its owner only.
    package func settle(named name: String, owner: String, _ actual: Amount?, now: Int) -> Settled {
        state.withLock { state in
            state.expire(now)
            guard let known = state.named[name], known.owner == owner else { return .unknown }
            let pool = state.pools[Int(known.pool)].settings.name
            if known.isSettled { return .again(pool: pool) }
            state.named[name]?.isSettled = true
            state.noteSettled(known.owner)
            let charged = actual.map { state.bounded($0, known.id, now) }
            _ = state.settle(known.id, charged, now)
            return .done(pool: pool, charged: charged ?? Amount())
        }
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension PoolLedger {
    /// False when this owner, or all of them together, have as many reservations as are kept; what is settled gives way.
    mutating func makesRoom(for owner: String) -> Bool {
        if named.count >= PoolBook.namedLimit {
            named = named.filter { !$0.value.isSettled }
            guard named.count < PoolBook.namedLimit else { return false }
        }
        guard openNames[owner, default: 0] < PoolBook.namedLimitOfOwner else { return false }
        openNames[owner, default: 0] += 1
        return true
    }

    /// What a client may say at most: all that its pool has in a window, and no more than was set aside once that is spent.
    ///
    /// Parents pay as well, which others share: otherwise somebody who has little would empty them by a word.
    fileprivate mutating func bounded(_ actual: Amount, _ id: ReservationID, _ now: Int) -> Amount {
        guard isOpen(id), slots[Int(id.slot)].path.count > 0 else { return actual }
        let account = slots[Int(id.slot)].path.accounts[0]
        let reserved = slots[Int(id.slot)].amount
        advance(account, now)
        func most(_ quantity: Quantity) -> Int {
            let meter = accounts[Int(account)].meters[quantity.rawValue]
            guard meter.isLimited else { return actual[quantity] }
            // What this reservation holds is not free.
            return min(actual[quantity], max(meter.free > 0 ? meter.capacity : 0, reserved[quantity]))
        }
        return Amount(tokens: most(.tokens), nanodollars: most(.nanodollars), requests: most(.requests))
    }

    /// One less of this owner's is open.
    mutating func noteSettled(_ owner: String) {
        let open = (openNames[owner] ?? 1) - 1
        openNames[owner] = open > 0 ? open : nil
    }

    /// Releases what clients forgot.
    mutating func expire(_ now: Int) {
        guard now >= nextExpiry else { return }
        nextExpiry = .max
        for (name, reservation) in named {
            guard now >= reservation.expires else {
                nextExpiry = min(nextExpiry, reservation.expires)
                continue
            }
            named[name] = nil
            if !reservation.isSettled { noteSettled(reservation.owner) }
            if !reservation.isSettled, settle(reservation.id, nil, now) {
                links[Int(reservation.pool)].counts.expired += 1
            }
        }
    }
}
