import Dialect
import Translation

/// What pays for an answer that ends when its budget does (`overrun: cut`).
///
/// Asked before an event goes out and not after it, so that nothing goes out that is not set aside. As long as an answer
/// stays within what is, that is a comparison; more is had in steps, each of which is one short lock. One loop's only.
package final class StreamBudget {
    /// Tokens of the answer, and of its prompt, that are set aside.
    package var paidTokens: Int
    package var paidPromptTokens: Int
    /// Whoever pays answers later: more is asked for ahead of need, and no more is read than can be paid for.
    package let answersLater: Bool
    /// Nothing is read until that has answered.
    package var waits = false
    /// It has answered that there is no more.
    package var isSpent = false
    /// The answer ends where its next event would begin, and says this.
    package var cut: StreamCut?
    /// The client's format.
    package let format: ChatFormat
    /// What had gone by where the client may be left standing, while more than that was looked at.
    var wholeTally = StreamTally()
    /// The content block that is open there.
    var wholeBlock: Int?
    /// What the stream has said of its end there.
    var wholeSaid = StreamEnd.open
    /// Bytes that went out of an event that was half out when the budget ended.
    var lateBytes = 0

    /// An event that is half out when the budget ends is let through to its end, if that comes within so many bytes.
    package static let lateBytesLimit = 1 << 20

    /// Sets more aside; answers how the stream ends when there is none.
    private let more: (_ tally: StreamTally, _ isExact: Bool) -> StreamCut?

    /// Of a budget that answers later more is asked for when so much is left, and nothing read when less than this, bytes.
    private static let aheadBytes = 512
    private static let leastBytes = 256

    /// * `more`: sets aside for at least this much, and for a little more unless `isExact`.
    package init(
        paidTokens: Int,
        paidPromptTokens: Int,
        format: ChatFormat,
        answersLater: Bool = false,
        more: @escaping (_ tally: StreamTally, _ isExact: Bool) -> StreamCut?
    ) {
        self.paidTokens = paidTokens
        self.paidPromptTokens = paidPromptTokens
        self.format = format
        self.answersLater = answersLater
        self.more = more
    }

    /// Whether an answer may come to so much; how it ends when not.
    func refuses(_ tally: StreamTally, isExact: Bool = false) -> StreamCut? {
        guard tally.outputTokens > paidTokens || tally.usage?.input ?? 0 > paidPromptTokens else { return nil }
        return more(tally, isExact)
    }

    /// How many bytes may be read now; none before more is set aside.
    ///
    /// Text is never more than the bytes it comes in. `waiting` are bytes that were read and not counted yet.
    func readable(_ tally: StreamTally, waiting: Int) -> Int {
        guard answersLater, !isSpent else { return StreamBudget.readsAll }
        let left = (min(paidTokens, StreamBudget.readsAll) - tally.outputTokens) * 4 - waiting
        if left < StreamBudget.leastBytes { waits = true }
        if left < StreamBudget.aheadBytes { _ = more(tally, false) }
        return waits ? 0 : left
    }

    /// More than is ever read.
    static let readsAll = 1 << 30
}
