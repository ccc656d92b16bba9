import JSON

/// One batch as it stands.
struct Batch {
    /// One request, and what became of it.
    struct Item {
        enum State {
            case waiting
            case running
            case answered(ItemAnswer)
        }
        var order: BatchOrder.Item
        var state = State.waiting
    }

    enum Status: String { case queued, running, completed, cancelled }

    let id: String
    /// The digest of the credential it came with; nil when it came with none and is everybody's on this listener.
    let owner: [UInt8]?
    /// What all its requests carry in front of their bodies.
    let head: ItemHead
    var items: [Item]
    /// Takes the whole when it is done, for a client that waits.
    var reply: (@Sendable ([UInt8]) -> Void)?
    var isCancelled = false
    /// The client that waited has left: nobody will ask for it.
    var isAbandoned = false
    private(set) var running = 0
    private(set) var answered = 0
    private(set) var failed = 0
    /// Requests below this have begun.
    private(set) var next = 0
    /// Bytes of requests that have not begun, and of results.
    private(set) var heldBytes: Int

    init(id: String, owner: [UInt8]?, head: ItemHead, order: BatchOrder) {
        self.id = id
        self.owner = owner
        self.head = head
        items = order.items.map { Item(order: $0) }
        heldBytes = order.items.reduce(0) { $0 + $1.body.count }
    }

    var hasWaiting: Bool { !isCancelled && next < items.count }
    var isOver: Bool { running == 0 && !hasWaiting }

    var status: Status {
        if !isOver { return next == 0 ? .queued : .running }
        return answered < items.count ? .cancelled : .completed
    }

    /// Takes the next request out; the caller runs it.
    mutating func begin() -> (index: Int, request: [UInt8]) {
        let index = next
        let request = head.request(items[index].order, index)
        next += 1
        running += 1
        items[index].state = .running
        release(index)
        return (index, request)
    }

    /// Notes what came of a request; nil when it was let go of.
    mutating func end(_ index: Int, _ answer: ItemAnswer?) {
        running -= 1
        guard let answer else {
            items[index].state = .waiting
            return
        }
        items[index].state = .answered(answer)
        heldBytes += answer.body.count
        answered += 1
        if answer.status >= 400 { failed += 1 }
    }

    /// What has not begun never will.
    mutating func cancel() {
        guard hasWaiting else { return }
        isCancelled = true
        for index in next..<items.count { release(index) }
    }

    private mutating func release(_ index: Int) {
        heldBytes -= items[index].order.body.count
        items[index].order.body = []
    }

    // MARK: In JSON

    /// `{id, status, total}`: the answer to who does not wait.
    var receipt: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("id")
        writer.string(id)
        writer.key("status")
        writer.string(status.rawValue)
        writer.key("total")
        writer.number(items.count)
        writer.endObject()
        return writer.bytes
    }

    /// `{id, status}`: what a cancellation came to.
    var cancellation: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("id")
        writer.string(id)
        writer.key("status")
        writer.string(isCancelled && !isOver ? "cancelling" : status.rawValue)
        writer.endObject()
        return writer.bytes
    }

    /// `{id, status, total, completed, failed, results}`.
    var report: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("id")
        writer.string(id)
        writer.key("status")
        writer.string(status.rawValue)
        writer.key("total")
        writer.number(items.count)
        writer.key("completed")
        writer.number(answered - failed)
        writer.key("failed")
        writer.number(failed)
        writer.key("results")
        write(&writer)
        writer.endObject()
        return writer.bytes
    }

    /// `{results}`.
    var results: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("results")
        write(&writer)
        writer.endObject()
        return writer.bytes
    }

    private func write(_ writer: inout JSONWriter) {
        writer.beginArray()
        for (index, item) in items.enumerated() {
            writer.beginObject()
            writer.key("index")
            writer.number(index)
            if let id = item.order.customID {
                writer.key("custom_id")
                writer.string(id)
            }
            writer.key("status")
            if case .answered(let answer) = item.state {
                writer.number(answer.status)
                writer.key("body")
                writer.raw(answer.body[...])
                if let cost = answer.costMicrodollars {
                    writer.key("cost_micro_usd")
                    writer.number(cost)
                }
            } else {
                writer.null()
                writer.key("body")
                writer.null()
            }
            writer.endObject()
        }
        writer.endArray()
    }
}

/// The head that the requests of a batch have, up to what differs.
///
/// The fields are those of the batch's own request, so class, tags and whatever else routes read hold for each.
struct ItemHead: Sendable {
    /// Field lines, each with its end.
    let fields: [UInt8]
    /// The batch's `Idempotency-Key`, which each request continues with its number.
    let idempotencyKey: [UInt8]?
    /// The batch's request id, which each request continues with its number.
    let requestID: [UInt8]
    /// Who handed it in.
    let sender: Sender

    /// Writes a request as a client would send it.
    func request(_ item: BatchOrder.Item, _ index: Int) -> [UInt8] {
        let number = Array("-\(index)\r\n".utf8)
        var bytes = Array("POST ".utf8) + item.path + Array(" HTTP/1.1\r\n".utf8) + fields
        if let idempotencyKey { bytes += Array("idempotency-key: ".utf8) + idempotencyKey + number }
        // An id may have 128 characters.
        bytes += Array("x-request-id: ".utf8) + requestID.prefix(124) + number
        bytes += Array("content-type: application/json\r\nconnection: close\r\ncontent-length: ".utf8)
        bytes += Array("\(item.body.count)\r\n\r\n".utf8)
        return bytes + item.body
    }
}
