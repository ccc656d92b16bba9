import Budgets
import SharedPools

/// What one request has of limits and budgets that several proxies count together.
///
/// Made only where a store is shared (docs/state.md). Loop only.
final class SharedGrant {
    enum Mode {
        /// The store is asked, or will be.
        case asking
        /// The store has counted it.
        case held
        /// The store did not answer: this proxy's part of limits and budgets counts it.
        case part
        /// The store did not answer, and nobody counts it.
        case open
        /// It was not let in.
        case refused
    }

    let store: SharedStore
    /// Names it in the store.
    let id: String
    let payment: SharedPayment
    var mode = Mode.asking
    /// More is asked for, for an answer that outgrows what is set aside.
    var isExtending = false
    /// There is no more, and the answer has to end.
    var lack: Shortfall?

    init(_ store: SharedStore, id: String, _ payment: SharedPayment) {
        self.store = store
        self.id = id
        self.payment = payment
    }
}
