extension Catalogue {
    /// HP4xx: routing.
    static let routingFirst: [Rule] = [
        Rule(
            "HP401",
            .error,
            "unreachable route, covered by one earlier route",
            fix: .unsafe,
            what: """
                Routes are tried from top to bottom, and an earlier route takes every request that this one \
                would take; proved for all requests. An example says where such a request goes.
                """,
            why: "The route looks as if it did something.",
            bad: """
                - name: gpt
                  match: {model: "gpt-*"}
                  to: [openai]
                - name: gpt-mini
                  match: {model: "gpt-4o-mini*"}
                  to: [openai-eu]
                """,
            good: """
                - name: gpt-mini
                  match: {model: "gpt-4o-mini*"}
                  to: [openai-eu]
                - name: gpt
                  match: {model: "gpt-*"}
                  to: [openai]
                """
        ),
        Rule(
            "HP402",
            .error,
            "unreachable route, covered by several together",
            fix: .unsafe,
            what: """
                No single earlier route covers this one, but together they leave it nothing; all of them are \
                listed, the proof is over all requests.
                """,
            why: "Nobody finds this by reading.",
            bad: """
                - match: {stream: true}
                  to: [openai]
                - match: {stream: false}
                  to: [ollama]
                - match: {model: "gpt-*"}
                  to: [groq]
                """,
            good: """
                - match: {model: "gpt-*"}
                  to: [groq]
                - match: {stream: true}
                  to: [openai]
                - match: {stream: false}
                  to: [ollama]
                """
        ),
        Rule(
            "HP403",
            .warning,
            "value of a list that can never decide",
            fix: .safe,
            what: """
                One glob or value of a list takes nothing that another of the list, or an earlier route, does \
                not already take, or goes with none of the route's other conditions. The fix is safe inside one list.
                """,
            why: "It is left over, or narrower than meant.",
            bad: "match: {model: [\"gpt-*\", \"gpt-4*\"]}",
            good: "match: {model: [\"gpt-*\"]}"
        ),
        Rule(
            "HP404",
            .error,
            "match that can never be true",
            what: """
                Conditions exclude one another: an empty range, a tag both asked for and refused, the path of \
                another endpoint, a method or a path that the server answers itself.
                """,
            why: "The route can never be taken.",
            bad: "match: {tokens: 8k..4k}",
            good: "match: {tokens: 4k..8k}"
        ),
        Rule(
            "HP405",
            .warning,
            "no catch-all",
            fix: .unsafe,
            what: "Some request is taken by no route and answered 404. A witness is shown.",
            why: "Often intended; then say so with a route that denies.",
            bad: """
                routes:
                  - match: {model: "gpt-*"}
                    to: [openai]
                """,
            good: """
                routes:
                  - match: {model: "gpt-*"}
                    to: [openai]
                  - name: default
                    deny: {status: 404, message: "no such model here"}
                """
        ),
        Rule(
            "HP406",
            .error,
            "route after a catch-all",
            fix: .unsafe,
            what: "A route without `match` takes everything, and others stand below it.",
            why: "They can never be tried.",
            bad: """
                - to: [ollama]
                - match: {model: "gpt-*"}
                  to: [openai]
                """,
            good: """
                - match: {model: "gpt-*"}
                  to: [openai]
                - to: [ollama]
                """
        ),
        Rule(
            "HP407",
            .warning,
            "same target twice",
            fix: .safe,
            what: "A provider with the same model stands twice in a route's tiers.",
            why: "A second try at what just failed is what `retry` is for.",
            bad: "to: [openai, ollama, openai]",
            good: "to: [openai, ollama]"
        ),
        Rule(
            "HP409",
            .error,
            "`direct` with several targets",
            what: "`strategy: direct` means: this target and no other.",
            why: "The others could never be asked.",
            bad: """
                to: [[openai, groq]]
                strategy: direct
                """,
            good: """
                to: [openai]
                strategy: direct
                """
        ),
        Rule(
            "HP410",
            .error,
            "all weights zero, or weight without effect",
            what: """
                Every target of a tier has weight 0, so none can be picked. A warning when the strategy does not \
                look at weights.
                """,
            why: "The tier is dead, or the weight a wish.",
            bad: "to: [[{provider: openai, weight: 0}, {provider: groq, weight: 0}]]",
            good: "to: [[{provider: openai, weight: 3}, {provider: groq, weight: 1}]]"
        ),
    ]
}
