/// What one subject of one pool has spent of one quantity, and what is set aside for it.
struct Meter {
    /// In this window.
    var used = 0
    var reserved = 0
    /// The window, milliseconds since 1970; empty before the first use.
    var start = 0
    var end = 0
    /// Where the parts of a sliding window are; -1 for a calendar's.
    var slide: Int32 = -1
}

/// One subject of one pool.
struct Account {
    var pool: Int32 = -1
    var subject = ""
    /// By `Quantity`.
    var meters: InlineArray<3, Meter> = .init(repeating: Meter())
    /// Open reservations that name it.
    var holders: Int32 = 0
    /// Something was charged since a store last asked.
    var isChanged = false

    /// Nothing would be lost with it.
    func isIdle(at now: Int) -> Bool {
        guard holders == 0 else { return false }
        for index in 0..<3 where meters[index].used != 0 && now < meters[index].end { return false }
        return true
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
