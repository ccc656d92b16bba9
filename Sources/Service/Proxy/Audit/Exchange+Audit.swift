import Audit
import Compiler
import Routing

// The line of a request that was routed.
extension Exchange {
    /// Keeps what will be gone when the request is settled; to be called while its bytes are there.
    func beginAudit() {
        guard worker.shared.audit != nil else { return }
        var entry = session.auditEntry()
        entry.requestID = String(decoding: requestID, as: UTF8.self)
        entry.model = String(decoding: request.model.prefix(256), as: UTF8.self)
        if request.isAliased, !request.modelPlace.isAbsent, bytes.count >= session.reader.consumedBytes {
            // The body's own word, between its quotes.
            let start = session.reader.headBytes + Int(request.modelPlace.start) + 1
            let count = min(Int(request.modelPlace.count) - 2, 256)
            if count > 0 {
                let place = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)])
                entry.model = String(decoding: place, as: UTF8.self)
            }
        }
        entry.streams = request.streams
        entry.route = snapshot.program.routes[request.route].name
        entry.level = request.level.word
        if request.tags != 0 {
            let names = snapshot.program.tagNames
            entry.tags = names.indices.filter { request.tags & 1 << UInt64($0) != 0 }.map { names[$0] }
        }
        let providers = snapshot.configuration.providers
        entry.plan = plan.providers.map { providers[$0].name }
        entry.configuration = snapshot.hash
        entry.body = session.auditBody(request.level)
        auditEntry = entry
    }

    /// Writes the line; `refusal` is the error that the client gets from the proxy itself.
    func audit(_ refusal: Refusal?) {
        guard let desk = worker.shared.audit, var entry = auditEntry.take() else { return }
        let providers = snapshot.configuration.providers
        if !failures.isEmpty {
            entry.tries = failures.map { AuditEntry.Try(provider: $0.provider, outcome: $0.reason) }
        }
        if ledger.tries > failures.count, pool != nil {
            let outcome = ledger.provider >= 0 && ledger.status > 0 ? "answered \(ledger.status)" : "no answer"
            entry.tries.append(AuditEntry.Try(provider: providers[providerIndex].name, outcome: outcome))
        }
        entry.decision = refusal != nil ? .refused : ledger.tries > 0 ? .forwarded : .answered
        entry.code = refusal?.code ?? entry.code
        entry.pool = grant.pool.map { snapshot.governance.pools[$0].name }
        if ledger.provider >= 0 {
            entry.provider = providers[ledger.provider].name
            entry.attest = snapshot.configuration.document.providers[ledger.provider].attest?.value
            if let target, target.provider == ledger.provider {
                entry.usedModel = String(decoding: modelBytes(target).prefix(256), as: UTF8.self)
            }
            entry.tokens = AuditEntry.Tokens(
                input: ledger.promptTokens,
                output: ledger.completionTokens,
                cached: ledger.cachedTokens,
                reasoning: ledger.reasoningTokens,
                isEstimate: ledger.promptIsEstimate || ledger.completionIsEstimate
            )
        }
        entry.status = ledger.clientLeft && ledger.status == 0 ? 499 : ledger.status
        entry.durationMicroseconds = Int(loop.now - ledger.startedNanoseconds) / 1_000
        entry.clientLeft = ledger.clientLeft
        desk.log.submit(entry.record)
    }
}
