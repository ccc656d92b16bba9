import Bytes
import Forwarding
import HTTP
import JSON
import Loop

// The request on its way to the upstream.
extension Exchange {
    /// Composes the request for the current target and writes what the upstream takes.
    func send() {
        guard let upstream, let pool, let target else { return }
        let all = bytes
        var writer = ByteWriter(worker.outgoing)
        let body = requestBody
        edits = bodyEdits(body)
        UpstreamHead.write(
            &writer,
            head: head,
            bytes: all.bindMemory(to: UInt8.self).span,
            pool: pool,
            plan: plan,
            target: target,
            body: bodyFraming,
            requestID: requestID,
            restated: restated?.head
        )
        guard !writer.overflowed else { return tryFailed(.malformed, "would get a head larger than the proxy sends") }
        pendingHead = []
        pendingHeadStart = 0
        let headOnly = writer
        if let own = restated?.body { return sendOwn(writer.written, own) }
        let rest = putEdited(&writer, body)
        // An edit stands far behind in a large body: what is before it is gathered apart.
        if writer.overflowed { return sendGathered(headOnly.written, body) }
        ledger.sentNanoseconds = loop.now
        let bodyRest = UnsafeRawBufferPointer(rebasing: body[rest...])
        switch upstream.send(writer.written, bodyRest) {
        case .moved(let count) where count == writer.count + bodyRest.count: requestSent()
        case .moved(let count):
            if count < writer.count {
                pendingHead = Array(UnsafeRawBufferPointer(rebasing: writer.written[count...]))
                pendingBody = rest
            } else {
                pendingBody = rest + count - writer.count
            }
            waitToSend()
        case .wouldBlock:
            pendingHead = Array(writer.written)
            pendingBody = rest
            waitToSend()
        case .ended, .failed: sendingFailed()
        }
    }

    /// The body as gathered from the client.
    private var requestBody: UnsafeMutableRawBufferPointer {
        guard restated?.body == nil else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        let reader = session.reader
        return UnsafeMutableRawBufferPointer(rebasing: bytes[reader.headBytes..<reader.consumedBytes])
    }

    private var bodyFraming: UpstreamHead.Body {
        let reader = session.reader
        if let own = restated?.body {
            guard let ending = restated?.ending, reader.streamsRest else {
                return own.isEmpty ? .none : .length(own.count)
            }
            guard case .length(let count) = head.framing else { return .chunked }
            return .length(count - reader.bodyBytes + own.count + ending.count)
        }
        switch head.framing {
        case .none: return .none
        case .length(let count) where reader.streamsRest: return .length(count)
        case .chunked where !reader.isJSON: return .chunked
        default: return .length(reader.bodyBytes + edits.reduce(0) { $0 + $1.growth })
        }
    }

    /// Sends a body of ours behind the head.
    private func sendOwn(_ head: UnsafeRawBufferPointer, _ body: [UInt8]) {
        pendingHead = Array(head) + body
        pendingHeadStart = 0
        pendingBody = 0
        ledger.sentNanoseconds = loop.now
        waitToSend()
        sendPending()
    }

    func waitToSend() {
        phase = .sending
        arm()
    }

    /// The upstream takes bytes again.
    func sendPending() {
        guard let upstream else { return }
        while upstream.mayWrite {
            let body = UnsafeRawBufferPointer(rebasing: requestBody[pendingBody...])
            let headLeft = pendingHead.count - pendingHeadStart
            if headLeft == 0, body.isEmpty { return requestSent() }
            let result = pendingHead.withUnsafeBytes {
                upstream.send(UnsafeRawBufferPointer(rebasing: $0[pendingHeadStart...]), body)
            }
            switch result {
            case .moved(let count):
                let ofHead = min(count, headLeft)
                pendingHeadStart += ofHead
                pendingBody += count - ofHead
            case .wouldBlock: break
            case .ended, .failed: return sendingFailed()
            }
        }
        // It may have answered already, and closed its side, without reading on: the answer then counts.
        if upstream.mayRead, upstream.peerEnded { readEarlyAnswer() }
    }

    /// Writing failed or the upstream has ended: its reason may lie in the socket already, though no edge told of it.
    ///
    /// Many servers answer 401 or 413 and stop reading (RFC 9112 §9.5).
    func readEarlyAnswer() {
        upstream?.mayRead = true
        phase = .awaitingHead
        upstreamCannotBeKept = true
        readAnswer()
    }

    private func sendingFailed() {
        if retryOnFreshConnection() { return }
        readEarlyAnswer()
    }

    /// The gathered part of the request is out.
    private func requestSent() {
        pendingHead = []
        pendingHeadStart = 0
        ledger.sentNanoseconds = loop.now
        if request.streams {
            firstByteDeadline = loop.now + Int64(timeouts.firstByteMilliseconds) * 1_000_000
        }
        if upload != nil {
            upload?.goesOn(ending: restated?.ending)
            phase = .uploading
            arm()
            return moveUpload()
        }
        phase = .awaitingHead
        arm()
        if upstream?.mayRead == true { readAnswer() }
    }
}
