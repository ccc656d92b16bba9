import Report
import RouteModel

/// Rates and waits that cannot have the effect they are written for: HP608, HP610.
enum LimitRules {
    static func check(_ survey: Survey, _ findings: inout [Problem]) {
        unreachable(survey, &findings)
        queue(survey, &findings)
    }

    // MARK: HP608

    /// A rate limit above what every provider behind it takes anyway.
    private static func unreachable(_ survey: Survey, _ findings: inout [Problem]) {
        for limit in survey.document.rateLimits {
            guard let own = limit.requests, limit.tokens == nil, limit.concurrent == nil else { continue }
            var most: (rate: Rate, spot: Spot)?
            var isBound = true
            for (_, route) in survey.liveRoutes
            where route.settings.limits.contains(where: { $0.value == limit.name.value }) {
                for (_, provider) in survey.targets(route) {
                    guard let rate = provider.requests else {
                        isBound = false
                        break
                    }
                    if most.map({ isAbove(rate.value, $0.rate) }) ?? true { most = (rate.value, rate.spot) }
                }
                if !isBound { break }
            }
            guard isBound, let most, isAbove(own.value, most.rate) else { continue }
            findings.append(
                Problem(
                    .warning,
                    "HP608",
                    "`\(limit.name.value)` can never bind: the providers behind it take fewer requests",
                    at: own.spot,
                    labels: [Label(most.spot, "the most that any of them takes")],
                    help: ["lower it, or remove it"]
                )
            )
        }
    }

    private static func isAbove(_ left: Rate, _ right: Rate) -> Bool {
        let (first, firstOver) = left.amount.multipliedReportingOverflow(by: right.unit.seconds)
        let (second, secondOver) = right.amount.multipliedReportingOverflow(by: left.unit.seconds)
        return !firstOver && !secondOver && first > second
    }

    // MARK: HP610

    private static func queue(_ survey: Survey, _ findings: inout [Problem]) {
        let wait = survey.document.queue.maxWaitMilliseconds
        for (_, route) in survey.liveRoutes {
            let total = route.settings.timeouts.totalMilliseconds
            guard wait.value > total, let spot = wait.spot ?? route.settings.places["timeout.total"] else { continue }
            let end = route.settings.places["timeout.total"].flatMap { $0 == spot ? nil : Label($0, "ends before") }
            findings.append(
                Problem(
                    .warning,
                    "HP610",
                    "a request to `\(route.name.value)` may wait \(Words.duration(wait.value)) in the queue, but ends "
                        + "after \(Words.duration(total))",
                    at: spot,
                    labels: end.map { [$0] } ?? [],
                    help: ["keep it below `timeout.total`:  queue: {max_wait: \(Words.duration(max(1, total / 2)))}"]
                )
            )
            // One wait for all routes: one finding.
            return
        }
    }
}
