import Synchronization

/// What the process knows of one provider's health, load and speed.
///
/// Outlives a route file: kept by identity across reloads. Shared by all loops, atomics only, no lock. Any thread.
package final class ProviderHealth: Sendable {
    /// How health is learned: what a route file says.
    package struct Settings: Equatable, Sendable {
        /// Requests themselves decide; otherwise only probes do, or nothing when there are none.
        package var passive: Bool
        package var probes: Bool
        /// Failures in a row after which the provider counts as down.
        package var unhealthyAfter: Int
        /// Successes in a row after which it counts as up again.
        package var healthyAfter: Int
        /// How long a provider found down by its requests is left alone before one may try again.
        package var restMilliseconds: Int
        package init(passive: Bool, probes: Bool, unhealthyAfter: Int, healthyAfter: Int, restMilliseconds: Int) {
            self.passive = passive
            self.probes = probes
            self.unhealthyAfter = max(1, unhealthyAfter)
            self.healthyAfter = max(1, healthyAfter)
            self.restMilliseconds = restMilliseconds
        }
    }

    private let passive = Atomic<Bool>(false)
    private let probes = Atomic<Bool>(false)
    private let failuresToFall = Atomic<Int>(1)
    private let successesToRise = Atomic<Int>(1)
    private let rest = Atomic<Int64>(0)
    private let failuresInARow = Atomic<Int>(0)
    private let successesInARow = Atomic<Int>(0)
    private let isDown = Atomic<Bool>(false)
    private let downUntil = Atomic<Int64>(0)
    private let running = Atomic<Int>(0)
    private let busyUntil = Atomic<Int64>(0)
    /// How fast its models answered lately.
    package let latency = LatencyTable()

    package init(_ settings: Settings) { apply(settings) }

    /// The same, said in one line.
    package convenience init(
        passive: Bool,
        probes: Bool,
        unhealthyAfter: Int,
        healthyAfter: Int,
        restMilliseconds: Int
    ) {
        self.init(
            Settings(
                passive: passive,
                probes: probes,
                unhealthyAfter: unhealthyAfter,
                healthyAfter: healthyAfter,
                restMilliseconds: restMilliseconds
            )
        )
    }

    /// Goes by other settings from now on; what was learned stays, as long as the new way of learning can unlearn it.
    package func apply(_ settings: Settings) {
        let isSameWay = usesPassive == settings.passive && usesProbes == settings.probes
        passive.store(settings.passive, ordering: .relaxed)
        probes.store(settings.probes, ordering: .relaxed)
        failuresToFall.store(settings.unhealthyAfter, ordering: .relaxed)
        successesToRise.store(settings.healthyAfter, ordering: .relaxed)
        rest.store(Int64(settings.restMilliseconds) * 1_000_000, ordering: .relaxed)
        guard !isSameWay else { return }
        failuresInARow.store(0, ordering: .relaxed)
        successesInARow.store(0, ordering: .relaxed)
        isDown.store(false, ordering: .relaxed)
    }

    private var usesPassive: Bool { passive.load(ordering: .relaxed) }
    private var usesProbes: Bool { probes.load(ordering: .relaxed) }
    private var restNanoseconds: Int64 { rest.load(ordering: .relaxed) }

    /// True when a request may be sent there now.
    ///
    /// A provider that is down by its requests is offered again after its rest, to one request at a time.
    package func mayTry(now: Int64) -> Bool {
        guard isDown.load(ordering: .relaxed) else { return true }
        guard usesPassive else { return false }
        let until = downUntil.load(ordering: .relaxed)
        guard now >= until else { return false }
        return downUntil.compareExchange(expected: until, desired: now + restNanoseconds, ordering: .relaxed).exchanged
    }

    /// It said that it takes no more until then: it is left alone, and is no less healthy for it.
    ///
    /// At most an hour: who says more is asked again then.
    package func rest(until: Int64, now: Int64) {
        let until = min(until, now + 3_600_000_000_000)
        busyUntil.max(until, ordering: .relaxed)
    }

    /// For how long it wants to be left alone, nanoseconds; 0 when it does not.
    package func restLeft(now: Int64) -> Int64 { max(busyUntil.load(ordering: .relaxed) - now, 0) }

    /// True unless it counts as down; does not use up the one trial request.
    package var isUp: Bool { !isDown.load(ordering: .relaxed) }

    /// Failures in a row so far.
    package var consecutiveFailures: Int { failuresInARow.load(ordering: .relaxed) }

    /// A request got an answer that shows the provider alive.
    package func requestSucceeded() {
        guard usesPassive || usesProbes else { return }
        failuresInARow.store(0, ordering: .relaxed)
        if usesPassive { isDown.store(false, ordering: .relaxed) }
    }

    /// A request met a refusal, a reset, a time-out or a 5xx.
    package func requestFailed(now: Int64) {
        guard usesPassive || usesProbes else { return }
        let count = failuresInARow.add(1, ordering: .relaxed).newValue
        guard usesPassive, count >= failuresToFall.load(ordering: .relaxed) else { return }
        downUntil.store(now + restNanoseconds, ordering: .relaxed)
        isDown.store(true, ordering: .relaxed)
    }

    /// A probe came back.
    package func probed(isHealthy: Bool) {
        if isHealthy {
            failuresInARow.store(0, ordering: .relaxed)
            if successesInARow.add(1, ordering: .relaxed).newValue >= successesToRise.load(ordering: .relaxed) {
                isDown.store(false, ordering: .relaxed)
            }
        } else {
            successesInARow.store(0, ordering: .relaxed)
            if failuresInARow.add(1, ordering: .relaxed).newValue >= failuresToFall.load(ordering: .relaxed) {
                isDown.store(true, ordering: .relaxed)
            }
        }
    }

    /// Requests being served by it now, over all loops.
    package var inFlight: Int { running.load(ordering: .relaxed) }

    /// A try begins.
    package func began() { running.add(1, ordering: .relaxed) }

    /// A try ended, however.
    package func ended() { running.subtract(1, ordering: .relaxed) }
}
