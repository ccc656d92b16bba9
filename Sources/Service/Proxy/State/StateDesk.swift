import Budgets
import Compiler
import Costs
import Glibc
import Loop
import RouteModel
import Store
import Synchronization

/// The file in which it is kept what was spent, and the thread that writes it (docs/state.md).
///
/// Requests never wait for it, and go on when it cannot be written: the books are in memory and note what has changed.
/// Any thread.
final class StateDesk: Sendable {
    /// How often a batch is written.
    static let batchMilliseconds = 500
    /// So many answers that have ended since the last batch make the next.
    static let batchAnswers = 1_000

    /// What is known about the file now.
    struct Status: Sendable {
        /// Why it cannot be written; nil while it can.
        var trouble: String?
        /// Batches that could not be written, and that were.
        var errors = 0
        var batches = 0
        /// Lines that wait to be written.
        var pending = 0
        /// When a batch was written last, milliseconds since 1970; 0 when none was.
        var writtenMilliseconds = 0
    }

    let path: String
    let books: Books
    private let answers = Atomic<Int>(0)
    private let stops = Atomic<Bool>(false)
    private let doorbell = Doorbell()
    private let statusNow = Mutex(Status())
    private let thread = Mutex<LoopThread?>(nil)

    private init(_ path: String, _ books: Books) {
        self.path = path
        self.books = books
    }

    /// Opens the file that the configuration names and takes back what is in it; nil when it names none.
    ///
    /// - Throws: why the process may not start with it.
    static func open(_ snapshot: Snapshot) throws(StateTrouble) -> StateDesk? {
        guard case .sqlite(let path) = snapshot.configuration.document.state.store.value else { return nil }
        // A limit on a file's size comes as an error of the write, not as the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        let books = snapshot.governance.books
        let now = WallClock.milliseconds()
        let journal = try StateJournal(opening: path)
        try journal.prune(beforeMilliseconds: now - StateWriter.pruneMilliseconds)
        let kept = try journal.read(nowMilliseconds: now)
        books.pools.restore(kept.spent, now: now)
        books.costs.restore(kept.costs, sinceSeconds: kept.costsSinceSeconds ?? now / 1_000)
        books.costs.follow()
        Console.say(
            "state: \(path) goes on with \(kept.spent.count) lines of budgets and \(kept.costs.count) of costs"
        )
        let desk = StateDesk(path, books)
        let box = WriterBox(StateWriter(desk, journal))
        let thread = LoopThread(name: "state") { box.writer.run() }
        desk.thread.withLock { $0 = thread }
        return desk
    }

    /// Carries the writer into its thread.
    ///
    /// `@unchecked Sendable` holds because the thread that fills it never touches the writer again.
    private final class WriterBox: @unchecked Sendable {
        let writer: StateWriter
        init(_ writer: StateWriter) { self.writer = writer }
    }

    var status: Status { statusNow.withLock { $0 } }

    /// Something was charged.
    func note() {
        if answers.add(1, ordering: .relaxed).newValue == StateDesk.batchAnswers { doorbell.ring() }
    }

    /// Writes the last batch and waits until that is done.
    func stop() {
        guard let thread = thread.withLock({ $0.take() }) else { return }
        stops.store(true, ordering: .releasing)
        doorbell.ring()
        thread.join()
    }

    /// What of it cannot change while the process runs; nil when nothing of that did.
    static func needsRestart(from old: Configuration, to new: Configuration) -> String? {
        old.document.state.store.value == new.document.state.store.value
            ? nil : "`state` changed, which needs a restart"
    }

    // MARK: For the writer

    var isStopping: Bool { stops.load(ordering: .acquiring) }

    /// Counts answers from here on.
    func beginBatch() { answers.store(0, ordering: .relaxed) }

    func publish(_ change: (inout Status) -> Void) { statusNow.withLock { change(&$0) } }

    /// Waits until a batch is due, `milliseconds` at most.
    func wait(milliseconds: Int) { doorbell.wait(milliseconds: milliseconds) }
}
