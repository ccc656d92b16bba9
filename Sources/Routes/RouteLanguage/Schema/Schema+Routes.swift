import Routing

extension Schema {
    static let routes: [Key] =
        [
            Key("routes[]", .mapping, "", "One route, or the place of an included file's routes.", codes: ["HP109"]),
            Key("routes[].name", .name, "route-<n>", "Its name in logs and messages.", codes: ["HP203", "HP902"]),
            Key(
                "routes[].include",
                .text,
                "",
                "A fragment whose routes stand here; alone in its item.",
                codes: ["HP012", "HP109"]
            ),
            Key("routes[].match", .mapping, "everything", "What it takes: keys all true, values of a list any."),
        ] + matches + targets + [
            Key("routes[].deny", .mapping, "", "Refuses instead of forwarding.", codes: ["HP109"]),
            Key("routes[].deny.status", .count(400...599), "403", "The status."),
            Key("routes[].deny.message", .text, "", "What the client reads."),
        ] + settings(under: "routes[]", "the route") + [
            Key("routes[].model", .model, "keep", "The model all targets are asked for; `name/model` wins."),
            Key("routes[].headers", .mapping, "", "Header fields towards the upstream.", codes: ["HP418"]),
            Key("routes[].headers.set", .map(.headerName), "", "Fields to set."),
            Key("routes[].headers.set.*", .headerValue, "", "A field's value."),
            Key("routes[].headers.remove", .oneOrMore(.headerName), "", "Fields of the client that are not passed on."),
            Key("routes[].enabled", .boolean, "true", "`false` leaves the route out."),
        ]

    private static let matches: [Key] = [
        Key(
            "routes[].match.model",
            .oneOrMore(.glob),
            "",
            "The model, aliases resolved.",
            codes: ["HP403", "HP411"]
        ),
        Key("routes[].match.api", .oneOrMore(.word(endpoints)), "", "The endpoint."),
        Key("routes[].match.path", .oneOrMore(.glob), "", "The path, without the query."),
        Key("routes[].match.method", .oneOrMore(.method), "", "The method."),
        Key("routes[].match.headers", .map(.headerName), "", "Header fields that must be there and match."),
        Key(
            "routes[].match.headers.*",
            .oneOrMore(.matcher),
            "",
            "A glob, or `re:` and a PCRE2 pattern.",
            codes: ["HP801"]
        ),
        Key("routes[].match.tenant", .oneOrMore(.glob), "", "The tenant of the caller's key.", codes: ["HP212"]),
        Key("routes[].match.key", .oneOrMore(.glob), "", "The caller's key.", codes: ["HP212"]),
        Key(
            "routes[].match.tags",
            .orMapping(.oneOrMore(.tag)),
            "",
            "Privacy tags; a list is `all`.",
            codes: ["HP211"]
        ),
        Key("routes[].match.tags.all", .oneOrMore(.tag), "", "Each of them."),
        Key("routes[].match.tags.any", .oneOrMore(.tag), "", "At least one of them."),
        Key("routes[].match.tags.none", .oneOrMore(.tag), "", "None of them."),
        Key("routes[].match.class", .levelRange, "", "The privacy class; ranges include both ends."),
        Key("routes[].match.stream", .boolean, "", "Whether an event stream is asked for."),
        Key("routes[].match.tokens", .tokenRange, "", "Estimated prompt tokens; the end is not inside."),
        Key(
            "routes[].match.features",
            .oneOrMore(.word(Feature.allCases.map(\.rawValue))),
            "",
            "What the request makes use of: all of them."
        ),
        Key("routes[].match.time", .oneOrMore(.window), "", "The time, in a zone.", codes: ["HP417"]),
        Key("routes[].match.sample", .percent, "", "A share of the subjects.", codes: ["HP415"]),
        Key(
            "routes[].match.sample_by",
            .subject(["request", "key", "tenant"]),
            "request",
            "What a share is of; the same subject is always on the same side."
        ),
        Key("routes[].match.any", .items, "", "Matches of which at least one is true.", codes: ["HP106", "HP803"]),
        Key("routes[].match.any[]", .same("routes[].match"), "", "A match."),
        Key("routes[].match.not", .same("routes[].match"), "", "A match that must not be true.", codes: ["HP106"]),
    ]

    private static let targets: [Key] =
        [
            Key(
                "routes[].to",
                .items,
                "",
                "Tiers of targets, tried in order; this or `deny`.",
                codes: ["HP109", "HP201"]
            ),
            Key(
                "routes[].to[]",
                .mapping,
                "",
                "A target, a group, a list of targets, or one of these two mappings.",
                codes: ["HP209", "HP407"]
            ),
            Key("routes[].to[].provider", .text, "", "Target: a provider's name.", codes: ["HP201"]),
            Key("routes[].to[].model", .model, "", "Target: the model to ask it for.", codes: ["HP413"]),
            Key(
                "routes[].to[].weight",
                .count(0...1_000),
                "1",
                "Target: its share in `round-robin`.",
                codes: ["HP410"]
            ),
            Key("routes[].to[].headers", .map(.headerName), "", "Target: header fields set for it.", codes: ["HP418"]),
            Key("routes[].to[].headers.*", .headerValue, "", "A field's value."),
        ] + prices(under: "routes[].to[].price", "Target: dollars per million tokens; wins over the provider's.") + [
            Key("routes[].to[].max_tokens", .count(1...Int.max), "", "Target: the most tokens of an answer."),
            Key("routes[].to[].targets", .items, "", "Tier: its targets."),
            Key(
                "routes[].to[].strategy",
                .word(strategies),
                "route's",
                "Tier: its own strategy.",
                codes: ["HP409", "HP512"]
            ),
        ]
}
