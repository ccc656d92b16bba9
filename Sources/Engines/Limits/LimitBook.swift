import Budgets
import Synchronization

/// How fast each subject of each limit asks: one for the whole process.
///
/// Rates are held by GCRA (the leaky bucket as a meter: ITU-T I.371, annex A) or by a sliding window; a request that one of
/// its limits does not let in is counted by none. The time is passed in, monotonic nanoseconds. What was counted stays
/// across reloads, by the limit's name and its subject.
package final class LimitBook: Sendable {
    /// Limits that one request may have.
    package static let depthLimit = 8
    /// Subjects that one limit may have at a time.
    package static let subjectLimit = 65_536

    private let state: Mutex<LimitLedger>

    /// * `subjectLimit`: subjects that one limit may have at a time.
    package init(subjectLimit: Int = LimitBook.subjectLimit) {
        state = Mutex(LimitLedger(subjectLimit: subjectLimit))
    }

    /// Goes on with new settings and answers the numbers of these limits, in their order.
    package func apply(_ settings: [LimitSettings]) -> [LimitNumber] {
        state.withLock { $0.apply(settings) }
    }

    /// Lets a request in if all of its limits do, and counts it.
    ///
    /// * `tokens`: as far as they can be told in advance.
    /// * `subject`: who asks.
    package func admit(
        _ limits: [LimitNumber],
        tokens: Int,
        now: Int,
        subject: (LimitSettings.Subject) -> String
    ) -> Admission {
        state.withLock { $0.admit(limits, tokens: tokens, now, subject, counts: true) }
    }

    /// True when a limit with one subject for all would let a request in.
    package func hasRoom(_ limit: LimitNumber, tokens: Int, now: Int) -> Excess? {
        state.withLock { state in
            switch state.admit([limit], tokens: tokens, now, { _ in "" }, counts: false) {
            case .refused(let excess): excess
            case .admitted, .crowded: nil
            }
        }
    }

    /// The request is over: it is not running any more, and this is what it came to.
    package func settle(_ pass: Pass, tokens: Int, now: Int) {
        state.withLock { $0.settle(pass, tokens: tokens, isWithdrawn: false, now) }
    }

    /// The request was not served after all: nothing of it counts.
    package func withdraw(_ pass: Pass, now: Int) {
        state.withLock { $0.settle(pass, tokens: 0, isWithdrawn: true, now) }
    }

    /// What is known of each limit, for metrics.
    package func report() -> [LimitReport] { state.withLock { $0.report() } }
}

/// A limit with what it did.
package struct LimitReport: Equatable, Sendable {
    package var name: String
    package var subjects: Int
    /// Requests running now.
    package var running: Int
    package var admitted: Int
    package var refused: Int
}
