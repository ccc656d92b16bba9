import Decision
import Routing
import Providers

extension Schema {
    /// Every key of the language (`routes.md` 2.5 and 2.6), parents before children.
    static let table: [Key] =
        top + listen + settings(under: "defaults") + providers + models + routes + laterTables

    static let strategies = Strategy.allCases.map(\.rawValue)
    static let endpoints = API.allCases.compactMap(\.word)
    private static let splices = ListenSettings.Splice.allCases.map(\.rawValue)
    private static let metrics = LatencySettings.Metric.allCases.map(\.rawValue)
    private static let healthModes = HealthSettings.Mode.allCases.map(\.rawValue)

    private static let top: [Key] = [
        Key("version", .version, "", "The version of the language.", isRequired: true),
        .later("include", .list(.text)),
        Key("listen", .mapping, "", "Where and within which bounds the proxy listens."),
        Key("defaults", .mapping, "", "Settings that every route inherits; mappings merge key by key."),
        Key("providers", .map, "", "The upstreams, by name.", isRequired: true),
        Key("models", .mapping, "", "What is known about model names."),
        Key(
            "routes",
            .items,
            "",
            "Tried from top to bottom; the first that matches takes the request.",
            isRequired: true
        ),
    ]

    private static let listen: [Key] = [
        Key("listen.address", .address, "127.0.0.1:8088", "The client listener: `host:port` or `unix:/path`."),
        Key("listen.admin", .wordOr("none", .address), "127.0.0.1:8089", "The admin listener."),
        Key(
            "listen.max_body",
            .size((1 << 10)...(1 << 30)),
            "16MiB",
            "Largest request that is read before it is sent on."
        ),
        Key("listen.max_upload", .size((1 << 10)...(64 << 30)), "1GiB", "Largest upload that streams through."),
        Key("listen.max_connections", .count(1...1_000_000), "4096", "Client connections at a time."),
        Key("listen.header_timeout", .duration, "10s", "How long a request head may take to arrive."),
        Key("listen.drain", .duration, "25s", "How long requests may go on after a signal to stop."),
        Key("listen.splice", .word(splices), "always", "When body bytes stay inside the kernel."),
        Key("listen.watch", .boolean, "true", "Reload when a file of the configuration changes."),
        .later("listen.tls", .mapping),
        .later("listen.tls.cert", .secret),
        .later("listen.tls.key", .secret),
        .later("listen.tls.client_ca", .text),
    ]

    /// The keys that `defaults` and a route share.
    private static func settings(under parent: String) -> [Key] {
        var keys = [
            Key("\(parent).strategy", .word(strategies), "priority", "How one target of a tier is picked."),
            Key("\(parent).timeout", .mapping, "", "The four deadlines of a request."),
        ]
        keys += timeouts(under: "\(parent).timeout", isDefaulted: true)
        keys += [
            Key("\(parent).retry", .mapping, "", "More tries inside one tier."),
            Key("\(parent).retry.attempts", .count(0...10), "1", "Extra tries inside one tier."),
            Key(
                "\(parent).retry.retry_on",
                .oneOrMore(.statuses),
                "[connect, timeout, 429, 5xx]",
                "What is tried again."
            ),
            Key("\(parent).retry.backoff", .durationRange, "200ms..5s", "First and longest wait between tries."),
            Key("\(parent).retry.jitter", .percent, "50%", "How much of a wait is random."),
            Key("\(parent).retry.budget", .percent, "20%", "Retries as a share of requests, process-wide."),
            Key("\(parent).retry.retry_after", .duration, "10s", "The longest `Retry-After` that is waited for."),
            Key("\(parent).failover", .mapping, "", "Bounds over all tiers."),
            Key(
                "\(parent).failover.max_tries",
                .count(1...100),
                "4",
                "Upstream tries of one request, all tiers together."
            ),
            Key(
                "\(parent).failover.panic",
                .word(["try", "fail"]),
                "try",
                "What happens when every target is unhealthy."
            ),
            Key("\(parent).ema", .mapping, "", "How `least-latency` measures."),
            Key("\(parent).ema.metric", .word(metrics), "first_byte", "What is measured."),
            Key("\(parent).ema.alpha", .fraction, "0.3", "Weight of a new sample; not with `half_life`."),
            Key("\(parent).ema.half_life", .duration, "", "Time after which a sample counts half; not with `alpha`."),
            Key("\(parent).ema.stale_after", .duration, "2m", "When an unused average begins to fade."),
            Key("\(parent).ema.tolerance", .percent, "10%", "How much slower than the best still counts as best."),
            Key("\(parent).ema.explore", .percent, "1%", "Share of requests that try another target."),
            Key("\(parent).ema.prior", .duration, "", "Assumed latency of a target never tried."),
            .later("\(parent).hedge", .mapping),
            .later("\(parent).hedge.after", .duration),
            .later("\(parent).hedge.max", .unread("count")),
            .later("\(parent).hedge.stream", .boolean),
            Key("\(parent).cache", .unread("mapping"), engine: .laterUnless("none")),
            Key("\(parent).pool", .unread("pool"), engine: .laterUnless("none")),
            .later("\(parent).limits", .unread("list")),
            .later("\(parent).queue", .unread("level")),
            .later("\(parent).max_tokens", .count(1...Int.max)),
            Key("\(parent).sticky", .unread("word"), engine: .laterUnless("none")),
        ]
        return keys
    }

    private static func timeouts(under parent: String, isDefaulted: Bool) -> [Key] {
        [
            Key(
                "\(parent).connect",
                .duration,
                isDefaulted ? "2s" : "route's",
                "Until a connection stands, TLS included."
            ),
            Key(
                "\(parent).first_byte",
                .duration,
                isDefaulted ? "30s" : "route's",
                "Until the first body byte; streams only."
            ),
            Key("\(parent).idle", .duration, isDefaulted ? "60s" : "route's", "Between two reads; streams only."),
            Key("\(parent).total", .duration, isDefaulted ? "10m" : "route's", "The whole request."),
        ]
    }

    private static let providers: [Key] =
        [
            Key("providers.*", .mapping, "", "One upstream."),
            Key(
                "providers.*.kind",
                .word(ProviderKind.all.map(\.name)),
                "",
                "What it is; see the table of kinds.",
                isRequired: true
            ),
            Key("providers.*.url", .url, "by kind", "Where it is; needed for `openai-compatible`."),
            Key("providers.*.key", .secret, "", "Sent as `authorization: Bearer`."),
            Key("providers.*.headers", .map, "", "Extra request header fields."),
            Key("providers.*.headers.*", .headerValue, "", "A field's value."),
            Key("providers.*.models", .oneOrMore(.glob), "any", "The models it serves."),
            Key("providers.*.apis", .oneOrMore(.word(endpoints)), "by kind", "The endpoints it serves."),
            Key("providers.*.locality", .word(["local", "remote"]), "by address", "Which group it belongs to."),
            .later("providers.*.clearance", .unread("level")),
            .later("providers.*.attest", .text),
            .later("providers.*.deny_tags", .unread("list of tag")),
            .later("providers.*.region", .text),
            Key("providers.*.tls", .mapping, "", "How its certificate is checked, and ours."),
            Key("providers.*.tls.ca", .certificateStore, "system", "A PEM file, relative to the route file."),
            Key("providers.*.tls.pin", .oneOrMore(.pin), "", "Public keys of which one must match: `sha256//…`."),
            Key("providers.*.tls.cert", .secret, "", "Our certificate, PEM: `file:/path`."),
            Key("providers.*.tls.key", .secret, "", "Its key, PEM: `file:/path`."),
            Key("providers.*.tls.server_name", .text, "the host", "The name its certificate must carry."),
            Key("providers.*.tls.min", .word(["1.2", "1.3"]), "1.2", "The oldest TLS version."),
            Key("providers.*.tls.verify", .boolean, "true", "`false` is refused."),
            Key("providers.*.timeout", .mapping, "", "Deadlines that win over the route's."),
        ] + timeouts(under: "providers.*.timeout", isDefaulted: false) + [
            .later("providers.*.limits", .mapping),
            .later("providers.*.limits.requests", .unread("rate")),
            .later("providers.*.limits.tokens", .unread("rate")),
            .later("providers.*.limits.concurrent", .unread("count")),
            Key("providers.*.health", .mapping, "", "How it is known to live."),
            Key("providers.*.health.path", .text, "by kind", "Asked by an active probe."),
            Key("providers.*.health.interval", .duration, "30s", "Between two probes."),
            Key("providers.*.health.timeout", .duration, "2s", "Of one probe."),
            Key("providers.*.health.unhealthy_after", .count(1...1_000), "3", "Failures in a row until it is out."),
            Key("providers.*.health.healthy_after", .count(1...1_000), "1", "Successes in a row until it is back."),
            Key(
                "providers.*.health.mode",
                .word(healthModes),
                "by locality",
                "`active` for local, `passive` for remote."
            ),
            .later("providers.*.price", .unread("mapping")),
            .later("providers.*.context", .unread("count or map")),
            .later("providers.*.max_tokens", .count(1...Int.max)),
            Key("providers.*.keepalive", .mapping, "", "Connections kept open."),
            Key("providers.*.keepalive.max_idle", .count(0...10_000), "32", "Idle connections, per worker."),
            Key("providers.*.keepalive.idle", .duration, "60s", "How long one may idle."),
            Key("providers.*.enabled", .boolean, "true", "`false`: never used, though its name still resolves."),
        ]

    private static let models: [Key] = [
        Key("models.aliases", .map, "", "Names that stand for models; one step, before matching."),
        Key("models.aliases.*", .model, "", "The model."),
        .later("models.known", .unread("list of glob")),
    ]

    private static let routes: [Key] =
        [
            Key("routes[]", .mapping, "", "One route."),
            Key("routes[].name", .name, "route-<n>", "Its name in logs and messages."),
            .later("routes[].include", .text),
            Key("routes[].match", .mapping, "everything", "What it takes: keys all true, values of a list any."),
            Key("routes[].match.model", .oneOrMore(.glob), "", "The model, aliases resolved."),
            Key("routes[].match.api", .oneOrMore(.word(endpoints)), "", "The endpoint."),
            Key("routes[].match.path", .oneOrMore(.glob), "", "The path, without the query."),
            Key("routes[].match.method", .oneOrMore(.text), "", "The method."),
            Key("routes[].match.headers", .map, "", "Header fields that must be there and match."),
            Key("routes[].match.headers.*", .oneOrMore(.matcher), "", "A glob, or `re:` and a PCRE2 pattern."),
            Key("routes[].match.stream", .boolean, "", "Whether an event stream is asked for."),
        ]
        + ["tenant", "key", "tags", "class", "tokens", "features", "time", "sample", "sample_by", "any", "not"].map {
            .later("routes[].match.\($0)", .unread("value"))
        } + [
            Key("routes[].to", .items, "", "Tiers of targets, tried in order; this or `deny`."),
            Key("routes[].to[]", .mapping, "", "A target, a group, a list of targets, or one of these two mappings."),
            Key("routes[].to[].provider", .text, "", "Target: a provider's name."),
            Key("routes[].to[].model", .model, "", "Target: the model to ask it for."),
            Key("routes[].to[].weight", .count(0...1_000), "1", "Target: its share in `round-robin`."),
            Key("routes[].to[].headers", .map, "", "Target: header fields set for it."),
            Key("routes[].to[].headers.*", .headerValue, "", "A field's value."),
            .later("routes[].to[].price", .unread("mapping")),
            .later("routes[].to[].max_tokens", .count(1...Int.max)),
            Key("routes[].to[].targets", .items, "", "Tier: its targets."),
            Key("routes[].to[].strategy", .word(strategies), "route's", "Tier: its own strategy."),
            Key("routes[].deny", .mapping, "", "Refuses instead of forwarding."),
            Key("routes[].deny.status", .count(400...599), "403", "The status."),
            Key("routes[].deny.message", .text, "", "What the client reads."),
        ] + settings(under: "routes[]") + [
            Key("routes[].model", .model, "keep", "The model all targets are asked for; `name/model` wins."),
            Key("routes[].headers", .mapping, "", "Header fields towards the upstream."),
            Key("routes[].headers.set", .map, "", "Fields to set."),
            Key("routes[].headers.set.*", .headerValue, "", "A field's value."),
            Key("routes[].headers.remove", .oneOrMore(.headerName), "", "Fields of the client that are not passed on."),
            Key("routes[].enabled", .boolean, "true", "`false` leaves the route out."),
        ]
}
