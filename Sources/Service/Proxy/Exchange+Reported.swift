import Conversation
import HTTP
import Loop
import Relay
import Telemetry

// Errors that a provider reports with the status of a success.
extension Exchange {
    /// The first event of a stream was an error, before anything had gone out: no stream, then, but an answer with the
    /// error's own status.
    func reported(_ fault: ChatFault) {
        let bytes = streamHead
        let copy = ResponseHead()
        guard !hasCommitted, let translation = restated?.answer,
            (try? copy.parse(bytes.span, length: bytes.count, for: head.method)) != nil
        else { return broken("reported an error in its stream: \(fault.message.text)") }
        let answer = SavedAnswer(
            head: copy,
            headBytes: bytes,
            provider: providerIndex,
            translation: translation,
            gathers: false
        )
        var told = fault
        told.status = translation.status(of: fault)
        answerReported(told, answer)
    }

    /// Treats an answer as if the provider had given it the status of the error that it is.
    func answerReported(_ fault: ChatFault, _ answer: SavedAnswer) {
        var answer = answer
        answer.reported = fault
        let status = fault.status
        self.answer.status = status
        if status >= 500 { snapshot.health[providerIndex].requestFailed(now: loop.now) }
        if plan.retry.statuses.contains(status), wouldTryAgain(afterStatus: nil) {
            saved = answer
            return tryFailed(.status, "reported an error of status \(status): \(fault.message.text)")
        }
        ledger.provider = providerIndex
        commit()
        recordTotal()
        endTry(failed: nil)
        deliver(answer)
    }
}
