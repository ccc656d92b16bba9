/// What one subject of one pool has spent of one quantity, and what is set aside for it.
struct Meter {
    /// In this window.
    var used = 0
    /// Wraps around rather than overflow, so that what is given back always is what was taken.
    var reserved = 0
    /// What a window has; of no meaning where nothing limits it.
    var capacity = 0
    /// The window, milliseconds since 1970; empty before the first use.
    var start = 0
    var end = 0
    /// Where the parts of a sliding window are; -1 for a calendar's.
    var slide: Int32 = -1
    var isLimited = false

    /// Below zero when more was spent than there was.
    var free: Int { capacity &- used &- reserved }

    @inline(__always)
    func pays(_ needed: Int) -> Bool { !isLimited || needed <= 0 || needed <= free }

    /// Narrows what is left to what this has left.
    @inline(__always)
    func narrow(_ left: inout Int, _ ends: inout Int) {
        guard isLimited else { return }
        left = min(left, max(free, 0))
        ends = min(ends, end)
    }

    @inline(__always)
    mutating func spend(_ amount: Int) {
        // Bounded, so that nothing that is said can overflow.
        used += min(amount, Amount.sumLimit - used)
    }
}

/// One subject of one pool.
///
/// What each request asks of it stands here flat, in place: nothing is copied out of the pool's settings.
struct Account {
    /// -1 once nobody is led to it.
    var pool: Int32 = -1
    /// Open reservations that name it.
    var holders: Int32 = 0
    /// From when on and until when no window of it has to be brought up to now, milliseconds since 1970; a sliding one always has to.
    var from = Int.max
    var until = Int.min
    /// By `Quantity`.
    var meters: InlineArray<3, Meter> = .init(repeating: Meter())
    var subject = ""
    /// Something was charged since a store last asked.
    var isChanged = false
    /// Some window of it slides.
    var slides = false

    /// Nothing would be lost with it.
    func isIdle(at now: Int) -> Bool {
        guard holders == 0 else { return false }
        for index in 0..<3 where meters[index].used != 0 && now < meters[index].end { return false }
        return true
    }

    /// When nothing of what was spent counts any more, if nothing else comes.
    var idleMoment: Int {
        var moment = 0
        for index in 0..<3 where meters[index].used != 0 { moment = max(moment, meters[index].end) }
        return moment
    }

    /// Its windows hold a moment.
    @inline(__always)
    func isCurrent(_ now: Int) -> Bool { now < until && now >= from }

    /// It can pay what comes on top; what costs nothing needs no budget.
    @inline(__always)
    func canPay(_ more: Amount) -> Bool {
        meters[0].pays(more.tokens) && meters[1].pays(more.nanodollars) && meters[2].pays(more.requests)
    }

    @inline(__always)
    mutating func hold(_ amount: Amount) {
        meters[0].reserved &+= amount.tokens
        meters[1].reserved &+= amount.nanodollars
        meters[2].reserved &+= amount.requests
    }

    @inline(__always)
    mutating func unhold(_ amount: Amount) {
        meters[0].reserved &-= amount.tokens
        meters[1].reserved &-= amount.nanodollars
        meters[2].reserved &-= amount.requests
    }

    /// Adds what was spent, in what is limited; sliding windows are told by the ledger.
    @inline(__always)
    mutating func spend(_ amount: Amount) {
        if meters[0].isLimited { meters[0].spend(amount.tokens) }
        if meters[1].isLimited { meters[1].spend(amount.nanodollars) }
        if meters[2].isLimited { meters[2].spend(amount.requests) }
    }

    /// Narrows what is left to what this has left.
    @inline(__always)
    func narrow(_ standing: inout Standing) {
        meters[0].narrow(&standing.leftTokens, &standing.end)
        meters[1].narrow(&standing.leftNanodollars, &standing.end)
        meters[2].narrow(&standing.leftRequests, &standing.end)
    }
}

/// The accounts that pay for one request: its pool's, then the parents'.
struct Path {
    var accounts: InlineArray<8, Int32> = .init(repeating: -1)
    var count = 0
}

/// Room for one reservation.
struct Slot {
    var generation: UInt32 = 0
    /// Its accounts; none while it is free.
    var path = Path()
    var amount = Amount()
}
