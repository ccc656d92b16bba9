extension Catalogue {
    /// HP3xx: privacy.
    static let privacy: [Rule] = [
        Rule(
            "HP300",
            .error,
            "a confidential or restricted request can reach a remote provider",
            what: """
                Over all requests: some request of class confidential or restricted is sent to a remote \
                provider. A witness is shown, replayed through the reference interpreter. A warning where the \
                provider's raised clearance has an `attest`.
                """,
            why: "This is what the privacy classes exist to prevent.",
            bad: """
                providers:
                  openai: {kind: openai, clearance: restricted}
                """,
            good: """
                providers:
                  openai: {kind: openai, clearance: restricted, attest: "DPA 2026-014"}
                """
        ),
        Rule(
            "HP301",
            .error,
            "target above whose clearance everything lies",
            fix: .unsafe,
            what: """
                Every request that the route takes is of a class above the target's clearance, so the target is \
                never asked.
                """,
            why: "A tier that looks like a fallback is none.",
            bad: """
                match: {class: restricted}
                to: [vllm, openai]
                """,
            good: """
                match: {class: restricted}
                to: [vllm]
                """
        ),
        Rule(
            "HP302",
            .error,
            "clearance raised without `attest`",
            what: """
                A provider's `clearance` is above the default of its locality (local: confidential, remote: \
                internal), and nothing says why. A warning for local providers.
                """,
            why: """
                Whoever reviews the file must find who approved it; the words go to the audit log.
                """,
            bad: "openai: {kind: openai, clearance: confidential}",
            good: "openai: {kind: openai, clearance: confidential, attest: \"DPA 2026-014\"}"
        ),
        Rule(
            "HP303",
            .note,
            "class without a cleared target on a route",
            what: """
                Requests of a class that the route takes find no target that is cleared for it: they are always \
                answered 403. A warning when it is the class of `privacy.default`.
                """,
            why: "Often intended; it should be known.",
            bad: """
                - match: {model: "gpt-*"}
                  to: [openai]             # confidential: 403
                """,
            good: """
                - match: {model: "gpt-*"}
                  to: [openai, vllm]
                """
        ),
        Rule(
            "HP304",
            .error,
            "`deny_tags` leaves no target",
            what: """
                Some request has a tag that every target of its route denies. A witness is shown.
                """,
            why: "It is answered 403 though a provider without the tag exists, or was forgotten.",
            bad: """
                providers:
                  openai: {kind: openai, deny_tags: [eu-resident]}
                routes:
                  - to: [openai]
                """,
            good: """
                routes:
                  - to: [openai, openai-eu]
                """
        ),
        Rule(
            "HP305",
            .error,
            "content that is not scanned but may go remote",
            fix: .unsafe,
            what: """
                A route sends an endpoint's requests to a remote provider, and `privacy.scan.fields` leaves out \
                the fields where that endpoint carries its text.
                """,
            why: "Classes are decided by what is scanned; the rest passes as public.",
            bad: """
                privacy: {scan: {fields: [messages]}}
                routes:
                  - match: {api: embeddings}
                    to: [openai]
                """,
            good: "privacy: {scan: {fields: [messages, input]}}"
        ),
        Rule(
            "HP306",
            .warning,
            "opaque content may go remote",
            what: """
                `scan.opaque` lets audio, images and files, which cannot be scanned, count as public, \
                and a route sends them to a remote provider.
                """,
            why: "A scanned letter as an image passes where its text would not.",
            bad: "privacy: {scan: {opaque: public}}",
            good: "privacy: {scan: {opaque: confidential}}"
        ),
        Rule(
            "HP307",
            .warning,
            "scan that fails open",
            fix: .safe,
            what: """
                `scan.over` or `scan.on_error` joins in a class that remote providers may see: text that is too \
                long or cannot be scanned passes.
                """,
            why: "What was not looked at must count as the worst it could be.",
            bad: "privacy: {scan: {over: public}}",
            good: "privacy: {scan: {over: restricted}}"
        ),
        Rule(
            "HP308",
            .error,
            "cache that crosses a boundary",
            what: """
                Answers to classified requests are kept in a cache that other keys or tenants read.
                """,
            why: "One tenant's answer would be another's.",
            bad: "cache: {mode: exact, scope: global, max_class: confidential}",
            good: "cache: {mode: exact, scope: key, max_class: confidential}"
        ),
        Rule(
            "HP309",
            .error,
            "audit or telemetry sink below the content's class",
            what: """
                Bodies or prompts are written where their class may not go: an audit file above its `max_class`, \
                telemetry with content to a remote host.
                """,
            why: "The proxy would leak by its own records.",
            bad: "telemetry: {otlp: {endpoint: https://otel.example.com, content: true}}",
            good: "telemetry: {otlp: {endpoint: https://otel.example.com, content: false}}"
        ),
        Rule(
            "HP310",
            .error,
            "`locality: local` on a public address",
            fix: .unsafe,
            what: "A provider calls itself local, and its address is on the internet.",
            why: "Local providers get confidential requests.",
            bad: "grok: {kind: grok, url: https://api.x.ai, locality: local}",
            good: "grok: {kind: grok, url: https://api.x.ai}"
        ),
        Rule(
            "HP311",
            .warning,
            "tenant header that nobody may send",
            what: """
                A header field names the tenant, and no `trusted_proxies` says from whom it may come.
                """,
            why: "From strangers the field is not read: rules by tenant never fire.",
            bad: "auth: {tenant_header: x-tenant}",
            good: "auth: {tenant_header: x-tenant, trusted_proxies: [10.0.0.0/8]}"
        ),
        Rule(
            "HP312",
            .warning,
            "pattern that may backtrack badly",
            what: """
                A repeat stands inside a repeat over characters that both take, as in `(\\d+)+`.
                """,
            why: """
                A text made for it uses up the match limit; it then counts as a match, and the request as \
                restricted.
                """,
            bad: "pattern: '(\\d+)+x'",
            good: "pattern: '\\d+x'"
        ),
        Rule(
            "HP313",
            .error,
            "`example` does not match, or `counterexample` does",
            what: "A privacy rule's own sample says something else than its pattern.",
            why: "One of the two is wrong; the test is there to say so.",
            bad: "- {tag: mrn, pattern: '\\bMRN \\d{8}\\b', example: \"mrn 00123456\"}",
            good: "- {tag: mrn, pattern: '\\bMRN \\d{8}\\b', flags: i, example: \"mrn 00123456\"}"
        ),
        Rule(
            "HP314",
            .warning,
            "two rules give one tag different classes",
            what: "The same tag comes with two classes; whenever both rules fire, the higher wins.",
            why: "A reader of one rule is misled by the other.",
            bad: """
                - {tag: pii, class: confidential, builtin: [email]}
                - {tag: pii, class: restricted, builtin: [ssn]}
                """,
            good: """
                - {tag: pii, class: confidential, builtin: [email]}
                - {tag: ssn, class: restricted, builtin: [ssn]}
                """
        ),
        Rule(
            "HP315",
            .warning,
            "hedge that doubles confidential content",
            what: "A route that takes confidential requests asks two providers at a time.",
            why: "The content is sent twice, and each copy must be accounted for.",
            bad: """
                - match: {class: confidential..}
                  to: [[vllm-a, vllm-b]]
                  hedge: {after: 500ms}
                """,
            good: """
                - match: {class: confidential..}
                  to: [[vllm-a, vllm-b]]
                """
        ),
    ]
}
