extension Catalogue {
    /// HP1xx: schema and types.
    static let schema: [Rule] = [
        Rule(
            "HP101",
            .error,
            "unknown key",
            fix: .unsafe,
            what: """
                A key is not known at its place. The nearest key that is valid there is named, or the place \
                where the key belongs.
                """,
            why: """
                A misspelt key that is ignored fails open: the limit or the denial it was to set does not exist.
                """,
            bad: "provdiers: {ollama: {kind: ollama}}",
            good: "providers: {ollama: {kind: ollama}}"
        ),
        Rule(
            "HP102",
            .error,
            "`version` missing or unsupported",
            what: """
                A root file begins with `version: 1`; a file meant to be included begins with `fragment: 1`.
                """,
            why: "The version says in which language the file is written.",
            bad: "version: 2",
            good: "version: 1"
        ),
        Rule(
            "HP103",
            .error,
            "wrong type",
            what: """
                A list, a mapping or a single value stands where another of the three is due, or a single value \
                is no number or bool.
                """,
            why: "Guessing what was meant would be reading another file.",
            bad: "to: 3",
            good: "to: [openai]"
        ),
        Rule(
            "HP104",
            .error,
            "required key or entry missing",
            what: """
                A key that has no default is not there, or a list or map that needs an entry is empty.
                """,
            why: "There is nothing sensible to assume.",
            bad: "providers: {gateway: {kind: openai-compatible}}",
            good: "providers: {gateway: {kind: openai-compatible, url: http://10.0.0.1:9000/v1}}"
        ),
        Rule(
            "HP105",
            .error,
            "unit or format",
            what: """
                A value lacks its unit, or is not written as its type asks: durations, sizes, rates, \
                percentages, money, ranges.
                """,
            why: "`30` could be seconds or milliseconds; a thousandfold error is silent.",
            bad: "timeout: {total: 10}",
            good: "timeout: {total: 10s}"
        ),
        Rule(
            "HP106",
            .error,
            "out of range",
            what: "A number is below or above what the key takes.",
            why: "Beyond the range the value has no meaning, or one that harms.",
            bad: "ema: {alpha: 1.5}",
            good: "ema: {alpha: 0.3}"
        ),
        Rule(
            "HP107",
            .error,
            "unknown word",
            fix: .unsafe,
            what: """
                The key takes one of a few words, and this is none of them. The nearest is named.
                """,
            why: "An unknown word cannot fall back to a default without saying so.",
            bad: "strategy: least-latancy",
            good: "strategy: least-latency"
        ),
        Rule(
            "HP108",
            .error,
            "bad or reserved name",
            what: """
                A name is not made of `a-z 0-9 _ -`, does not begin with a letter, is longer than 63, or is one \
                of `local remote any none default-route`.
                """,
            why: """
                Names stand in metrics, headers and other keys; reserved ones already mean something there.
                """,
            bad: "providers: {local: {kind: ollama}}",
            good: "providers: {ollama: {kind: ollama}}"
        ),
        Rule(
            "HP109",
            .error,
            "exclusive keys together, or none of them",
            what: """
                Two keys exclude one another and both are there, or one of them is needed and none is.
                """,
            why: "One of the two would be ignored.",
            bad: """
                - to: [openai]
                  deny: {status: 403}
                """,
            good: "- to: [openai]"
        ),
        Rule(
            "HP110",
            .warning,
            "deprecated key",
            fix: .safe,
            what: """
                A key still works and will go in the next version of the language; its successor is named.
                """,
            why: "It is easier to rename in time.",
            bad: "# an old key",
            good: "# its successor"
        ),
        Rule(
            "HP111",
            .error,
            "bad URL, address or path",
            what: """
                An address cannot be read: a scheme is missing, a port is out of range, a path is not absolute.
                """,
            why: "It would fail at the first request instead of now.",
            bad: "url: http//10.0.0.5:8000",
            good: "url: http://10.0.0.5:8000"
        ),
        Rule(
            "HP112",
            .error,
            "bad glob",
            fix: .safe,
            what: """
                A glob cannot be read: `**`, a bracket that is not closed, too many stars or alternatives. `**` \
                is offered as `*`, which takes slashes too. For a header, also one that no value can fit: with a line \
                end, a control character, or blanks at its ends.
                """,
            why: "A pattern must mean one thing.",
            bad: "match: {model: \"gpt-**\"}",
            good: "match: {model: \"gpt-*\"}"
        ),
        Rule(
            "HP113",
            .error,
            "bad or forbidden PCRE2 pattern",
            what: """
                A `re:` pattern or a privacy pattern does not compile, or uses back-references, recursion, \
                conditions, verbs, call-outs or `\\C`. The mark is where the library stopped. A privacy pattern is \
                read as the `flags` beside it say, and may not be empty.
                """,
            why: """
                What is forbidden makes matching slow without bound, or reach outside the pattern.
                """,
            bad: "headers: {x-team: \"re:(ab\"}",
            good: "headers: {x-team: \"re:(ab)\"}"
        ),
        Rule(
            "HP114",
            .error,
            "bad time window or zone",
            fix: .unsafe,
            what: """
                A window is not written as `Mon-Fri 09:00-18:00 Europe/Berlin`, or the zone is not in the tz \
                database.
                """,
            why: "A window that is never open denies, one that is always open allows.",
            bad: "time: \"Mon-Fry 09:00-18:00 Europe/Berln\"",
            good: "time: \"Mon-Fri 09:00-18:00 Europe/Berlin\""
        ),
        Rule(
            "HP115",
            .error,
            "tool server with two ways to reach it, or none",
            what: """
                A server of `tools` has a `command` and a `url`, or neither, or keys that belong to the other way: \
                `env` to a command; `key`, `headers` and `tls` to a URL.
                """,
            why: "It is not clear what is to be started or asked.",
            bad: "fs: {command: mcp-fs, url: \"https://mcp.example.com/mcp\"}",
            good: "fs: {command: mcp-fs}"
        ),
        Rule(
            "HP120",
            .error,
            "no engine in this build",
            what: """
                The key is a part of the language, and this build does not do what it says. The server refuses \
                the file; `lint` says so as a note.
                """,
            why: "A key that is accepted and does nothing would be a promise that is not kept.",
            bad: "listen: {tls: {cert: file:/tls.crt, key: file:/tls.key}}",
            good: "listen: {address: 127.0.0.1:8088}"
        ),
    ]
}
