extension Catalogue {
    /// HP0xx: YAML and files.
    static let files: [Rule] = [
        Rule(
            "HP001",
            .error,
            "YAML syntax",
            what: """
                The text is no YAML: a bracket or a quote is not closed, a colon or an indentation is not where \
                it can be. The second place in the frame is where the construct opened.
                """,
            why: """
                A file that cannot be read says nothing for certain, so nothing else is checked.
                """,
            bad: """
                routes:
                  - to: [openai, ollama
                """,
            good: """
                routes:
                  - to: [openai, ollama]
                """
        ),
        Rule(
            "HP002",
            .error,
            "duplicate key",
            what: "A mapping has the same key twice. Both places are shown.",
            why: """
                YAML readers differ in which of the two wins; one of them was meant for something else, or is \
                left over.
                """,
            bad: """
                providers:
                  openai: {kind: openai}
                  openai: {kind: openai, url: https://eu.api.openai.com}
                """,
            good: """
                providers:
                  openai: {kind: openai}
                  openai-eu: {kind: openai, url: https://eu.api.openai.com}
                """
        ),
        Rule(
            "HP003",
            .error,
            "unquoted leading `*` read as an alias",
            fix: .safe,
            what: """
                A value that begins with `*` and has no quotes is an alias in YAML, a reference to an anchor, \
                and no glob.
                """,
            why: """
                Every author of model globs meets this once; YAML's own message speaks of anchors.
                """,
            bad: "match: {model: *-mini}",
            good: "match: {model: \"*-mini\"}"
        ),
        Rule(
            "HP004",
            .error,
            "tag that swallows a value, or a custom tag",
            fix: .safe,
            what: """
                A value that begins with `!` is a tag in YAML; what remains may be an empty text, without any \
                error. Route files have no tags.
                """,
            why: """
                A condition that silently became empty would match something else than its author reads.
                """,
            bad: "match: {model: !gpt-*}",
            good: "match: {not: {model: \"gpt-*\"}}"
        ),
        Rule(
            "HP005",
            .error,
            "reserved character starts a value",
            fix: .safe,
            what: """
                A value begins with `@`, a backtick, `%` or another character that YAML keeps for itself.
                """,
            why: """
                YAML refuses it with a message about tokens; quotes, or the plain word, are what was meant.
                """,
            bad: "to: [@local]",
            good: "to: [local]"
        ),
        Rule(
            "HP006",
            .error,
            "undefined alias, or alias inside its own anchor",
            fix: .unsafe,
            what: """
                An alias names an anchor that does not exist before it, or that it is itself a part of.
                """,
            why: "Nothing can be put in its place.",
            bad: "vllm-b: {<<: *vlm, url: http://10.0.0.6:8000}",
            good: "vllm-b: {<<: *vllm, url: http://10.0.0.6:8000}"
        ),
        Rule(
            "HP007",
            .error,
            "limit of size, depth, nodes or expansion",
            what: """
                The file is larger than 4 MiB, nested deeper than 64 levels, has more than a million nodes or a \
                key of more than 1,024 bytes, or its aliases expand to far more than it holds. With what it \
                includes: more than 32 MiB or a million nodes together.
                """,
            why: """
                Limits hold before memory is spent, so that no file can exhaust the proxy that reads it.
                """,
            bad: """
                a: &a [x, x, x, x, x, x, x, x, x]
                b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
                """,
            good: "a: [x]"
        ),
        Rule(
            "HP008",
            .error,
            "empty file, or more than one document",
            what: "There is nothing in the file, or a `---` opens a second document.",
            why: "A second document would be ignored without a word.",
            bad: """
                version: 1
                ---
                routes: []
                """,
            good: """
                version: 1
                routes: []
                """
        ),
        Rule(
            "HP009",
            .error,
            "not UTF-8, or a character that hides text",
            what: """
                The file has bytes that are no UTF-8, a NUL or control character, or a character that reorders \
                or hides text.
                """,
            why: "Reviewers must see what the proxy reads.",
            bad: """
                # an invisible U+202E stands inside the name
                openai: {kind: openai}
                """,
            good: "openai: {kind: openai}"
        ),
        Rule(
            "HP010",
            .warning,
            "plain word that YAML 1.1 tools read as another type",
            fix: .safe,
            what: """
                A text such as `no`, `on`, `0123` or `12:30` has no quotes. This program reads it as the text \
                that stands there; tools of YAML 1.1 read a bool or a number.
                """,
            why: "The same file is read by editors, templates and checks that are not ours.",
            bad: "region: no",
            good: "region: \"no\""
        ),
        Rule(
            "HP011",
            .error,
            "tab used for indentation",
            fix: .safe,
            what: "A line is indented with a tab, which YAML does not allow.",
            why: "Its depth is anybody's guess.",
            bad: """
                routes:
                \t- to: [ollama]
                """,
            good: """
                routes:
                  - to: [ollama]
                """
        ),
        Rule(
            "HP012",
            .error,
            "file or include that cannot be read",
            what: """
                The file cannot be read or is no plain file (a pipe, a device), or an `include` is missing, includes \
                itself, leaves the root file's folder, goes deeper than 8 levels, or there are more than 256 files or \
                1,024 uses. Also: routes of a fragment that stand in no list of routes, and an `include` in a list of \
                routes whose file has none. A pattern that no file fits is a warning.
                """,
            why: "A part that is left out could be the one that denies.",
            bad: "include: [../../etc/passwd]",
            good: "include: [providers.yaml]"
        ),
        Rule(
            "HP013",
            .error,
            "two files define the same name",
            what: """
                A name of one map stands in the root file and in a fragment, or in two fragments; or the routes of \
                one fragment are to stand in two places. Both places are shown.
                """,
            why: "Which one holds would depend on the order of files, and fragments in fragments would double.",
            bad: """
                # a.yaml and b.yaml, both included, have
                providers: {openai: {kind: openai}}
                """,
            good: """
                # b.yaml
                providers: {openai-eu: {kind: openai}}
                """
        ),
        Rule(
            "HP014",
            .warning,
            "merged mappings disagree on a key",
            what: "Two mappings merged with `<<` set the same key to different values.",
            why: "YAML takes the first, which few readers expect.",
            bad: "<<: [*a, *b]    # both set `url`",
            good: """
                <<: [*a, *b]
                url: http://10.0.0.5:8000
                """
        ),
        Rule(
            "HP015",
            .warning,
            "unused anchor",
            fix: .safe,
            what: "An anchor is never referred to.",
            why: "It is left over, or the alias that was to use it has another name.",
            bad: "ollama: &local {kind: ollama}",
            good: "ollama: {kind: ollama}"
        ),
        Rule(
            "HP016",
            .warning,
            "fragment that no root file includes",
            what: """
                A file with `fragment: 1` lies below the folder that is checked, and no file with `version: 1` \
                there includes it.
                """,
            why: "What it says takes no part in anything, though it looks as if it did.",
            bad: """
                # routes/extra.yaml
                fragment: 1
                """,
            good: """
                # routes/prod.yaml
                include: [extra.yaml]
                """
        ),
    ]
}
