import Routing

/// What a `PoolBook` keeps behind its lock.
struct PoolLedger {
    struct Pool {
        var settings: PoolSettings
        /// Position of the parent; -1 for none.
        var parent: Int32 = -1
        /// Its accounts by subject, unless it is one for all.
        var subjects: [String: Int32] = [:]
        /// The account of a pool that is one for all; -1 before the first use.
        var shared: Int32 = -1
        /// In the file that is served now.
        var isListed = true
        /// When accounts were last looked through for idle ones.
        var sweptMilliseconds = 0
        var counts = PoolCounts()
    }

    let subjectLimit: Int
    var pools: [Pool] = []
    private var numbers: [String: Int32] = [:]
    var accounts: [Account] = []
    private var freeAccounts: [Int32] = []
    var slides: [Slide] = []
    private var freeSlides: [Int32] = []
    var slots: [Slot] = []
    var freeSlots: [UInt32] = []
    var openCount = 0
    /// Reservations that clients hold, by their name.
    var named: [String: NamedReservation] = [:]
    /// When the first of those expires.
    var nextExpiry = Int.max
    /// Accounts that `isChanged` is set of, each once.
    var changed: [Int32] = []
    /// What was spent before a restart of pools that are not known yet, by their name and the subject.
    var waiting: [String: [String: [SpentRecord]]] = [:]

    init(subjectLimit: Int) { self.subjectLimit = subjectLimit }

    // MARK: Settings

    mutating func apply(_ settings: [PoolSettings]) -> [PoolNumber] {
        for position in pools.indices { pools[position].isListed = false }
        for pool in settings {
            if let position = numbers[pool.name] {
                take(pool, at: Int(position))
            } else {
                numbers[pool.name] = Int32(pools.count)
                pools.append(Pool(settings: pool))
            }
        }
        for position in pools.indices {
            pools[position].parent = pools[position].settings.parent.flatMap { numbers[$0] } ?? -1
        }
        return settings.compactMap { numbers[$0.name].map(PoolNumber.init) }
    }

    /// Other settings for a pool that is known.
    private mutating func take(_ settings: PoolSettings, at position: Int) {
        let old = pools[position].settings
        pools[position].settings = settings
        pools[position].isListed = true
        if old.per != settings.per {
            // Nobody is who he was: what runs keeps its accounts, who comes now has a new one.
            for account in pools[position].subjects.values { forget(account) }
            if pools[position].shared >= 0 { forget(pools[position].shared) }
            pools[position].subjects = [:]
            pools[position].shared = -1
        }
        for quantity in Quantity.allCases where old[quantity]?.window != settings[quantity]?.window {
            for index in accounts.indices where accounts[index].pool == position {
                let slide = accounts[index].meters[quantity.rawValue].slide
                if slide >= 0 { freeSlides.append(slide) }
                accounts[index].meters[quantity.rawValue].slide = -1
                // What was spent counts in the window that now holds the moment; it is found with the next use.
                accounts[index].meters[quantity.rawValue].start = 0
                accounts[index].meters[quantity.rawValue].end = 0
            }
        }
    }

    /// An account that nobody is led to any more; it goes when its last reservation does.
    private mutating func forget(_ account: Int32) {
        accounts[Int(account)].pool = -1
        if accounts[Int(account)].holders == 0 { drop(account) }
    }

    mutating func drop(_ account: Int32) {
        for index in 0..<3 {
            let slide = accounts[Int(account)].meters[index].slide
            if slide >= 0 { freeSlides.append(slide) }
        }
        let isChanged = accounts[Int(account)].isChanged
        accounts[Int(account)] = Account()
        // It stands in the list of changes, in which nothing stands twice.
        accounts[Int(account)].isChanged = isChanged
        freeAccounts.append(account)
    }

    func position(of name: String) -> Int? { numbers[name].map { Int($0) } }

    // MARK: Accounts

    /// Finds the accounts that pay for a subject, and brings their windows up to now.
    mutating func path(
        from pool: PoolNumber,
        _ now: Int,
        _ subject: (Subject) -> String
    ) -> Result<Path, BudgetRefusal> {
        var path = Path()
        var position = pool.position
        while position >= 0, path.count < PoolBook.depthLimit {
            guard let account = account(of: Int(position), now, subject) else {
                pools[Int(position)].counts.refused += 1
                return .failure(.crowded(pool: pools[Int(position)].settings.name))
            }
            advance(account, now)
            path.accounts[path.count] = account
            path.count += 1
            position = pools[Int(position)].parent
        }
        return .success(path)
    }

    private mutating func account(of pool: Int, _ now: Int, _ subject: (Subject) -> String) -> Int32? {
        guard let per = pools[pool].settings.per else {
            return account(of: pool, named: "", now)
        }
        return account(of: pool, named: subject(per), now)
    }

    mutating func account(of pool: Int, named name: String, _ now: Int) -> Int32? {
        if pools[pool].settings.per == nil {
            if pools[pool].shared < 0 { pools[pool].shared = newAccount(of: pool, "", now) }
            return pools[pool].shared
        }
        if let known = pools[pool].subjects[name] { return known }
        if pools[pool].subjects.count >= subjectLimit {
            evict(pool, now)
            guard pools[pool].subjects.count < subjectLimit else { return nil }
        }
        let account = newAccount(of: pool, name, now)
        pools[pool].subjects[name] = account
        return account
    }

    private mutating func newAccount(of pool: Int, _ subject: String, _ now: Int) -> Int32 {
        let index: Int32
        if let free = freeAccounts.popLast() {
            index = free
        } else {
            index = Int32(accounts.count)
            accounts.append(Account())
        }
        accounts[Int(index)].pool = Int32(pool)
        accounts[Int(index)].subject = subject
        if !waiting.isEmpty { takeBack(index, now) }
        return index
    }

    /// Lets go of subjects that have nothing to lose; looked for at most once a second.
    private mutating func evict(_ pool: Int, _ now: Int) {
        guard abs(now - pools[pool].sweptMilliseconds) >= 1_000 else { return }
        pools[pool].sweptMilliseconds = now
        for (name, account) in pools[pool].subjects where accounts[Int(account)].isIdle(at: now) {
            pools[pool].subjects[name] = nil
            drop(account)
        }
    }

    // MARK: Windows

    /// Brings an account's windows up to now.
    mutating func advance(_ index: Int32, _ now: Int) {
        let account = Int(index)
        guard accounts[account].pool >= 0 else { return }
        let pool = Int(accounts[account].pool)
        for quantity in 0..<3 {
            let meter = accounts[account].meters[quantity]
            guard now >= meter.end || now < meter.start || meter.slide >= 0 else { continue }
            guard let kind = Quantity(rawValue: quantity), let allowance = pools[pool].settings[kind] else { continue }
            renew(account, quantity, allowance.window, now)
        }
    }

    private mutating func renew(_ account: Int, _ quantity: Int, _ window: Window, _ now: Int) {
        if window.isSliding {
            if accounts[account].meters[quantity].slide < 0 { beginSlide(account, quantity, window, now) }
            let slide = Int(accounts[account].meters[quantity].slide)
            accounts[account].meters[quantity].used -= slides[slide].advance(
                to: now,
                length: window.period.seconds * 1_000
            )
            accounts[account].meters[quantity].start = now
            accounts[account].meters[quantity].end = now + window.period.seconds * 1_000
            return
        }
        let bounds = window.bounds(at: now)
        // A clock that is put back does not give a budget back: only a later window begins with nothing.
        if accounts[account].meters[quantity].end > 0, bounds.lowerBound >= accounts[account].meters[quantity].end {
            accounts[account].meters[quantity].used = 0
        }
        accounts[account].meters[quantity].start = bounds.lowerBound
        accounts[account].meters[quantity].end = bounds.upperBound
    }

    private mutating func beginSlide(_ account: Int, _ quantity: Int, _ window: Window, _ now: Int) {
        let index: Int32
        if let free = freeSlides.popLast() {
            index = free
            slides[Int(free)] = Slide()
        } else {
            index = Int32(slides.count)
            slides.append(Slide())
        }
        accounts[account].meters[quantity].slide = index
        _ = slides[Int(index)].advance(to: now, length: window.period.seconds * 1_000)
        slides[Int(index)].add(accounts[account].meters[quantity].used)
    }

    // MARK: Amounts

    /// What an account lacks of an amount that comes on top; nil when it can pay.
    func lack(_ index: Int32, _ more: Amount, _ now: Int) -> Shortfall? {
        let account = Int(index)
        guard accounts[account].pool >= 0 else { return nil }
        let settings = pools[Int(accounts[account].pool)].settings
        for quantity in Quantity.allCases {
            let needed = more[quantity]
            // What costs nothing needs no budget.
            guard needed > 0, let allowance = settings[quantity] else { continue }
            let meter = accounts[account].meters[quantity.rawValue]
            let free = free(meter, allowance)
            if needed <= free { continue }
            return Shortfall(
                pool: settings.name,
                quantity: quantity,
                capacity: allowance.amount,
                remaining: max(free, 0),
                needed: needed,
                retryMilliseconds: needed > allowance.amount ? nil : retry(meter, allowance, needed, now)
            )
        }
        return nil
    }

    private func retry(_ meter: Meter, _ allowance: PoolSettings.Allowance, _ needed: Int, _ now: Int) -> Int {
        guard meter.slide >= 0 else { return meter.end }
        let missing = needed - free(meter, allowance)
        return slides[Int(meter.slide)].moment(whenLeft: missing, length: allowance.window.period.seconds * 1_000)
            ?? now + 1_000
    }

    func free(_ meter: Meter, _ allowance: PoolSettings.Allowance) -> Int {
        min(allowance.amount, 2 * Amount.sumLimit) - meter.used - meter.reserved
    }

    mutating func hold(_ account: Int32, _ amount: Amount, adding: Bool) {
        for quantity in 0..<3 {
            let value = amount[Quantity(rawValue: quantity) ?? .tokens]
            if value == 0 { continue }
            accounts[Int(account)].meters[quantity].reserved += adding ? value : -value
        }
    }

    /// Adds what was spent.
    mutating func charge(_ index: Int32, _ amount: Amount, _ now: Int) {
        advance(index, now)
        let account = Int(index)
        guard accounts[account].pool >= 0 else { return }
        let pool = Int(accounts[account].pool)
        for quantity in Quantity.allCases where amount[quantity] > 0 {
            guard pools[pool].settings[quantity] != nil else { continue }
            spend(account, quantity.rawValue, amount[quantity])
        }
        if amount != Amount() { noteChange(account) }
        pools[pool].counts.committed.add(amount)
    }

    mutating func spend(_ account: Int, _ quantity: Int, _ amount: Int) {
        // Bounded, so that nothing that is said can overflow.
        let value = min(amount, Amount.sumLimit - accounts[account].meters[quantity].used)
        accounts[account].meters[quantity].used += value
        let slide = accounts[account].meters[quantity].slide
        if slide >= 0 { slides[Int(slide)].add(value) }
    }

    /// What is left to a path.
    func standing(_ path: Path, _ now: Int) -> Standing {
        var standing = Standing()
        for step in 0..<path.count {
            let account = accounts[Int(path.accounts[step])]
            guard account.pool >= 0 else { continue }
            let settings = pools[Int(account.pool)].settings
            for quantity in Quantity.allCases {
                guard let allowance = settings[quantity] else { continue }
                let meter = account.meters[quantity.rawValue]
                let free = max(free(meter, allowance), 0)
                standing[quantity] = min(standing[quantity] ?? .max, free)
                standing.resetsMilliseconds = min(standing.resetsMilliseconds ?? .max, meter.end)
            }
        }
        return standing
    }
}
