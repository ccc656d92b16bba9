import Conversation
import Dialect
import Relay

// What an answer cost: as the provider counts, or estimated.
extension Exchange {
    /// The format in which the provider of this try answers a chat; nil for what is no chat.
    var answerFormat: ChatFormat? { restated?.head.format ?? request.format }

    /// Counts an answer that passes unchanged; nil for one that costs nothing, which is one that failed.
    var meter: UsageMeter? {
        guard answer.status < 300 else { return nil }
        let isLines = answerFormat?.streamsLines == true && request.streams
        var meter = UsageMeter(answerFormat, isStream: answer.isEventStream || isLines)
        meter.watchesEnd = grant.pool.map { snapshot.governance.pools[$0].cuts } ?? false
        return meter
    }

    /// Measures the prompt of a stream whose provider tells its size at the end or not at all.
    ///
    /// To be called while the request's bytes are there. Providers that count from the first event on are not doubted.
    func estimatePrompt() {
        guard request.streams, request.format != nil, promptEstimate == nil else { return }
        guard answerFormat != .messages && answerFormat != .gemini || !hasCommitted else { return }
        let reader = session.reader
        let all = bytes
        guard reader.bodyBytes > 0, upload == nil, all.count >= reader.consumedBytes else { return }
        let span = all.bindMemory(to: UInt8.self).span
        promptEstimate = RequestMeasure.of(span.extracting(reader.headBytes..<reader.consumedBytes)).promptTokens
    }

    /// The client left before anything was answered: the provider has read the prompt.
    func chargeUnanswered() {
        guard !hasCommitted, phase == .awaitingHead || phase == .relaying || phase == .saving else { return }
        // What is saved was an error, or is an answer that is read as a whole.
        guard phase != .saving || saved?.gathers == true else { return }
        leftUnanswered = true
        ledger.provider = providerIndex
        estimatePrompt()
    }

    /// Writes down what was counted; what was not, of a stream of text, is estimated: a token for four bytes.
    func settleUsage() {
        let usage = pump?.usage ?? gatheredUsage
        ledger.promptTokens = usage?.input ?? 0
        ledger.completionTokens = usage?.output ?? 0
        ledger.cachedTokens = usage?.cachedInput ?? 0
        ledger.cacheWriteTokens = usage?.cacheWrite ?? 0
        ledger.reasoningTokens = usage?.reasoning ?? 0
        guard request.streams, request.format != nil, gatheredUsage == nil else { return }
        guard hasCommitted || promptEstimate != nil, answer.status < 300 else { return }
        if usage?.input == nil, let promptEstimate {
            ledger.promptTokens = promptEstimate
            ledger.promptIsEstimate = true
        }
        guard let pump else { return }
        let tokens = pump.outputTokens
        guard tokens > ledger.completionTokens || usage?.output == nil else { return }
        ledger.completionTokens = tokens
        ledger.completionIsEstimate = tokens > 0
    }
}
