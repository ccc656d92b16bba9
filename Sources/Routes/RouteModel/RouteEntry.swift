import Report
import Routing

/// A large value kept outside its owner, so that copies of the owner are small.
private struct Apart<Value: Sendable>: Sendable {
    private final class Storage: Sendable {
        let value: Value
        init(_ value: Value) { self.value = value }
    }
    private let storage: Storage
    var value: Value { _read { yield storage.value } }
    init(_ value: Value) { storage = Storage(value) }
}

/// One of `routes`, names resolved, defaults merged.
package struct RouteEntry: Sendable {
    package enum Action: Sendable {
        case forward([TierEntry])
        case deny(status: Int, message: String)
    }

    /// `route-<n>` at the item's place when nobody named it.
    package var name: Located<String>
    package var isNamed: Bool
    /// The item: its first key.
    package var spot: Spot
    /// Bytes of the whole item in its file, from its first key to the end of its last value.
    package var extent: Range<Int>
    /// Nil takes everything.
    package var match: Match? {
        _read { yield keptMatch.value }
        set { keptMatch = Apart(newValue) }
    }
    package var action: Action
    /// Where `to` or `deny` stands.
    package var actionSpot: Spot
    package var settings: RouteSettings {
        _read { yield keptSettings.value }
        set { keptSettings = Apart(newValue) }
    }
    private var keptMatch: Apart<Match?>
    private var keptSettings: Apart<RouteSettings>
    /// Replaces the model for all targets.
    package var model: Located<String>?
    package var setHeaders: [HeaderPair] = []
    package var removedHeaders: [String] = []
    package var isEnabled = true

    package init(
        name: Located<String>,
        isNamed: Bool,
        spot: Spot,
        extent: Range<Int>,
        match: Match?,
        action: Action,
        actionSpot: Spot,
        settings: RouteSettings
    ) {
        self.name = name
        self.isNamed = isNamed
        self.spot = spot
        self.extent = extent
        keptMatch = Apart(match)
        self.action = action
        self.actionSpot = actionSpot
        keptSettings = Apart(settings)
    }

    /// The tiers; empty for `deny`.
    package var tiers: [TierEntry] {
        if case .forward(let tiers) = action { tiers } else { [] }
    }
}

/// Targets of equal rank, as written: groups are kept beside their members.
package struct TierEntry: Sendable {
    package var spot: Spot
    package var targets: [TargetEntry]
    /// The tier's own, or the route's.
    package var strategy: Setting<Strategy>
    package init(spot: Spot, targets: [TargetEntry], strategy: Setting<Strategy>) {
        self.spot = spot
        self.targets = targets
        self.strategy = strategy
    }
}

/// A provider in a tier; every member of a group is an entry of its own.
package struct TargetEntry: Sendable {
    package var spot: Spot
    /// Position in `RouteDocument.providers`.
    package var provider: Int
    /// `local`, `remote` or `any` when a group brought it in.
    package var group: String?
    /// What the provider is asked for: the target's model, or the route's; nil keeps the request's.
    package var model: String?
    package var weight: Setting<Int> = Setting(1)
    package var headers: [HeaderPair] = []
    package var prices: [ProviderEntry.Price] = []
    package var maxTokens: Located<Int>?
    package init(spot: Spot, provider: Int, group: String?, model: String?) {
        self.spot = spot
        self.provider = provider
        self.group = group
        self.model = model
    }
}

/// The settings a route has in the end, each with the place that said so.
package struct RouteSettings: Sendable {
    package enum PoolChoice: Sendable {
        case none
        case named(String)
        /// The request's body names it.
        case fromRequest(allowed: [Located<String>], standard: Located<String>?)
    }
    package struct Hedge: Sendable {
        package var afterMilliseconds: Int
        /// Upstreams asked at a time, 1 or 2.
        package var max = 2
        package var stream = false
        package init(afterMilliseconds: Int) { self.afterMilliseconds = afterMilliseconds }
    }

    package var strategy = Setting(Strategy.priority)
    /// Which subject keeps its target.
    package var sticky = Setting<Stickiness>(.none)
    package var timeouts = Timeouts()
    package var retry = RetryPolicy()
    package var failover = FailoverPolicy()
    package var latency = LatencySettings()
    package var usage = UsagePolicy.asSent
    package var context = ContextPolicy()
    package var hedge = Setting<Hedge?>(nil)
    package var cache = CacheSettings()
    package var pool = Setting(PoolChoice.none)
    package var limits: [Located<String>] = []
    package var queue = Setting(QueueSettings.Priority.normal)
    package var maxTokens = Setting<Int?>(nil)
    package var scanResponses = Setting(AnswerScan.none)
    /// Where single values were written, by path.
    ///
    /// Paths are `timeout.connect`, `retry.attempts`, `failover.max_tries`, `ema.alpha` and the like.
    package var places: [String: Spot] = [:]
    /// The paths among `places` whose value is from `defaults`.
    package var inherited: Set<String> = []
    package init() {}

    /// What keeps a client at one target.
    package enum Stickiness: Equatable, Sendable {
        case none, prompt
        case subject(Subject)
    }
}

/// What becomes of an answer in which content rules find something.
package enum AnswerScan: String, CaseIterable, Sendable {
    /// Nobody looks.
    case none
    /// What was found is replaced.
    case redact
    /// The client does not get it.
    case deny
}
