import RouteModel
import Routing
import SharedPools

/// Reads `auth`, `audit`, `state`, `telemetry`, `hardware` and `lint`.
enum ServiceMeaning {
    static func auth(_ assembly: Assembly, _ names: NamesMeaning, _ findings: Findings) -> Auth {
        let node = assembly.root["auth"]
        var auth = Auth()
        auth.spot = node?.spot ?? assembly.nodes("auth").first?.spot
        for entry in assembly.entries("auth", "keys", checking: findings) where entry.value.isMapping {
            findings.reading(entry) { auth.keys.append(key(entry, names)) }
        }
        auth.isBearer = Setting(!auth.keys.isEmpty)
        if let mode = node?["mode"], let text = mode.text { auth.isBearer = Setting(text == "bearer", at: mode.spot) }
        auth.tenantHeader = Read.located(node, "tenant_header", Values.headerName)
        auth.trustedProxies = Read.all(node, "trusted_proxies", Read.text) ?? []
        auth.adminToken = Read.located(node?["admin"], "token", Read.text)
        return auth
    }

    private static func key(_ entry: Node.Entry, _ names: NamesMeaning) -> Auth.Key {
        let node = entry.value
        var key = Auth.Key(name: Located(entry.name, at: entry.key.spot))
        key.token = Read.located(node, "token", Read.text)
        key.tenant = Read.located(node, "tenant", Values.name)
        key.pools = (Read.scalars(node["pools"]) ?? []).compactMap { names.located(.pool, $0) }
        key.models = Read.all(node, "models", Read.globText)
        key.maxLevel = Read.located(node, "max_class", Values.level)
        return key
    }

    static func audit(_ node: Node?) -> Audit? {
        guard let node else { return nil }
        var audit = Audit(spot: node.spot)
        audit.path = Read.located(node, "path", Read.text)
        audit.key = Read.located(node, "key", Read.text)
        Read.set(&audit.body, word: node, "body")
        Read.set(&audit.maxLevel, node, "max_class", Values.level)
        Read.set(&audit.rotateBytes, node, "rotate") { try Values.size($0, 0...Int.max) }
        Read.set(&audit.syncMilliseconds, node, "sync") { try Values.duration($0) }
        if let word = node["on_failure"], let text = word.text {
            audit.deniesOnFailure = Setting(text != "continue", at: word.spot)
        }
        return audit
    }

    /// Fewer bytes could be guessed (NIST SP 800-107 §5.3.4 asks for half the digest's length at least).
    private static let auditKeyBytes = 16

    /// The key of the chain; nil where it was reported, and in lint.
    static func auditKey(_ node: Node?, _ secrets: Secrets) -> String? {
        guard let node, let key = secrets.resolve(node, name: "audit.key") else { return nil }
        guard key.utf8.count >= auditKeyBytes else {
            secrets.findings.error(
                "HP701",
                "`audit.key`: what `\(node.text ?? "")` names is shorter than \(auditKeyBytes) bytes",
                at: node.spot,
                help: ["make one:  openssl rand -hex 32"]
            )
            return nil
        }
        return key
    }

    /// `state`, which is a store or a mapping that names one.
    static func state(_ node: Node?) -> StateSettings {
        var state = StateSettings()
        guard let node else { return state }
        if let text = node.text, let store = try? Values.store(text) {
            state.store = Setting(store, at: node.spot)
        } else {
            Read.set(&state.store, node, "store", Values.store)
            Read.set(&state.onStoreError, word: node, "on_store_error")
            Read.set(&state.timeoutMilliseconds, node, "timeout") { try Values.duration($0) }
            state.replicas = Read.located(node, "replicas") { try Values.count($0, Schema.replicas) }
            Read.set(&state.prefix, node, "prefix", Values.name)
        }
        return state
    }

    /// Nobody waits in line for what several proxies share: the line is each one's own.
    static func refuseQueues(_ document: RouteDocument, _ findings: Findings) {
        for limit in document.rateLimits where limit.onLimit.value == .queue {
            let spot = limit.onLimit.spot ?? limit.name.spot
            findings.error("HP120", "`on_limit: queue` has no engine where limits are shared through Redis", at: spot)
        }
        for pool in document.pools where pool.onExhausted.value == .queue {
            let spot = pool.onExhausted.spot ?? pool.name.spot
            findings.error(
                "HP120",
                "`on_exhausted: queue` has no engine where pools are shared through Redis",
                at: spot
            )
        }
    }

    /// Where a shared store is; nil without one, where it was reported, and in lint.
    static func sharedStore(_ node: Node?, _ state: StateSettings, _ secrets: Secrets) -> RedisAddress? {
        guard let node else { return nil }
        guard case .redis = state.store.value else {
            for name in ["on_store_error", "timeout", "replicas", "prefix"] {
                guard let other = node[name] else { continue }
                secrets.findings.error(
                    "HP109",
                    "`\(name)` is about a store that several proxies share, and this one is none",
                    at: other.spot,
                    help: ["store: redis://host:port/number"]
                )
            }
            return nil
        }
        if state.onStoreError.value == .localShare, state.replicas == nil {
            secrets.findings.error(
                "HP104",
                "`on_store_error: local_share` needs `replicas`, by which limits are divided",
                at: state.onStoreError.spot ?? node.spot,
                help: ["replicas: 2"]
            )
        }
        let place = node.text == nil ? node["store"] ?? node : node
        guard secrets.purpose == .serve, let url = secrets.resolve(textOf: place, name: "state") else { return nil }
        do throws(RedisAddress.Fault) { return try RedisAddress(url) } catch {
            secrets.findings.error("HP107", "`state`: \(error.reason)", at: place.spot)
            return nil
        }
    }

    static func telemetry(_ node: Node?) -> TelemetrySettings {
        var telemetry = TelemetrySettings()
        Read.set(&telemetry.metricsPath, node?["metrics"], "path", Read.text)
        let otlp = node?["otlp"]
        telemetry.otlpEndpoint = Read.located(otlp, "endpoint", Read.text)
        telemetry.otlpHeaders = (otlp?["headers"]?.entries ?? []).map { Located($0.name, at: $0.key.spot) }
        Read.set(&telemetry.otlpSample, otlp, "sample", Values.hundredths)
        Read.set(&telemetry.otlpContent, otlp, "content", Values.boolean)
        Read.set(&telemetry.otlpService, otlp, "service", Read.text)
        Read.set(&telemetry.logLevel, node?["log"], "level", Read.text)
        Read.set(&telemetry.logFormat, node?["log"], "format", Read.text)
        return telemetry
    }

    static func hardware(_ node: Node?) -> Hardware {
        var hardware = Hardware()
        if let detect = node?["detect"], let text = detect.text {
            hardware.detects = Setting(text != "none", at: detect.spot)
        }
        Read.set(&hardware.refreshMilliseconds, node, "refresh") { try Values.duration($0) }
        Read.set(&hardware.reservedBytes, node, "reserve_vram") { try Values.size($0, 0...Int.max) }
        hardware.models = (node?["models"]?.entries ?? []).compactMap { entry in
            guard let text = entry.value.text, let bytes = try? Values.size(text, 0...Int.max) else { return nil }
            return (pattern: Located(entry.name, at: entry.key.spot), bytes: bytes)
        }
        Read.set(&hardware.whenFull, node, "when_full", Read.text)
        return hardware
    }

    /// `lint`: severities by code.
    static func severities(_ node: Node?) -> [(code: Located<String>, severity: String)] {
        (node?.entries ?? []).compactMap { entry in
            guard let text = entry.value.text, (try? Values.code(entry.name)) != nil else { return nil }
            return (code: Located(entry.name, at: entry.key.spot), severity: text)
        }
    }
}
