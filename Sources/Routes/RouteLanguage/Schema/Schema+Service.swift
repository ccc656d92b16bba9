import RouteModel

extension Schema {
    static let access: [Key] = [
        Key("auth.mode", .word(["bearer", "none"]), "by `keys`", "Whether a key is asked for.", codes: ["HP104"]),
        Key("auth.keys", .map(.name), "", "The keys of clients, by name.", codes: ["HP013"]),
        Key("auth.keys.*", .mapping, "", "One key."),
        Key("auth.keys.*.token", .token, "", "What the client sends.", codes: ["HP711", "HP717"], isRequired: true),
        Key("auth.keys.*.tenant", .name, "", "Whose it is."),
        Key("auth.keys.*.pools", .oneOrMore(.name), "any", "Pools it may name.", codes: ["HP202"]),
        Key("auth.keys.*.models", .oneOrMore(.glob), "any", "Models it may ask for."),
        Key("auth.keys.*.max_class", .level, "restricted", "The highest class it may send."),
        Key(
            "auth.tenant_header",
            .headerName,
            "",
            "A field that names the tenant, from a trusted proxy.",
            codes: ["HP311"]
        ),
        Key(
            "auth.trusted_proxies",
            .oneOrMore(.text),
            "[]",
            "Who may name tenants: addresses, nets, `unix`.",
            codes: ["HP111"]
        ),
        Key("auth.admin", .mapping, "", "Who may use the admin listener."),
        Key("auth.admin.token", .token, "", "What an admin sends.", codes: ["HP717"], isRequired: true),
    ]

    static let observation: [Key] = [
        Key("audit.path", .text, "", "Where it is written.", isRequired: true),
        Key("audit.key", .secret, "", "The key of the chain.", codes: ["HP712"]),
        Key("audit.body", .word(["none", "hash", "full"]), "hash", "What of bodies is kept.", codes: ["HP309"]),
        Key("audit.max_class", .level, "internal", "The highest class kept in full."),
        Key("audit.rotate", .size((1 << 10)...(1 << 40)), "64MiB", "When a new file is begun."),
        Key("audit.sync", .duration, "1s", "How often it reaches the disk."),
        Key("audit.on_failure", .word(["deny", "continue"]), "deny", "What happens when it cannot be written."),
        .later("telemetry.metrics", .mapping, "", "Metrics for Prometheus."),
        .later("telemetry.metrics.path", .text, "/metrics", "Their path on the admin listener."),
        .later("telemetry.otlp", .mapping, "", "Traces over OTLP."),
        .later("telemetry.otlp.endpoint", .url, "", "Where they go.", isRequired: true),
        .later("telemetry.otlp.headers", .map(.headerName), "", "Header fields to send."),
        .later("telemetry.otlp.headers.*", .headerValue, "", "A field's value."),
        .later("telemetry.otlp.sample", .percent, "100%", "Share of requests."),
        .later("telemetry.otlp.content", .boolean, "false", "Whether prompts and answers go along.", codes: ["HP309"]),
        .later("telemetry.otlp.service", .text, "hoosh-proxy", "The name of the service."),
        .later("telemetry.log", .mapping, "", "The log."),
        .later("telemetry.log.level", .word(["debug", "info", "warn", "error"]), "info", "From which level."),
        .later("telemetry.log.format", .word(["text", "json"]), "text", "How lines look."),
        .later("hardware.detect", .word(["auto", "none"]), "auto", "Whether the machine is looked at."),
        .later("hardware.refresh", .duration, "30s", "How often."),
        .later("hardware.reserve_vram", .size(0...(1 << 44)), "0B", "Memory that stays free."),
        .later("hardware.models", .map(.glob), "", "The memory that models need, by glob."),
        .later("hardware.models.*", .size(1...(1 << 44)), "", "The memory."),
        .later(
            "hardware.when_full",
            .word(["prefer-remote", "wait", "ignore"]),
            "prefer-remote",
            "What happens when a model does not fit."
        ),
        Key("lint.*", .word(["error", "warn", "info", "none"]), "the check's", "How bad its findings are."),
    ]

    /// What `batch.concurrency` may be.
    static let batchConcurrency = 1...1_024

    static let batch: [Key] = [
        Key("batch", .mapping, "", "Requests that are handed in together, at `/v1/batch`."),
        Key("batch.concurrency", .count(batchConcurrency), "8", "How many of them run at a time."),
    ]

    static let state: [Key] = [
        Key("state", .orMapping(.store), "memory", "Where what was spent is kept."),
        Key("state.store", .store, "", "The same, where more is said of it.", isRequired: true),
        Key(
            "state.on_store_error",
            .word(StateSettings.Failure.allCases.map(\.rawValue)),
            "deny",
            "What becomes of requests while a shared store does not answer.",
            codes: ["HP104", "HP109"]
        ),
        Key("state.timeout", .duration, "50ms", "How long a request waits for a shared store.", codes: ["HP109"]),
        Key(
            "state.replicas",
            .count(replicas),
            "",
            "Proxies that share the store, for `local_share`.",
            codes: ["HP109"]
        ),
        Key("state.prefix", .name, "hoosh", "Begins the names of what is kept in a shared store.", codes: ["HP109"]),
    ]
    static let replicas = 1...10_000

    /// Parts that get their keys with their engines (`routes.md` A4).
    static let parts: [Key] = [
        .later("events", .unread("reserved"), "", "Webhooks.")
    ]
}
