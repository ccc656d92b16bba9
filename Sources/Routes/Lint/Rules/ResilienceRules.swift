import Report
import RouteModel
import Routing

/// What happens when things fail: HP501, HP502, HP503, HP504, HP505, HP506, HP507, HP509, HP510, HP514.
enum ResilienceRules {
    static func check(_ survey: Survey, _ findings: inout [Problem]) {
        for (_, route) in survey.liveRoutes where !route.tiers.isEmpty {
            tries(route, survey, &findings)
            deadlines(route, &findings)
            health(route, survey, &findings)
            statuses(route, &findings)
            alone(route, survey, &findings)
            hedge(route, survey, &findings)
            idle(route, survey, &findings)
            waits(route, &findings)
        }
        drain(survey, &findings)
    }

    // MARK: HP501

    /// More upstream tries than this of one request are warned about.
    private static let manyTries = 8
    /// More than this are refused.
    private static let mostTries = 16

    private static func tries(_ route: RouteEntry, _ survey: Survey, _ findings: inout [Problem]) {
        let settings = route.settings
        let perTier = settings.retry.attempts + 1
        let tiers = route.tiers.count
        let hedged = settings.hedge.value.map { max(1, $0.max) } ?? 1
        let product = perTier * tiers * hedged
        let worst = min(product, settings.failover.maxTries)
        guard worst > manyTries else { return }
        let cap = settings.places["failover.max_tries"]
        let attempts = settings.places["retry.attempts"]
        var labels: [Label] = []
        if cap != nil, let attempts { labels = [Label(attempts, "\(perTier) tries in each tier")] }
        if let spot = settings.hedge.spot, hedged > 1 { labels.append(Label(spot, "\(hedged) at a time")) }
        findings.append(
            Problem(
                worst > mostTries ? .error : .warning,
                "HP501",
                "one request to `\(route.name.value)` may become \(worst) upstream tries",
                at: cap ?? attempts ?? route.actionSpot,
                labels: labels,
                notes: [
                    "\(perTier) in a tier × \(Words.amount(tiers, "tier")) × \(hedged) at a time "
                        + "= \(product), at most `failover.max_tries` = \(settings.failover.maxTries)",
                    "clients that try three times, as OpenAI's libraries do, make it \(worst * 3)",
                ],
                help: ["cap it:  failover: {max_tries: 4}"],
                fix: cap == nil ? nil : .unsafe,
                edits: cap.map { survey.edits.replacing($0, with: "4") } ?? []
            )
        )
    }

    // MARK: HP502

    /// The tiers whose turn cannot come: those before them may use up the whole time.
    private static func deadlines(_ route: RouteEntry, _ findings: inout [Problem]) {
        let timeouts = route.settings.timeouts
        let first = timeouts.firstByteMilliseconds
        let total = timeouts.totalMilliseconds
        guard route.tiers.count > 1, first > 0, (route.tiers.count - 1) * first >= total else { return }
        let late = (total + first - 1) / first
        // One of them left to its default is a slip; both written contradict each other.
        let isMeant =
            route.settings.places["timeout.total"] != nil && route.settings.places["timeout.first_byte"] != nil
        guard let spot = route.settings.places["timeout.total"] ?? route.settings.places["timeout.first_byte"],
            route.tiers.indices.contains(late)
        else { return }
        findings.append(
            Problem(
                isMeant ? .error : .warning,
                "HP502",
                "tier \(late + 1) of `\(route.name.value)` is never reached in time",
                at: spot,
                labels: [Label(route.tiers[late].spot, "its turn comes after \(Words.duration(late * first))")],
                notes: [
                    "every tier before it may wait \(Words.duration(first)) for its first byte, and the whole request "
                        + "ends after \(Words.duration(total))"
                ],
                help: [
                    "keep `first_byte` × tiers below `total`:  timeout: {first_byte: "
                        + "\(Words.duration(max(1, total / route.tiers.count)))}"
                ]
            )
        )
    }

    // MARK: HP503

    private static func health(_ route: RouteEntry, _ survey: Survey, _ findings: inout [Problem]) {
        let targets = survey.targets(route)
        guard Set(targets.map(\.target.provider)).count > 1 else { return }
        for (target, provider) in targets where provider.healthMode.value == "none" {
            guard let spot = provider.healthMode.spot else { continue }
            findings.append(
                Problem(
                    .warning,
                    "HP503",
                    "nobody looks whether `\(provider.name.value)` is up, but routes fail over from it",
                    at: spot,
                    labels: [Label(target.spot, "one of several targets")],
                    notes: ["every request would first wait for it to fail again"],
                    help: ["let requests tell:  mode: passive"],
                    fix: .unsafe,
                    edits: survey.edits.replacing(spot, with: "passive")
                )
            )
        }
    }

    // MARK: HP504

    /// Answers that a second try only repeats (RFC 9110 §15.5: the request itself is at fault).
    private static func isFinal(_ status: Int) -> Bool {
        (400...499).contains(status) && ![408, 409, 423, 425, 429].contains(status)
    }

    private static func statuses(_ route: RouteEntry, _ findings: inout [Problem]) {
        let statuses = route.settings.retry.statuses
        guard let spot = route.settings.places["retry.retry_on"] else { return }
        let useless = statuses.filter(isFinal).sorted()
        let paid = statuses.filter { (200...299).contains($0) }.sorted()
        guard let first = paid.first ?? useless.first else { return }
        let all = useless.count > 6 ? "4xx" : (paid + useless).map(String.init).joined(separator: ", ")
        findings.append(
            Problem(
                .warning,
                "HP504",
                paid.isEmpty
                    ? "trying again after \(all) cannot succeed: the request itself is refused"
                    : "trying again after \(all) pays for the same work twice",
                at: spot,
                notes: first == 401 || first == 403 ? ["a wrong key stays wrong"] : [],
                help: ["retry_on: [connect, timeout, 429, 5xx]"]
            )
        )
    }

    // MARK: HP505, HP506

    private static func alone(_ route: RouteEntry, _ survey: Survey, _ findings: inout [Problem]) {
        let targets = survey.targets(route)
        let providers = Set(targets.map(\.target.provider))
        if targets.count == 1, let only = targets.first, only.target.group == nil {
            findings.append(
                Problem(
                    .note,
                    "HP505",
                    "`\(route.name.value)` has one target and no fallback",
                    at: only.target.spot,
                    notes: ["while `\(only.provider.name.value)` is down, the route answers with errors"]
                )
            )
        }
        guard providers.count > 1, let first = targets.first else { return }
        guard let host = first.provider.host,
            targets.allSatisfy({ $0.provider.host == host && $0.provider.port == first.provider.port }),
            let other = targets.first(where: { $0.target.provider != first.target.provider })
        else { return }
        findings.append(
            Problem(
                .warning,
                "HP506",
                "every target of `\(route.name.value)` is at \(host):\(first.provider.port), so they fail together",
                at: other.target.spot,
                labels: [Label(first.target.spot, "the same address")],
                help: ["add a target elsewhere"]
            )
        )
    }

    // MARK: HP507

    private static func hedge(_ route: RouteEntry, _ survey: Survey, _ findings: inout [Problem]) {
        guard let hedge = route.settings.hedge.value, let spot = route.settings.hedge.spot else { return }
        if hedge.stream {
            findings.append(
                Problem(
                    .warning,
                    "HP507",
                    "a hedged stream is paid for twice: both upstreams generate until one is cancelled",
                    at: route.settings.places["hedge.stream"] ?? spot,
                    help: ["stream: false"]
                )
            )
        }
        if case .none = route.settings.pool.value,
            let paid = survey.targets(route).first(where: { Prices.isPaid($0.provider) })
        {
            findings.append(
                Problem(
                    .warning,
                    "HP507",
                    "`\(route.name.value)` asks twice without a pool that bounds what it costs",
                    at: spot,
                    labels: [Label(paid.target.spot, "costs money")],
                    help: ["name a pool:  pool: …"]
                )
            )
        }
    }

    // MARK: HP509, HP510, HP514

    private static func drain(_ survey: Survey, _ findings: inout [Problem]) {
        let drain = survey.document.listen.drainMilliseconds
        guard drain.value >= 30_000, let spot = drain.spot else { return }
        findings.append(
            Problem(
                .warning,
                "HP509",
                "Kubernetes kills a pod after 30s unless told otherwise, before `drain` is over",
                at: spot,
                help: ["keep it below terminationGracePeriodSeconds:  drain: 25s"]
            )
        )
    }

    /// A stream that waits for its model is kept alive by a comment every 15 seconds or so (HTML standard, 9.2.7).
    private static let commentMilliseconds = 15_000
    private static let commentingKinds: Set<String> = ["openrouter", "deepseek", "anthropic"]

    private static func idle(_ route: RouteEntry, _ survey: Survey, _ findings: inout [Problem]) {
        let idle = route.settings.timeouts.idleMilliseconds
        guard idle < commentMilliseconds, let spot = route.settings.places["timeout.idle"] else { return }
        let targets = survey.targets(route)
        guard let slow = targets.first(where: { commentingKinds.contains($0.provider.kind.value) }) else { return }
        findings.append(
            Problem(
                .warning,
                "HP510",
                "streams of `\(slow.provider.name.value)` may be silent for longer than \(Words.duration(idle))",
                at: spot,
                labels: [Label(slow.target.spot, "sends comments while its model is busy")],
                notes: ["a stream is kept alive by a comment every 15 seconds or so (HTML standard, 9.2.7)"],
                help: ["idle: 30s"]
            )
        )
    }

    private static func waits(_ route: RouteEntry, _ findings: inout [Problem]) {
        let settings = route.settings
        let total = settings.timeouts.totalMilliseconds
        for (place, name, wait) in [
            ("retry.retry_after", "a `Retry-After` of", settings.retry.retryAfterMilliseconds),
            ("retry.backoff", "a back-off of", settings.retry.backoffCapMilliseconds),
        ] {
            guard wait > total, let spot = settings.places[place] else { continue }
            findings.append(
                Problem(
                    .warning,
                    "HP514",
                    "\(name) \(Words.duration(wait)) outlasts the whole request, which ends after \(Words.duration(total))",
                    at: spot,
                    labels: settings.places["timeout.total"].map { [Label($0, "ends here")] } ?? [],
                    help: ["keep it below `timeout.total`"]
                )
            )
        }
    }
}
