import Synchronization

/// What all loops of the process know of the shared store: numbers for metrics, and whether it answers.
package final class StoreHealth: Sendable {
    /// Calls that were answered, and that were not.
    package let answered = Atomic<Int>(0)
    package let late = Atomic<Int>(0)
    package let unreachable = Atomic<Int>(0)
    package let failed = Atomic<Int>(0)
    /// Requests that went on without it, and those that did not.
    package let shared = Atomic<Int>(0)
    package let opened = Atomic<Int>(0)
    package let denied = Atomic<Int>(0)
    /// Settlements that were given up, and that wait now.
    package let lost = Atomic<Int>(0)
    package let waiting = Atomic<Int>(0)
    /// Loops that are not served by it now.
    private let missing = Atomic<Int>(0)
    private let tell: @Sendable (_ reason: String?) -> Void

    /// * `tell`: told once when the first loop loses it, with the reason, and once when all have it again.
    package init(_ tell: @escaping @Sendable (_ reason: String?) -> Void) { self.tell = tell }

    /// True while every loop is served.
    package var isUp: Bool { missing.load(ordering: .relaxed) == 0 }

    /// A loop is not served any more.
    func wentDown(_ reason: String) {
        if missing.add(1, ordering: .acquiringAndReleasing).oldValue == 0 { tell(reason) }
    }

    /// It is served again.
    func cameUp() {
        if missing.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { tell(nil) }
    }

    func count(_ fault: StoreFault) {
        switch fault {
        case .late: late.add(1, ordering: .relaxed)
        case .unreachable: unreachable.add(1, ordering: .relaxed)
        case .lost, .refused, .skewed: failed.add(1, ordering: .relaxed)
        }
    }
}

/// Whether it is worth asking: closed it is; after a row of failures open, when nobody is asked but one now and then.
struct Breaker {
    static let failureLimit = 5
    static let restNanoseconds: Int64 = 500_000_000

    private var failures = 0
    private var until: Int64 = 0

    var isOpen: Bool { failures >= Breaker.failureLimit }

    /// Whether one may ask now; while open, one in each rest finds out.
    mutating func lets(_ now: Int64) -> Bool {
        guard isOpen else { return true }
        guard now >= until else { return false }
        until = now + Breaker.restNanoseconds
        return true
    }

    mutating func failed(_ now: Int64) {
        failures += 1
        if isOpen { until = now + Breaker.restNanoseconds }
    }

    mutating func answered() { failures = 0 }
}
