extension Schema {
    static let pools: [Key] = [
        Key(
            "pools.*",
            .mapping,
            "",
            "One budget; at least one of `tokens`, `usd`, `requests`.",
            codes: ["HP205", "HP602"]
        ),
        Key("pools.*.tokens", .rate, "", "Tokens per unit of time."),
        Key("pools.*.usd", .money, "", "Dollars per unit of time.", codes: ["HP605"]),
        Key("pools.*.requests", .rate, "", "Requests per unit of time."),
        Key(
            "pools.*.per",
            .subject(["shared", "key", "tenant"]),
            "shared",
            "Who has one of these.",
            codes: ["HP609"]
        ),
        Key("pools.*.parent", .name, "", "A pool that pays as well.", codes: ["HP202", "HP207", "HP603"]),
        Key("pools.*.window", .word(["calendar", "sliding"]), "calendar", "When a unit of time begins."),
        Key("pools.*.tz", .zone, "UTC", "The zone of the calendar."),
        Key("pools.*.reserve", .mapping, "", "What is set aside before an answer is known."),
        Key(
            "pools.*.reserve.output",
            .count(0...Int.max),
            "1k",
            "Tokens of an answer that has no `max_tokens`.",
            codes: ["HP606"]
        ),
        Key("pools.*.reserve.margin", .percent, "0%", "On top of the estimate."),
        Key(
            "pools.*.overrun",
            .word(["debit", "cut"]),
            "debit",
            "When an answer outgrows what its budget has: charge it all the same, or end the stream."
        ),
        Key(
            "pools.*.on_exhausted",
            .word(["deny", "queue", "local"]),
            "deny",
            "When nothing is left: refuse, wait, or go on with local targets.",
            codes: ["HP610", "HP611"]
        ),
        Key("pools.*.accounting", .word(["auto", "usage", "bytes"]), "auto", "Where the spent tokens are read."),
    ]

    static let rateLimits: [Key] = [
        Key("rate_limits.*", .mapping, "", "One limit; at least one quantity.", codes: ["HP206", "HP602"]),
        Key(
            "rate_limits.*.by",
            .subject(["key", "tenant", "ip", "global"]),
            "",
            "Who is counted.",
            isRequired: true
        ),
        Key("rate_limits.*.requests", .rate, "", "Requests per unit of time."),
        Key("rate_limits.*.tokens", .rate, "", "Tokens per unit of time."),
        Key("rate_limits.*.concurrent", .count(1...1_000_000), "", "Requests at a time."),
        Key("rate_limits.*.burst", .count(1...Int.max), "one second's worth", "How many may come at once."),
        Key("rate_limits.*.algorithm", .word(["gcra", "sliding"]), "gcra", "How the rate is held."),
        Key("rate_limits.*.on_limit", .word(["reject", "queue"]), "reject", "What happens to the rest."),
    ]

    /// The patterns that come with the language.
    static let builtins = [
        "email", "phone_us", "ssn", "credit_card", "ipv4", "api_key", "aws_key", "github_token", "iban", "jwt",
        "private_key",
    ]

    static let privacy: [Key] = [
        Key("privacy.default", .level, "public", "The class when no rule fires.", codes: ["HP303"]),
        Key(
            "privacy.header",
            .wordOr("none", .headerName),
            "x-privacy",
            "A field by which a client may raise its class, never lower it."
        ),
        Key("privacy.scan", .mapping, "", "How the text of requests is looked at."),
        Key("privacy.scan.max_bytes", .size(1...(1 << 30)), "1MiB", "How much of it."),
        Key(
            "privacy.scan.over",
            .level,
            "restricted",
            "Class joined in when there is more.",
            codes: ["HP307"]
        ),
        Key(
            "privacy.scan.on_error",
            .level,
            "restricted",
            "Class joined in when it cannot be read.",
            codes: ["HP307"]
        ),
        Key(
            "privacy.scan.opaque",
            .level,
            "internal",
            "Class joined in for audio, images and files.",
            codes: ["HP306"]
        ),
        Key("privacy.scan.fields", .list(.text), "all text", "The fields of a request.", codes: ["HP305"]),
        Key(
            "privacy.match_limit",
            .count(1...Int.max),
            "100k",
            "Steps of one search of a pattern; one that takes more counts as a find."
        ),
        Key("privacy.rules", .items, "[]", "Each joins its tag and its class when one of its sources fires."),
        Key("privacy.rules[]", .mapping, "", "One rule.", codes: ["HP104", "HP210"]),
        Key("privacy.rules[].tag", .tag, "", "The tag.", codes: ["HP314"], isRequired: true),
        Key("privacy.rules[].class", .level, "", "The class."),
        Key(
            "privacy.rules[].builtin",
            .oneOrMore(.word(builtins)),
            "",
            "Patterns that come with the language, found in the text."
        ),
        Key("privacy.rules[].pattern", .pattern, "", "A pattern, found in the text.", codes: ["HP312", "HP804"]),
        Key("privacy.rules[].flags", .flags, "", "How the pattern is read."),
        Key("privacy.rules[].header", .map(.headerName), "", "Header fields of which one fits."),
        Key("privacy.rules[].header.*", .oneOrMore(.matcher), "", "A glob, or `re:` and a PCRE2 pattern."),
        Key("privacy.rules[].tenant", .oneOrMore(.glob), "", "Tenants.", codes: ["HP212"]),
        Key("privacy.rules[].key", .oneOrMore(.name), "", "Keys of `auth.keys`.", codes: ["HP202", "HP212"]),
        Key("privacy.rules[].example", .text, "", "A text that must fire the rule; for checks.", codes: ["HP313"]),
        Key(
            "privacy.rules[].counterexample",
            .text,
            "",
            "A text that must not; for checks.",
            codes: ["HP313"]
        ),
        Key(
            "privacy.rules[].redact",
            .boolean,
            "false",
            "Replaces what was found by `[TAG]` before the request goes on."
        ),
    ]

    static let warmConcurrency = 1...64

    /// The keys of a cache, on their own and on a route; names alone are their paths.
    static let cacheKeys: [Key] = [
        Key("mode", .word(["none", "exact"]), "none", "Whether answers are kept."),
        Key("ttl", .duration, "5m", "How long."),
        Key("max_entries", .count(1...Int.max), "1000", "How many."),
        Key("max_bytes", .size((1 << 10)...(1 << 40)), "64MiB", "How much in all."),
        Key("scope", .word(["key", "tenant", "global"]), "key", "Who may get an answer that another was given."),
        Key("max_class", .level, "internal", "The highest class that is kept.", codes: ["HP308"]),
        Key("stream", .word(["skip", "replay"]), "skip", "What becomes of streams."),
        Key("pace", .word(["at_once", "recorded"]), "at_once", "How kept streams go out: at once, or as they came."),
        Key(
            "store",
            .word(["memory", "shared"]),
            "memory",
            "Where answers are kept: here, or in the Redis of `state` for all proxies as well.",
            codes: ["HP104"]
        ),
        Key("semantic", .orMapping(.word(["none"])), "none", "Answers to questions that are alike."),
        Key(
            "semantic.embedder",
            .text,
            "",
            "Who says what texts mean: `provider/model`.",
            codes: ["HP103", "HP201"],
            isRequired: true
        ),
        Key("semantic.threshold", .fraction, "0.95", "The cosine from which on questions are alike."),
        Key("semantic.timeout", .duration, "1s", "How long the embedder has; then the provider is asked."),
        Key("semantic.max_text", .size(1...(64 << 10)), "2KiB", "A longer text is not compared."),
    ]

    static let stores: [Key] =
        cacheKeys.map { key in
            Key("cache.\(key.path)", key.type, key.standard, key.note, codes: key.ownCodes, isRequired: key.isRequired)
        } + [
            Key("cache.warm", .mapping, "", "Questions asked before anybody does, at the start and with each reload."),
            Key(
                "cache.warm.requests",
                .list(.text),
                "",
                "Requests as JSON, and paths of files with one in each line.",
                isRequired: true
            ),
            Key("cache.warm.key", .name, "", "Who asks: a key of `auth.keys`.", codes: ["HP104", "HP202"]),
            Key("cache.warm.tenant", .text, "", "The tenant it asks for, where the key has none."),
            Key("cache.warm.concurrency", .count(warmConcurrency), "2", "Requests at a time."),
            Key("cache.warm.ready", .boolean, "false", "`/readyz` waits until all were asked."),
            Key("queue.max_depth", .count(1...Int.max), "256", "Requests that may wait."),
            Key("queue.max_wait", .duration, "5s", "How long one may wait.", codes: ["HP610"]),
            Key("queue.aging", .duration, "1s", "After which a waiting request rises by a level."),
        ]
}
