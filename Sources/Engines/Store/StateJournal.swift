import Budgets
import Costs
import Glibc

/// A file in which it is kept what was spent: an SQLite database of two tables.
///
/// A batch is in it as a whole or not at all. Each is brought to the disk before `write` returns (`synchronous=FULL`): two or
/// three syncs a second on a thread of their own cost no request anything, and a power loss then loses no more than a crash.
/// One thread at a time.
package final class StateJournal {
    /// Tells the file from other programs' databases: `hoos`.
    private static let applicationID = 0x686f_6f73
    /// What the tables look like.
    package static let schema = 1

    package let path: String
    private let file: SQLiteFile
    private let identity: FileIdentity

    /// Opens a file or makes one, which nobody else may read.
    ///
    /// - Throws: why it cannot be gone on with.
    package init(opening path: String) throws(StateTrouble) {
        self.path = path
        try StateJournal.makeReady(path)
        file = try SQLiteFile(path)
        identity = try FileIdentity(path)
        do throws(StateTrouble) {
            try prepare()
        } catch {
            file.close()
            throw error
        }
    }

    /// Lets go of the file; what was written is in it.
    package func close() { file.close() }

    /// Sees to it that the path still leads to the file that is written.
    package func checkPlace() throws(StateTrouble) {
        guard try FileIdentity(path) == identity else { throw StateTrouble("\(path) is another file now") }
    }

    // MARK: Opening

    /// SQLite would make the file readable for all, and open one that cannot be written without a word.
    private static func makeReady(_ path: String) throws(StateTrouble) {
        var number = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        let action = number < 0 && errno != EEXIST ? "make" : "open"
        if number < 0, errno == EEXIST { number = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC) }
        guard number >= 0 else { throw StateTrouble("cannot \(action) \(path): \(String(cString: strerror(errno)))") }
        defer { Glibc.close(number) }
        var status = stat()
        guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw StateTrouble("\(path) is no plain file")
        }
    }

    private func prepare() throws(StateTrouble) {
        guard !file.isReadOnly else { throw StateTrouble("\(path) cannot be written") }
        try file.run("PRAGMA locking_mode=EXCLUSIVE")
        let isEmpty = try file.text("SELECT count(*) FROM sqlite_schema") == "0"
        let owner = Int(try file.text("PRAGMA application_id")) ?? 0
        let version = Int(try file.text("PRAGMA user_version")) ?? 0
        guard owner == StateJournal.applicationID || isEmpty && owner == 0 else {
            throw StateTrouble("\(path) is a database of another program")
        }
        guard version <= StateJournal.schema else {
            throw StateTrouble(
                "\(path) was written by a newer hoosh-proxy: its schema is \(version), this build knows up to \(StateJournal.schema)"
            )
        }
        if !isEmpty {
            let fault = try file.text("PRAGMA quick_check(1)")
            guard fault == "ok" else { throw StateTrouble("\(path) is damaged: \(fault)") }
        }
        _ = chmod(path, 0o600)
        guard try file.text("PRAGMA journal_mode=WAL") == "wal" else {
            throw StateTrouble("\(path) cannot have a write-ahead log")
        }
        try file.run("PRAGMA synchronous=FULL")
        try file.run("PRAGMA journal_size_limit=\(4 << 20)")
        // Taking the lock even when nothing is to be made keeps the next process out from here on.
        try transaction { () throws(StateTrouble) in
            for statement in StateJournal.tables { try file.run(statement) }
            try file.run("PRAGMA application_id=\(StateJournal.applicationID)")
            try file.run("PRAGMA user_version=\(StateJournal.schema)")
        }
    }

    private static let tables = [
        """
        CREATE TABLE IF NOT EXISTS spent (
            pool TEXT NOT NULL, subject TEXT NOT NULL, quantity TEXT NOT NULL, per TEXT NOT NULL,
            used INTEGER NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, parts TEXT NOT NULL,
            PRIMARY KEY (pool, subject, quantity)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE IF NOT EXISTS cost (
            day INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, key TEXT NOT NULL, pool TEXT NOT NULL,
            requests INTEGER NOT NULL, input INTEGER NOT NULL, cached INTEGER NOT NULL, cache_write INTEGER NOT NULL,
            output INTEGER NOT NULL, reasoning INTEGER NOT NULL, nanodollars INTEGER NOT NULL, unpriced INTEGER NOT NULL,
            PRIMARY KEY (day, provider, model, key, pool)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    ]

    private func transaction(_ body: () throws(StateTrouble) -> Void) throws(StateTrouble) {
        try file.run("BEGIN IMMEDIATE")
        do throws(StateTrouble) {
            try body()
            try file.run("COMMIT")
        } catch {
            // SQLite may have done so itself.
            try? file.run("ROLLBACK")
            throw error
        }
    }

    // MARK: Reading

    /// What was written before.
    package struct Kept: Sendable {
        package var spent: [SpentRecord] = []
        package var costs: [CostRecord] = []
        /// Since when the costs count, seconds since 1970; nil when none were written.
        package var costsSinceSeconds: Int?
    }

    /// Reads all that counts now; windows that are over do not.
    package func read(nowMilliseconds now: Int) throws(StateTrouble) -> Kept {
        var kept = Kept()
        let spent = "SELECT pool, subject, quantity, per, used, start_ms, end_ms, parts FROM spent WHERE end_ms > ?1"
        try file.rows(spent, [.number(now)]) { row in
            guard let quantity = StateJournal.quantity(row.text(2)) else { return }
            let end = StateJournal.bounded(row.number(6))
            kept.spent.append(
                SpentRecord(
                    pool: row.text(0),
                    per: row.text(3),
                    subject: row.text(1),
                    quantity: quantity,
                    used: StateJournal.bounded(row.number(4)),
                    startMilliseconds: min(StateJournal.bounded(row.number(5)), end),
                    endMilliseconds: end,
                    parts: row.text(7).split(separator: " ").compactMap { Int($0) }
                )
            )
        }
        let costs =
            "SELECT day, provider, model, key, pool, requests, input, cached, cache_write, output, reasoning, nanodollars, "
            + "unpriced FROM cost ORDER BY day DESC LIMIT ?1"
        try file.rows(costs, [.number(CostBook.lineLimit)]) { kept.costs.append(StateJournal.cost($0)) }
        try file.rows("SELECT value FROM about WHERE name = 'costs_since'") {
            kept.costsSinceSeconds = StateJournal.bounded($0.number(0))
        }
        return kept
    }

    private static func cost(_ row: SQLiteRow) -> CostRecord {
        let key = CostKey(
            day: min(bounded(row.number(0)), StateJournal.lastDay),
            provider: row.text(1),
            model: row.text(2),
            key: row.text(3),
            pool: row.text(4)
        )
        var sum = CostSum()
        sum.requests = min(bounded(row.number(5)), 1 << 48)
        sum.input = bounded(row.number(6))
        sum.cached = bounded(row.number(7))
        sum.cacheWrite = bounded(row.number(8))
        sum.output = bounded(row.number(9))
        sum.reasoning = bounded(row.number(10))
        sum.nanodollars = bounded(row.number(11))
        sum.unpriced = min(bounded(row.number(12)), 1 << 48)
        return CostRecord(key, sum)
    }

    /// The last of the year 9999, counted from 1970-01-01.
    private static let lastDay = 2_932_896

    /// Somebody may have written anything; sums of these must not overflow.
    private static func bounded(_ value: Int) -> Int { min(max(value, 0), 1 << 60) }

    // MARK: Writing

    /// Writes a batch.
    ///
    /// - Throws: why nothing of it was written.
    package func write(_ batch: StateBatch) throws(StateTrouble) {
        try transaction { () throws(StateTrouble) in
            if batch.isCostReset { try file.run("DELETE FROM cost") }
            for record in batch.spent.values { try write(record) }
            for (key, sum) in batch.costs { try write(key, sum) }
            if let since = batch.costsSinceSeconds {
                try file.run("INSERT OR REPLACE INTO about VALUES ('costs_since', ?1)", [.number(since)])
            }
        }
    }

    /// Removes windows that ended before a moment.
    package func prune(beforeMilliseconds moment: Int) throws(StateTrouble) {
        try file.run("DELETE FROM spent WHERE end_ms < ?1", [.number(moment)])
    }

    private func write(_ record: SpentRecord) throws(StateTrouble) {
        try file.run(
            "INSERT OR REPLACE INTO spent (pool, subject, quantity, per, used, start_ms, end_ms, parts) "
                + "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            [
                .text(record.pool), .text(record.subject), .text(StateJournal.word(record.quantity)),
                .text(record.per), .number(record.used), .number(record.startMilliseconds),
                .number(record.endMilliseconds), .text(record.parts.map { "\($0)" }.joined(separator: " ")),
            ]
        )
    }

    private func write(_ key: CostKey, _ sum: CostSum?) throws(StateTrouble) {
        let place: [SQLiteValue] = [
            .number(key.day), .text(key.provider), .text(key.model), .text(key.key), .text(key.pool),
        ]
        guard let sum else {
            try file.run(
                "DELETE FROM cost WHERE day = ?1 AND provider = ?2 AND model = ?3 AND key = ?4 AND pool = ?5",
                place
            )
            return
        }
        let numbers: [SQLiteValue] = [
            .number(sum.requests), .number(sum.input), .number(sum.cached), .number(sum.cacheWrite),
            .number(sum.output), .number(sum.reasoning), .number(sum.nanodollars), .number(sum.unpriced),
        ]
        try file.run(
            "INSERT OR REPLACE INTO cost VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            place + numbers
        )
    }

    private static func word(_ quantity: Quantity) -> String {
        switch quantity {
        case .tokens: "tokens"
        case .nanodollars: "nanodollars"
        case .requests: "requests"
        }
    }

    private static func quantity(_ word: String) -> Quantity? { Quantity.allCases.first { self.word($0) == word } }
}

/// Tells a file from another one of the same name.
private struct FileIdentity: Equatable {
    let device: UInt
    let number: UInt

    init(_ path: String) throws(StateTrouble) {
        var status = Glibc.stat()
        guard stat(path, &status) == 0 else { throw StateTrouble("\(path) is gone") }
        device = UInt(status.st_dev)
        number = UInt(status.st_ino)
    }
}
