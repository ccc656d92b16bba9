/// Arithmetic of rates that cannot overflow.
enum Flows {
    /// The most tokens of one request that are counted.
    static let limit = 1 << 40
    /// Nothing is made to wait longer: ten years.
    static let longest = 315_360_000_000_000_000

    /// How many may come at once.
    static func burst(_ settings: LimitSettings, _ quantity: LimitedQuantity, _ flow: LimitSettings.Flow) -> Int {
        guard let burst = settings.burst, quantity == .requests || settings.requests == nil else {
            return flow.secondsWorth
        }
        return max(burst, 1)
    }

    /// How long a cost takes at a rate, rounded up, so that the rate is never exceeded.
    static func duration(_ cost: Int, _ flow: LimitSettings.Flow) -> Int {
        let wide = (Int128(cost) * Int128(flow.nanoseconds) + Int128(flow.amount - 1)) / Int128(flow.amount)
        return Int(min(wide, Int128(longest)))
    }

    /// How much may be counted at once: as much as the burst comes to one by one, each rounded up.
    static func tolerance(_ burst: Int, _ flow: LimitSettings.Flow) -> Int {
        Int(min(Int128(burst) * Int128(duration(1, flow)), Int128(longest)))
    }

    /// What fits into a time at a rate, rounded down.
    static func cost(of nanoseconds: Int, _ flow: LimitSettings.Flow) -> Int {
        Int(min(Int128(nanoseconds) * Int128(flow.amount) / Int128(flow.nanoseconds), Int128(Int.max)))
    }
}
