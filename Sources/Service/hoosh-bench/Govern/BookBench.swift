import Budgets
import Glibc
import Routing
import Synchronization

/// What setting a budget aside and charging it costs, uncontended, in memory.
enum BookBench {
    private static let turns = 200_000
    private static let rounds = 9
    /// 2025-11-21, milliseconds.
    private static let moment = 1_763_683_200_000

    /// The Markdown of the table.
    static var table: String {
        var text = "| reserve + commit | ns, least of \(rounds) rounds | ns, median |\n| --- | ---: | ---: |\n"
        let rows: [(String, [PoolSettings])] = [
            ("one pool for all", [pool("all")]),
            ("one pool for each key", [pool("key", per: .key)]),
            (
                "three pools, each for all",
                [pool("a", parent: "b"), pool("b", parent: "c"), pool("c", inDollars: true)]
            ),
            (
                "three pools: for each key, each tenant, all",
                [pool("a", parent: "b", per: .key), pool("b", parent: "c", per: .tenant), pool("c", inDollars: true)]
            ),
        ]
        for (title, settings) in rows {
            let times = (0..<rounds).map { _ in measure(settings) }.sorted()
            text += "| \(title) | \(Table.number(times[0])) | \(Table.number(times[rounds / 2])) |\n"
        }
        let locks = (0..<rounds).map { _ in measureLocks() }.sorted()
        return text + "| (two locks taken and given back, alone) | \(Table.number(locks[0])) | "
            + "\(Table.number(locks[rounds / 2])) |\n"
    }

    private static func pool(
        _ name: String,
        parent: String? = nil,
        per: Subject? = nil,
        inDollars: Bool = false
    ) -> PoolSettings {
        var settings = PoolSettings(name)
        let much = PoolSettings.Allowance(1 << 58, Window(.day))
        if inDollars { settings.nanodollars = much } else { settings.tokens = much }
        settings.requests = much
        settings.parent = parent
        settings.per = per
        return settings
    }

    private static func measure(_ settings: [PoolSettings]) -> Double {
        let book = PoolBook()
        let number = book.apply(settings)[0]
        let names = (0..<16).map { "a-key-of-team-\($0)" }
        let started = worked
        for turn in 0..<turns {
            // As requests come: each a little later, of one client or another.
            let now = moment + turn >> 8
            let name = names[turn & 15]
            let need = Amount(tokens: 1_000 + turn & 63, nanodollars: 20_000, requests: 1)
            guard case .reserved(let id, _) = book.reserve(number, need, now: now, subject: { _ in name }) else {
                continue
            }
            book.commit(id, Amount(tokens: 500, nanodollars: 9_000, requests: 1), now: now)
        }
        return Double(worked - started) / Double(turns)
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)
        @inline(never) func bump() { count.withLock { $0 += 1 } }
    }

    private static func measureLocks() -> Double {
        let counter = Counter()
        let started = worked
        for _ in 0..<turns {
            counter.bump()
            counter.bump()
        }
        return Double(worked - started) / Double(turns)
    }

    /// The thread's own processor time, which neighbours do not add to.
    private static var worked: Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
    }
}
