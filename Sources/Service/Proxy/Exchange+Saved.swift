import Bytes
import Conversation
import HTTP
import Loop
import Relay
import Translation

/// An upstream's error answer, kept in case no other try does better.
struct SavedAnswer {
    let head: ResponseHead
    let headBytes: [UInt8]
    var body: [UInt8] = []
    let provider: Int
    /// How it is said to the client; nil when it is in the client's format.
    var translation: AnswerTranslation?
    /// Set when the upstream reported an error with the status of a success, which then has its own status.
    var reported: ChatFault?
    /// Set when the body was translated: what it is now.
    var contentType: StaticString?
    /// It is read whole because it is translated, not because another may better it.
    let gathers: Bool

    /// Error bodies are small; of a larger one the answer would not be worth its memory.
    static let bodyLimitBytes = 64 * 1024
    /// A whole answer that is translated may have this many bytes.
    static let gatheredLimitBytes = 64 << 20
    var limitBytes: Int { gathers ? SavedAnswer.gatheredLimitBytes : SavedAnswer.bodyLimitBytes }
    /// How long its body is waited for, in nanoseconds.
    static let waitNanoseconds: Int64 = 500_000_000

    /// What the client is told.
    var status: Int { reported?.status ?? head.status }
}

// Keeping an answer that another try may better.
extension Exchange {
    /// Reads the rest of an error answer, within bounds, before the next try.
    ///
    /// * `gathers`: it is the answer; `asItIs` when it is not said in other words.
    func save(
        _ length: Int,
        _ seen: UnsafeMutableRawBufferPointer,
        gathers: Bool = false,
        asItIs: Bool = false
    ) {
        let headBytes = Array(UnsafeRawBufferPointer(rebasing: seen[..<length]))
        let copy = ResponseHead()
        guard (try? copy.parse(headBytes.span, length: length, for: head.method)) != nil else { return giveUp() }
        saved = SavedAnswer(
            head: copy,
            headBytes: headBytes,
            provider: providerIndex,
            translation: asItIs ? nil : restated?.answer ?? restated?.faults,
            gathers: gathers
        )
        savedWalker = BodyWalker(answer.framing)
        savedPartial = looksOnly ? [] : Array(UnsafeRawBufferPointer(rebasing: seen[length...]))
        phase = .saving
        firstByteDeadline = .max
        if !gathers { waitDeadline = loop.now + SavedAnswer.waitNanoseconds }
        arm()
        saveMore()
    }

    /// Takes what has arrived of the body.
    func saveMore() {
        while phase == .saving, let upstream {
            do {
                if try takeSaved() { return savedEnough(isWhole: true) }
            } catch { return savedEnough() }
            guard let saved, saved.body.count <= saved.limitBytes else { return savedEnough() }
            guard upstream.mayRead else { return }
            switch upstream.receive(into: loop.scratch) {
            case .moved(let count):
                savedPartial += Array(UnsafeRawBufferPointer(rebasing: loop.scratch[..<count]))
            case .wouldBlock: return
            case .ended, .failed: return savedEnough()
            }
        }
    }

    /// Moves payload from what was read to the saved body; true at its end.
    private func takeSaved() throws(HTTPFault) -> Bool {
        var position = 0
        while true {
            let partial = savedPartial
            let step = try savedWalker.next(partial.span, at: &position)
            switch step {
            case .payload(let range): saved?.body.append(contentsOf: savedPartial[range])
            case .more:
                savedPartial.removeFirst(position)
                return false
            case .end:
                savedPartial.removeFirst(position)
                return true
            }
        }
    }

    /// The answer is kept as far as it came; on to the next try.
    func savedEnough(isWhole: Bool = false) {
        let status = saved?.head.status ?? 0
        if isWhole, savedPartial.isEmpty, saved?.head.keepsAlive == true, let upstream, let pool {
            self.upstream = nil
            pool.giveBack(upstream)
        }
        savedPartial = []
        waitDeadline = .max
        if saved?.gathers == true {
            guard isWhole || answer.framing == .untilClose else {
                saved = nil
                return tryFailed(.unfinished, "broke off in the middle of its answer")
            }
            return gathered()
        }
        tryFailed(.status, "answered \(status)")
    }

    /// An error of another format in the client's words.
    private func told(_ saved: SavedAnswer) -> SavedAnswer {
        guard let translation = saved.translation else { return saved }
        var told = saved
        let fault = saved.reported ?? translation.readFault(status: saved.head.status, body: saved.body)
        told.body = translation.write(fault).body
        told.contentType = "application/json"
        return told
    }

    /// Passes on an answer that nothing bettered.
    func deliver(_ answer: SavedAnswer) {
        let saved = told(answer)
        let isHead = head.method == .head
        var writer = ByteWriter(worker.outgoing)
        let closes = !session.keepsAlive || upload?.mayKeepClient == false
        ClientHead.write(
            &writer,
            head: saved.head,
            bytes: saved.headBytes.span,
            framing: .length(saved.body.count),
            connection: closes ? .close : head.versionMinor == 0 ? .keepAlive : .unsaid,
            marks: ClientHead.Marks(
                requestID: requestID,
                route: snapshot.routeNames[request.route],
                provider: snapshot.providerNames[saved.provider],
                model: shown(request.model),
                level: levelWord,
                attempts: ledger.tries,
                configHash: snapshot.hashText,
                upstreamMicroseconds: (loop.now - ledger.startedNanoseconds) / 1_000,
                dropped: restated?.dropped ?? [],
                context: restated?.context ?? [],
                fields: grantFields,
                hidesLimits: grant.isCounted,
                cache: cache.hasMissed ? "MISS" : ""
            ),
            status: saved.reported.map { ($0.status, Refusal.reason($0.status)) },
            contentType: saved.contentType
        )
        ledger.provider = saved.provider
        ledger.status = saved.status
        settle()
        session.answer(whole: Array(writer.written) + (isHead ? [] : saved.body), closes: closes)
    }
}
