extension Catalogue {
    /// HP4xx: routing.
    static let routingRest: [Rule] = [
        Rule(
            "HP411",
            .warning,
            "glob that matches no known model",
            fix: .unsafe,
            what: """
                The glob fits no known model and is a letter or two off one, which is named. A name that is far from \
                all of them is your own, and nothing is said about it.
                """,
            why: "It is probably misspelt; a model that is new belongs into `models.known`.",
            bad: "match: {model: \"claud-*\"}",
            good: "match: {model: \"claude-*\"}"
        ),
        Rule(
            "HP412",
            .warning,
            "target that serves none of the route's models",
            what: "The route takes certain models, and the target's `models` has none of them.",
            why: "The target is never asked.",
            bad: """
                providers: {groq: {kind: groq, models: ["llama*"]}}
                routes:
                  - match: {model: "gpt-*"}
                    to: [openai, groq]
                """,
            good: """
                routes:
                  - match: {model: "gpt-*"}
                    to: [openai]
                """
        ),
        Rule(
            "HP413",
            .warning,
            "rewrite to an unknown model",
            fix: .unsafe,
            what: "A target asks its provider for a model that is a letter or two off a known one, which is named.",
            why: "The provider will answer 404.",
            bad: "to: [openai/gpt-4o-mni]",
            good: "to: [openai/gpt-4o-mini]"
        ),
        Rule(
            "HP414",
            .warning,
            "ranges of neighbours that overlap or leave a gap of one",
            fix: .unsafe,
            what: """
                Ranges are half-open: `..8k` and `8k..` meet exactly. Here one number belongs to both or to \
                none.
                """,
            why: "It is the request that nobody tested.",
            bad: """
                - match: {tokens: ..8k}
                  to: [ollama]
                - match: {tokens: 8001..}
                  to: [openai]
                """,
            good: """
                - match: {tokens: ..8k}
                  to: [ollama]
                - match: {tokens: 8k..}
                  to: [openai]
                """
        ),
        Rule(
            "HP415",
            .warning,
            "`sample` without a steady subject",
            what: "A share of requests is drawn for each request anew.",
            why: "One conversation then changes its provider in the middle.",
            bad: "match: {sample: 5%}",
            good: "match: {sample: {share: 5%, by: key}}"
        ),
        Rule(
            "HP416",
            .note,
            "neighbours with the same action",
            fix: .unsafe,
            what: "Two neighbouring routes do the same; their conditions can be one list.",
            why: "One place less to change.",
            bad: """
                - match: {model: "gpt-*"}
                  to: [openai]
                - match: {model: "o3*"}
                  to: [openai]
                """,
            good: """
                - match: {model: ["gpt-*", "o3*"]}
                  to: [openai]
                """
        ),
        Rule(
            "HP417",
            .warning,
            "time window that is never or always open",
            what: "The window covers the whole week, so it tests nothing; or it names no day.",
            why: "It decides nothing, or everything.",
            bad: "time: \"Mon-Sun 00:00-00:00\"",
            good: "time: \"Mon-Fri 22:00-06:00\""
        ),
        Rule(
            "HP418",
            .warning,
            "header field that the proxy owns",
            what: """
                A header field that belongs to one connection, or that the proxy sets itself, is matched, set or \
                removed.
                """,
            why: "It never arrives, or is overwritten.",
            bad: "headers: {set: {connection: close}}",
            good: "headers: {set: {x-team: search}}"
        ),
        Rule(
            "HP420",
            .error,
            "provider at the proxy's own address",
            what: "A provider's URL is the address this proxy listens on.",
            why: "A request would go round until its time is up.",
            bad: """
                listen: {address: 127.0.0.1:8088}
                providers: {self: {kind: openai-compatible, url: http://127.0.0.1:8088/v1}}
                """,
            good: "providers: {gateway: {kind: openai-compatible, url: http://127.0.0.1:9000/v1}}"
        ),
    ]
}
