extension Catalogue {
    /// HP6xx: budgets and cost.
    static let budgets: [Rule] = [
        Rule(
            "HP601",
            .warning,
            "paid provider without a pool",
            what: "A route sends to a provider that costs money, and no pool counts it.",
            why: "One loop in one agent spends the month.",
            bad: """
                routes:
                  - to: [openai]
                """,
            good: """
                pools: {agents: {usd: 50/day}}
                routes:
                  - to: [openai]
                    pool: agents
                """
        ),
        Rule(
            "HP602",
            .error,
            "pool or limit without a quantity",
            what: """
                A pool has neither `tokens`, `usd` nor `requests`; a limit none of its quantities.
                """,
            why: "It can hold nothing back.",
            bad: "pools: {agents: {per: key}}",
            good: "pools: {agents: {tokens: 2M/day, per: key}}"
        ),
        Rule(
            "HP603",
            .warning,
            "child larger than its parent",
            what: "A pool's quantity is above that of its parent.",
            why: "The parent ends first; the child's number misleads.",
            bad: """
                pools:
                  all: {tokens: 1M/day}
                  agents: {tokens: 2M/day, parent: all}
                """,
            good: """
                pools:
                  all: {tokens: 5M/day}
                  agents: {tokens: 2M/day, parent: all}
                """
        ),
        Rule(
            "HP604",
            .warning,
            "`cost` over a target without a price",
            what: "`strategy: cost` compares prices, and one target has none.",
            why: "It counts as free or as last, and neither is known.",
            bad: """
                to: [[openai, gateway]]
                strategy: cost
                """,
            good: """
                providers: {gateway: {kind: openai-compatible, url: https://gw.example.com/v1, price: {input: 0.5, output: 1.5}}}
                """
        ),
        Rule(
            "HP605",
            .error,
            "money pool over a target without a price",
            what: "A pool counts dollars, and a target of its route has no price.",
            why: "What it costs cannot be charged; the pool never empties.",
            bad: """
                pools: {agents: {usd: 50/day}}
                routes:
                  - to: [gateway]
                    pool: agents
                """,
            good: """
                providers: {gateway: {kind: openai-compatible, url: https://gw.example.com/v1, price: {input: 0.5, output: 1.5}}}
                """
        ),
        Rule(
            "HP606",
            .warning,
            "reservation that does not fit",
            what: """
                The reserved output is larger than the whole pool, or far below the `max_tokens` that requests \
                may ask for.
                """,
            why: "Either nothing passes, or the pool is overrun.",
            bad: "pools: {agents: {tokens: 500/day, reserve: {output: 1k}}}",
            good: "pools: {agents: {tokens: 2M/day, reserve: {output: 1k}}}"
        ),
        Rule(
            "HP608",
            .warning,
            "limit that can never bind",
            what: """
                A limit is above another that always applies first, for example the provider's own.
                """,
            why: "It is never reached.",
            bad: """
                providers: {groq: {kind: groq, limits: {requests: 30/min}}}
                rate_limits: {all: {by: global, requests: 600/min}}
                """,
            good: "rate_limits: {all: {by: global, requests: 30/min}}"
        ),
        Rule(
            "HP609",
            .warning,
            "`per: key` without keys",
            what: "A pool or limit counts for each key, and `auth.mode` is `none`.",
            why: "Everyone shares one count.",
            bad: "pools: {agents: {tokens: 2M/day, per: key}}",
            good: "auth: {keys: {app: {token: env:APP_TOKEN}}}"
        ),
        Rule(
            "HP610",
            .warning,
            "queue that waits longer than the client",
            what: "`queue.max_wait` is above the route's `timeout.total`.",
            why: "Requests leave the queue when nobody waits for them.",
            bad: """
                queue: {max_wait: 2m}
                routes:
                  - to: [ollama]
                    timeout: {total: 30s}
                """,
            good: "queue: {max_wait: 5s}"
        ),
        Rule(
            "HP611",
            .warning,
            "every fallback is inside the same budget",
            what: "When the pool is empty no tier may be used, local ones included.",
            why: """
                An empty budget is an outage; `on_exhausted: local` keeps local models answering.
                """,
            bad: "pools: {agents: {usd: 50/day}}",
            good: "pools: {agents: {usd: 50/day, on_exhausted: local}}"
        ),
    ]
}
