extension Catalogue {
    /// HP8xx: cost of the compiled program.
    static let program: [Rule] = [
        Rule(
            "HP801",
            .warning,
            "pattern where a glob would do",
            fix: .safe,
            what: "A `re:` matcher says what a glob can say.",
            why: "Globs are found by index; each pattern is run.",
            bad: "headers: {x-model: \"re:gpt-.*\"}",
            good: "headers: {x-model: \"gpt-*\"}"
        ),
        Rule(
            "HP802",
            .note,
            "route that makes everything be scanned",
            what: """
                A condition on tags or classes stands before routes that need none, so that every request's \
                content is scanned first.
                """,
            why: """
                A scan costs microseconds per KiB; routes without content conditions may stand above.
                """,
            bad: """
                - match: {tags: [pii]}
                  to: [local]
                - match: {model: "llama*"}
                  to: [ollama]
                """,
            good: """
                - match: {model: "llama*"}
                  to: [ollama]
                - match: {tags: [pii]}
                  to: [local]
                """
        ),
        Rule(
            "HP803",
            .error,
            "program too large",
            what: """
                A route's nested `any` and `not` come to more than 64 cases, all routes to more than 262,144, or the \
                file speaks of more than 64 tags or time windows.
                """,
            why: "It would not fit the bounds that keep deciding fast.",
            bad: "any: [{any: [...]}, {any: [...]}]",
            good: "any: [{model: \"gpt-*\"}, {model: \"o3*\"}]"
        ),
        Rule(
            "HP804",
            .warning,
            "privacy pattern that runs on every request",
            what: """
                A pattern has no byte that must be in the text, so nothing can rule it out beforehand.
                """,
            why: "It runs over every body.",
            bad: "pattern: '\\w+'",
            good: "pattern: '\\bPROJ-\\d+\\b'"
        ),
        Rule(
            "HP805",
            .note,
            "answers that are copied where they could be spliced",
            what: """
                Bytes of a provider's answers pass through the proxy's memory: it speaks TLS though it is on this \
                machine, or its answers are translated. Upstreams elsewhere need TLS (HP702) and are not noted; \
                `explain` says of every route what is copied.
                """,
            why: "It costs processor time; what prevents a splice is named.",
            bad: "url: https://localhost:8000/v1",
            good: "url: http://localhost:8000/v1"
        ),
        Rule(
            "HP890",
            .note,
            "analysis incomplete",
            what: """
                A proof was given up at its limit; what is reported holds, what is not reported is not proved.
                """,
            why: "Whoever reads \"no finding\" should know.",
            bad: "# thousands of overlapping conditions",
            good: "# fewer conditions, or a catch-all earlier"
        ),
        Rule(
            "HP891",
            .error,
            "compiled program contradicts the file",
            what: """
                Before it serves, the program is read again and compared with the file; here the two differ.
                """,
            why: "A request could go where the file does not send it. The fault is hoosh-proxy's: please report it.",
            bad: "# a fault of the compiler, or of the machine's memory",
            good: "# the program that was running goes on serving"
        ),
    ]
}
