import Bytes
import Conversation
import JSON
import Translation
import Forwarding
import HTTP
import Loop
import Relay
import Telemetry

// The body on its way to the client, and every way it can end.
extension Exchange {
    /// Lets the pump move what can be moved.
    func relay() {
        guard phase == .relaying, let upstream else { return isEndingBroken ? endBroken() : () }
        guard let outcome = pump?.run(from: upstream, to: session, loop: loop) else { return }
        countProgress()
        if outcome == .waiting || outcome == .yield { extendGrant() }
        switch outcome {
        case .waiting: armIdle()
        case .yield: loop.again(self)
        case .ended: finish()
        case .broken(let reason): broken(reason)
        case .reported(let fault): reported(fault)
        case .cut: endCut()
        case .uncuttable: breakCut()
        case .clientGone: session.abort()
        }
    }

    /// Adds what moved to the loop's counters, so that a scrape sees streams while they run.
    private func countProgress() {
        guard let pump else { return }
        if !hasCommitted, pump.hasWritten { commit() }
        worker.counters.providers[row].bytesSpliced += pump.bytesSpliced - countedSpliced
        worker.counters.providers[row].bytesCopied += pump.bytesCopied - countedCopied
        worker.counters.providers[row].events += pump.events - countedEvents
        countedSpliced = pump.bytesSpliced
        countedCopied = pump.bytesCopied
        countedEvents = pump.events
    }

    /// The first byte is on its way to the client: from here on this answer is the only one.
    func commit() {
        hasCommitted = true
        firstByteDeadline = .max
        streamHead = []
        ledger.provider = providerIndex
        ledger.status = answer.status
        ledger.firstByteNanoseconds = loop.now
        let microseconds = (loop.now - ledger.sentNanoseconds) / 1_000
        worker.counters.providers[row].firstByte.record(microseconds: microseconds)
        if let target, plan.latency.metric == .firstByte, answer.status < 500 {
            snapshot.health[providerIndex].latency.record(
                cell: cell(target),
                microseconds: microseconds,
                now: loop.now,
                settings: plan.latency
            )
        }
        saved = nil
        estimatePrompt()
        if upload == nil || upload?.isComplete == true { letGoOfRequest() }
    }

    /// No other try will be made: what it would need makes room, for a stream may last long.
    private func letGoOfRequest() {
        session.releaseRequest()
        guard request.streams else { return }
        chat = nil
        embedding = nil
        if restated?.body != nil { restated?.body = [] }
    }

    private func armIdle() {
        guard request.streams, hasCommitted else { return arm() }
        idleDeadline = loop.now + Int64(timeouts.idleMilliseconds) * 1_000_000
        arm()
    }

    /// The answer is complete: keeps the upstream connection if it may be kept, and goes on with the client.
    private func finish() {
        guard let upstream, let pool, let pump else { return }
        let mayKeep =
            answer.keepsAlive && pump.isClean && !pump.hasExtra && answer.framing != .untilClose
            && !upstreamCannotBeKept && upload?.isComplete != false
        recordTotal()
        endLoad()
        keepAnswer()
        upstream.user = nil
        self.upstream = nil
        if mayKeep { pool.giveBack(upstream) } else { upstream.close() }
        settle()
        session.nextRequest(closes: closesClient)
    }

    func recordTotal() {
        guard let target, plan.latency.metric != .firstByte else { return }
        let microseconds = (loop.now - ledger.sentNanoseconds) / 1_000
        let events = Int64(max(pump?.events ?? 0, 1))
        snapshot.health[providerIndex].latency.record(
            cell: cell(target),
            microseconds: plan.latency.metric == .perToken ? microseconds / events : microseconds,
            now: loop.now,
            settings: plan.latency
        )
    }

    // MARK: Broken answers

    /// The upstream broke off: another try while nothing has gone out, an honest end afterwards.
    func broken(_ reason: String) {
        if pump?.hasWritten == true { countProgressBeforeEnd() }
        guard hasCommitted else { return tryFailed(.unfinished, reason) }
        breakAnswer(.unfinished, reason)
    }

    private func countProgressBeforeEnd() {
        guard !hasCommitted else { return }
        countProgress()
    }

    /// Ends an answer that had begun: a stream with an error event, anything with a closed connection.
    func breakAnswer(_ failure: TryFailure, _ reason: String) {
        guard let pool else { return session.abort() }
        snapshot.health[providerIndex].requestFailed(now: loop.now)
        failures.append(TryReport(provider: pool.provider.name, reason: "\(reason), after it had begun to answer"))
        let fault = streamFault("provider `\(pool.provider.name)` \(reason)", failure)
        let canSay = pump?.endBroken(with: fault, as: errorEvent(fault)) ?? false
        if canSay {
            endTryKeepingPump(failure)
            isEndingBroken = true
            phase = .relaying
            return endBroken()
        }
        endTry(failed: failure)
        settle()
        session.breakOff()
    }

    /// The budget has ended a stream that is well; what says so waits for the client.
    private func endCut() {
        noteCut()
        endTryKeepingPump(nil)
        isEndingBroken = true
        isCut = true
        phase = .relaying
        endBroken()
    }

    /// The budget has ended a stream that nothing more can be said in: the client sees it break off.
    private func breakCut() {
        noteCut()
        endTry(failed: nil)
        settle()
        session.breakOff()
    }

    private func endTryKeepingPump(_ failure: TryFailure?) {
        let kept = pump
        pump = nil
        endTry(failed: failure)
        pump = kept
        firstByteDeadline = .max
        idleDeadline = .max
    }

    /// Writes the last event as the client takes it, then closes without the end a whole stream would have.
    private func endBroken() {
        switch pump?.finishHolding(to: session, loop: loop) {
        case .waiting, .yield: return arm()
        case .clientGone: return session.abort()
        default: break
        }
        settle()
        // What was cut is whole for its client.
        if isCut, upload == nil { return session.nextRequest(closes: closesClient) }
        session.finishAndClose()
    }

    private func streamFault(_ message: String, _ failure: TryFailure) -> ChatFault {
        let isLate: Bool =
            switch failure {
            case .firstByteTimeout, .idleTimeout, .totalTimeout: true
            default: false
            }
        var fault = ChatFault(kind: isLate ? .timeout : .server, status: 0, message: JSONString(message))
        fault.type = "api_error"
        fault.code = isLate ? "timeout" : "upstream_error"
        return fault
    }

    /// The error as an event of the client's dialect.
    private func errorEvent(_ fault: ChatFault) -> [UInt8] {
        StreamTranslation.error(
            fault,
            as: request.format ?? .chat,
            requestID: String(decoding: requestID, as: UTF8.self)
        )
    }
}
