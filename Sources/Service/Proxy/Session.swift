import Arrival
import Audit
import Bytes
import Dialect
import HTTP
import Identity
import Loop
import Synchronization

/// One client connection: reads requests one after the other and answers them in order.
///
/// Owns the client's socket. While an exchange runs, it drives the answer and this only watches for the client
/// leaving. Loop only.
final class Session: Socket {
    enum Role {
        case client, admin
        /// One request of a batch: as a client's, from this process.
        case item
    }

    enum Phase {
        /// Between requests: no buffer held.
        case waiting
        /// Part of a request has come.
        case reading
        case exchanging
        /// An answer of our own is being written.
        case answering
        /// The last answer is out; what the client still sends is thrown away, so that it can read that answer.
        case lingering
        case closed
    }

    let worker: Worker
    let role: Role
    private(set) var phase = Phase.waiting
    let reader = RequestReader()
    private(set) var buffer: RequestBuffer?
    private(set) var exchange: Exchange?
    private var timer: LoopTimer?
    private var output: [UInt8] = []
    private var outputStart = 0
    private var closesAfterOutput = false
    private var lingered = 0
    /// The other end in words, once somebody asked (`peerName`).
    var knownPeer: String?
    /// A question to other loops or a side call is open; its answer writes the response.
    var awaitsAnswer = false
    /// Told when the client leaves before that.
    var whenLeft: (() -> Void)?
    /// Set while the request waits before a limit or a budget.
    var doorWait: DoorWait?
    /// Who asks, once that is known.
    var caller = Caller.anonymous
    /// The row of the caller's key in the counters; -1 without one.
    var callerRow = -1
    /// Who handed in the batch that this request belongs to, or whom the proxy itself asks for.
    var sender: Sender?
    /// The head was looked at before the body came.
    private var isLookedAt = false

    /// A kept connection may stay quiet this long, nanoseconds; above what pools on the client side keep.
    static let keepaliveNanoseconds: Int64 = 75_000_000_000
    /// A body must make progress within this, nanoseconds.
    static let bodyNanoseconds: Int64 = 30_000_000_000
    /// How long and how much a closing connection is still read, so that the client gets the last answer.
    static let lingerNanoseconds: Int64 = 2_000_000_000
    static let lingerBytes = 4 << 20

    init(_ descriptor: consuming Descriptor, worker: Worker, role: Role) {
        self.worker = worker
        self.role = role
        super.init(descriptor, loop: worker.loop)
        timer = LoopTimer(self)
    }

    func begin() { wake(at: worker.loop.now + headerNanoseconds) }

    private var headerNanoseconds: Int64 {
        Int64(worker.snapshot.configuration.listen.headerTimeoutMilliseconds) * 1_000_000
    }

    /// Sets the one timer of the connection.
    func wake(at deadline: Int64) {
        if let timer { loop.set(timer, at: deadline) }
    }

    // MARK: Events

    override func ready(_ readiness: Readiness) {
        note(readiness)
        switch phase {
        case .waiting, .reading: read()
        case .exchanging: exchange?.clientReady(left: peerEnded)
        case .answering:
            if peerEnded, awaitsAnswer { return abort() }
            flush()
        case .lingering: linger()
        case .closed: break
        }
    }

    override func resumed() {
        switch phase {
        case .waiting, .reading: read()
        default: break
        }
    }

    override func timerFired(_ timer: LoopTimer) {
        switch phase {
        case .waiting: abort()
        case .reading:
            let what = reader.isHeadComplete ? "body" : "head"
            refuse(Refusal(408, "request_timeout", "the request's \(what) did not arrive in time"))
        case .exchanging: exchange?.deadlineCame()
        case .answering where doorWait != nil: triesDoor()
        case .answering, .lingering: abort()
        case .closed: break
        }
    }

    // MARK: Reading

    private func read() {
        while phase == .waiting || phase == .reading {
            let buffer = self.buffer ?? worker.buffers.borrow()
            self.buffer = buffer
            if buffer.count > 0, advance(buffer) { continue }
            guard phase == .waiting || phase == .reading else { return }
            guard mayRead else {
                if buffer.count == 0 { releaseBuffer() }
                return
            }
            switch buffer.fill(from: self, wanted: reader.wantedBytes) {
            case .moved:
                if phase == .waiting {
                    phase = .reading
                    wake(at: loop.now + headerNanoseconds)
                }
                _ = advance(buffer)
            case .wouldBlock: break
            case .ended, .failed: return abort()
            }
        }
    }

    /// Works on what has arrived; true when a request was taken off the buffer and more may stand behind it.
    private func advance(_ buffer: RequestBuffer) -> Bool {
        do {
            switch try reader.advance(buffer, limits: worker.local.limits) {
            case .more:
                // The head has come; from here on it is the body's progress that counts.
                guard reader.isHeadComplete, letsIn() else { return false }
                wake(at: loop.now + Session.bodyNanoseconds)
                return false
            case .moreAfterContinue:
                guard letsIn() else { return false }
                wake(at: loop.now + Session.bodyNanoseconds)
                let text: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
                let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
                if case .moved(let count) = send(bytes, more: false), count == bytes.count { return false }
                abort()
                return false
            case .ready: break
            }
        } catch {
            refuse(Refusal(error))
            return false
        }
        serve()
        return phase == .waiting
    }

    /// A stranger's body is not waited for; false when the refusal is on its way.
    private func letsIn() -> Bool {
        guard !isLookedAt else { return true }
        isLookedAt = true
        worker.refresh()
        return identify()
    }

    /// A whole request (or the beginning of an upload) is there.
    private func serve() {
        phase = .answering
        worker.refresh()
        // Again, if the head came first: a key may have been taken back since.
        guard identify() else { return }
        switch role {
        case .admin: AdminPaths.serve(self)
        case .client, .item: if !isStoppedByAudit() { ClientPaths.serve(self) }
        }
    }

    /// Hands the request to the path of providers.
    func start(_ exchange: Exchange) {
        phase = .exchanging
        self.exchange = exchange
        // It left before its request was even read: as when it leaves later, nobody is asked for it.
        if peerEnded { return abort() }
        exchange.start()
    }

    /// The request's bytes are not needed for another try any more.
    func releaseRequest() {
        guard let buffer else { return }
        buffer.drop(min(reader.consumedBytes, buffer.count))
        hasReleasedRequest = true
        if buffer.count == 0 { releaseBuffer() }
    }

    private var hasReleasedRequest = false
    /// What the audit log will say of a request whose bytes are not here any more.
    @Boxed var heldEntry: AuditEntry?

    private func releaseBuffer() {
        if let buffer { worker.buffers.giveBack(buffer) }
        buffer = nil
    }

    /// The client lets us keep the connection, and so do we.
    var keepsAlive: Bool { reader.head.keepsAlive && !worker.shared.isDraining.load(ordering: .relaxed) }

    // MARK: Answers of our own

    /// Answers with an error in OpenAI's shape.
    ///
    /// A request that was not read to its end leaves the connection in an unknown place, so it is closed then.
    func refuse(_ refusal: Refusal, requestID: [UInt8]? = nil, retryAfterSeconds: Int? = nil) {
        let wasReading = phase == .reading || phase == .waiting
        if exchange == nil, role != .admin { worker.counters.refused.count(refusal.status) }
        let requestID = requestID ?? self.requestID()
        let format = role != .admin && reader.isHeadComplete ? reader.surface.format : .chat
        let body = refusal.body(as: format, requestID: String(decoding: requestID, as: UTF8.self))
        var fields = ""
        if callerRow >= 0, exchange == nil { worker.counters.keys[callerRow].count(refusal.status) }
        if let challenge = refusal.challenge { fields += "www-authenticate: \(challenge)\r\n" }
        if let allow = refusal.allow { fields += "allow: \(allow)\r\n" }
        if let retryAfterSeconds { fields += "retry-after: \(retryAfterSeconds)\r\n" }
        fields += refusal.fields
        if refusal.status < 500, refusal.status != 408, !refusal.mayRetry { fields += "x-should-retry: false\r\n" }
        answer(
            refusal.status,
            "application/json",
            body,
            fields: fields,
            requestID: requestID,
            closes: wasReading || reader.streamsRest,
            code: refusal.code
        )
    }

    /// Answers with a body of our own.
    func answer(
        _ status: Int,
        _ contentType: String,
        _ body: [UInt8],
        fields: String = "",
        requestID: [UInt8]? = nil,
        closes: Bool = false,
        code: String? = nil
    ) {
        guard phase != .closed, phase != .lingering else { return }
        let id = String(decoding: requestID ?? self.requestID(), as: UTF8.self)
        if exchange == nil { auditOwnAnswer(status, code: code, requestID: id) }
        awaitsAnswer = false
        whenLeft = nil
        exchange = nil
        phase = .answering
        closesAfterOutput = closes || !keepsAlive || !reader.isHeadComplete
        var head = "HTTP/1.1 \(status) \(Refusal.reason(status))\r\ncontent-type: \(contentType)\r\n"
        head += "content-length: \(body.count)\r\nx-request-id: \(id)\r\n\(fields)"
        // Not every dialect's error has a place for it.
        if let code { head += "x-hoosh-code: \(code)\r\n" }
        if closesAfterOutput {
            head += "connection: close\r\n"
        } else if reader.head.versionMinor == 0 {
            head += "connection: keep-alive\r\n"
        }
        head += "\r\n"
        output = Array(head.utf8)
        if reader.head.method != .head { output += body }
        outputStart = 0
        wake(at: loop.now + Session.bodyNanoseconds)
        flush()
    }

    /// Sends an answer that is composed already, head and body.
    func answer(whole bytes: [UInt8], closes: Bool) {
        guard phase != .closed, phase != .lingering else { return }
        exchange = nil
        phase = .answering
        closesAfterOutput = closes
        output = bytes
        outputStart = 0
        wake(at: loop.now + Session.bodyNanoseconds)
        flush()
    }

    /// An answer will be given later, by a message from elsewhere.
    func awaitAnswer() {
        awaitsAnswer = true
        wake(at: loop.now + Session.bodyNanoseconds)
    }

    private func flush() {
        guard !awaitsAnswer else { return }
        while outputStart < output.count {
            guard mayWrite else { return }
            let result = output.withUnsafeBytes {
                send(UnsafeRawBufferPointer(rebasing: $0[outputStart...]), more: false)
            }
            switch result {
            case .moved(let count): outputStart += count
            case .wouldBlock: return
            case .ended, .failed: return abort()
            }
        }
        output = []
        outputStart = 0
        nextRequest(closes: closesAfterOutput)
    }

    // MARK: The end of a request

    /// The answer is complete; goes on with the next request or closes.
    func nextRequest(closes: Bool) {
        exchange = nil
        if closes { return finishAndClose() }
        if let buffer, !hasReleasedRequest { buffer.drop(min(reader.consumedBytes, buffer.count)) }
        hasReleasedRequest = false
        if heldEntry != nil { heldEntry = nil }
        isLookedAt = false
        caller = .anonymous
        callerRow = -1
        reader.reset()
        phase = .waiting
        if let buffer, buffer.count == 0 { releaseBuffer() }
        guard !worker.isDraining || buffer != nil else { return abort() }
        if buffer != nil {
            phase = .reading
            wake(at: loop.now + headerNanoseconds)
        } else {
            wake(at: loop.now + Session.keepaliveNanoseconds)
        }
        if buffer != nil || mayRead { loop.again(self) }
    }

    /// Sends the end and reads what still comes: closing with unread bytes would reset, and the client might never
    /// see the answer (RFC 9112 §9.6).
    func finishAndClose() {
        guard phase != .closed else { return }
        exchange = nil
        Kernel.endSending(number)
        releaseBuffer()
        phase = .lingering
        wake(at: loop.now + Session.lingerNanoseconds)
        linger()
    }

    private func linger() {
        while mayRead {
            switch receive(into: loop.scratch) {
            case .moved(let count):
                lingered += count
                if lingered > Session.lingerBytes { return abort() }
            case .wouldBlock: return
            case .ended, .failed: return abort()
            }
        }
        if peerEnded { abort() }
    }

    /// Closes at once with a reset, so that the client cannot take what it has for a whole answer.
    func breakOff() {
        if isOpen { Kernel.resetOnClose(number) }
        abort()
    }

    /// The process ends: idle connections go now, others after their answer.
    func drain() {
        if phase == .waiting { abort() }
    }

    /// Closes at once.
    func abort() {
        guard phase != .closed else { return }
        let running = exchange
        exchange = nil
        phase = .closed
        running?.clientLeft()
        let left = whenLeft.take()
        left?()
        releaseBuffer()
        if let timer { loop.remove(timer) }
        close()
        worker.closed(self)
    }
}
