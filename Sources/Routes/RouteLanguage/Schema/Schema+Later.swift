extension Schema {
    /// Parts of the language that wait for their engines: known, so that they are refused by name and not as a slip.
    static let laterTables: [Key] =
        limits + privacy + stores + auth + observation + [
            .later("hardware", .mapping),
            .later("hardware.detect", .word(["auto", "none"])),
            .later("hardware.refresh", .duration),
            .later("hardware.reserve_vram", .unread("size")),
            .later("hardware.models", .unread("map")),
            .later("hardware.when_full", .word(["prefer-remote", "wait", "ignore"])),
            .later("lint", .unread("map")),
            .later("context", .unread("mapping")),
            .later("batch", .unread("mapping")),
            .later("tools", .unread("mapping")),
            .later("state", .unread("mapping")),
            .later("events", .unread("mapping")),
        ]

    private static func keys(_ parent: String, _ names: [String]) -> [Key] {
        names.map { .later("\(parent).\($0)", .unread("value")) }
    }

    private static let limits: [Key] =
        [.later("pools", .map), .later("pools.*", .mapping)]
        + keys(
            "pools.*",
            [
                "tokens", "usd", "requests", "per", "parent", "window", "tz", "reserve", "overrun", "on_exhausted",
                "accounting",
            ]
        )
        + [.later("rate_limits", .map), .later("rate_limits.*", .mapping)]
        + keys("rate_limits.*", ["by", "requests", "tokens", "concurrent", "burst", "algorithm", "on_limit"])

    private static let privacy: [Key] =
        [.later("privacy", .mapping)]
        + keys("privacy", ["default", "header", "match_limit"])
        + [.later("privacy.scan", .mapping)]
        + keys("privacy.scan", ["max_bytes", "over", "on_error", "opaque", "fields"])
        + [.later("privacy.rules", .items), .later("privacy.rules[]", .mapping)]
        + keys(
            "privacy.rules[]",
            [
                "tag", "class", "builtin", "pattern", "flags", "header", "tenant", "key", "example", "counterexample",
                "redact",
            ]
        )

    private static let stores: [Key] =
        [.later("cache", .mapping)]
        + keys(
            "cache",
            ["mode", "ttl", "max_entries", "max_bytes", "scope", "max_class", "stream", "semantic", "warm"]
        )
        + [.later("queue", .mapping)] + keys("queue", ["max_depth", "max_wait", "aging"])

    private static let auth: [Key] =
        [.later("auth", .mapping), .later("auth.mode", .word(["bearer", "none"]))]
        + [.later("auth.keys", .map), .later("auth.keys.*", .mapping), .later("auth.keys.*.token", .secret)]
        + keys("auth.keys.*", ["tenant", "pools", "models", "max_class"])
        + keys("auth", ["tenant_header", "trusted_proxies"])
        + [.later("auth.admin", .mapping), .later("auth.admin.token", .secret)]

    private static let observation: [Key] =
        [.later("audit", .mapping), .later("audit.key", .secret)]
        + keys("audit", ["path", "body", "max_class", "rotate", "sync", "on_failure"])
        + [.later("telemetry", .mapping), .later("telemetry.metrics", .mapping)]
        + keys("telemetry.metrics", ["path"])
        + [.later("telemetry.otlp", .mapping)]
        + keys("telemetry.otlp", ["endpoint", "headers", "sample", "content", "service"])
        + [.later("telemetry.log", .mapping)] + keys("telemetry.log", ["level", "format"])
}
