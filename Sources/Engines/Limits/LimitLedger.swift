import Budgets

/// What a `LimitBook` keeps behind its lock.
struct LimitLedger {
    /// What one rate knows of one subject.
    struct Meter {
        /// When all that was let in will have flown off, by GCRA.
        var arrival = 0
        /// Since when something has been counted without a gap, by GCRA.
        var since = 0
        /// Where the parts of a sliding window are; -1 for GCRA.
        var slide: Int32 = -1
        /// Sum of those parts.
        var used = 0
    }

    struct Account {
        /// -1 once nobody is led to it.
        var limit: Int32 = -1
        var subject = ""
        /// Of requests and of tokens.
        var meters: InlineArray<2, Meter> = .init(repeating: Meter())
        /// Requests that run.
        var running: Int32 = 0
    }

    struct Limit {
        var settings: LimitSettings
        var subjects: [String: Int32] = [:]
        var isListed = true
        var swept = 0
        /// When the first subject will be as if it had never come, by what was seen then.
        var opens = 0
        var admitted = 0
        var refused = 0
    }

    /// After how long something that runs may have ended, nanoseconds.
    private static let guess = 1_000_000_000

    /// How far the clocks of loops are apart, nanoseconds.
    private static let slack = 5_000_000
    /// No sum grows further.
    private static let sumLimit = 1 << 60

    let subjectLimit: Int
    var limits: [Limit] = []
    private var numbers: [String: Int32] = [:]
    var accounts: [Account] = []
    private var freeAccounts: [Int32] = []
    var slides: [Slide] = []
    private var freeSlides: [Int32] = []

    init(subjectLimit: Int) { self.subjectLimit = subjectLimit }

    // MARK: Settings

    mutating func apply(_ settings: [LimitSettings]) -> [LimitNumber] {
        for position in limits.indices { limits[position].isListed = false }
        for limit in settings {
            guard let known = numbers[limit.name].map({ Int($0) }) else {
                numbers[limit.name] = Int32(limits.count)
                limits.append(Limit(settings: limit))
                continue
            }
            let old = limits[known].settings
            limits[known].settings = limit
            limits[known].isListed = true
            let isOther =
                old.by != limit.by || old.isSliding != limit.isSliding
                || old.requests?.seconds != limit.requests?.seconds || old.tokens?.seconds != limit.tokens?.seconds
            if isOther { restart(known, keepsSubjects: old.by == limit.by) }
        }
        return settings.compactMap { numbers[$0.name].map(LimitNumber.init) }
    }

    /// Counts anew, since what was counted has another meaning now; what runs stays counted as running.
    private mutating func restart(_ limit: Int, keepsSubjects: Bool) {
        for (subject, account) in limits[limit].subjects {
            if keepsSubjects, accounts[Int(account)].running > 0 {
                clear(Int(account))
                continue
            }
            limits[limit].subjects[subject] = nil
            accounts[Int(account)].limit = -1
            if accounts[Int(account)].running == 0 { drop(account) }
        }
    }

    private mutating func drop(_ account: Int32) {
        clear(Int(account))
        accounts[Int(account)] = Account()
        freeAccounts.append(account)
    }

    private mutating func clear(_ account: Int) {
        for meter in 0..<2 {
            let slide = accounts[account].meters[meter].slide
            if slide >= 0 { freeSlides.append(slide) }
            accounts[account].meters[meter] = Meter()
        }
    }

    // MARK: Accounts

    private mutating func account(_ limit: Int, _ subject: String, _ now: Int) -> Int32? {
        if let known = limits[limit].subjects[subject] { return known }
        if limits[limit].subjects.count >= subjectLimit {
            sweep(limit, now)
            guard limits[limit].subjects.count < subjectLimit else { return nil }
        }
        let index: Int32
        if let free = freeAccounts.popLast() {
            index = free
        } else {
            index = Int32(accounts.count)
            accounts.append(Account())
        }
        accounts[Int(index)].limit = Int32(limit)
        accounts[Int(index)].subject = subject
        limits[limit].subjects[subject] = index
        return index
    }

    /// Lets go of subjects that are as if they had never come; looked for at most once a second.
    private mutating func sweep(_ limit: Int, _ now: Int) {
        guard abs(now - limits[limit].swept) >= 1_000_000_000 else { return }
        limits[limit].swept = now
        var opens = Int.max
        for (subject, index) in limits[limit].subjects {
            advance(Int(index), now)
            // What runs ends at no known time: a guess of a second, as where requests at a time are counted.
            let runs = accounts[Int(index)].running > 0
            let idle = max(idleMoment(Int(index)), runs ? now + LimitLedger.guess : 0)
            guard idle <= now else {
                opens = min(opens, idle)
                continue
            }
            limits[limit].subjects[subject] = nil
            drop(index)
        }
        limits[limit].opens = opens
    }

    /// When nothing of an account counts any more, if nothing else comes.
    private func idleMoment(_ index: Int) -> Int {
        let account = accounts[index]
        let settings = limits[Int(account.limit)].settings
        var moment = 0
        for (meter, flow) in [(account.meters[0], settings.requests), (account.meters[1], settings.tokens)] {
            guard let flow else { continue }
            guard settings.isSliding else {
                moment = max(moment, meter.arrival)
                continue
            }
            guard meter.used > 0, meter.slide >= 0 else { continue }
            let left = slides[Int(meter.slide)].moment(whenLeft: meter.used, length: flow.nanoseconds)
            moment = max(moment, left ?? .max)
        }
        return moment
    }

    /// When it may be worth asking again of a limit that has no place for one more subject.
    private func crowdedWait(_ limit: Int, _ now: Int) -> Int {
        max(limits[limit].opens, limits[limit].swept + 1_000_000_000, now + 1) - now
    }

    /// Lets what is too old leave the sliding windows of an account.
    private mutating func advance(_ account: Int, _ now: Int) {
        guard accounts[account].limit >= 0 else { return }
        let settings = limits[Int(accounts[account].limit)].settings
        guard settings.isSliding else { return }
        if let flow = settings.requests { advance(account, 0, flow, now) }
        if let flow = settings.tokens { advance(account, 1, flow, now) }
    }

    private mutating func advance(
        _ account: Int,
        _ meter: Int,
        _ flow: LimitSettings.Flow,
        _ now: Int
    ) {
        if accounts[account].meters[meter].slide < 0 {
            if let free = freeSlides.popLast() {
                slides[Int(free)] = Slide()
                accounts[account].meters[meter].slide = free
            } else {
                accounts[account].meters[meter].slide = Int32(slides.count)
                slides.append(Slide())
            }
        }
        let slide = Int(accounts[account].meters[meter].slide)
        accounts[account].meters[meter].used -= slides[slide].advance(to: now, length: flow.nanoseconds)
    }

    // MARK: Requests

    mutating func admit(
        _ wanted: [LimitNumber],
        tokens: Int,
        _ now: Int,
        _ subject: (LimitSettings.Subject) -> String,
        counts: Bool
    ) -> Admission {
        var pass = Pass()
        pass.tokens = min(max(tokens, 0), Flows.limit)
        pass.moment = now
        var told = Allowances()
        for number in wanted.prefix(LimitBook.depthLimit) {
            let limit = Int(number.position)
            let settings = limits[limit].settings
            guard let account = account(limit, settings.by == .global ? "" : subject(settings.by), now) else {
                limits[limit].refused += counts ? 1 : 0
                return .crowded(limit: settings.name, retryNanoseconds: crowdedWait(limit, now))
            }
            advance(Int(account), now)
            if var excess = excess(Int(account), settings, pass.tokens, now) {
                limits[limit].refused += counts ? 1 : 0
                excess.allowances = allowances(Int(account), settings, now)
                return .refused(excess)
            }
            pass.accounts[pass.count] = account
            pass.count += 1
        }
        guard counts else { return .admitted(pass, told) }
        for step in 0..<pass.count {
            let account = Int(pass.accounts[step])
            let limit = Int(accounts[account].limit)
            let settings = limits[limit].settings
            limits[limit].admitted += 1
            accounts[account].running += 1
            if let flow = settings.requests { count(account, 0, flow, 1, now) }
            if let flow = settings.tokens { count(account, 1, flow, pass.tokens, now) }
            let own = allowances(account, settings, now)
            if let requests = own.requests, requests.isTighter(than: told.requests) { told.requests = requests }
            if let tokens = own.tokens, tokens.isTighter(than: told.tokens) { told.tokens = tokens }
        }
        return .admitted(pass, told)
    }

    private func excess(_ index: Int, _ settings: LimitSettings, _ tokens: Int, _ now: Int) -> Excess? {
        let account = accounts[index]
        if let most = settings.concurrent, Int(account.running) >= most {
            return Excess(
                limit: settings.name,
                quantity: .concurrent,
                amount: most,
                seconds: 0,
                remaining: 0,
                retryNanoseconds: LimitLedger.guess,
                allowances: Allowances()
            )
        }
        if let flow = settings.requests,
            let excess = excess(account.meters[0], flow, settings, .requests, 1, now)
        {
            return excess
        }
        guard let flow = settings.tokens, tokens > 0 else { return nil }
        return excess(account.meters[1], flow, settings, .tokens, tokens, now)
    }

    private func excess(
        _ meter: Meter,
        _ flow: LimitSettings.Flow,
        _ settings: LimitSettings,
        _ quantity: LimitedQuantity,
        _ cost: Int,
        _ now: Int
    ) -> Excess? {
        guard let wait = wait(meter, flow, settings, quantity, cost, now) else { return nil }
        return Excess(
            limit: settings.name,
            quantity: quantity,
            amount: flow.amount,
            seconds: flow.seconds,
            remaining: allowance(meter, flow, settings, quantity, now).remaining,
            retryNanoseconds: wait,
            allowances: Allowances()
        )
    }

    /// How long a cost has to wait; nil when it has not to.
    ///
    /// What is more than may come at once is let in when nothing else is counted: it could never come otherwise, and
    /// those behind it wait all the longer.
    private func wait(
        _ meter: Meter,
        _ flow: LimitSettings.Flow,
        _ settings: LimitSettings,
        _ quantity: LimitedQuantity,
        _ cost: Int,
        _ now: Int
    ) -> Int? {
        if settings.isSliding {
            let most = min(cost, flow.amount)
            let over = max(meter.used, 0) + most - flow.amount
            guard over > 0 else { return nil }
            guard meter.slide >= 0,
                let moment = slides[Int(meter.slide)].moment(whenLeft: over, length: flow.nanoseconds)
            else { return flow.nanoseconds }
            return max(moment - now, 1)
        }
        let most = Flows.burst(settings, quantity, flow)
        let end = max(meter.arrival, now) + Flows.duration(min(cost, most), flow)
        let over = end - now - Flows.tolerance(most, flow)
        return over > 0 ? over : nil
    }

    private mutating func count(
        _ account: Int,
        _ meter: Int,
        _ flow: LimitSettings.Flow,
        _ cost: Int,
        _ now: Int
    ) {
        let slide = accounts[account].meters[meter].slide
        if slide >= 0 {
            // A provider may say any number.
            let counted = min(cost, LimitLedger.sumLimit - accounts[account].meters[meter].used)
            accounts[account].meters[meter].used += counted
            slides[Int(slide)].add(counted)
            return
        }
        if accounts[account].meters[meter].arrival <= now { accounts[account].meters[meter].since = now }
        let start = max(accounts[account].meters[meter].arrival, now)
        accounts[account].meters[meter].arrival = min(start + Flows.duration(cost, flow), now + Flows.longest)
    }

    /// Takes back what was counted too high when the request came.
    private mutating func takeBack(
        _ account: Int,
        _ meter: Int,
        _ flow: LimitSettings.Flow,
        _ cost: Int,
        _ moment: Int
    ) {
        let slide = accounts[account].meters[meter].slide
        if slide >= 0 {
            let still = slides[Int(slide)].takeBack(cost, from: moment, length: flow.nanoseconds)
            accounts[account].meters[meter].used -= still
        } else if moment >= accounts[account].meters[meter].since - LimitLedger.slack {
            // What had flown off before the present stretch began cannot be given back: it would let more in than the rate.
            accounts[account].meters[meter].arrival -= Flows.duration(cost, flow)
        }
    }

    mutating func settle(_ pass: Pass, tokens: Int, isWithdrawn: Bool, _ now: Int) {
        let change = min(max(tokens, 0), Flows.limit) - pass.tokens
        for step in 0..<pass.count {
            let index = pass.accounts[step]
            let account = Int(index)
            accounts[account].running -= 1
            guard accounts[account].limit >= 0 else {
                if accounts[account].running == 0 { drop(index) }
                continue
            }
            let settings = limits[Int(accounts[account].limit)].settings
            advance(account, now)
            if let flow = settings.tokens, change > 0 { count(account, 1, flow, change, now) }
            if let flow = settings.tokens, change < 0 { takeBack(account, 1, flow, -change, pass.moment) }
            if let flow = settings.requests, isWithdrawn { takeBack(account, 0, flow, 1, pass.moment) }
        }
    }
}
