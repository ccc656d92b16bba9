import Loop

/// The batches of the process, all with one loop: the others ask by message.
///
/// Begins requests one after the other, taking turns between batches, and has the loops run them. What it keeps is
/// bounded by number and by bytes; the oldest batch that is over goes first. In memory only: a restart forgets them, a
/// reload does not. Loop only.
final class BatchDesk {
    /// What a client wants of it.
    enum Wish: Sendable {
        case open(BatchOrder, ItemHead)
        case show
        case cancel
        /// The client that waited has left: what runs is cut, too.
        case abandon
    }

    /// What it answers.
    enum Answer: Sendable {
        case found([UInt8])
        /// There is none of that name for this client.
        case unknown
        case refused(status: Int, code: String, message: String)
    }

    /// A wish with all that it needs.
    struct Question: Sendable {
        let wish: Wish
        let id: String
        let owner: [UInt8]?
        /// Called once, on the desk's thread.
        let reply: @Sendable (Answer) -> Void
    }

    /// Batches that are kept, running ones included.
    static let batchesLimit = 64
    /// Bytes of requests that wait and of results, all batches together.
    static let bytesLimit = 64 << 20

    private unowned let worker: Worker
    /// Oldest first.
    private var batches: [Batch] = []
    /// The batch that the last request was taken from.
    private var lastServed = ""
    private var running = 0

    init(_ worker: Worker) { self.worker = worker }

    private var heldBytes: Int { batches.reduce(0) { $0 + $1.heldBytes } }

    /// Requests that run at a time.
    private var concurrency: Int { worker.snapshot.configuration.document.batch.concurrency }

    func take(_ question: Question) {
        if case .open(let order, let head) = question.wish { return open(order, head, question) }
        guard let place = batches.firstIndex(where: { $0.id == question.id }),
            batches[place].owner == nil || batches[place].owner == question.owner
        else { return question.reply(.unknown) }
        switch question.wish {
        case .open: break
        case .show: question.reply(.found(batches[place].report))
        case .cancel:
            batches[place].cancel()
            question.reply(.found(batches[place].cancellation))
            close(place)
        case .abandon:
            batches[place].cancel()
            batches[place].reply = nil
            batches[place].isAbandoned = true
            let id = batches[place].id
            close(place)
            worker.team.tell { $0.dropItems(id) }
        }
    }

    private func open(_ order: BatchOrder, _ head: ItemHead, _ question: Question) {
        let reply = question.reply
        var batch = Batch(id: question.id, owner: question.owner, head: head, order: order)
        if !order.isAsync { batch.reply = { reply(.found($0)) } }
        while batches.count >= Self.batchesLimit || heldBytes + batch.heldBytes > Self.bytesLimit {
            guard dropOldest() else { return reply(full) }
        }
        batches.append(batch)
        if order.isAsync { reply(.found(batch.receipt)) }
        serve()
    }

    private var full: Answer {
        .refused(
            status: 503,
            code: "batches_full",
            message:
                "this proxy keeps \(Self.batchesLimit) batches and 64 MiB of them, and those it has are still running; "
                + "try again later"
        )
    }

    /// Forgets the oldest batch that is over; false when all are running.
    private func dropOldest() -> Bool {
        guard let place = batches.firstIndex(where: \.isOver) else { return false }
        batches.remove(at: place)
        return true
    }

    // MARK: Running

    /// Begins what may begin.
    private func serve() {
        while running < concurrency, let place = nextPlace() {
            lastServed = batches[place].id
            let id = batches[place].id
            let (index, request) = batches[place].begin()
            running += 1
            let inbox = worker.loop.inbox
            let desk = LoopBound(self)
            let order = ItemOrder(batch: id, request: request, sender: batches[place].head.sender) { answer in
                inbox.post { desk.value.ended(id, index, answer) }
            }
            worker.team.tellNext { $0.runItem(order) }
        }
    }

    /// The batch whose turn it is; while the process ends, only those that somebody waits for.
    private func nextPlace() -> Int? {
        func mayServe(_ batch: Batch) -> Bool { batch.hasWaiting && (batch.reply != nil || !worker.isDraining) }
        let last = batches.firstIndex { $0.id == lastServed } ?? -1
        return batches.indices.first { $0 > last && mayServe(batches[$0]) } ?? batches.firstIndex(where: mayServe)
    }

    private func ended(_ id: String, _ index: Int, _ answer: ItemAnswer?) {
        running -= 1
        // Making room takes batches away, so a place is looked for afterwards.
        let kept = answer.map { fitting($0, besides: id) }
        if let place = batches.firstIndex(where: { $0.id == id }) {
            batches[place].end(index, kept)
            close(place)
        }
        serve()
    }

    /// The answer, or that there is no room for it.
    private func fitting(_ answer: ItemAnswer, besides id: String) -> ItemAnswer {
        while heldBytes + answer.body.count > Self.bytesLimit {
            guard let place = batches.firstIndex(where: { $0.isOver && $0.id != id }) else {
                return ItemAnswer(
                    Refusal(
                        507,
                        "batch_results_full",
                        "the results of all batches together exceed 64 MiB: this one is lost"
                    )
                )
            }
            batches.remove(at: place)
        }
        return answer
    }

    /// A batch that is over is given to the client that waits for it, and forgotten then.
    private func close(_ place: Int) {
        guard batches[place].isOver else { return }
        if let reply = batches[place].reply {
            reply(batches[place].results)
            batches.remove(at: place)
        } else if batches[place].isAbandoned {
            batches.remove(at: place)
        }
    }
}
