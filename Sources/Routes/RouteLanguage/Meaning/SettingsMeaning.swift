import Report
import RouteModel
import Routing

/// Reads the settings of routes: the language's defaults, then those of `defaults`, then a route's own.
struct SettingsMeaning {
    private(set) var settings = RouteSettings()
    private let names: NamesMeaning
    private let findings: Findings
    private var isInherited = true

    /// Starts with `defaults` over the top level's cache.
    init(_ root: Node, _ names: NamesMeaning, _ findings: Findings) {
        self.names = names
        self.findings = findings
        StoresMeaning.read(root["cache"], into: &settings.cache, isInherited: true)
        apply(root["defaults"])
    }

    /// The same with what a route says over it.
    func applying(_ route: Node) -> RouteSettings {
        var own = self
        own.isInherited = false
        own.apply(route)
        return own.settings
    }

    private mutating func apply(_ node: Node?) {
        guard let node else { return }
        Read.set(&settings.strategy, word: node, "strategy", isInherited: isInherited)
        apply(timeout: node["timeout"])
        apply(retry: node["retry"])
        if let tries = read(node["failover"], "failover", "max_tries", { try Values.count($0, 1...100) }) {
            settings.failover.maxTries = tries
        }
        if let panic = read(node["failover"], "failover", "panic", Read.text) {
            settings.failover.panicTries = panic == "try"
        }
        apply(latency: node["ema"])
        if let found = Read.located(node, "usage", Read.text), let policy = UsagePolicy(rawValue: found.value) {
            keep(found.spot, "usage")
            settings.usage = policy
        }
        apply(context: node["context"])
        applyLater(node)
    }

    /// A single value, whose place is kept.
    private mutating func read<Value: Sendable>(
        _ node: Node?,
        _ part: String,
        _ name: String,
        _ parse: (String) throws -> Value
    ) -> Value? {
        guard let found = Read.located(node, name, parse) else { return nil }
        keep(found.spot, "\(part).\(name)")
        return found.value
    }

    private mutating func keep(_ spot: Spot, _ path: String) {
        settings.places[path] = spot
        if isInherited { settings.inherited.insert(path) } else { settings.inherited.remove(path) }
    }

    private static func duration(_ text: String) throws(ValueFault) -> Int { try Values.duration(text) }

    private mutating func apply(timeout node: Node?) {
        guard let node else { return }
        let connect = read(node, "timeout", "connect", Self.duration)
        let firstByte = read(node, "timeout", "first_byte", Self.duration)
        settings.timeouts.connectMilliseconds = connect ?? settings.timeouts.connectMilliseconds
        settings.timeouts.firstByteMilliseconds = firstByte ?? settings.timeouts.firstByteMilliseconds
        if let idle = read(node, "timeout", "idle", Self.duration) { settings.timeouts.idleMilliseconds = idle }
        if let total = read(node, "timeout", "total", Self.duration) { settings.timeouts.totalMilliseconds = total }
        guard connect != nil || firstByte != nil else { return }
        Read.checkOrder(
            connect: (settings.timeouts.connectMilliseconds, settings.places["timeout.connect"]),
            firstByte: (settings.timeouts.firstByteMilliseconds, settings.places["timeout.first_byte"]),
            findings
        )
    }

    private mutating func apply(retry node: Node?) {
        guard let node else { return }
        if let attempts = read(node, "retry", "attempts", { try Values.count($0, 0...10) }) {
            settings.retry.attempts = attempts
        }
        if let reasons = Read.texts(node["retry_on"]), let spot = node["retry_on"]?.spot {
            keep(spot, "retry.retry_on")
            settings.retry.onConnect = reasons.contains("connect")
            settings.retry.onTimeout = reasons.contains("timeout")
            settings.retry.statuses = reasons.reduce(into: []) { set, reason in
                if let range = try? Values.statuses(reason) { set.formUnion(range) }
            }
        }
        if let range = read(node, "retry", "backoff", { try Values.durationRange($0) }) {
            settings.retry.backoffStartMilliseconds = range.start
            settings.retry.backoffCapMilliseconds = range.cap
        }
        // A share above nothing stays above nothing.
        if let share = read(node, "retry", "jitter", Values.percent) {
            settings.retry.jitterPercent = Int(share.rounded(.up))
        }
        if let share = read(node, "retry", "budget", Values.percent) {
            settings.retry.budgetPercent = Int(share.rounded(.up))
        }
        if let time = read(node, "retry", "retry_after", Self.duration) {
            settings.retry.retryAfterMilliseconds = time
        }
    }

    private mutating func apply(latency node: Node?) {
        guard let node else { return }
        if let metric = read(node, "ema", "metric", Read.text).flatMap({ LatencySettings.Metric(rawValue: $0) }) {
            settings.latency.metric = metric
        }
        if let alpha = node.entry("alpha"), let halfLife = node.entry("half_life") {
            findings.error(
                "HP109",
                "`alpha` and `half_life` say the same thing twice: keep one",
                at: halfLife.key.spot,
                labels: [Label(alpha.key.spot, "the other")]
            )
        }
        if let alpha = read(node, "ema", "alpha", Values.fraction) {
            settings.latency.alpha = alpha
            settings.latency.halfLifeMilliseconds = nil
        }
        if let time = read(node, "ema", "half_life", Self.duration) { settings.latency.halfLifeMilliseconds = time }
        if let time = read(node, "ema", "stale_after", Self.duration) {
            settings.latency.staleAfterMilliseconds = time
        }
        if let share = read(node, "ema", "tolerance", Values.percent) { settings.latency.tolerancePercent = share }
        if let share = read(node, "ema", "explore", Values.percent) { settings.latency.explorePercent = share }
        if let time = read(node, "ema", "prior", Self.duration) { settings.latency.priorMilliseconds = time }
    }

    private mutating func apply(context node: Node?) {
        guard let node else { return }
        if node.text == "none" {
            keep(node.spot, "context")
            settings.context = ContextPolicy()
            return
        }
        if let compact = node["compact"] {
            if compact.text == "none" {
                settings.context.compactAtPercent = nil
            } else if compact.isMapping {
                settings.context.compactAtPercent = settings.context.compactAtPercent ?? 80
            }
            keep(compact.spot, "context.compact")
            if let share = read(compact, "context.compact", "at", Values.percent) {
                settings.context.compactAtPercent = share
            }
            if let count = read(compact, "context.compact", "keep_last", { try Values.count($0, 1...10_000) }) {
                settings.context.keptTurns = count
            }
        }
        if let word = read(node, "context", "compress", Read.text) {
            settings.context.compressesWhitespace = word == "whitespace"
        }
    }

    // MARK: What waits for its engine

    private mutating func applyLater(_ node: Node) {
        if let hedge = node["hedge"], let after = read(hedge, "hedge", "after", Self.duration) {
            var value = RouteSettings.Hedge(afterMilliseconds: after)
            value.max = read(hedge, "hedge", "max") { try Values.count($0, 1...2) } ?? value.max
            value.stream = read(hedge, "hedge", "stream", Values.boolean) ?? value.stream
            settings.hedge = Setting(value, at: hedge.spot, isInherited: isInherited)
        }
        if let cache = node["cache"] {
            if cache.text == "none" {
                settings.cache.mode = Setting(.none, at: cache.spot, isInherited: isInherited)
            } else {
                StoresMeaning.read(cache, into: &settings.cache, isInherited: isInherited)
            }
        }
        if let pool = node["pool"] { apply(pool: pool) }
        if let limits = node["limits"], let items = limits.items {
            settings.limits = items.compactMap { names.located(.limit, $0) }
            keep(limits.spot, "limits")
        }
        Read.set(&settings.queue, word: node, "queue", isInherited: isInherited)
        Read.set(&settings.scanResponses, word: node, "scan_responses", isInherited: isInherited)
        if let found = Read.located(node, "max_tokens", { try Values.count($0, 1...Int.max) }) {
            settings.maxTokens = Setting(found.value, at: found.spot, isInherited: isInherited)
        }
        if let sticky = node["sticky"], let text = sticky.text,
            (try? Values.subject(text, ["none", "key", "tenant", "prompt"])) != nil
        {
            let value: RouteSettings.Stickiness =
                text == "prompt" ? .prompt : Values.subject(text).map { .subject($0) } ?? .none
            settings.sticky = Setting(value, at: sticky.spot, isInherited: isInherited)
        }
    }

    private mutating func apply(pool node: Node) {
        if node.isMapping {
            let allowed = (node["allow"]?.items ?? []).compactMap { names.located(.pool, $0) }
            let standard = node["default"].flatMap { names.located(.pool, $0) }
            settings.pool = Setting(
                .fromRequest(allowed: allowed, standard: standard),
                at: node.spot,
                isInherited: isInherited
            )
        } else if node.text == "none" {
            settings.pool = Setting(.none, at: node.spot, isInherited: isInherited)
        } else if let pool = names.located(.pool, node) {
            settings.pool = Setting(.named(pool.value), at: pool.spot, isInherited: isInherited)
        }
    }
}
