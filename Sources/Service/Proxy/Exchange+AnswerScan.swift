import Bytes
import Content
import Conversation
import Dialect
import HTTP
import Relay
import RouteModel

// Answers that are held and read before their client gets them (`scan_responses`, docs/privacy.md).
extension Exchange {
    /// What becomes of the answer when content rules find something in it.
    private var answerScan: AnswerScan { snapshot.answerScans[request.route] }

    /// True for an answer that must be read whole, because rules look at it; sound and pictures hold nothing to be read.
    func holdsAnswer(_ bytes: Span<UInt8>) -> Bool {
        guard answerScan != .none, (200..<300).contains(answer.status), !request.isEmbedding else { return false }
        guard let field = worker.answerHead.fields.first(where: { $0.id == .contentType }) else { return true }
        let type = bytes.extracting(field.value.range)
        let media: [StaticString] = ["audio/", "image/", "video/", "application/octet-stream"]
        return !media.contains { word in
            type.count >= word.utf8CodeUnitCount
                && ASCII.equalsIgnoringCase(type.extracting(..<word.utf8CodeUnitCount), word)
        }
    }

    /// The whole answer is here, as the provider gave it.
    func heldWhole(_ saved: SavedAnswer) {
        var meter = UsageMeter(answerFormat, isStream: false)
        meter.take(saved.body.span, isLast: true)
        gatheredUsage = meter.usage
        deliverGathered(saved)
    }

    /// The answer as its client may have it; nil when it may not.
    ///
    /// What cannot be read is not given: nobody knows what it holds.
    func scanned(_ told: SavedAnswer) -> SavedAnswer? {
        guard answerScan != .none, let policy = snapshot.answerContent, (200..<300).contains(told.head.status),
            !request.isEmbedding, !told.body.isEmpty
        else { return told }
        let head = told.headBytes
        let nothing: [UInt8] = []
        var kind = ContentBody.Kind.json
        if told.contentType == nil, !told.head.isJSON(in: head.span) {
            let field = told.head.fields.first { $0.id == .contentType }
            let type = field.map { Array(head[$0.value.range]) } ?? []
            // A stream that nobody asked for: what is cut over its events is found by nobody.
            if isStream(type.span) { return nil }
            kind = .other(contentType: type)
        }
        var facts = ContentBody(kind)
        facts.isAnswer = true
        facts.isEncoded =
            told.contentType == nil
            && told.head.fields.contains {
                $0.id == .contentEncoding
                    && !ASCII.equalsIgnoringCase(head.span.extracting($0.value.range), "identity")
            }
        let body = told.body
        let reading = policy.read(target: nothing.span, body: body.span, facts)
        guard reading.isWhole else { return nil }
        guard reading.fired.contains(true) else { return told }
        guard answerScan == .redact else { return nil }
        switch policy.redaction(of: reading, target: nothing.span, body: body.span, facts) {
        case .none: return told
        case .impossible: return nil
        case .body(let bytes):
            isAnswerRedacted = true
            var told = told
            told.body = bytes
            return told
        }
    }

    private func isStream(_ type: Span<UInt8>) -> Bool {
        let streams: [StaticString] = ["text/event-stream", "application/x-ndjson"]
        return streams.contains { word in
            type.count >= word.utf8CodeUnitCount
                && ASCII.equalsIgnoringCase(type.extracting(..<word.utf8CodeUnitCount), word)
        }
    }

    /// Tells the client that it does not get its answer, which is paid for.
    func blockAnswer() {
        worker.counters.answersBlocked += 1
        let refusal = Refusal(
            403,
            "answer_blocked",
            "the answer holds what rules of this proxy keep back, or could not be read for it"
        )
        ledger.status = refusal.status
        settle(refusing: refusal)
        session.refuse(refusal, requestID: requestID)
    }
}
