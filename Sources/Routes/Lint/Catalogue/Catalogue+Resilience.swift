extension Catalogue {
    /// HP5xx: resilience.
    static let resilience: [Rule] = [
        Rule(
            "HP501",
            .warning,
            "many upstream tries for one request",
            fix: .unsafe,
            what: """
                The worst case is computed: attempts, tiers, hedges and `failover.max_tries` together. An error \
                above 16.
                """,
            why: "In an outage every client request becomes that many upstream requests.",
            bad: """
                retry: {attempts: 3}
                failover: {max_tries: 12}
                """,
            good: """
                retry: {attempts: 1}
                failover: {max_tries: 4}
                """
        ),
        Rule(
            "HP502",
            .error,
            "deadlines that contradict one another",
            what: """
                `connect` is not below `first_byte`, or the tiers' first bytes together are beyond `total`, so \
                that a later tier is never reached in time.
                """,
            why: "A fallback that has no time left is none.",
            bad: "timeout: {connect: 10s, first_byte: 5s}",
            good: "timeout: {connect: 2s, first_byte: 30s}"
        ),
        Rule(
            "HP503",
            .warning,
            "failover with health off",
            fix: .unsafe,
            what: """
                One of several targets has `health.mode: none`: it counts as well whatever happens.
                """,
            why: "Requests run into it before they fail over, every time.",
            bad: "vllm: {kind: vllm, health: {mode: none}}",
            good: "vllm: {kind: vllm, health: {mode: passive}}"
        ),
        Rule(
            "HP504",
            .warning,
            "retry on what cannot succeed or was already paid",
            fix: .unsafe,
            what: """
                `retry_on` lists a status such as 400 or 401, which says the same again, or one that repeats \
                paid work.
                """,
            why: "It costs time, money, or both.",
            bad: "retry: {retry_on: [400, 5xx]}",
            good: "retry: {retry_on: [5xx]}"
        ),
        Rule(
            "HP505",
            .note,
            "single target without a fallback",
            what: "A route has one target.",
            why: "When it fails, so does the request.",
            bad: "to: [openai]",
            good: "to: [openai, ollama]"
        ),
        Rule(
            "HP506",
            .warning,
            "tiers that share one host",
            what: "All targets of a route have the same host and port under different names.",
            why: "They fail together.",
            bad: """
                a: {kind: vllm, url: http://10.0.0.5:8000}
                b: {kind: vllm, url: http://10.0.0.5:8000}
                """,
            good: """
                a: {kind: vllm, url: http://10.0.0.5:8000}
                b: {kind: vllm, url: http://10.0.0.6:8000}
                """
        ),
        Rule(
            "HP507",
            .warning,
            "hedge on streams, or without a pool",
            what: """
                A hedge asks a second provider while the first is still at work; on streams, or without a \
                budget, nothing bounds the double cost.
                """,
            why: "The bill doubles when providers are slow.",
            bad: "hedge: {after: 500ms, stream: true}",
            good: """
                hedge: {after: 500ms}
                pool: agents
                """
        ),
        Rule(
            "HP509",
            .warning,
            "`drain` of 30 s or more",
            what: "Kubernetes kills a pod 30 s after it asked it to stop, unless told otherwise.",
            why: "Running requests would be cut instead of drained.",
            bad: "listen: {drain: 60s}",
            good: "listen: {drain: 25s}"
        ),
        Rule(
            "HP510",
            .warning,
            "idle deadline shorter than a provider's keep-alive",
            what: """
                The provider sends a comment on quiet streams at an interval that is longer than `timeout.idle`.
                """,
            why: "Healthy streams would be cut.",
            bad: "timeout: {idle: 5s}",
            good: "timeout: {idle: 60s}"
        ),
        Rule(
            "HP512",
            .warning,
            "balancing strategy over one target",
            fix: .safe,
            what: "A strategy that picks among targets stands over a single one.",
            why: "It does nothing; a target may have been forgotten.",
            bad: """
                to: [openai]
                strategy: round-robin
                """,
            good: "to: [openai]"
        ),
        Rule(
            "HP513",
            .warning,
            "context window smaller than the route's tokens",
            what: "A later tier's model takes fewer tokens than the route lets through.",
            why: "The fallback refuses exactly the requests that need it.",
            bad: """
                match: {tokens: 100k..}
                to: [google, openai]      # openai: 128k
                """,
            good: """
                match: {tokens: 100k..}
                to: [google]
                """
        ),
        Rule(
            "HP514",
            .warning,
            "waits longer than the whole deadline",
            what: "`retry_after` or the longest backoff is above `timeout.total`.",
            why: "The wait can never end in time.",
            bad: """
                timeout: {total: 5s}
                retry: {retry_after: 10s}
                """,
            good: """
                timeout: {total: 60s}
                retry: {retry_after: 10s}
                """
        ),
    ]
}
