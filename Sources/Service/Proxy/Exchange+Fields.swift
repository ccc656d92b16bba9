import Bytes
import Conversation
import Costs
import Dialect
import Limits

// What the client is told of limits, budget and cost.
extension Exchange {
    /// Fields about limits, budget and cost.
    var grantFields: [UInt8] {
        guard
            grant.pass != nil || grant.standing != nil || knownCost != nil || clampedTo > 0 || isAnswerRedacted
                || grant.shared != nil
        else { return [] }
        return ByteWriter.gather(room: 768) { write(to: &$0) }
    }

    private func write(to text: inout ByteWriter) {
        grant.allowances.write(to: &text)
        if let storeField { text.put(storeField) }
        if isAnswerRedacted { text.put("x-hoosh-answer: redacted\r\n") }
        if clampedTo > 0 { text.put(field: "x-hoosh-clamped: max_tokens=", clampedTo) }
        if let standing = grant.standing, let position = grant.pool {
            text.put("x-hoosh-budget-pool: ")
            text.put(snapshot.governance.pools[position].name)
            text.put("\r\n")
            if let tokens = standing.tokens { text.put(field: "x-hoosh-budget-remaining-tokens: ", tokens) }
            if let dollars = standing.nanodollars {
                let left = max(dollars - grant.reserved.nanodollars, 0)
                text.put(field: "x-hoosh-budget-remaining-micro-usd: ", left / 1_000)
            }
            if let requests = standing.requests { text.put(field: "x-hoosh-budget-remaining-requests: ", requests) }
            if let moment = standing.resetsMilliseconds {
                let seconds = max((moment - WallClock.milliseconds() + 999) / 1_000, 0)
                text.put(field: "x-hoosh-budget-reset: ", seconds)
            }
        }
        if let knownCost { text.put(field: "x-hoosh-cost-micro-usd: ", knownCost / 1_000) }
    }

    /// Works out what a whole answer cost that came together with its head; gives what has read all of it, so that it need not
    /// be read again.
    func priceWhole(_ body: UnsafeMutableRawBufferPointer) -> UsageMeter? {
        knownCost = nil
        guard !answer.isEventStream, !request.streams, (200..<300).contains(answer.status), let target,
            request.format != nil || request.isEmbedding, let price = price(of: target), isWhole(body)
        else { return nil }
        var meter = UsageMeter(answerFormat, isStream: false)
        meter.take(body.bindMemory(to: UInt8.self).span, isLast: true)
        guard let usage = meter.usage else { return nil }
        knownCost = price.nanodollars(usage.spent)
        // Between chunks it has read their sizes, too.
        guard case .length = answer.framing else { return nil }
        meter.end()
        return meter
    }

    private func isWhole(_ body: UnsafeMutableRawBufferPointer) -> Bool {
        switch answer.framing {
        case .length(let count): body.count >= count
        case .chunked: body.count > 5 && body.suffix(5).elementsEqual("0\r\n\r\n".utf8)
        case .none, .untilClose: false
        }
    }

    /// Works out what an answer cost that was read as a whole.
    func priceGathered() {
        knownCost = nil
        guard let target, let usage = gatheredUsage, let price = price(of: target) else { return }
        knownCost = price.nanodollars(usage.spent)
    }
}

extension TokenUsage {
    fileprivate var spent: SpentTokens {
        SpentTokens(
            input: input ?? 0,
            cached: cachedInput ?? 0,
            cacheWrite: cacheWrite ?? 0,
            output: output ?? 0,
            reasoning: reasoning ?? 0
        )
    }
}
