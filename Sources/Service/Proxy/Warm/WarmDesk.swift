import Loop
import Synchronization

/// How far the warming of the cache has come, for all loops.
final class WarmProgress: Sendable {
    struct Counts: Equatable, Sendable {
        var total = 0
        /// Have their answer.
        var asked = 0
        /// Of these, came to nothing.
        var failed = 0
        var isRunning = false
        /// All have been asked once since the process began.
        var hasEnded = false
    }

    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }

    func change(_ body: (inout Counts) -> Void) { state.withLock { body(&$0) } }
}

/// Asks the questions of `cache.warm`, so many at a time, as requests like any other.
///
/// Those whose answers are kept already are hits, and cost nothing. Loop only, on the first loop.
final class WarmDesk {
    private unowned let worker: Worker
    private let progress: WarmProgress
    private var list: WarmList?
    private var next = 0
    private var running = 0
    /// Goes up with each list: answers to an earlier one are not counted.
    private var generation = 0
    private var startedNanoseconds: Int64 = 0

    init(_ worker: Worker) {
        self.worker = worker
        progress = worker.shared.warming
    }

    /// Begins with a list anew, in place of what was left of another.
    func begin(_ list: WarmList?) {
        self.list = list
        generation += 1
        next = 0
        running = 0
        startedNanoseconds = worker.loop.now
        let total = list?.requests.count ?? 0
        progress.change { counts in
            counts = WarmProgress.Counts(total: total, isRunning: total > 0, hasEnded: counts.hasEnded || total == 0)
        }
        guard total > 0 else { return }
        Console.say("warming the cache with \(total) request\(total == 1 ? "" : "s")")
        serve()
    }

    private func serve() {
        guard let list else { return }
        while running < list.concurrency, next < list.requests.count, !worker.isDraining {
            let request = list.requests[next]
            next += 1
            running += 1
            let inbox = worker.loop.inbox
            let desk = LoopBound(self)
            let generation = self.generation
            let order = ItemOrder(batch: "", request: request, sender: list.sender) { answer in
                inbox.post { desk.value.ended(answer, generation) }
            }
            worker.team.tellNext { $0.runItem(order) }
        }
    }

    private func ended(_ answer: ItemAnswer?, _ generation: Int) {
        guard generation == self.generation, let list else { return }
        running -= 1
        let hasFailed = answer?.status != 200
        if hasFailed, progress.counts.failed == 0 {
            let why = answer.map { "\($0.status) \(String(decoding: $0.body.prefix(300), as: UTF8.self))" }
            Console.say("warming: the first request that came to nothing: \(why ?? "no answer")")
        }
        let isLast = running == 0 && next == list.requests.count
        progress.change { counts in
            counts.asked += 1
            if hasFailed { counts.failed += 1 }
            if isLast {
                counts.isRunning = false
                counts.hasEnded = true
            }
        }
        guard isLast else { return serve() }
        let counts = progress.counts
        let milliseconds = (worker.loop.now - startedNanoseconds) / 1_000_000
        Console.say("the cache is warm: \(counts.asked) requests in \(milliseconds) ms, \(counts.failed) failed")
    }
}
