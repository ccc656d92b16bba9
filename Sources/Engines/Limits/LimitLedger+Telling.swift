import Budgets

// What requests and metrics are told.
extension LimitLedger {
    func allowances(_ index: Int, _ settings: LimitSettings, _ now: Int) -> Allowances {
        var told = Allowances()
        let account = accounts[index]
        if let flow = settings.requests { told.requests = allowance(account.meters[0], flow, settings, .requests, now) }
        if let flow = settings.tokens { told.tokens = allowance(account.meters[1], flow, settings, .tokens, now) }
        return told
    }

    func allowance(
        _ meter: Meter,
        _ flow: LimitSettings.Flow,
        _ settings: LimitSettings,
        _ quantity: LimitedQuantity,
        _ now: Int
    ) -> Allowance {
        if settings.isSliding {
            let used = max(meter.used, 0)
            let end = meter.slide < 0 ? nil : slides[Int(meter.slide)].moment(whenLeft: used, length: flow.nanoseconds)
            return Allowance(
                limit: flow.amount,
                remaining: max(flow.amount - used, 0),
                resetNanoseconds: used == 0 ? 0 : max((end ?? now) - now, 0)
            )
        }
        let owed = max(meter.arrival - now, 0)
        let free = max(Flows.tolerance(Flows.burst(settings, quantity, flow), flow) - owed, 0)
        return Allowance(limit: flow.amount, remaining: Flows.cost(of: free, flow), resetNanoseconds: owed)
    }

    func report() -> [LimitReport] {
        limits.filter(\.isListed).map { limit in
            LimitReport(
                name: limit.settings.name,
                subjects: limit.subjects.count,
                running: limit.subjects.values.reduce(0) { $0 + Int(accounts[Int($1)].running) },
                admitted: limit.admitted,
                refused: limit.refused
            )
        }
    }
}
