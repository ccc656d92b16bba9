extension Catalogue {
    /// HP2xx: names.
    static let names: [Rule] = [
        Rule(
            "HP201",
            .error,
            "unknown target",
            fix: .unsafe,
            what: """
                A tier names a provider or a group that does not exist. The nearest name is given.
                """,
            why: "Requests would go nowhere.",
            bad: "to: [opnai]",
            good: "to: [openai]"
        ),
        Rule(
            "HP202",
            .error,
            "unknown pool, limit or key",
            fix: .unsafe,
            what: """
                A route or a key names a pool, a rate limit or a key of `auth` that does not exist.
                """,
            why: "A budget that is not found is a budget that is not held.",
            bad: "pool: agent",
            good: "pool: agents"
        ),
        Rule(
            "HP203",
            .error,
            "duplicate route name",
            what: "Two routes have the same name. Both places are shown.",
            why: """
                Names stand in metrics, logs and tests; two routes of one name cannot be told apart there.
                """,
            bad: """
                - name: chat
                  to: [ollama]
                - name: chat
                  to: [openai]
                """,
            good: """
                - name: chat-local
                  to: [ollama]
                - name: chat
                  to: [openai]
                """
        ),
        Rule(
            "HP204",
            .warning,
            "provider that is never reached",
            what: "A provider is declared, and no route that can match sends to it.",
            why: "It is left over, or a route was meant to use it.",
            bad: """
                providers: {ollama: {kind: ollama}, groq: {kind: groq}}
                routes:
                  - to: [ollama]
                """,
            good: """
                providers: {ollama: {kind: ollama}}
                routes:
                  - to: [ollama]
                """
        ),
        Rule(
            "HP205",
            .warning,
            "pool that is never used",
            fix: .unsafe,
            what: "No route, default or key names the pool.",
            why: "Its budget holds nothing back.",
            bad: """
                pools: {agents: {tokens: 2M/day}}
                routes:
                  - to: [openai]
                """,
            good: """
                pools: {agents: {tokens: 2M/day}}
                routes:
                  - to: [openai]
                    pool: agents
                """
        ),
        Rule(
            "HP206",
            .warning,
            "rate limit that is never used",
            fix: .unsafe,
            what: "No route or default names the limit.",
            why: "It limits nothing.",
            bad: """
                rate_limits: {per-key: {by: key, requests: 600/min}}
                routes:
                  - to: [openai]
                """,
            good: """
                rate_limits: {per-key: {by: key, requests: 600/min}}
                routes:
                  - to: [openai]
                    limits: [per-key]
                """
        ),
        Rule(
            "HP207",
            .error,
            "cycle among pools",
            what: "A pool is its own parent, over one or more steps. The whole cycle is shown.",
            why: "A debit would never come to an end.",
            bad: """
                pools:
                  a: {tokens: 1M/day, parent: b}
                  b: {tokens: 2M/day, parent: a}
                """,
            good: """
                pools:
                  a: {tokens: 1M/day, parent: b}
                  b: {tokens: 2M/day}
                """
        ),
        Rule(
            "HP208",
            .error,
            "alias of an alias, or alias equal to a served model",
            what: """
                Aliases are resolved once, before routes are tried. An alias that stands for another, or that \
                has the name of a model a provider serves, would not do what it says.
                """,
            why: "The model behind it could never be asked for.",
            bad: "aliases: {fast: smart, smart: gpt-4o}",
            good: "aliases: {fast: gpt-4o-mini, smart: gpt-4o}"
        ),
        Rule(
            "HP209",
            .error,
            "empty group",
            what: "`local`, `remote` or `any` stands for no provider at all.",
            why: "The tier would be empty.",
            bad: """
                providers: {openai: {kind: openai}}
                routes:
                  - to: [local, openai]
                """,
            good: """
                providers: {openai: {kind: openai}, ollama: {kind: ollama}}
                routes:
                  - to: [local, openai]
                """
        ),
        Rule(
            "HP210",
            .warning,
            "privacy rule without effect",
            what: "A rule raises no class, and its tag is tested by no route and no provider.",
            why: "It costs a scan and changes nothing.",
            bad: "privacy: {rules: [{tag: mail, builtin: [email]}]}",
            good: "privacy: {rules: [{tag: mail, class: confidential, builtin: [email]}]}"
        ),
        Rule(
            "HP211",
            .error,
            "tag that no rule produces",
            fix: .unsafe,
            what: """
                A route or `deny_tags` names a tag that no privacy rule gives. The nearest is named.
                """,
            why: "The condition is never true: what it was to keep out gets in.",
            bad: "deny_tags: [eu_resident]",
            good: "deny_tags: [eu-resident]"
        ),
        Rule(
            "HP212",
            .warning,
            "tenant or key that `auth` never yields",
            fix: .unsafe,
            what: """
                A route asks for a tenant or a key that no entry of `auth.keys` has, and no trusted header can \
                bring.
                """,
            why: "The route waits for somebody who cannot come.",
            bad: "match: {tenant: [legl]}",
            good: "match: {tenant: [legal]}"
        ),
        Rule(
            "HP213",
            .error,
            "tool pattern whose server does not exist",
            what: "`tools.allow` spells out a server that `tools.servers` has not, or has no `/` in it.",
            why: "The pattern fits no tool: what was to be allowed is not.",
            bad: """
                tools:
                  servers: {fs: {command: mcp-fs}}
                  allow: [sf/read_file]
                """,
            good: """
                tools:
                  servers: {fs: {command: mcp-fs}}
                  allow: [fs/read_file]
                """
        ),
    ]
}
