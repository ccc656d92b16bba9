import Report
import RouteLanguage
import RouteModel
import Routing

/// A setting with its value.
struct SettingWord: Equatable {
    var name: String
    var value: String
    /// The value without secrets.
    var shown: String
}

/// A route's settings as texts, by name.
enum RouteSettingWords {
    static func all(_ route: RouteEntry, _ document: RouteDocument) -> [SettingWord] {
        // What sends nothing on has no use for any of them.
        if route.tiers.isEmpty { return [] }
        let settings = route.settings
        let (timeouts, retry, latency) = (settings.timeouts, settings.retry, settings.latency)
        var words: [(String, String)] = [
            ("timeout.connect", Words.duration(timeouts.connectMilliseconds)),
            ("timeout.first_byte", Words.duration(timeouts.firstByteMilliseconds)),
            ("timeout.idle", Words.duration(timeouts.idleMilliseconds)),
            ("timeout.total", Words.duration(timeouts.totalMilliseconds)),
            ("retry.attempts", "\(retry.attempts)"),
            ("retry.retry_on", retryOn(retry)),
            (
                "retry.backoff",
                "\(Words.duration(retry.backoffStartMilliseconds))..\(Words.duration(retry.backoffCapMilliseconds))"
            ),
            ("retry.jitter", "\(retry.jitterPercent)%"), ("retry.budget", "\(retry.budgetPercent)%"),
            ("retry.retry_after", Words.duration(retry.retryAfterMilliseconds)),
            ("failover.max_tries", "\(settings.failover.maxTries)"),
            ("failover.panic", settings.failover.panicTries ? "try" : "fail"),
            ("usage", settings.usage.rawValue), ("ema", ema(latency)), ("pool", pool(settings.pool.value)),
            (
                "limits",
                settings.limits.isEmpty ? "none" : settings.limits.map(\.value).sorted().joined(separator: ", ")
            ),
            ("queue", settings.queue.value.rawValue), ("cache.mode", settings.cache.mode.value.rawValue),
            ("cache.scope", settings.cache.scope.value.rawValue),
            ("cache.max_class", settings.cache.maxLevel.value.word),
            ("scan_responses", settings.scanResponses.value.rawValue),
            ("max_tokens", settings.maxTokens.value.map { Words.count($0) } ?? "none"),
            ("cache.ttl", Words.duration(settings.cache.ttlMilliseconds.value)),
            ("cache.max_entries", "\(settings.cache.maxEntries.value)"),
            ("cache.max_bytes", "\(settings.cache.maxBytes.value)"),
            ("cache.streams", settings.cache.streams.value.rawValue),
            ("cache.pace", settings.cache.pace.value.rawValue),
            ("cache.store", settings.cache.store.value.rawValue),
            ("cache.semantic", settings.cache.semantic.value.map(semantic) ?? "none"),
            ("context", context(settings.context)), ("sticky", sticky(settings.sticky.value)),
            ("hedge", settings.hedge.value.map(hedge) ?? "none"),
        ]
        var fields = [headers("headers", route.setHeaders, route.removedHeaders)]
        // Of tiers with the same targets only: another target is another way, which is told as such.
        for (number, tier) in route.tiers.enumerated() {
            let targets = tier.targets.map { Words.target($0, document) }.joined(separator: ", ")
            let name = "tier \(number) [\(targets)]"
            if tier.targets.count > 1 { words.append(("strategy of \(name)", tier.strategy.value.rawValue)) }
            words.append(("weights of \(name)", tier.targets.map { "\($0.weight.value)" }.joined(separator: ", ")))
        }
        for (number, tier) in route.tiers.enumerated() {
            for target in tier.targets {
                let name = "of target \(Words.target(target, document)) in tier \(number)"
                fields.append(headers("headers \(name)", target.headers, []))
                words.append(("max_tokens \(name)", target.maxTokens.map { Words.count($0.value) } ?? "none"))
                let prices = target.prices.map { price in
                    "\(price.pattern?.value ?? "*"): \(Words.money(price.input)) in, \(Words.money(price.output)) out"
                        + (price.cached.map { ", \(Words.money($0)) cached" } ?? "")
                }
                words.append(("price \(name)", prices.isEmpty ? "none" : prices.joined(separator: "; ")))
            }
        }
        return words.map { SettingWord(name: $0.0, value: $0.1, shown: $0.1) } + fields
    }

    private static func context(_ policy: ContextPolicy) -> String {
        var words: [String] = []
        if let share = policy.compactAtPercent { words.append("compact at \(share)%, keep_last \(policy.keptTurns)") }
        if policy.compressesWhitespace { words.append("compress whitespace") }
        return words.isEmpty ? "none" : words.joined(separator: ", ")
    }

    private static func retryOn(_ retry: RetryPolicy) -> String {
        let words = (retry.onConnect ? ["connect"] : []) + (retry.onTimeout ? ["timeout"] : [])
        return "[\((words + retry.statuses.sorted().map { "\($0)" }).joined(separator: ", "))]"
    }

    /// As the route file writes it, what is left at nothing aside.
    private static func ema(_ latency: LatencySettings) -> String {
        func number(_ value: Double) -> String {
            value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)"
        }
        var words = ["metric: \(latency.metric.rawValue)"]
        if let life = latency.halfLifeMilliseconds {
            words.append("half_life: \(Words.duration(life))")
        } else {
            words.append("alpha: \(number(latency.alpha))")
        }
        words.append("stale_after: \(Words.duration(latency.staleAfterMilliseconds))")
        words.append("tolerance: \(number(latency.tolerancePercent))%")
        words.append("explore: \(number(latency.explorePercent))%")
        if let prior = latency.priorMilliseconds { words.append("prior: \(Words.duration(prior))") }
        return "{\(words.joined(separator: ", "))}"
    }

    private static func sticky(_ choice: RouteSettings.Stickiness) -> String {
        switch choice {
        case .none: "none"
        case .prompt: "prompt"
        case .subject(let subject): subject.word
        }
    }

    private static func semantic(_ semantic: SemanticSettings) -> String {
        "{embedder: \(semantic.embedder.value), threshold: \(semantic.threshold), "
            + "timeout: \(Words.duration(semantic.timeoutMilliseconds)), max_text: \(semantic.textBytes)}"
    }

    private static func hedge(_ hedge: RouteSettings.Hedge) -> String {
        "{after: \(Words.duration(hedge.afterMilliseconds)), max: \(hedge.max), stream: \(hedge.stream)}"
    }

    /// Fields in the order of their names; a secret is there to be compared, and not to be shown.
    private static func headers(_ name: String, _ set: [HeaderPair], _ removed: [String]) -> SettingWord {
        func isHidden(_ pair: HeaderPair) -> Bool {
            Meaning.isSecret(pair.value, .headerValue)
                || SecretField.holds(pair.name) && Meaning.isSecret(pair.value, .secret)
        }
        func words(_ value: (HeaderPair) -> String) -> String {
            let fields = set.sorted { $0.name < $1.name }.map { "\($0.name): \(value($0))" }
            var words = set.isEmpty ? [] : ["set: {\(fields.joined(separator: ", "))}"]
            if !removed.isEmpty { words.append("remove: [\(Set(removed).sorted().joined(separator: ", "))]") }
            return words.isEmpty ? "none" : "{\(words.joined(separator: ", "))}"
        }
        return SettingWord(
            name: name,
            value: words(\.value),
            shown: words { isHidden($0) ? SecretWords.hidden : $0.value }
        )
    }

    private static func pool(_ choice: RouteSettings.PoolChoice) -> String {
        switch choice {
        case .none: "none"
        case .named(let name): name
        case .fromRequest(let allowed, let standard):
            "from request, of [\(allowed.map(\.value).joined(separator: ", "))], else \(standard?.value ?? "none")"
        }
    }
}
