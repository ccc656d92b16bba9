import CLinux
import Glibc
import Loop

/// One accepted connection: reads requests, plays their answers, watches for the peer to go.
///
/// Loop only. Idle it holds no buffer.
final class Connection: Watcher {
    enum State { case handshaking, reading, playing, lingering, closed }

    /// How long a connection that ended its direction waits for the peer to end the other.
    static let lingerNanoseconds: Int64 = 5_000_000_000

    let worker: Worker
    let number: Int
    var descriptor: Descriptor?
    var tls: TLSSession?
    var state: State
    var timer: LoopTimer?
    var isQueued = false
    var peerIsGone = false
    var mayRead = true

    // Reading
    private var reader = RequestReader()
    private var pending: [UInt8] = []
    private var pendingIsFresh = false
    private var isCounted = true

    // Playing
    var script: Script?
    var sequence = 0
    var stepIndex = 0
    var repetition = 0
    var sent = 0
    var eventsSent = 0
    var nextDue: Int64 = 0
    var isWaiting = false
    /// When the pause or the lingering that goes on is over.
    var wakeAt: Int64 = 0
    var stamped: [UInt8] = []

    init(_ descriptor: consuming Descriptor, _ worker: Worker) {
        self.worker = worker
        number = worker.journal.connectionOpened()
        tls = worker.identity?.session(descriptor.number)
        state = worker.identity == nil ? .reading : .handshaking
        self.descriptor = consume descriptor
        super.init()
    }

    var loop: EventLoop { worker.loop }
    var socket: Int32 { descriptor?.number ?? -1 }

    func start() {
        Kernel.setNoDelay(socket)
        if !loop.watch(socket, self) { close() }
    }

    // MARK: What the loop says

    override func ready(_ readiness: Readiness) {
        if !readiness.isDisjoint(with: [.readable, .peerEnded, .broken]) { mayRead = true }
        if !readiness.isDisjoint(with: [.peerEnded, .broken]) { peerIsGone = true }
        drive()
    }

    override func timerFired(_ timer: LoopTimer) { drive() }

    override func resumed() {
        isQueued = false
        drive()
    }

    /// Goes on until something has to be waited for.
    func drive() {
        while true {
            switch state {
            case .handshaking:
                guard let tls else { return close() }
                switch tls.shakeHands() {
                case .moved: state = .reading
                case .wouldBlock: return peerIsGone ? close() : ()
                case .ended, .failed: return close()
                }
            case .reading:
                guard readRequest() else { return }
            case .playing:
                if !play() {
                    if state == .playing, peerIsGone { peerClosed() }
                    return
                }
            case .lingering: return drain()
            case .closed: return
            }
        }
    }

    // MARK: Reading

    /// True when there is a request to answer or the connection is closed.
    private func readRequest() -> Bool {
        if pendingIsFresh {
            pendingIsFresh = false
            let held = pending
            pending = []
            held.withUnsafeBytes { consume($0) }
            if state != .reading { return true }
        }
        while mayRead {
            switch receive() {
            case .moved(let count):
                // A short read has emptied a plain socket; TLS may hold more.
                if tls == nil, count < worker.input.count, !peerIsGone { mayRead = false }
                let fresh = UnsafeRawBufferPointer(rebasing: worker.input[0..<count])
                if pending.isEmpty {
                    consume(fresh)
                } else {
                    pending.append(contentsOf: fresh)
                    let held = pending
                    pending = []
                    held.withUnsafeBytes { consume($0) }
                }
                if state != .reading { return true }
            case .wouldBlock: mayRead = false
            case .ended, .failed:
                close()
                return true
            }
        }
        return false
    }

    private func receive() -> Transfer {
        if let tls { return tls.receive(into: worker.input) }
        return Kernel.receive(socket, into: worker.input)
    }

    private func consume(_ view: UnsafeRawBufferPointer) {
        var at = 0
        switch reader.feed(view, &at) {
        case .needsMore:
            if reader.owesContinue { _ = send(Connection.continueHead) }
        case .isComplete: answer(view)
        case .isBroken:
            begin(Answer.brokenRequest())
            at = view.count
        }
        if at < view.count {
            pending = Array(part(view, at..<view.count))
            pendingIsFresh = state != .reading
        }
    }

    private static let continueHead = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    private func answer(_ view: UnsafeRawBufferPointer) {
        guard let head = reader.head else { return }
        let body = reader.body
        if let whole = reader.wholeBody {
            answer(head, part(view, whole))
        } else {
            body.withUnsafeBytes { answer(head, $0) }
        }
        reader = RequestReader()
    }

    private func answer(_ head: RequestHead, _ body: UnsafeRawBufferPointer) {
        let endpoint = Endpoint(head)
        if endpoint.isOurs {
            if isCounted {
                isCounted = false
                worker.journal.connectionIsOurs()
            }
            sequence = 0
        } else {
            sequence = worker.journal.arrived(
                head,
                body,
                bodyCount: reader.bodyCount,
                connection: number,
                now: loop.now
            )
        }
        begin(
            Answer(
                head: head,
                endpoint: endpoint,
                body: body,
                bodyCount: reader.bodyCount,
                sequence: sequence,
                connection: number,
                worker: worker
            ).script()
        )
    }

    private func begin(_ script: Script) {
        self.script = script
        state = .playing
        stepIndex = 0
        repetition = 0
        sent = 0
        eventsSent = 0
        isWaiting = false
        nextDue = 0
        wakeAt = 0
    }

    func send(_ bytes: [UInt8]) -> Transfer { bytes.withUnsafeBytes { send(raw: $0) } }

    func send(raw: UnsafeRawBufferPointer) -> Transfer {
        if let tls { return tls.send(raw) }
        return Kernel.send(socket, raw)
    }

    // MARK: Ending

    /// Ends the exchange in the record.
    func note(_ ending: Journal.Ending) {
        guard sequence > 0 else { return }
        worker.journal.ended(sequence, eventsSent: eventsSent, ending, of: script)
        sequence = 0
    }

    private func peerClosed() {
        let seen = Kernel.monotonicNanoseconds()
        note(.peerClosed(seen: seen, beforeDue: nextDue > 0 ? nextDue - seen : nil))
        close()
    }

    func setTimer(at deadline: Int64) {
        let timer = self.timer ?? LoopTimer(self)
        self.timer = timer
        loop.set(timer, at: deadline)
    }

    func clearTimer() {
        guard let timer else { return }
        loop.remove(timer)
    }

    /// Ends our direction and waits for the peer to end the other, so that no unread byte turns the FIN into a RST.
    func linger(tellingPeer: Bool) {
        if tellingPeer { tls?.endSending() }
        Kernel.endSending(socket)
        state = .lingering
        mayRead = true
        wakeAt = loop.now + Connection.lingerNanoseconds
        setTimer(at: wakeAt)
    }

    private func drain() {
        if wakeAt <= loop.now { return close() }
        while mayRead {
            switch Kernel.receive(socket, into: worker.input) {
            case .moved: continue
            case .wouldBlock: mayRead = false
            case .ended, .failed: return close()
            }
        }
    }

    func close() {
        guard state != .closed else { return }
        state = .closed
        clearTimer()
        timer = nil
        tls = nil
        script = nil
        if isCounted { worker.journal.connectionClosed() }
        loop.forget(self, socket, closing: true)
        descriptor = nil
    }
}
