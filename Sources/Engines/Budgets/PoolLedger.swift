import Routing

/// What a `PoolBook` keeps behind its lock.
struct PoolLedger {
    struct Pool {
        var settings: PoolSettings
        /// In the file that is served now.
        var isListed = true
        /// When accounts were last looked through for idle ones.
        var sweptMilliseconds = 0
        /// When the first subject will have nothing to lose, by what was seen then.
        var opensMilliseconds = 0
    }

    /// What each request asks of a pool: small, and apart from what is only asked now and then.
    struct Link {
        /// Position of the parent; -1 for none.
        var parent: Int32 = -1
        /// The account of a pool that is one for all; -1 before the first use.
        var shared: Int32 = -1
        /// Who has one of it, unless it is one for all.
        var per: Subject?
        /// Its accounts by subject.
        var subjects = SubjectTable()
        var counts = PoolCounts()
    }

    let subjectLimit: Int
    var pools: [Pool] = []
    /// By position, as `pools`.
    var links: [Link] = []
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
    /// How many of them are open, by owner.
    var openNames: [String: Int] = [:]
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
                links.append(Link(per: pool.per))
            }
        }
        for position in pools.indices {
            links[position].parent = pools[position].settings.parent.flatMap { numbers[$0] } ?? -1
        }
        // Capacities hold at once; windows are looked at with the next use.
        for index in accounts.indices where accounts[index].pool >= 0 { limit(index) }
        return settings.compactMap { numbers[$0.name].map(PoolNumber.init) }
    }

    /// Other settings for a pool that is known.
    private mutating func take(_ settings: PoolSettings, at position: Int) {
        let old = pools[position].settings
        pools[position].settings = settings
        pools[position].isListed = true
        if old.per != settings.per {
            // Nobody is who he was: what runs keeps its accounts, who comes now has a new one.
            for (_, account) in links[position].subjects.all { forget(account) }
            if links[position].shared >= 0 { forget(links[position].shared) }
            links[position].subjects = SubjectTable()
            links[position].shared = -1
            links[position].per = settings.per
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

    /// Gives an account the capacities of its pool.
    private mutating func limit(_ account: Int) {
        let settings = pools[Int(accounts[account].pool)].settings
        for quantity in Quantity.allCases {
            let allowance = settings[quantity]
            accounts[account].meters[quantity.rawValue].isLimited = allowance != nil
            accounts[account].meters[quantity.rawValue].capacity = min(allowance?.amount ?? 0, 2 * Amount.sumLimit)
        }
        accounts[account].from = .max
        accounts[account].until = .min
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
                links[Int(position)].counts.refused += 1
                return .failure(crowded(Int(position), now))
            }
            advance(account, now)
            path.accounts[path.count] = account
            path.count += 1
            position = links[Int(position)].parent
        }
        return .success(path)
    }

    mutating func account(of pool: Int, _ now: Int, _ subject: (Subject) -> String) -> Int32? {
        guard let per = links[pool].per else { return account(of: pool, named: "", now) }
        return account(of: pool, named: subject(per), now)
    }

    mutating func account(of pool: Int, named name: String, _ now: Int) -> Int32? {
        if links[pool].per == nil {
            if links[pool].shared < 0 { links[pool].shared = newAccount(of: pool, "", now) }
            return links[pool].shared
        }
        if let known = links[pool].subjects.find(name) { return known }
        if links[pool].subjects.count >= subjectLimit {
            evict(pool, now)
            guard links[pool].subjects.count < subjectLimit else { return nil }
        }
        let account = newAccount(of: pool, name, now)
        links[pool].subjects.add(name, account)
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
        limit(Int(index))
        if !waiting.isEmpty { takeBack(index, now) }
        return index
    }

    /// Lets go of subjects that have nothing to lose; looked for at most once a second.
    private mutating func evict(_ pool: Int, _ now: Int) {
        guard abs(now - pools[pool].sweptMilliseconds) >= 1_000 else { return }
        pools[pool].sweptMilliseconds = now
        var opens = Int.max
        for (name, account) in links[pool].subjects.all {
            guard accounts[Int(account)].isIdle(at: now) else {
                // Reservations end at no known time: a guess of a minute.
                let guess = accounts[Int(account)].holders > 0 ? now + 60_000 : 0
                opens = min(opens, max(accounts[Int(account)].idleMoment, guess))
                continue
            }
            links[pool].subjects.remove(name)
            drop(account)
        }
        pools[pool].opensMilliseconds = opens
    }

    /// Why a pool has no place for one more subject, and when it may have.
    func crowded(_ pool: Int, _ now: Int) -> BudgetRefusal {
        let opens = max(pools[pool].opensMilliseconds, pools[pool].sweptMilliseconds + 1_000)
        return .crowded(pool: pools[pool].settings.name, retryMilliseconds: max(opens, now + 1))
    }

    // MARK: Windows

    /// Brings an account's windows up to now.
    mutating func advance(_ index: Int32, _ now: Int) {
        let account = Int(index)
        guard !accounts[account].isCurrent(now), accounts[account].pool >= 0 else { return }
        let pool = Int(accounts[account].pool)
        var (from, until) = (Int.min, Int.max)
        accounts[account].slides = false
        for quantity in Quantity.allCases {
            let meter = accounts[account].meters[quantity.rawValue]
            guard let allowance = pools[pool].settings[quantity] else { continue }
            if now >= meter.end || now < meter.start || meter.slide >= 0 {
                renew(account, quantity.rawValue, allowance.window, now)
            }
            from = max(from, accounts[account].meters[quantity.rawValue].start)
            until = min(until, accounts[account].meters[quantity.rawValue].end)
            if allowance.window.isSliding { accounts[account].slides = true }
        }
        accounts[account].from = from
        accounts[account].until = accounts[account].slides ? .min : until
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
        if accounts[account].canPay(more) { return nil }
        let settings = pools[Int(accounts[account].pool)].settings
        for quantity in Quantity.allCases {
            let needed = more[quantity]
            // What costs nothing needs no budget.
            guard needed > 0, let allowance = settings[quantity] else { continue }
            let meter = accounts[account].meters[quantity.rawValue]
            if needed <= meter.free { continue }
            return Shortfall(
                pool: settings.name,
                quantity: quantity,
                capacity: allowance.amount,
                remaining: max(meter.free, 0),
                needed: needed,
                retryMilliseconds: needed > allowance.amount ? nil : retry(meter, allowance, needed, now)
            )
        }
        return nil
    }

    private func retry(_ meter: Meter, _ allowance: PoolSettings.Allowance, _ needed: Int, _ now: Int) -> Int {
        guard meter.slide >= 0 else { return meter.end }
        let missing = needed - meter.free
        return slides[Int(meter.slide)].moment(whenLeft: missing, length: allowance.window.period.seconds * 1_000)
            ?? now + 1_000
    }

    /// Adds what was spent.
    mutating func charge(_ index: Int32, _ amount: Amount, _ now: Int) {
        let account = Int(index)
        if !accounts[account].isCurrent(now) { advance(index, now) }
        let pool = Int(accounts[account].pool)
        guard pool >= 0 else { return }
        if accounts[account].slides {
            for quantity in Quantity.allCases { slide(account, quantity.rawValue, amount[quantity]) }
        }
        accounts[account].spend(amount)
        if amount != Amount() { noteChange(account) }
        links[pool].counts.committed.add(amount)
    }

    /// Adds what was spent to one meter.
    mutating func spend(_ account: Int, _ quantity: Int, _ amount: Int) {
        slide(account, quantity, amount)
        accounts[account].meters[quantity].spend(amount)
    }

    /// Tells a sliding window what will be spent.
    private mutating func slide(_ account: Int, _ quantity: Int, _ amount: Int) {
        let meter = accounts[account].meters[quantity]
        guard meter.slide >= 0, meter.isLimited else { return }
        slides[Int(meter.slide)].add(min(amount, Amount.sumLimit - meter.used))
    }

    /// What is left to a path.
    func standing(_ path: Path) -> Standing {
        var standing = Standing()
        for step in 0..<path.count { accounts[Int(path.accounts[step])].narrow(&standing) }
        return standing
    }
}
