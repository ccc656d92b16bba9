import Bytes
import Decision
import Routing
import Forwarding
import HTTP
import Health
import Loop
import Relay
import Telemetry

// The head of the upstream's answer, and what it means for this try.
extension Exchange {
    /// True when the head is only looked at, so that the body behind it can be spliced from its first byte.
    ///
    /// Answers that are no streams are read together with their head and go out with it in one write: for a small
    /// JSON answer that saves three system calls (docs/performance.md).
    var looksOnly: Bool {
        request.streams && local.spliceMode != .never && upstream?.canSplice == true && restated?.answer == nil
    }

    /// Reads what has arrived until the final head is complete.
    func readAnswer() {
        while let upstream, upstream.mayRead, phase == .awaitingHead || phase == .uploading {
            let scratch = loop.scratch
            let result: Transfer
            let offset = carry.count
            if looksOnly {
                result = upstream.peek(into: scratch)
            } else {
                if offset > 0 { carry.withUnsafeBytes { scratch.copyMemory(from: $0) } }
                result = upstream.receive(into: UnsafeMutableRawBufferPointer(rebasing: scratch[offset...]))
            }
            switch result {
            case .moved(let count): arrived(looksOnly ? count : offset + count, upstream)
            case .wouldBlock: return
            case .ended: return answerEnded("closed the connection before answering")
            case .failed: return answerEnded("reset the connection before answering")
            }
        }
    }

    private func answerEnded(_ reason: String) {
        if finder.lookedAt == 0, retryOnFreshConnection() { return }
        tryFailed(.reset, reason)
    }

    /// `count` bytes of the answer stand in scratch.
    private func arrived(_ count: Int, _ upstream: UpstreamConnection) {
        let seen = UnsafeMutableRawBufferPointer(rebasing: loop.scratch[..<count])
        let span = seen.bindMemory(to: UInt8.self).span
        switch finder.advance(span) {
        case .incomplete:
            guard count < loop.scratch.count else { return tryFailed(.malformed, "sent a head larger than 64 KiB") }
            if looksOnly {
                upstream.mayRead = false
                if upstream.peerEnded { answerEnded("closed the connection in the middle of its head") }
            } else {
                carry = Array(seen)
            }
        case .refused(let fault): tryFailed(.malformed, "sent a malformed head: \(fault.message)")
        case .complete(let length):
            let parsed = worker.answerHead
            do { try parsed.parse(span, length: length, for: head.method) } catch {
                return tryFailed(.malformed, "sent a malformed head: \(error.message)")
            }
            answer = AnswerFacts(parsed)
            headArrived(length, seen, upstream)
        }
    }

    private func headArrived(_ length: Int, _ seen: UnsafeMutableRawBufferPointer, _ upstream: UpstreamConnection) {
        if looksOnly {
            // Take exactly the head: what stands behind it stays in the socket.
            let part = UnsafeMutableRawBufferPointer(rebasing: loop.scratch[..<length])
            guard upstream.receive(into: part) == .moved(length) else {
                return tryFailed(.reset, "took back bytes it had sent")
            }
            upstream.mayRead = true
        }
        if answer.status < 200 { return skipInterim(length, seen) }
        guard answer.status != 101 else { return tryFailed(.malformed, "switched protocols unasked") }
        if asksPiperAtRoot() { return }
        judge(length, seen, upstream)
    }

    /// 100 and 103 concern this hop only: the final head follows (RFC 9110 §15.2).
    private func skipInterim(_ length: Int, _ seen: UnsafeMutableRawBufferPointer) {
        guard answer.status != 101 else { return tryFailed(.malformed, "switched protocols unasked") }
        finder = HeadFinder(.response)
        if looksOnly { return }
        carry = Array(UnsafeRawBufferPointer(rebasing: seen[length...]))
        guard !carry.isEmpty, let upstream else { return }
        // What was read along may already hold the next head.
        let rest = carry
        carry = []
        rest.withUnsafeBytes { loop.scratch.copyMemory(from: $0) }
        arrived(rest.count, upstream)
    }

    private func judge(_ length: Int, _ seen: UnsafeMutableRawBufferPointer, _ upstream: UpstreamConnection) {
        worker.counters.providers[row].statuses.count(answer.status)
        if lacksCount, let provider = pool?.provider { return estimate(for: provider) }
        let health = snapshot.health[providerIndex]
        if answer.status == 429 {
            let span = seen.bindMemory(to: UInt8.self).span
            let wait = worker.answerHead.retryAfterMilliseconds(in: span, nowSeconds: WallClock.seconds())
            learnLimit(retryAfterMilliseconds: wait)
        }
        if answer.status >= 500 { health.requestFailed(now: loop.now) } else { health.requestSucceeded() }
        if plan.retry.statuses.contains(answer.status) {
            let span = seen.bindMemory(to: UInt8.self).span
            let wait = worker.answerHead.retryAfterMilliseconds(in: span, nowSeconds: WallClock.seconds())
            retryAfterNanoseconds = Int64(wait ?? 0) * 1_000_000
            if wouldTryAgain(afterStatus: wait) { return save(length, seen) }
        }
        begin(length, seen, upstream)
    }

    // MARK: Passing it on

    /// This answer is the one: composes the head for the client and lets the pump carry the body.
    private func begin(_ length: Int, _ seen: UnsafeMutableRawBufferPointer, _ upstream: UpstreamConnection) {
        if let translation = restated?.answer { return beginRestated(length, seen, translation) }
        if beginSound(length, seen) { return }
        let span = seen.bindMemory(to: UInt8.self).span
        if holdsAnswer(span) { return save(length, seen, gathers: true, asItIs: true) }
        let isOldClient = head.versionMinor == 0
        let read = priceWhole(UnsafeMutableRawBufferPointer(rebasing: seen[length...]))
        let dropsUsage = asksUsage && answer.isEventStream && answer.status == 200
        var framing = answer.framing
        // Nobody can tell the length of a stream that an event will be taken out of.
        if dropsUsage, case .length(1...) = framing { framing = .chunked }
        let unwraps = isOldClient && framing == .chunked
        if unwraps { framing = .untilClose }
        closesClient = framing == .untilClose || !session.keepsAlive || upload?.mayKeepClient == false
        var writer = ByteWriter(worker.outgoing)
        ClientHead.write(
            &writer,
            head: worker.answerHead,
            bytes: span,
            framing: framing,
            connection: connectionField,
            marks: marks,
            contentType: soundType(span)
        )
        guard !writer.overflowed else { return tryFailed(.malformed, "sent a head larger than the proxy passes on") }
        let pump = Pump(
            framing: answer.framing,
            isEventStream: answer.isEventStream,
            // What is taken down has to be read.
            mode: cache.flight == nil ? local.spliceMode : .never,
            unwrapsChunks: unwraps,
            meter: read ?? meter,
            dropsUsage: dropsUsage,
            isStreamAsked: request.streams && request.format?.streamsLines == false && answer.status < 300
        )
        if let budget = streamBudget { pump.pay(with: budget) }
        record(pump, nil)
        start(pump, head: writer.written, body: UnsafeMutableRawBufferPointer(rebasing: seen[length...]))
    }

    /// Lets the carrier begin with what came along with the head.
    func start(_ pump: Carrier, head: UnsafeRawBufferPointer, body: UnsafeMutableRawBufferPointer) {
        countedSpliced = 0
        countedCopied = 0
        countedEvents = 0
        phase = .relaying
        self.pump = pump
        if looksOnly || body.isEmpty {
            pump.hold(head)
            return relay()
        }
        // The body's beginning was read with the head: both go out in one write.
        let outcome = pump.begin(head: head, body: body, to: session)
        switch outcome {
        case .broken(let reason): broken(reason)
        case .reported(let fault): reported(fault)
        case .clientGone: session.abort()
        default: relay()
        }
    }

    /// What the client is told about the connection; HTTP/1.0 must be told that it stays (RFC 9112 §C.2.2).
    var connectionField: ClientHead.Connection {
        closesClient ? .close : head.versionMinor == 0 ? .keepAlive : .unsaid
    }

    /// The model in a form that a field value can bear: JSON may spell line ends in it (RFC 9110 §5.5).
    func shown(_ model: [UInt8]) -> [UInt8] {
        model.allSatisfy { $0 >= 0x20 && $0 < 0x7f } ? model : []
    }

    var marks: ClientHead.Marks {
        ClientHead.Marks(
            requestID: requestID,
            route: snapshot.routeNames[request.route],
            provider: snapshot.providerNames[providerIndex],
            model: shown(target.map(modelBytes) ?? request.model),
            level: levelWord,
            attempts: ledger.tries,
            configHash: snapshot.hashText,
            upstreamMicroseconds: (loop.now - ledger.startedNanoseconds) / 1_000,
            dropped: restated?.dropped ?? [],
            context: restated?.context ?? [],
            fields: grantFields,
            hidesLimits: grant.isCounted,
            cache: cache.hasMissed ? "MISS" : ""
        )
    }

    /// Forgets what one try's answer had come to.
    func resetAnswer() {
        answer = AnswerFacts()
        finder = HeadFinder(.response)
        carry = []
        pump = nil
        streamHead = []
        pendingHead = []
        pendingHeadStart = 0
        pendingBody = 0
        upstreamCannotBeKept = false
        firstByteDeadline = .max
        idleDeadline = .max
        waitDeadline = .max
    }
}

/// What stays of an answer's head once the client's has been composed.
struct AnswerFacts {
    var status = 0
    var framing = BodyFraming.none
    var keepsAlive = false
    var isEventStream = false

    init() {}

    init(_ head: ResponseHead) {
        status = head.status
        framing = head.framing
        keepsAlive = head.keepsAlive
        isEventStream = head.isEventStream
    }
}
