import Audit
import Compiler
import RouteModel
import SharedPools
import Synchronization
import Telemetry

/// The store that this process shares with others: where it is, what holds while it does not answer, and how it fares.
///
/// Any thread.
final class StoreDesk: Sendable {
    let settings: SharedStore.Settings
    let policy: StateSettings.Failure
    let health: StoreHealth
    /// What this process counted, and what the store said.
    let census = StoreCensus()

    /// Nil where nothing is shared.
    init?(_ configuration: Configuration, _ audit: AuditDesk?) {
        guard let address = configuration.sharedStore else { return nil }
        let state = configuration.document.state
        settings = SharedStore.Settings(
            address,
            prefix: state.prefix.value,
            timeoutMilliseconds: max(state.timeoutMilliseconds.value, 1)
        )
        let policy = state.onStoreError.value
        self.policy = policy
        health = StoreHealth { reason in
            if let reason {
                Console.say(
                    "state: Redis at \(address.shown) is of no use: \(reason); until it is, "
                        + "`on_store_error: \(policy.rawValue)` holds"
                )
            } else {
                Console.say("state: Redis at \(address.shown) answers again")
            }
            audit?.log.submit(.store(isUp: reason == nil, policy: policy.rawValue, reason: reason))
        }
    }

    /// What of it cannot change while the process runs; nil when nothing of that did.
    static func needsRestart(from old: Configuration, to new: Configuration) -> String? {
        let (before, after) = (old.document.state, new.document.state)
        let isSame =
            old.sharedStore == new.sharedStore && before.prefix.value == after.prefix.value
            && before.timeoutMilliseconds.value == after.timeoutMilliseconds.value
            && before.onStoreError.value == after.onStoreError.value
        return isSame ? nil : "`state` changed, which needs a restart"
    }

    /// The gateway cannot tell whether the request may be served.
    static let refusal: Refusal = {
        var refusal = Refusal(
            503,
            "store_unavailable",
            "the store of this gateway's budgets and limits does not answer; try again later"
        )
        refusal.mayRetry = true
        refusal.fields = "retry-after: 1\r\n"
        return refusal
    }()

    /// Whether it answers, how often it did not, and what became of requests then.
    var metrics: String {
        var page = PrometheusText()
        page.family("hoosh_store_up", "gauge", "1 while the shared store serves every loop.")
        page.sample("hoosh_store_up", [], health.isUp ? "1" : "0")
        page.family("hoosh_store_calls_total", "counter", "Questions to the shared store, by what came of them.")
        let calls = [
            ("answered", health.answered.load(ordering: .relaxed)), ("timeout", health.late.load(ordering: .relaxed)),
            ("unreachable", health.unreachable.load(ordering: .relaxed)),
            ("error", health.failed.load(ordering: .relaxed)),
        ]
        for (result, count) in calls { page.sample("hoosh_store_calls_total", [("result", result)], "\(count)") }
        page.family("hoosh_store_fallback_total", "counter", "Requests that the shared store did not decide on.")
        let fallbacks = [
            ("deny", health.denied.load(ordering: .relaxed)), ("local_share", health.shared.load(ordering: .relaxed)),
            ("open", health.opened.load(ordering: .relaxed)),
        ]
        for (mode, count) in fallbacks { page.sample("hoosh_store_fallback_total", [("mode", mode)], "\(count)") }
        page.family("hoosh_store_settlements_waiting", "gauge", "Settlements that the store has not confirmed.")
        page.sample("hoosh_store_settlements_waiting", [], "\(health.waiting.load(ordering: .relaxed))")
        page.family("hoosh_store_settlements_lost_total", "counter", "Settlements that were given up.")
        page.sample("hoosh_store_settlements_lost_total", [], "\(health.lost.load(ordering: .relaxed))")
        return page.text
    }
}
