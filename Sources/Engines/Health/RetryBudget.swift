import Synchronization

/// Keeps retries a bounded share of requests, process-wide: a failing provider must not be asked twice as often.
///
/// A bucket in hundredths of a retry: each request puts in the share, each retry takes one out. It starts with a small
/// reserve so that the first requests after a start may be retried. Any thread.
package final class RetryBudget: Sendable {
    private static let reserve = 2_000
    private static let limit = 10_000
    private let bucket = Atomic<Int>(RetryBudget.reserve)

    package init() {}

    /// One request came, whose route allows `percent` of retries.
    package func requestCame(percent: Int) {
        if bucket.load(ordering: .relaxed) < RetryBudget.limit { bucket.add(percent, ordering: .relaxed) }
    }

    /// True when one more retry is within the share; it is then counted.
    package func takeRetry(percent: Int) -> Bool {
        guard percent > 0 else { return false }
        if percent >= 100 { return true }
        if bucket.subtract(100, ordering: .relaxed).newValue >= 0 { return true }
        bucket.add(100, ordering: .relaxed)
        return false
    }
}
