import Bytes
import Cache
import Loop
import Relay

/// A kept answer on its way to a client.
struct CacheReplay {
    let answer: CachedAnswer
    /// Goes out before the body.
    let head: [UInt8]
    /// As it came; else at once.
    let keepsPace: Bool
    let startedNanoseconds: Int64
    /// Bytes of head and body that the client's socket has.
    var sent = 0
}

// Giving an answer that was given before.
extension Exchange {
    /// The client takes something within this, or is let go of, nanoseconds.
    private static let stallNanoseconds: Int64 = 30_000_000_000

    /// Answers with what is kept: nobody is asked, and nothing is paid.
    func replay(_ answer: CachedAnswer) {
        ledger.status = 200
        ledger.firstByteNanoseconds = loop.now
        hasCommitted = true
        closesClient = !session.keepsAlive
        cache.replay = CacheReplay(
            answer: answer,
            head: replayHead(answer),
            keepsPace: request.streams && cache.policy?.keepsPace == true,
            startedNanoseconds: loop.now
        )
        phase = .replaying
        play()
    }

    private func replayHead(_ answer: CachedAnswer) -> [UInt8] {
        var head = Array("HTTP/1.1 200 OK\r\n".utf8) + answer.fields
        func put(_ name: String, _ value: [UInt8]) { head += Array("\(name): ".utf8) + value + [0x0d, 0x0a] }
        func put(_ name: String, _ value: String) { put(name, Array(value.utf8)) }
        put("content-length", "\(answer.body.count)")
        if request.streams {
            put("x-accel-buffering", "no")
            put("cache-control", "no-transform")
        }
        switch connectionField {
        case .close: put("connection", "close")
        case .keepAlive: put("connection", "keep-alive")
        case .unsaid: break
        }
        put("x-request-id", requestID)
        put("x-hoosh-route", snapshot.routeNames[request.route])
        put("x-hoosh-provider", answer.provider)
        let model = shown(request.model)
        if !model.isEmpty { put("x-hoosh-model", Array(model.prefix(256))) }
        put("x-hoosh-class", request.level.word)
        put("x-hoosh-attempts", "0")
        put("x-hoosh-config", snapshot.hashText)
        put("x-hoosh-cache", cache.similarity == nil ? "HIT" : "SEMANTIC")
        if let similarity = cache.similarity { put("x-hoosh-cache-similarity", Comparison.shown(similarity)) }
        put("x-hoosh-cost-micro-usd", "0")
        put("age", "\(max(0, loop.now - answer.createdNanoseconds) / 1_000_000_000)")
        return head + grantFields + [0x0d, 0x0a]
    }

    /// Writes what may go out by now and what the client takes.
    func play() {
        while phase == .replaying, let replay = cache.replay {
            let (answer, head) = (replay.answer, replay.head)
            let due = replay.keepsPace ? answer.due(after: loop.now - replay.startedNanoseconds) : nil
            let end = head.count + (due?.end ?? answer.body.count)
            if replay.sent >= end {
                guard let next = due?.next else { return played() }
                idleDeadline = .max
                waitDeadline = replay.startedNanoseconds + next
                return arm()
            }
            guard session.mayWrite else {
                if idleDeadline == .max { idleDeadline = loop.now + Exchange.stallNanoseconds }
                return arm()
            }
            switch write(head, answer.body, replay.sent..<end) {
            case .moved(let count):
                cache.replay?.sent += count
                idleDeadline = .max
            case .wouldBlock: continue
            case .ended, .failed: return session.abort()
            }
        }
    }

    private func write(_ head: [UInt8], _ body: [UInt8], _ range: Range<Int>) -> Transfer {
        body.withUnsafeBytes { body in
            let from = max(0, range.lowerBound - head.count)
            let rest = UnsafeRawBufferPointer(rebasing: body[from..<max(from, range.upperBound - head.count)])
            guard range.lowerBound < head.count else { return session.send(rest, more: false) }
            return head.withUnsafeBytes { head in
                session.send(UnsafeRawBufferPointer(rebasing: head[range.lowerBound...]), rest)
            }
        }
    }

    private func played() {
        ledger.bytesCopied = cache.replay?.answer.body.count ?? 0
        settle()
        session.nextRequest(closes: closesClient)
    }
}
