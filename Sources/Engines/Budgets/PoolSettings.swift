import Routing

/// A budget as the file says it.
package struct PoolSettings: Equatable, Sendable {
    /// So much of a quantity in each window.
    package struct Allowance: Equatable, Sendable {
        package var amount: Int
        package var window: Window
        package init(_ amount: Int, _ window: Window) {
            self.amount = amount
            self.window = window
        }
    }

    package var name: String
    package var tokens: Allowance?
    package var nanodollars: Allowance?
    package var requests: Allowance?
    /// Who has one of these; nil is one for all.
    package var per: Subject?
    /// The name of a pool that pays as well.
    package var parent: String?
    /// Ends an answer that outgrows what is left, instead of charging it.
    package var cuts = false

    package init(_ name: String) { self.name = name }

    /// What is one of several equal parts of it.
    package func part(of parts: Int) -> PoolSettings {
        guard parts > 1 else { return self }
        var part = self
        part.tokens?.amount /= parts
        part.nanodollars?.amount /= parts
        part.requests?.amount /= parts
        return part
    }

    /// What it has of a quantity; nil where that is not limited.
    package subscript(quantity: Quantity) -> Allowance? {
        switch quantity {
        case .tokens: tokens
        case .nanodollars: nanodollars
        case .requests: requests
        }
    }
}

/// A pool of a `PoolBook`; valid as long as the book.
package struct PoolNumber: Hashable, Sendable {
    let position: Int32
}

/// What was set aside, until it is committed or released.
package struct ReservationID: Hashable, Sendable {
    let slot: UInt32
    /// Tells it from others that had the slot before.
    let generation: UInt32
}

/// Whether a budget pays.
package enum Reservation: Equatable, Sendable {
    case reserved(ReservationID, Standing)
    case exhausted(Shortfall)
    /// The pool has as many subjects as it may have, and each still has something to lose, until a moment that is worth trying.
    case crowded(pool: String, retryMilliseconds: Int)
}

/// What became of a reservation that was to be changed.
package enum Resized: Equatable, Sendable {
    case done
    /// It stays as it was: the budget has not so much.
    case exhausted(Shortfall)
    /// It was settled before.
    case gone
}
