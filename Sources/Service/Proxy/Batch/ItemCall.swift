import Bytes
import Dialect
import Glibc
import HTTP
import JSON
import Loop

/// One request of a batch on its way to a loop.
struct ItemOrder: Sendable {
    /// The batch it belongs to.
    let batch: String
    /// Head and body, as a client would send them.
    let request: [UInt8]
    /// Who handed the batch in.
    let sender: Sender
    /// Gets the answer, or nil when it was let go of; called once, on the thread of the loop that runs it.
    let done: @Sendable (ItemAnswer?) -> Void
}

/// What came of one request of a batch.
struct ItemAnswer: Sendable {
    var status: Int
    /// JSON; a text where the answer was none.
    var body: [UInt8]
    /// What it cost, where the gateway knows.
    var costMicrodollars: Int?

    init(status: Int, body: [UInt8]) {
        self.status = status
        self.body =
            Self.isJSON(body)
            ? body : [0x22] + JSONText.escaped(Array(String(decoding: body, as: UTF8.self).utf8)) + [0x22]
    }

    init(_ refusal: Refusal) {
        status = refusal.status
        body = refusal.body
    }

    private static func isJSON(_ body: [UInt8]) -> Bool {
        var scanner = JSONScanner()
        scanner.skipSpace(body.span)
        guard scanner.position < body.count, (try? scanner.skipValue(body.span)) != nil else { return false }
        return scanner.isAtEnd(body.span)
    }
}

/// The client's side of one request of a batch: a socket whose other end is a `Session` of the same loop.
///
/// So a request of a batch goes the way of every other: class and tags from the head, routes, retries, translation,
/// counters, access log. There is no listener to be reached by anybody else. Loop only.
final class ItemCall: Socket {
    /// The largest answer that is kept.
    static let answerBytes = 8 << 20

    let order: ItemOrder
    private unowned let worker: Worker
    private var sent = 0
    private var finder = HeadFinder(.response)
    private var received: [UInt8] = []
    private var walker: BodyWalker?
    private var status = 0
    private var costMicrodollars: Int?
    private var body: [UInt8] = []
    private var isOver = false

    private init(_ descriptor: consuming Descriptor, _ order: ItemOrder, _ worker: Worker) {
        self.order = order
        self.worker = worker
        super.init(descriptor, loop: worker.loop)
    }

    /// Opens both ends; nil when the process has no descriptor left.
    static func make(_ order: ItemOrder, _ worker: Worker) -> (call: ItemCall, session: Session)? {
        var pair: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &pair) == 0 else { return nil }
        let call = ItemCall(Descriptor(adopting: pair[0]), order, worker)
        let session = Session(Descriptor(adopting: pair[1]), worker: worker, role: .item)
        session.sender = order.sender
        guard call.watch() else {
            call.close()
            session.close()
            return nil
        }
        guard session.watch() else {
            call.close()
            session.close()
            return nil
        }
        return (call, session)
    }

    override func ready(_ readiness: Readiness) {
        note(readiness)
        guard !isOver else { return }
        write()
        read()
    }

    private func write() {
        let request = order.request
        while mayWrite, sent < request.count {
            let result = request.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[sent...]), more: false) }
            switch result {
            case .moved(let count): sent += count
            case .wouldBlock: return
            // What the session said before it closed can still be read.
            case .ended, .failed: sent = request.count
            }
        }
    }

    private func read() {
        while mayRead, !isOver {
            switch receive(into: loop.scratch) {
            case .moved(let count):
                received += UnsafeRawBufferPointer(rebasing: loop.scratch[..<count])
                take()
            case .wouldBlock: return
            case .ended, .failed: finish(Self.brokenOff)
            }
        }
    }

    private func take() {
        if walker == nil { readHead() }
        guard var walker, !isOver else { return }
        var position = 0
        let bytes = received
        do {
            steps: while true {
                switch try walker.next(bytes.span, at: &position) {
                case .payload(let range):
                    guard body.count + range.count <= Self.answerBytes else { return finish(Self.tooLarge) }
                    body += bytes[range]
                case .more: break steps
                case .end:
                    var answer = ItemAnswer(status: status, body: body)
                    answer.costMicrodollars = costMicrodollars
                    return finish(answer)
                }
            }
        } catch { return finish(Self.brokenOff) }
        self.walker = walker
        received.removeFirst(position)
    }

    private func readHead() {
        let bytes = received
        switch finder.advance(bytes.span) {
        case .incomplete: break
        case .refused: finish(Self.brokenOff)
        case .complete(let length):
            let head = ResponseHead()
            do { try head.parse(bytes.span, length: length, for: .post) } catch { return finish(Self.brokenOff) }
            status = head.status
            for field in head.fields where field.id == .other {
                let span = bytes.span
                guard ASCII.equalsIgnoringCase(span.extracting(field.name.range), "x-hoosh-cost-micro-usd") else {
                    continue
                }
                costMicrodollars = Int(String(decoding: bytes[field.value.range], as: UTF8.self))
            }
            walker = BodyWalker(head.framing)
            received.removeFirst(length)
        }
    }

    private static let brokenOff = ItemAnswer(Refusal(502, "upstream_error", "the answer broke off before its end"))
    private static let tooLarge = ItemAnswer(
        Refusal(502, "answer_too_large", "the answer is larger than the 8 MiB that a batch keeps of one")
    )

    /// Closes its end: the session sees its client leave and lets go of the upstream.
    func drop() { finish(nil) }

    private func finish(_ answer: ItemAnswer?) {
        guard !isOver else { return }
        isOver = true
        close()
        worker.ended(self)
        order.done(answer)
    }
}
