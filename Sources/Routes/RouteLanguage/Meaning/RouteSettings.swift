import Decision
import Routing
import Report

/// The settings a route has in the end: the language's, then those of `defaults`, then its own.
struct RouteSettings {
    var strategy = Strategy.priority
    /// Set when the route itself names the strategy.
    var strategyNode: Node?
    var timeouts = Timeouts()
    var retry = RetryPolicy()
    var failover = FailoverPolicy()
    var latency = LatencySettings()
    private var connectNode: Node?
    private var firstByteNode: Node?

    /// Puts what a mapping says over what is there.
    mutating func apply(_ node: Node?, _ findings: Findings) {
        strategyNode = node?["strategy"]
        if let strategy = Read.word(node, "strategy", Strategy.self) { self.strategy = strategy }
        apply(timeout: node?["timeout"], findings)
        apply(retry: node?["retry"])
        let failover = node?["failover"]
        if let tries = Read.count(failover, "max_tries", 1...100) { self.failover.maxTries = tries }
        if let panic = failover?["panic"]?.text { self.failover.panicTries = panic == "try" }
        apply(latency: node?["ema"], findings)
    }

    private mutating func apply(timeout node: Node?, _ findings: Findings) {
        let own = Read.timeouts(node)
        if let value = own.connectMilliseconds {
            timeouts.connectMilliseconds = value
            connectNode = node?["connect"]
        }
        if let value = own.firstByteMilliseconds {
            timeouts.firstByteMilliseconds = value
            firstByteNode = node?["first_byte"]
        }
        timeouts.idleMilliseconds = own.idleMilliseconds ?? timeouts.idleMilliseconds
        timeouts.totalMilliseconds = own.totalMilliseconds ?? timeouts.totalMilliseconds
        guard own.connectMilliseconds != nil || own.firstByteMilliseconds != nil else { return }
        Read.checkOrder(
            connect: (timeouts.connectMilliseconds, connectNode),
            firstByte: (timeouts.firstByteMilliseconds, firstByteNode),
            findings
        )
    }

    private mutating func apply(retry node: Node?) {
        if let attempts = Read.count(node, "attempts", 0...10) { retry.attempts = attempts }
        if let reasons = Read.texts(node?["retry_on"]) {
            retry.onConnect = reasons.contains("connect")
            retry.onTimeout = reasons.contains("timeout")
            retry.statuses = reasons.reduce(into: []) { set, reason in
                if let range = try? Values.statuses(reason) { set.formUnion(range) }
            }
        }
        if let text = node?["backoff"]?.text, let range = try? Values.durationRange(text) {
            retry.backoffStartMilliseconds = range.start
            retry.backoffCapMilliseconds = range.cap
        }
        // A share above nothing stays above nothing.
        if let share = Read.percent(node, "jitter") { retry.jitterPercent = Int(share.rounded(.up)) }
        if let share = Read.percent(node, "budget") { retry.budgetPercent = Int(share.rounded(.up)) }
        if let time = Read.duration(node, "retry_after") { retry.retryAfterMilliseconds = time }
    }

    private mutating func apply(latency node: Node?, _ findings: Findings) {
        if let metric = Read.word(node, "metric", LatencySettings.Metric.self) { latency.metric = metric }
        if let alpha = node?.entry("alpha"), let halfLife = node?.entry("half_life") {
            findings.error(
                "HP109",
                "`alpha` and `half_life` say the same thing twice: keep one",
                at: halfLife.key.spot,
                labels: [Label(alpha.key.spot, "the other")]
            )
        }
        if let text = node?["alpha"]?.text, let alpha = try? Values.fraction(text) {
            latency.alpha = alpha
            latency.halfLifeMilliseconds = nil
        }
        if let time = Read.duration(node, "half_life") { latency.halfLifeMilliseconds = time }
        if let time = Read.duration(node, "stale_after") { latency.staleAfterMilliseconds = time }
        if let share = Read.percent(node, "tolerance") { latency.tolerancePercent = share }
        if let share = Read.percent(node, "explore") { latency.explorePercent = share }
        if let time = Read.duration(node, "prior") { latency.priorMilliseconds = time }
    }
}
