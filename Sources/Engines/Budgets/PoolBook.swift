import Routing
import Synchronization

/// What was spent of all budgets, and what is set aside: one for the whole process.
///
/// A request reserves what it may need in its pool and in all parents, or in none; at its end it commits what it used, or
/// releases. So whatever runs at the same time, no request is admitted that the budget could not pay (`routes.md` 2.7,
/// pools and streaming). All is arithmetic under one short lock; the time is passed in, milliseconds since 1970.
///
/// Settings come and go with reloads; what was spent stays, by the pool's name and its subject. These methods are all
/// that others know of budgets, so that a store can stand in for them: `takeChanges` tells it what to write, `restore`
/// takes it back.
package final class PoolBook: Sendable {
    /// Pools that may pay for one request, the parents counted.
    package static let depthLimit = 8
    /// Subjects that one pool may have at a time.
    package static let subjectLimit = 65_536
    /// Reservations with a name that may be open at a time.
    package static let namedLimit = 65_536
    /// Of which one client may hold open so many.
    package static let namedLimitOfOwner = 4_096

    let state: Mutex<PoolLedger>

    /// * `subjectLimit`: subjects that one pool may have at a time.
    package init(subjectLimit: Int = PoolBook.subjectLimit) {
        state = Mutex(PoolLedger(subjectLimit: subjectLimit))
    }

    /// Goes on with new settings and answers the numbers of these pools, in their order.
    ///
    /// What was spent and set aside is kept, the new capacities hold at once. A pool that is gone pays no more, but what
    /// it had spent is remembered until it comes back.
    package func apply(_ settings: [PoolSettings]) -> [PoolNumber] {
        state.withLock { $0.apply(settings) }
    }

    // MARK: Requests

    /// Sets aside what a request may need, in a pool and all its parents or in none of them.
    ///
    /// * `subject`: who asks, for pools that are one for each key, tenant or field value.
    package func reserve(
        _ pool: PoolNumber,
        _ need: Amount,
        now: Int,
        subject: (Subject) -> String
    ) -> Reservation {
        state.withLock { $0.reserve(pool, need, now, subject) }
    }

    /// Changes what is set aside; more only if every pool has it.
    package func resize(_ id: ReservationID, to need: Amount, now: Int) -> Resized {
        state.withLock { $0.resize(id, need, now, mustFit: true) }
    }

    /// Sets more aside for an answer that outgrows its reservation.
    ///
    /// Pools that do not cut go below zero for it; one that does refuses, and the answer has to end.
    package func extend(_ id: ReservationID, to need: Amount, now: Int) -> Resized {
        state.withLock { $0.resize(id, need, now, mustFit: false) }
    }

    /// Counts an answer that had to end.
    package func noteCut(_ pool: PoolNumber) { state.withLock { $0.links[Int(pool.position)].counts.cut += 1 } }

    /// Charges what was used and gives the rest back; false when it was settled before, and nothing happens then.
    @discardableResult
    package func commit(_ id: ReservationID, _ actual: Amount, now: Int) -> Bool {
        state.withLock { $0.settle(id, actual, now) }
    }

    /// Gives all back; false when it was settled before, and nothing happens then.
    @discardableResult
    package func release(_ id: ReservationID) -> Bool {
        state.withLock { $0.settle(id, nil, 0) }
    }

    // MARK: Asking

    /// What would become of a reservation, without making it.
    package func check(
        _ pool: PoolNumber,
        _ need: Amount,
        now: Int,
        subject: (Subject) -> String
    ) -> Result<Standing, BudgetRefusal> {
        state.withLock { $0.check(pool, need, now, subject) }
    }

    /// Charges what was used without a reservation; it may go below zero.
    package func debit(
        _ pool: PoolNumber,
        _ actual: Amount,
        now: Int,
        subject: (Subject) -> String
    ) -> Result<Standing, BudgetRefusal> {
        state.withLock { state in
            switch state.path(from: pool, now, subject) {
            case .failure(let refusal): return .failure(refusal)
            case .success(let path):
                for step in 0..<path.count { state.charge(path.accounts[step], actual, now) }
                return .success(state.standing(path))
            }
        }
    }

    /// Reservations that are open; none when nothing runs.
    package var openReservations: Int { state.withLock { $0.openCount } }
}

/// Why nothing can be set aside.
package enum BudgetRefusal: Error, Equatable, Sendable {
    case exhausted(Shortfall)
    /// It has no place for one more subject, or reservation, until a moment that is worth trying.
    case crowded(pool: String, retryMilliseconds: Int)
}

extension Reservation {
    init(_ refusal: BudgetRefusal) {
        self =
            switch refusal {
            case .exhausted(let lack): .exhausted(lack)
            case .crowded(let pool, let moment): .crowded(pool: pool, retryMilliseconds: moment)
            }
    }
}
