import Budgets
import Limits
import Routing

/// What a request was let in with: counted by its limits, set aside in its budget, and settled once at its end.
struct Grant: Starting {
    var pass: Pass?
    var allowances = Allowances()
    var reservation: ReservationID?
    /// Position of the pool in the snapshot's; nil when no budget pays.
    var pool: Int?
    var standing: Standing?
    /// Tokens of the prompt by its size; 0 where nothing asks for it.
    var promptTokens = 0
    /// Tokens that the answer may have before more has to be set aside.
    var outputTokens = 0
    /// What is set aside now.
    var reserved = Amount()
    /// Set when the budget is exhausted.
    var lack: Shortfall?
    /// The budget is exhausted, and what is local goes on without it.
    var isLocalOnly = false
    /// The place of the body's member `pool`, which is the proxy's own.
    var poolMember: Range<Int>?

    /// Nothing was counted, set aside or read of the body.
    var isBlank: Bool {
        pass == nil && allowances == Allowances() && reservation == nil && pool == nil && standing == nil && lack == nil
            && promptTokens == 0 && outputTokens == 0 && reserved == Amount() && !isLocalOnly && poolMember == nil
    }
}
