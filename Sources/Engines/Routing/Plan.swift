/// What the tree answered: where a request may go and how hard to try.
///
/// Immutable, made once per route when the file is loaded; numbers are resolved, defaults merged.
package final class Plan: Sendable {
    /// Tried in order; a later tier only when the one before it gave nothing.
    package let tiers: [Tier]
    /// Positions of the providers that it names, each once, in the order in which they would be asked.
    package let providers: [Int]
    package let timeouts: Timeouts
    package let retry: RetryPolicy
    package let failover: FailoverPolicy
    package let latency: LatencySettings
    /// Header fields set towards the upstream, names in lower case.
    package let setHeaders: [HeaderPair]
    /// Header fields of the client that are not passed on, names in lower case.
    package let removedHeaders: [String]
    /// How streams are made to tell their usage.
    package let usage: UsagePolicy
    /// What is done to chats that are long.
    package let context: ContextPolicy

    package init(
        tiers: [Tier],
        timeouts: Timeouts,
        retry: RetryPolicy,
        failover: FailoverPolicy,
        latency: LatencySettings,
        setHeaders: [HeaderPair],
        removedHeaders: [String],
        usage: UsagePolicy = .asSent,
        context: ContextPolicy = ContextPolicy()
    ) {
        self.tiers = tiers
        var providers: [Int] = []
        for target in tiers.flatMap(\.targets) where !providers.contains(target.provider) {
            providers.append(target.provider)
        }
        self.providers = providers
        self.timeouts = timeouts
        self.retry = retry
        self.failover = failover
        self.latency = latency
        self.setHeaders = setHeaders
        self.removedHeaders = removedHeaders
        self.usage = usage
        self.context = context
    }
}

/// How streams are made to tell their usage.
package enum UsagePolicy: String, CaseIterable, Sendable {
    /// As the client asks; what is not told is estimated.
    case asSent = "as_sent"
    /// OpenAI's streams are asked for it, and what the client did not ask for is left out of what it gets.
    case exact
}

/// A header field to send: name in lower case, value without line ends.
package struct HeaderPair: Equatable, Sendable {
    package let name: String
    package let value: String
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// Targets of equal rank, and how one of them is picked.
package final class Tier: Sendable {
    package let targets: [Target]
    package let strategy: Strategy
    package init(targets: [Target], strategy: Strategy) {
        self.targets = targets
        self.strategy = strategy
    }
}

/// A provider with the model to ask it for.
package final class Target: Sendable {
    /// Index into the snapshot's providers.
    package let provider: Int
    /// Replaces the request's model; nil keeps it.
    package let model: String?
    /// The same as UTF-8.
    package let modelBytes: [UInt8]?
    /// Share in round-robin and tie-break in least-busy; 0 takes it out of round-robin.
    package let weight: Int
    /// Header fields for this target only, after the plan's.
    package let headers: [HeaderPair]
    /// True when it came from `local`, `remote` or `any`.
    ///
    /// A target written by name whose provider does not list the model is ineligible just the same, but `explain` and
    /// errors name it.
    package let isFromGroup: Bool
    /// Tags that must not go there, by bit of `Program.tagNames`; a request that carries one passes the target over.
    package let deniedTags: UInt64
    /// The most tokens that an answer may be asked for: the least that target, route and provider let it have.
    package let maxTokens: Int?
    /// What it costs here, before what its provider costs.
    package let prices: [TargetPrice]
    package init(
        provider: Int,
        model: String?,
        weight: Int,
        headers: [HeaderPair],
        isFromGroup: Bool,
        deniedTags: UInt64 = 0,
        maxTokens: Int? = nil,
        prices: [TargetPrice] = []
    ) {
        self.deniedTags = deniedTags
        self.maxTokens = maxTokens
        self.prices = prices
        self.provider = provider
        self.model = model
        modelBytes = model.map { Array($0.utf8) }
        self.weight = weight
        self.headers = headers
        self.isFromGroup = isFromGroup
    }
}

/// What a target costs by the file: nano-dollars per million tokens.
package struct TargetPrice: Hashable, Sendable {
    /// A glob of models; nil is all of them.
    package let pattern: String?
    package let input: Int
    package let output: Int
    package let cached: Int?
    package let cacheWrite: Int?
    package let reasoning: Int?
    package init(pattern: String?, input: Int, output: Int, cached: Int?, cacheWrite: Int?, reasoning: Int?) {
        self.pattern = pattern
        self.input = input
        self.output = output
        self.cached = cached
        self.cacheWrite = cacheWrite
        self.reasoning = reasoning
    }
}

extension Plan {
    /// The most tokens that any target of it may be asked for; nil when one has no such limit.
    package var mostTokens: Int? {
        var most = 0
        for tier in tiers {
            for target in tier.targets {
                guard let own = target.maxTokens else { return nil }
                most = max(most, own)
            }
        }
        return most == 0 ? nil : most
    }
}

/// How a tier picks among its candidates (`routes.md` 2.7).
package enum Strategy: String, CaseIterable, Sendable {
    case priority
    case roundRobin = "round-robin"
    case leastLatency = "least-latency"
    case leastBusy = "least-busy"
    case cost
    case direct
}

/// The four deadlines of a request.
package struct Timeouts: Equatable, Sendable {
    package var connectMilliseconds: Int = 2_000
    /// From the request sent to the first body byte; streams only.
    package var firstByteMilliseconds: Int = 30_000
    /// Between two reads from the upstream; streams only.
    package var idleMilliseconds: Int = 60_000
    package var totalMilliseconds: Int = 600_000
    package init() {}
}

/// When another try in the same tier is made.
package struct RetryPolicy: Equatable, Sendable {
    /// Extra tries inside one tier.
    package var attempts: Int = 1
    package var onConnect = true
    package var onTimeout = true
    /// Statuses that are retried; `5xx` in a file stands for 500...599.
    package var statuses: Set<Int> = Set(500...599).union([429])
    package var backoffStartMilliseconds: Int = 200
    package var backoffCapMilliseconds: Int = 5_000
    /// How much of a back-off is random, 0...100.
    package var jitterPercent: Int = 50
    /// Retries as a share of requests, process-wide, 0...100.
    package var budgetPercent: Int = 20
    /// The longest `Retry-After` that is waited for; beyond it the target is given up.
    package var retryAfterMilliseconds: Int = 10_000
    package init() {}
}

/// Bounds over all tiers of one request.
package struct FailoverPolicy: Equatable, Sendable {
    /// Upstream tries, all tiers together.
    package var maxTries: Int = 4
    /// When every target is unhealthy: true ignores health once, false answers 503.
    package var panicTries = true
    package init() {}
}

/// What is done to chats before they are sent on; nothing unless the file says so.
package struct ContextPolicy: Equatable, Sendable {
    /// The share of the model's window, in percent, from which on old turns are taken out; nil takes none.
    package var compactAtPercent: Double?
    /// Turns at the end that stay, system turns not counted.
    package var keptTurns = 10
    /// Runs of spaces and empty lines in prose are collapsed.
    package var compressesWhitespace = false
    package init() {}

    /// Chats go out as they came.
    package var isOff: Bool { compactAtPercent == nil && !compressesWhitespace }
}

/// How `least-latency` measures and chooses (`routes.md` 2.7, EMA).
package struct LatencySettings: Equatable, Sendable {
    package enum Metric: String, CaseIterable, Sendable {
        case firstByte = "first_byte"
        case total
        case perToken = "per_token"
    }
    package var metric = Metric.firstByte
    /// Weight of a new sample, above 0, at most 1; unused when `halfLifeMilliseconds` is set.
    package var alpha = 0.3
    package var halfLifeMilliseconds: Int?
    package var staleAfterMilliseconds: Int = 120_000
    package var tolerancePercent: Double = 10
    package var explorePercent: Double = 1
    package var priorMilliseconds: Int?
    package init() {}
}
