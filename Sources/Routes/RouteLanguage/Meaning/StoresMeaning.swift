import RouteModel
import Routing

/// Reads `cache`, `queue`, `pools` and `rate_limits`.
enum StoresMeaning {
    /// Puts what a mapping says of a cache over what is there.
    static func read(_ node: Node?, into cache: inout CacheSettings, isInherited: Bool = false) {
        guard let node else { return }
        Read.set(&cache.mode, word: node, "mode", isInherited: isInherited)
        Read.set(&cache.ttlMilliseconds, node, "ttl", isInherited: isInherited) { try Values.duration($0) }
        Read.set(&cache.maxEntries, node, "max_entries", isInherited: isInherited) { try Values.count($0, 1...Int.max) }
        Read.set(&cache.maxBytes, node, "max_bytes", isInherited: isInherited) { try Values.size($0, 0...Int.max) }
        Read.set(&cache.scope, word: node, "scope", isInherited: isInherited)
        Read.set(&cache.maxLevel, node, "max_class", isInherited: isInherited, Values.level)
        Read.set(&cache.streams, word: node, "stream", isInherited: isInherited)
        Read.set(&cache.pace, word: node, "pace", isInherited: isInherited)
        Read.set(&cache.store, word: node, "store", isInherited: isInherited)
        if let semantic = node["semantic"] {
            cache.semantic = Setting(self.semantic(semantic), at: semantic.spot, isInherited: isInherited)
        }
    }

    private static func semantic(_ node: Node) -> SemanticSettings? {
        guard let embedder = Read.located(node, "embedder", Read.text) else { return nil }
        var settings = SemanticSettings(embedder: embedder)
        settings.threshold = Read.located(node, "threshold", Values.fraction)?.value ?? settings.threshold
        settings.timeoutMilliseconds = Read.duration(node, "timeout") ?? settings.timeoutMilliseconds
        settings.textBytes = Read.size(node, "max_text") ?? settings.textBytes
        return settings
    }

    /// Routes whose answers are to be read must have rules to read them by.
    static func checkScans(_ document: RouteDocument, _ findings: Findings) {
        guard !document.privacy.rules.contains(where: \.hasContentSource) else { return }
        let scan = document.routes.lazy.map(\.settings.scanResponses).first { $0.value != .none }
        guard let spot = scan?.spot else { return }
        findings.error(
            "HP104",
            "`scan_responses` needs a rule in `privacy.rules` that looks at text",
            at: spot,
            help: ["write one, such as  privacy: {rules: [{tag: pii, builtin: [email, ssn]}]}"]
        )
    }

    static func queue(_ node: Node?) -> QueueSettings {
        var queue = QueueSettings()
        Read.set(&queue.maxDepth, node, "max_depth") { try Values.count($0, 1...Int.max) }
        Read.set(&queue.maxWaitMilliseconds, node, "max_wait") { try Values.duration($0) }
        Read.set(&queue.agingMilliseconds, node, "aging") { try Values.duration($0) }
        return queue
    }

    // MARK: Pools

    static func pools(_ assembly: Assembly, _ names: NamesMeaning, _ findings: Findings) -> [Pool] {
        let entries = assembly.entries("pools", checking: findings)
        var pools: [Pool] = []
        for entry in entries where entry.value.isMapping {
            findings.reading(entry) { pools.append(pool(entry, names)) }
        }
        checkCycles(pools, findings)
        return pools
    }

    private static func pool(_ entry: Node.Entry, _ names: NamesMeaning) -> Pool {
        let node = entry.value
        var pool = Pool(name: Located(entry.name, at: entry.key.spot))
        pool.tokens = Read.located(node, "tokens", Values.rate)
        pool.usd = Read.located(node, "usd", Values.money)
        pool.requests = Read.located(node, "requests", Values.rate)
        if let per = node["per"], let text = per.text { pool.per = Setting(Values.subject(text), at: per.spot) }
        pool.parent = node["parent"].flatMap { names.located(.pool, $0) }
        if let window = node["window"], let text = window.text {
            pool.isSliding = Setting(text == "sliding", at: window.spot)
        }
        Read.set(&pool.zone, node, "tz", Values.zone)
        Read.set(&pool.reservedOutput, node["reserve"], "output") { try Values.count($0, 0...Int.max) }
        Read.set(&pool.reserveMargin, node["reserve"], "margin", Values.hundredths)
        Read.set(&pool.overrun, word: node, "overrun")
        Read.set(&pool.onExhausted, word: node, "on_exhausted")
        Read.set(&pool.accounting, word: node, "accounting")
        return pool
    }

    /// HP207: a pool that pays into itself.
    private static func checkCycles(_ pools: [Pool], _ findings: Findings) {
        let parents = Dictionary(pools.map { ($0.name.value, $0.parent) }) { first, _ in first }
        var told: Set<String> = []
        for pool in pools where !told.contains(pool.name.value) {
            var way = [pool.name.value]
            var seen: Set<String> = [pool.name.value]
            var next = pool.parent
            while let parent = next, seen.insert(parent.value).inserted {
                way.append(parent.value)
                next = parents[parent.value] ?? nil
            }
            guard let last = next, last.value == pool.name.value, let parent = pool.parent else { continue }
            told.formUnion(way)
            findings.error(
                "HP207",
                "`\(pool.name.value)` pays into itself",
                at: parent.spot,
                notes: ["the way round: \((way + [last.value]).joined(separator: " → "))"],
                help: ["one of them has no parent"]
            )
        }
    }

    // MARK: Limits

    static func limits(_ assembly: Assembly, _ findings: Findings) -> [RateLimit] {
        var limits: [RateLimit] = []
        for entry in assembly.entries("rate_limits", checking: findings) where entry.value.isMapping {
            findings.reading(entry) { limits.append(limit(entry)) }
        }
        return limits
    }

    private static func limit(_ entry: Node.Entry) -> RateLimit {
        let node = entry.value
        var limit = RateLimit(name: Located(entry.name, at: entry.key.spot))
        if let by = node["by"], let text = by.text, let subject = subject(text) {
            limit.by = Located(subject, at: by.spot)
        }
        limit.requests = Read.located(node, "requests", Values.rate)
        limit.tokens = Read.located(node, "tokens", Values.rate)
        limit.concurrent = Read.located(node, "concurrent") { try Values.count($0, 1...1_000_000) }
        limit.burst = Read.located(node, "burst") { try Values.count($0, 1...Int.max) }
        Read.set(&limit.algorithm, word: node, "algorithm")
        Read.set(&limit.onLimit, word: node, "on_limit")
        return limit
    }

    private static func subject(_ text: String) -> RateLimit.Subject? {
        switch text {
        case "key": .key
        case "tenant": .tenant
        case "ip": .ip
        case "global": .global
        default: text.hasPrefix("header:") ? .header(text.dropFirst(7).lowercased()) : nil
        }
    }
}
