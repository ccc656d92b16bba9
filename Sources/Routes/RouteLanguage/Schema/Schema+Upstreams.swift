import Dialect
import Providers
import Routing

extension Schema {
    private static let healthModes = HealthSettings.Mode.allCases.map(\.rawValue)

    static let providers: [Key] =
        [
            Key("providers.*", .mapping, "", "One upstream.", codes: ["HP204"]),
            Key(
                "providers.*.kind",
                .word(ProviderKind.all.map(\.name)),
                "",
                "What it is; see the table of kinds.",
                isRequired: true
            ),
            Key(
                "providers.*.url",
                .url,
                "by kind",
                "Where it is; needed for `openai-compatible`.",
                codes: ["HP104", "HP420", "HP702"]
            ),
            Key("providers.*.key", .secret, "", "Sent as `authorization: Bearer`."),
            Key("providers.*.headers", .map(.headerName), "", "Extra request header fields.", codes: ["HP418"]),
            Key("providers.*.headers.*", .headerValue, "", "A field's value."),
            Key(
                "providers.*.pass_headers",
                .list(.headerName),
                "by kind",
                "Fields of clients that pass besides those that the kind lets through; `*` may stand at the end."
            ),
            Key("providers.*.models", .oneOrMore(.glob), "any", "The models it serves.", codes: ["HP411"]),
            Key("providers.*.apis", .oneOrMore(.word(endpoints)), "by kind", "The endpoints it serves."),
            Key(
                "providers.*.formats",
                .oneOrMore(.word(ChatFormat.allCases.map(\.rawValue))),
                "by kind",
                "Formats of chats it speaks itself; others are translated to the first of `chat messages gemini ollama`."
            ),
            Key(
                "providers.*.locality",
                .word(["local", "remote"]),
                "by address",
                "Which group it belongs to.",
                codes: ["HP310"]
            ),
            Key(
                "providers.*.clearance",
                .level,
                "by locality",
                "The highest class it may see: `confidential` for local, `internal` for remote.",
                codes: ["HP300", "HP302"]
            ),
            Key("providers.*.attest", .text, "", "Why a raised clearance is justified."),
            Key(
                "providers.*.deny_tags",
                .oneOrMore(.tag),
                "[]",
                "Tags of requests that never go there.",
                codes: ["HP211", "HP304"]
            ),
            Key("providers.*.region", .name, "", "Where it runs; shown, and asked for by tests."),
        ] + certificates(under: "providers.*.tls") + [
            Key("providers.*.timeout", .mapping, "", "Deadlines that win over the route's.", codes: ["HP502"])
        ] + timeouts(under: "providers.*.timeout", isDefaulted: false) + [
            Key("providers.*.limits", .mapping, "", "What it can take.", codes: ["HP608"]),
            Key("providers.*.limits.requests", .rate, "", "Requests per unit of time."),
            Key("providers.*.limits.tokens", .rate, "", "Tokens per unit of time."),
            Key("providers.*.limits.concurrent", .count(1...1_000_000), "", "Requests at a time."),
            Key("providers.*.health", .mapping, "", "How it is known to live."),
            Key("providers.*.health.path", .text, "by kind", "Asked by an active probe.", codes: ["HP111"]),
            Key("providers.*.health.interval", .duration, "30s", "Between two probes."),
            Key("providers.*.health.timeout", .duration, "2s", "Of one probe."),
            Key("providers.*.health.unhealthy_after", .count(1...1_000), "3", "Failures in a row until it is out."),
            Key("providers.*.health.healthy_after", .count(1...1_000), "1", "Successes in a row until it is back."),
            Key(
                "providers.*.health.mode",
                .word(healthModes),
                "by locality",
                "`active` for local, `passive` for remote.",
                codes: ["HP503"]
            ),
        ] + prices(under: "providers.*.price", "Dollars per million tokens; wins over the built-in table.") + [
            Key(
                "providers.*.context",
                .orMap(.count(1...Int.max), .glob),
                "built-in table",
                "Tokens that prompt and answer may have together, for all models or by glob.",
                codes: ["HP513"]
            ),
            Key("providers.*.context.*", .count(1...Int.max), "", "The tokens of the models that fit."),
            Key("providers.*.max_tokens", .count(1...Int.max), "", "The most tokens an answer may be asked for."),
            Key("providers.*.keepalive", .mapping, "", "Connections kept open."),
            Key("providers.*.keepalive.max_idle", .count(0...10_000), "32", "Idle connections, per worker."),
            Key("providers.*.keepalive.idle", .duration, "60s", "How long one may idle."),
            Key("providers.*.enabled", .boolean, "true", "`false`: never used, though its name still resolves."),
        ]

    /// How a connection's certificates are checked.
    static func certificates(under path: String) -> [Key] {
        [
            Key("\(path)", .mapping, "", "How its certificate is checked, and ours."),
            Key(
                "\(path).ca",
                .certificateStore,
                "system",
                "A PEM file, relative to the route file.",
                codes: ["HP703", "HP705"]
            ),
            Key("\(path).pin", .oneOrMore(.pin), "", "Public keys of which one must match: `sha256//…`."),
            Key("\(path).cert", .secret, "", "Our certificate, PEM: `file:/path`.", codes: ["HP705"]),
            Key("\(path).key", .secret, "", "Its key, PEM: `file:/path`.", codes: ["HP705"]),
            Key("\(path).server_name", .text, "the host", "The name its certificate must carry."),
            Key("\(path).min", .word(["1.2", "1.3"]), "1.2", "The oldest TLS version."),
            Key("\(path).verify", .boolean, "true", "`false` is refused.", codes: ["HP706"]),
        ]
    }

    /// A price, for all models or by glob.
    static func prices(under path: String, _ note: String) -> [Key] {
        func fields(_ parent: String) -> [Key] {
            [
                Key("\(parent).input", .usd, "", "Of the prompt."),
                Key("\(parent).output", .usd, "", "Of the answer."),
                Key(
                    "\(parent).cached",
                    .usd,
                    "`input`",
                    "Of what the upstream had cached of the prompt."
                ),
                Key(
                    "\(parent).cache_write",
                    .usd,
                    "`input`",
                    "Of what the upstream cached of the prompt."
                ),
                Key("\(parent).reasoning", .usd, "`output`", "Of what was thought."),
            ]
        }
        return [
            Key(path, .mapping, "built-in table", note, codes: ["HP112", "HP604", "HP605"])
        ] + fields(path)
            + [Key("\(path).*", .mapping, "", "The price of the models that fit the glob.")]
            + fields("\(path).*")
    }

    static let models: [Key] = [
        Key(
            "models.aliases",
            .map(.model),
            "",
            "Names that stand for models; one step, before matching.",
            codes: ["HP013", "HP208"]
        ),
        Key("models.aliases.*", .model, "", "The model."),
        Key(
            "models.known",
            .oneOrMore(.glob),
            "[builtin]",
            "The names that exist, `builtin` being the well-known ones; for checks only.",
            codes: ["HP411", "HP413"]
        ),
        Key(
            "models.facts",
            .map(.glob),
            "built-in table",
            "What models can take, by glob; the first that fits and says it."
        ),
        Key("models.facts.*", .mapping, "", "One kind of model."),
        Key("models.facts.*.context", .count(1...Int.max), "", "Tokens that prompt and answer may have together."),
        Key("models.facts.*.output", .count(1...Int.max), "", "Tokens that an answer may have."),
        Key(
            "models.facts.*.inputs",
            .oneOrMore(.word(ModelFacts.Input.allCases.map(\.rawValue))),
            "",
            "What may stand in a prompt."
        ),
    ]
}
