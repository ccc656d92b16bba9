import Decision
import Providers
import Routing

extension Schema {
    /// Every key of the language (`routes.md` 2.5 and 2.6), parents before children.
    package static let table: [Key] =
        top + listen + settings(under: "defaults", "every route") + providers + models + pools + rateLimits + privacy
        + stores + routes + tools + access + observation + batch + state + parts

    static let strategies = Strategy.allCases.map(\.rawValue)
    static let endpoints = API.allCases.compactMap(\.word)
    private static let splices = ListenSettings.Splice.allCases.map(\.rawValue)
    private static let metrics = LatencySettings.Metric.allCases.map(\.rawValue)

    private static let top: [Key] = [
        Key("version", .version, "", "The version of the language.", isRequired: true),
        Key(
            "include",
            .list(.text),
            "[]",
            "Files to read as well: paths or globs, relative to this file and inside the root file's folder.",
            codes: ["HP012", "HP013"]
        ),
        Key("listen", .mapping, "", "Where and within which bounds the proxy listens."),
        Key("defaults", .mapping, "", "Settings that every route inherits; mappings merge key by key."),
        Key("providers", .map(.name), "", "The upstreams, by name.", codes: ["HP013"], isRequired: true),
        Key("models", .mapping, "", "What is known about model names."),
        Key("pools", .map(.name), "", "Budgets, by name.", codes: ["HP013"]),
        Key("rate_limits", .map(.name), "", "Limits of speed, by name.", codes: ["HP013"]),
        Key("privacy", .mapping, "", "How a request gets its class and its tags."),
        Key("cache", .mapping, "", "Answers that are kept for the next who asks the same."),
        Key("queue", .mapping, "", "Requests that wait for room."),
        Key(
            "routes",
            .items,
            "",
            "Tried from top to bottom; the first that matches takes the request.",
            isRequired: true
        ),
        Key("auth", .mapping, "", "Who may use the proxy."),
        Key("audit", .mapping, "", "A log of every request that cannot be changed unseen."),
        .later("telemetry", .mapping, "", "What the proxy tells of itself."),
        .later("hardware", .mapping, "", "Which models fit into this machine."),
        Key("lint", .map(.code), "", "Severities of the checks, by code or the beginning of codes."),
    ]

    private static let listen: [Key] = [
        Key(
            "listen.address",
            .address,
            "127.0.0.1:8088",
            "The client listener: `host:port` or `unix:/path`.",
            codes: ["HP707"]
        ),
        Key("listen.admin", .wordOr("none", .address), "127.0.0.1:8089", "The admin listener.", codes: ["HP708"]),
        Key(
            "listen.max_body",
            .size((1 << 10)...(1 << 30)),
            "16MiB",
            "Largest request that is read before it is sent on."
        ),
        Key("listen.max_upload", .size((1 << 10)...(64 << 30)), "1GiB", "Largest upload that streams through."),
        Key("listen.max_connections", .count(1...1_000_000), "4096", "Client connections at a time."),
        Key("listen.header_timeout", .duration, "10s", "How long a request head may take to arrive."),
        Key(
            "listen.drain",
            .duration,
            "25s",
            "How long requests may go on after a signal to stop.",
            codes: ["HP509"]
        ),
        Key("listen.splice", .word(splices), "always", "When body bytes stay inside the kernel."),
        Key("listen.watch", .boolean, "true", "Reload when the file, or one that it includes or names, changes."),
        .later("listen.tls", .mapping, "", "TLS on the client listener.", codes: ["HP705"]),
        .later("listen.tls.cert", .secret, "", "The certificate, PEM.", isRequired: true),
        .later("listen.tls.key", .secret, "", "Its key, PEM.", isRequired: true),
        .later("listen.tls.client_ca", .text, "", "The authority of client certificates: a path."),
    ]

    /// The keys that `defaults` and a route share.
    static func settings(under parent: String, _ whose: String) -> [Key] {
        var keys = [
            Key(
                "\(parent).strategy",
                .word(strategies),
                "priority",
                "How one target of a tier is picked.",
                codes: ["HP409", "HP512"]
            ),
            Key("\(parent).timeout", .mapping, "", "The four deadlines of a request.", codes: ["HP502"]),
        ]
        keys += timeouts(under: "\(parent).timeout", isDefaulted: true)
        keys += retries(under: parent) + latencies(under: parent) + contexts(under: parent)
        keys += [
            Key(
                "\(parent).usage",
                .word(UsagePolicy.allCases.map(\.rawValue)),
                "as_sent",
                "`exact` asks OpenAI-format streams for their usage, and keeps it from clients that did not."
            ),
            .later(
                "\(parent).hedge",
                .mapping,
                "",
                "A second upstream asked when the first is slow.",
                codes: ["HP507"]
            ),
            .later("\(parent).hedge.after", .duration, "", "How long the first has.", isRequired: true),
            .later("\(parent).hedge.max", .count(1...2), "2", "Upstreams asked at a time."),
            .later("\(parent).hedge.stream", .boolean, "false", "Whether streams are hedged too."),
            Key(
                "\(parent).cache",
                .orMapping(.word(["none"])),
                "",
                "Which of the answers are kept; keys as under `cache`."
            ),
        ]
        keys += cacheKeys.map { key in
            Key(
                "\(parent).cache.\(key.path)",
                key.type,
                // A part of `semantic` is not taken from above: it is there as a whole.
                key.path.contains(".") ? key.standard : "cache's",
                key.note,
                codes: key.ownCodes,
                isRequired: key.isRequired
            )
        }
        keys += [
            Key(
                "\(parent).pool",
                .orMapping(.wordOr("none", .name)),
                "none",
                "The budget that pays.",
                codes: ["HP202", "HP601"]
            ),
            Key(
                "\(parent).pool.from",
                .word(["request"]),
                "",
                "The request's body names the pool.",
                isRequired: true
            ),
            Key("\(parent).pool.allow", .list(.name), "[]", "Pools it may name.", codes: ["HP202"]),
            Key("\(parent).pool.default", .name, "", "The pool when it names none.", codes: ["HP202"]),
            Key("\(parent).limits", .list(.name), "[]", "Limits of speed that must all pass.", codes: ["HP202"]),
            Key(
                "\(parent).queue",
                .word(["critical", "high", "normal", "low", "batch"]),
                "normal",
                "How urgent a waiting request is."
            ),
            Key("\(parent).max_tokens", .count(1...Int.max), "", "The most tokens an answer may be asked for."),
            Key(
                "\(parent).scan_responses",
                .word(["none", "redact", "deny"]),
                "none",
                "Answers are held and read by the content rules, which replace what they find or keep the answer back.",
                codes: ["HP104", "HP805"]
            ),
            Key(
                "\(parent).sticky",
                .subject(["none", "key", "tenant", "prompt"]),
                "none",
                "Who stays at one target of a tier while it is healthy.",
                engine: .laterUnless("none")
            ),
        ]
        return keys
    }

    private static func retries(under parent: String) -> [Key] {
        [
            Key("\(parent).retry", .mapping, "", "More tries inside one tier."),
            Key("\(parent).retry.attempts", .count(0...10), "1", "Extra tries inside one tier.", codes: ["HP501"]),
            Key(
                "\(parent).retry.retry_on",
                .oneOrMore(.statuses),
                "[connect, timeout, 429, 5xx]",
                "What is tried again.",
                codes: ["HP504"]
            ),
            Key("\(parent).retry.backoff", .durationRange, "200ms..5s", "First and longest wait between tries."),
            Key("\(parent).retry.jitter", .percent, "50%", "How much of a wait is random."),
            Key("\(parent).retry.budget", .percent, "20%", "Retries as a share of requests, process-wide."),
            Key(
                "\(parent).retry.retry_after",
                .duration,
                "10s",
                "The longest `Retry-After` that is waited for.",
                codes: ["HP514"]
            ),
            Key("\(parent).failover", .mapping, "", "Bounds over all tiers."),
            Key(
                "\(parent).failover.max_tries",
                .count(1...100),
                "4",
                "Upstream tries of one request, all tiers together.",
                codes: ["HP501"]
            ),
            Key(
                "\(parent).failover.panic",
                .word(["try", "fail"]),
                "try",
                "What happens when every target is unhealthy."
            ),
        ]
    }

    private static func latencies(under parent: String) -> [Key] {
        [
            Key("\(parent).ema", .mapping, "", "How `least-latency` measures."),
            Key("\(parent).ema.metric", .word(metrics), "first_byte", "What is measured."),
            Key(
                "\(parent).ema.alpha",
                .fraction,
                "0.3",
                "Weight of a new sample; not with `half_life`.",
                codes: ["HP109"]
            ),
            Key(
                "\(parent).ema.half_life",
                .duration,
                "",
                "Time after which a sample counts half; not with `alpha`.",
                codes: ["HP109"]
            ),
            Key("\(parent).ema.stale_after", .duration, "2m", "When an unused average begins to fade."),
            Key("\(parent).ema.tolerance", .percent, "10%", "How much slower than the best still counts as best."),
            Key("\(parent).ema.explore", .percent, "1%", "Share of requests that try another target."),
            Key("\(parent).ema.prior", .duration, "", "Assumed latency of a target never tried."),
        ]
    }

    private static func contexts(under parent: String) -> [Key] {
        [
            Key(
                "\(parent).context",
                .orMapping(.word(["none"])),
                "none",
                "What is done to long chats before they are sent on."
            ),
            Key("\(parent).context.compact", .orMapping(.word(["none"])), "none", "Taking out the oldest turns."),
            Key("\(parent).context.compact.at", .percent, "80%", "From which share of the model's window on."),
            Key(
                "\(parent).context.compact.keep_last",
                .count(1...10_000),
                "10",
                "Turns at the end that stay, system turns not counted."
            ),
            Key(
                "\(parent).context.compress",
                .word(["none", "whitespace"]),
                "none",
                "Taking out spaces at line ends and surplus empty lines, where a text is prose from end to end."
            ),
        ]
    }

    static func timeouts(under parent: String, isDefaulted: Bool) -> [Key] {
        let standards = isDefaulted ? ["2s", "30s", "60s", "10m"] : Array(repeating: "route's", count: 4)
        let rows = [
            ("connect", "Until a connection stands, TLS included."),
            ("first_byte", "Until the first body byte; streams only."),
            ("idle", "Between two reads; streams only."),
            ("total", "The whole request."),
        ]
        return zip(rows, standards).map { row, standard in Key("\(parent).\(row.0)", .duration, standard, row.1) }
    }
}
