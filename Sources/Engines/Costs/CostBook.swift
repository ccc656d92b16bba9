import Synchronization

/// Who is charged for one answer, and for what.
package struct CostKey: Hashable, Sendable {
    /// Days since 1970-01-01, UTC.
    package var day: Int
    package var provider: String
    package var model: String
    /// The client's key; empty when there is none.
    package var key: String
    /// The pool that paid; empty when none did.
    package var pool: String
    package init(day: Int, provider: String, model: String, key: String = "", pool: String = "") {
        self.day = day
        self.provider = provider
        self.model = model
        self.key = key
        self.pool = pool
    }
}

/// What answers came to.
package struct CostSum: Equatable, Sendable {
    package var requests = 0
    package var input = 0
    package var cached = 0
    package var cacheWrite = 0
    package var output = 0
    package var reasoning = 0
    package var nanodollars = 0
    /// Answers whose price nobody knew; they are in the tokens, not in the money.
    package var unpriced = 0

    package init() {}

    mutating func add(_ tokens: SpentTokens, _ nanodollars: Int?) {
        requests += 1
        input = CostSum.sum(input, tokens.input)
        cached = CostSum.sum(cached, tokens.cached)
        cacheWrite = CostSum.sum(cacheWrite, tokens.cacheWrite)
        output = CostSum.sum(output, tokens.output)
        reasoning = CostSum.sum(reasoning, tokens.reasoning)
        if let nanodollars {
            self.nanodollars = CostSum.sum(self.nanodollars, nanodollars)
        } else {
            unpriced += 1
        }
    }

    package mutating func add(_ other: CostSum) {
        requests += other.requests
        input = CostSum.sum(input, other.input)
        cached = CostSum.sum(cached, other.cached)
        cacheWrite = CostSum.sum(cacheWrite, other.cacheWrite)
        output = CostSum.sum(output, other.output)
        reasoning = CostSum.sum(reasoning, other.reasoning)
        nanodollars = CostSum.sum(nanodollars, other.nanodollars)
        unpriced += other.unpriced
    }

    /// A provider may say any number.
    private static func sum(_ left: Int, _ right: Int) -> Int { min(left + min(max(right, 0), 1 << 60), 1 << 61) }
}

/// One line of what was spent.
package struct CostRecord: Equatable, Sendable {
    package var key: CostKey
    package var sum: CostSum
    package init(_ key: CostKey, _ sum: CostSum) {
        self.key = key
        self.sum = sum
    }
}

/// What a store has to write of costs.
package struct CostChanges: Equatable, Sendable {
    /// All lines are gone that were there before these.
    package var isReset = false
    /// New sums; nil for a line that is no more.
    package var sums: [CostKey: CostSum?] = [:]
    package var sinceSeconds: Int
    package init(sinceSeconds: Int) { self.sinceSeconds = sinceSeconds }
}

/// What was spent, by provider, model, key, pool and day: one for the whole process.
///
/// Bounded: when there is no room for another line, the oldest day is folded into one line for each provider, and the models
/// of new ones are `other`; a quarter of the lines is kept for those.
package final class CostBook: Sendable {
    /// Lines in all.
    package static let lineLimit = 16_384
    /// What stands for what there was no room for.
    package static let other = "other"

    private struct Ledger {
        let limit: Int
        var lines: [CostKey: CostSum] = [:]
        /// Since the process began, whatever was reset: what metrics show.
        var providers: [(provider: String, sum: CostSum)] = []
        var sinceSeconds: Int
        /// A store asks for changes.
        var isFollowed = false
        var isReset = false
        var changed: Set<CostKey> = []
        /// All days before this one are folded, so that a full book is not searched for each answer.
        var foldedBefore: Int?

        /// There is room for a new line; for one that names its model only in the first three quarters.
        func hasRoom(for key: CostKey) -> Bool {
            lines.count < (key.model == CostBook.other ? limit : limit - limit / 4)
        }
    }

    private let ledger: Mutex<Ledger>

    /// * `sinceSeconds`: now, seconds since 1970.
    package init(sinceSeconds: Int, lineLimit: Int = CostBook.lineLimit) {
        ledger = Mutex(Ledger(limit: max(lineLimit, 16), sinceSeconds: sinceSeconds))
    }

    /// Writes down what one answer came to; a nil price is one that nobody knows.
    package func record(_ key: CostKey, _ tokens: SpentTokens, nanodollars: Int?) {
        ledger.withLock { ledger in
            // They are few, and found sooner by looking than by their hash.
            let place = ledger.providers.firstIndex { $0.provider == key.provider } ?? ledger.providers.endIndex
            if place == ledger.providers.endIndex { ledger.providers.append((key.provider, CostSum())) }
            ledger.providers[place].sum.add(tokens, nanodollars)
            var line = key
            if let known = ledger.lines.index(forKey: key) {
                ledger.lines.values[known].add(tokens, nanodollars)
            } else {
                line = CostBook.line(for: key, &ledger)
                ledger.lines[line, default: CostSum()].add(tokens, nanodollars)
            }
            if ledger.isFollowed { ledger.changed.insert(line) }
        }
    }

    /// Where an answer is written down.
    ///
    /// Models are whatever clients say; keys, pools and providers are those of the file. So models give way first, and what
    /// one client asks for takes nobody's key or pool out of the book.
    private static func line(for key: CostKey, _ ledger: inout Ledger) -> CostKey {
        if ledger.lines[key] != nil || ledger.hasRoom(for: key) { return key }
        makeRoom(&ledger, today: key.day)
        if ledger.hasRoom(for: key) { return key }
        var key = key
        key.model = other
        if ledger.lines[key] != nil || ledger.hasRoom(for: key) { return key }
        key.key = other
        key.pool = other
        return key
    }

    /// Folds days that are over, the oldest first, until half is free.
    private static func makeRoom(_ ledger: inout Ledger, today: Int) {
        // There was nothing left to fold on this day.
        guard ledger.foldedBefore != today else { return }
        for day in Set(ledger.lines.keys.map(\.day)).sorted() where day < today {
            if ledger.lines.count <= ledger.limit / 2 { return }
            for (key, sum) in ledger.lines where key.day == day {
                let folded = CostKey(day: day, provider: key.provider, model: other, key: other, pool: other)
                guard key != folded else { continue }
                ledger.lines[key] = nil
                ledger.lines[folded, default: CostSum()].add(sum)
                if ledger.isFollowed { ledger.changed.formUnion([key, folded]) }
            }
        }
        ledger.foldedBefore = today
    }

    /// All lines, sorted, with the moment since which they count.
    package func report() -> (records: [CostRecord], sinceSeconds: Int) {
        let (lines, since) = ledger.withLock { ($0.lines, $0.sinceSeconds) }
        let records = lines.map { CostRecord($0.key, $0.value) }.sorted { one, two in
            let (left, right) = (one.key, two.key)
            return (left.day, left.provider, left.model, left.key, left.pool)
                < (right.day, right.provider, right.model, right.key, right.pool)
        }
        return (records, since)
    }

    /// Since the process began, by provider; never reset, as counters may not be.
    package func totals() -> [(provider: String, sum: CostSum)] {
        ledger.withLock { $0.providers }.sorted { $0.provider < $1.provider }
    }

    /// Forgets all lines and answers what they came to.
    @discardableResult
    package func reset(nowSeconds: Int) -> CostSum {
        ledger.withLock { ledger in
            var sum = CostSum()
            for line in ledger.lines.values { sum.add(line) }
            ledger.lines = [:]
            ledger.sinceSeconds = nowSeconds
            ledger.changed = []
            ledger.isReset = true
            return sum
        }
    }

    // MARK: For a store

    /// From here on notes what changes.
    package func follow() {
        ledger.withLock { ledger in
            ledger.isFollowed = true
            ledger.isReset = false
            ledger.changed = []
        }
    }

    /// Makes all that is known a change: for a store that begins anew.
    package func markAllChanged() {
        ledger.withLock { ledger in
            ledger.isReset = true
            ledger.changed = Set(ledger.lines.keys)
        }
    }

    /// What has changed since this was last asked; nil when nothing did.
    package func takeChanges() -> CostChanges? {
        ledger.withLock { ledger in
            guard ledger.isFollowed, ledger.isReset || !ledger.changed.isEmpty else { return nil }
            var changes = CostChanges(sinceSeconds: ledger.sinceSeconds)
            changes.isReset = ledger.isReset
            for key in ledger.changed { changes.sums.updateValue(ledger.lines[key], forKey: key) }
            ledger.isReset = false
            ledger.changed = []
            return changes
        }
    }

    /// Takes back what a store kept.
    package func restore(_ records: [CostRecord], sinceSeconds: Int) {
        ledger.withLock { ledger in
            for record in records { ledger.lines[record.key, default: CostSum()].add(record.sum) }
            ledger.sinceSeconds = min(ledger.sinceSeconds, sinceSeconds)
            ledger.foldedBefore = nil
        }
    }
}
