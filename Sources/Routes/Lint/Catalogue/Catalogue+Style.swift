extension Catalogue {
    /// HP9xx: style.
    static let style: [Rule] = [
        Rule(
            "HP901",
            .note,
            "not formatted",
            fix: .safe,
            what: "`hoosh-proxy fmt` would write the file differently.",
            why: "Differences in review should be differences in meaning.",
            bad: "providers:   {ollama:   {kind: ollama}}",
            good: "providers: {ollama: {kind: ollama}}"
        ),
        Rule(
            "HP902",
            .note,
            "route without a name",
            fix: .unsafe,
            what: "The route is called `route-<n>` by its place.",
            why: "Its metrics and tests change their name when a route is added above.",
            bad: "- to: [ollama]",
            good: """
                - name: default
                  to: [ollama]
                """
        ),
        Rule(
            "HP903",
            .warning,
            "suppression that suppresses nothing",
            fix: .safe,
            what: """
                A comment `# hoosh: allow` names a code that is not found there, does not exist, or cannot be \
                silenced; the same for `lint:`.
                """,
            why: "It would hide the next one that comes along.",
            bad: "to: [openai]   # hoosh: allow HP412 -- serves everything",
            good: "to: [openai]"
        ),
        Rule(
            "HP904",
            .warning,
            "suppression without a reason",
            what: "A comment `# hoosh: allow` does not say why.",
            why: "The next reader cannot tell whether it still holds.",
            bad: "to: [openai]   # hoosh: allow HP505",
            good: "to: [openai]   # hoosh: allow HP505 -- a canary may fail"
        ),
        Rule(
            "HP905",
            .note,
            "key equal to its default",
            fix: .safe,
            what: "A key says what would hold without it.",
            why: "Less to read.",
            bad: "strategy: priority",
            good: "# nothing"
        ),
        Rule(
            "HP907",
            .note,
            "glob covered by a sibling in the same list",
            fix: .safe,
            what: "Another glob of the list takes everything that this one takes.",
            why: "It decides nothing.",
            bad: "models: [\"gpt-*\", \"gpt-4*\"]",
            good: "models: [\"gpt-*\"]"
        ),
    ]
}
