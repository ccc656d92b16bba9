import Budgets
import Costs
import Loop
import Store

/// Writes what has changed in the books to their file; the one thread that touches it.
///
/// What cannot be written stays in the batch, in which newer lines take the place of older ones: it never outgrows the
/// books. A file that was moved away, or whose connection broke, is opened anew and given all that is known.
final class StateWriter {
    /// How long windows that are over stay in the file, and how often they are looked for.
    static let pruneMilliseconds = 86_400_000
    private static let sayNanoseconds: Int64 = 60_000_000_000

    private let desk: StateDesk
    private let books: Books
    private var journal: StateJournal?
    private var batch = StateBatch()
    private var isTroubled = false
    private var nextSay: Int64 = 0
    private var prunedMilliseconds = WallClock.milliseconds()

    init(_ desk: StateDesk, _ journal: StateJournal) {
        self.desk = desk
        books = desk.books
        self.journal = journal
    }

    /// Writes until it is told to stop.
    func run() {
        while true {
            let next = Kernel.monotonicNanoseconds() + Int64(StateDesk.batchMilliseconds) * 1_000_000
            let isStopping = desk.isStopping
            write()
            if isStopping { return end() }
            let left = max(0, next - Kernel.monotonicNanoseconds())
            desk.wait(milliseconds: Int(left / 1_000_000) + 1)
        }
    }

    private func write() {
        // While nothing can be written no number of answers makes another try.
        if !isTroubled { desk.beginBatch() }
        do throws(StateTrouble) {
            let journal = try opened()
            collect()
            try journal.checkPlace()
            if !batch.isEmpty {
                try journal.write(batch)
                batch = StateBatch()
                desk.publish { status in
                    status.batches += 1
                    status.writtenMilliseconds = WallClock.milliseconds()
                }
            }
            try prune(journal)
            if isTroubled { Console.say("state: \(desk.path) is written again, nothing is lost") }
            isTroubled = false
            nextSay = 0
            desk.publish { status in
                status.trouble = nil
                status.pending = 0
            }
        } catch { failed(error) }
    }

    private func collect() {
        batch.add(books.pools.takeChanges())
        if let changes = books.costs.takeChanges() { batch.add(changes) }
    }

    private func opened() throws(StateTrouble) -> StateJournal {
        if let journal { return journal }
        let journal = try StateJournal(opening: desk.path)
        self.journal = journal
        books.pools.markAllChanged()
        books.costs.markAllChanged()
        return journal
    }

    private func prune(_ journal: StateJournal) throws(StateTrouble) {
        let now = WallClock.milliseconds()
        guard abs(now - prunedMilliseconds) >= StateWriter.pruneMilliseconds else { return }
        prunedMilliseconds = now
        try journal.prune(beforeMilliseconds: now - StateWriter.pruneMilliseconds)
    }

    private func failed(_ trouble: StateTrouble) {
        collect()
        if !trouble.isPassing {
            journal?.close()
            journal = nil
        }
        isTroubled = true
        let pending = batch.count
        desk.publish { status in
            status.trouble = trouble.message
            status.errors += 1
            status.pending = pending
        }
        let now = Kernel.monotonicNanoseconds()
        guard now >= nextSay else { return }
        nextSay = now + StateWriter.sayNanoseconds
        Console.say(
            "state: WHAT IS SPENT CANNOT BE WRITTEN: \(trouble.message); requests go on, \(pending) lines are kept in memory"
        )
    }

    private func end() {
        if isTroubled {
            Console.say(
                "state: \(batch.count) lines of budgets and costs are lost at the end: they could not be written"
            )
        }
        journal?.close()
    }
}
