import Foundation
import Testing

import RouteTools

/// One edit, and what all three forms of the report have to say of it.
struct DiffCase: Sendable, CustomTestStringConvertible {
    var name: String
    var from: String
    var to: String
    /// A whole line of the human form.
    var line: String
    var isWeaker = false
    var testDescription: String { name }

    static let base = """
        version: 1
        defaults: {timeout: {total: 10m}}
        providers:
          near: {kind: ollama}
          far:
            kind: openai
            url: https://far.example:8443
            key: env:KEY
            deny_tags: [eu]
            apis: [chat, completions]
            headers: {x-team: blue}
            tls: {ca: system, min: "1.2"}
            timeout: {connect: 1s}
            health: {mode: active, interval: 30s}
        models: {aliases: {fast: gpt-4o-mini}}
        privacy:
          default: public
          scan: {max_bytes: 1MiB, opaque: internal}
          rules:
            - {tag: eu, header: {x-residency: eu}}
            - {tag: pii, class: confidential, header: {x-pii: "yes", x-form: tax}}
            - {tag: doc, class: confidential, builtin: [ssn]}
            - {tag: mrn, class: restricted, pattern: "MRN[0-9]+", flags: i}
        routes:
          - name: gpt
            match: {model: "gpt-*"}
            to: [{provider: far, headers: {x-target: one}}, near]
            headers: {set: {x-route: a}, remove: [x-old]}
          - {name: rest, to: [near]}

        """

    private static let accept = "     --allow-privacy to accept"

    static let all: [DiffCase] = privacy + service + routes

    private static let privacy: [DiffCase] = [
        .init(
            name: "a privacy rule is removed",
            from: "    - {tag: pii, class: confidential, header: {x-pii: \"yes\", x-form: tax}}\n",
            to: "",
            line: "! privacy: header x-pii: yes or header x-form: tax: was class confidential, now public; "
                + "may now reach far  (8 ways)\(accept)",
            isWeaker: true
        ),
        .init(
            name: "a removed privacy rule is told as a setting",
            from: "    - {tag: pii, class: confidential, header: {x-pii: \"yes\", x-form: tax}}\n",
            to: "",
            line: "~ setting changed: privacy.rules[pii] "
                + "{tag: pii, class: confidential, header: {x-pii: yes, x-form: tax}} → unset",
            isWeaker: true
        ),
        .init(
            name: "a class is lowered",
            from: "tag: pii, class: confidential",
            to: "tag: pii, class: internal",
            line: "~ setting changed: privacy.rules[pii].class confidential → internal",
            isWeaker: true
        ),
        .init(
            name: "a matcher changes",
            from: "x-residency: eu",
            to: "x-residency: \"eu-*\"",
            line: "! privacy: header x-residency: eu: class public; may now reach far  (2 ways)\(accept)",
            isWeaker: true
        ),
        .init(
            name: "a header of a rule is removed",
            from: ", x-form: tax",
            to: "",
            line: "~ setting changed: privacy.rules[pii].header.x-form tax → unset",
            isWeaker: true
        ),
        .init(
            name: "a builtin changes",
            from: "builtin: [ssn]",
            to: "builtin: [credit_card]",
            line: "! privacy: content with a ssn: was class confidential, now public; "
                + "may now reach far  (8 ways)\(accept)",
            isWeaker: true
        ),
        .init(
            name: "a pattern changes",
            from: "MRN[0-9]+",
            to: "PAT[0-9]+",
            line: "~ setting changed: privacy.rules[mrn].pattern MRN[0-9]+ → PAT[0-9]+",
            isWeaker: true
        ),
        .init(
            name: "what cannot be looked through is trusted more",
            from: "opaque: internal",
            to: "opaque: public",
            line: "~ setting changed: privacy.scan.opaque internal → public",
            isWeaker: true
        ),
        .init(
            name: "the default class changes",
            from: "default: public",
            to: "default: internal",
            line: "~ setting changed: privacy.default public → internal"
        ),
    ]

    private static let service: [DiffCase] = [
        .init(
            name: "an alias changes",
            from: "fast: gpt-4o-mini",
            to: "fast: llama3",
            line: "~ setting changed: models.aliases.fast gpt-4o-mini → llama3"
        ),
        .init(
            name: "an alias sends requests elsewhere",
            from: "fast: gpt-4o-mini",
            to: "fast: llama3",
            line: "  1. model fast     far/gpt-4o-mini, then near/gpt-4o-mini → near/llama3  (and 4 other ways)"
        ),
        .init(
            name: "a provider's address changes",
            from: "far.example:8443",
            to: "far.example:9443",
            line: "~ setting changed: providers.far.url https://far.example:8443 → https://far.example:9443"
        ),
        .init(
            name: "a reference to a key changes",
            from: "env:KEY",
            to: "env:OTHER",
            line: "~ setting changed: providers.far.key env:KEY → env:OTHER"
        ),
        .init(
            name: "TLS changes",
            from: "min: \"1.2\"",
            to: "min: \"1.3\"",
            line: "~ setting changed: providers.far.tls.min 1.2 → 1.3"
        ),
        .init(
            name: "a provider's header changes",
            from: "x-team: blue",
            to: "x-team: red",
            line: "~ setting changed: providers.far.headers.x-team blue → red"
        ),
        .init(
            name: "a provider's timeout changes",
            from: "connect: 1s",
            to: "connect: 1500ms",
            line: "~ setting changed: providers.far.timeout.connect 1s → 1500ms"
        ),
        .init(
            name: "a provider's health changes",
            from: "mode: active",
            to: "mode: passive",
            line: "~ setting changed: providers.far.health.mode active → passive"
        ),
        .init(
            name: "a provider's endpoints change",
            from: "apis: [chat, completions]",
            to: "apis: [chat, responses]",
            line: "~ setting changed: providers.far.apis chat, completions → chat, responses"
        ),
        .init(
            name: "a provider comes",
            from: "  near: {kind: ollama}\n",
            to: "  near: {kind: ollama}\n  more: {kind: vllm, url: \"http://127.0.0.1:8000\"}\n",
            line: "~ setting changed: providers.more unset → {kind: vllm, url: http://127.0.0.1:8000}"
        ),
    ]

    private static let routes: [DiffCase] = [
        .init(
            name: "a default changes",
            from: "total: 10m",
            to: "total: 5m",
            line: "~ all 2 routes: timeout.total 10m → 5m"
        ),
        .init(
            name: "a route's headers change",
            from: "x-route: a",
            to: "x-route: b",
            line: "~ route gpt: headers {set: {x-route: a}, remove: [x-old]} → {set: {x-route: b}, remove: [x-old]}"
        ),
        .init(
            name: "a route keeps a header",
            from: ", remove: [x-old]",
            to: "",
            line: "~ route gpt: headers {set: {x-route: a}, remove: [x-old]} → {set: {x-route: a}}"
        ),
        .init(
            name: "a target's headers change",
            from: "x-target: one",
            to: "x-target: env:TARGET",
            line: "~ route gpt: headers of target far in tier 0 {set: {x-target: one}} → {set: {x-target: env:TARGET}}"
        ),
        .init(
            name: "a target's reference changes",
            from: "x-target: one}}, near]",
            to: "x-target: one, x-sign: file:/run/sign}}, near]",
            line: "~ route gpt: headers of target far in tier 0 {set: {x-target: one}} → "
                + "{set: {x-sign: file:/run/sign, x-target: one}}"
        ),
    ]
}

@Suite struct DiffCaseTests {
    typealias Object = [String: Any]

    private func diff(_ old: String, _ new: String, _ arguments: String...) throws -> Workbench.Outcome {
        let bench = try Workbench(["old.yaml": old, "new.yaml": new])
        let all = [bench.path("old.yaml"), bench.path("new.yaml")] + arguments
        return bench.run({ _, terminal in DiffCommand.run(all, terminal) })
    }

    private func object(_ text: String) throws -> Object {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? Object, "\(text)")
    }

    private func edited(_ test: DiffCase) -> String {
        DiffCase.base.replacingOccurrences(of: test.from, with: test.to)
    }

    @Test(arguments: DiffCase.all)
    func `each change has its line, in every form`(test: DiffCase) throws {
        let new = edited(test)
        #expect(new != DiffCase.base)
        let human = try diff(DiffCase.base, new)
        #expect(human.code == 1)
        let lines = human.output.split(separator: "\n").map(String.init)
        #expect(lines.contains(test.line), "\(human.output)\(human.complaint)")
        #expect(lines.contains { $0.hasPrefix("! privacy") } == test.isWeaker, "\(human.output)")

        let json = try object(try diff(DiffCase.base, new, "--json").output)
        #expect(json["schema"] as? String == "diff-v1")
        #expect(json["differs"] as? Bool == true)
        #expect(json["complete"] as? Bool == true)
        #expect(json["weakens_privacy"] as? Bool == test.isWeaker)
        #expect(DiffLines.all(json) == lines)

        let markdown = try diff(DiffCase.base, new, "--markdown").output
        for fact in DiffLines.facts(json) { #expect(markdown.contains(fact), "\(fact)\n\(markdown)") }
        #expect(markdown.contains("⚠ **privacy**") == test.isWeaker)
        #expect(try diff(DiffCase.base, new, "--fail-on", "privacy").code == (test.isWeaker ? 1 : 0))
        let allowed = try object(try diff(DiffCase.base, new, "--json", "--allow-privacy").output)
        let loosened = try #require(allowed["loosened"] as? [Object])
        #expect(loosened.allSatisfy { $0["allowed"] as? Bool == true })
    }

    @Test(arguments: [
        ["total: 10m", "total: 600s"], ["connect: 1s", "connect: 1000ms"], ["1MiB", "1024KiB"],
        ["interval: 30s", "interval: 0.5m"], ["mode: active, interval: 30s", "mode: active"],
        ["https://far.example:8443", "https://FAR.example:8443/"], ["x-team: blue", "X-Team: blue"],
        ["[chat, completions]", "[completions, chat, chat]"], ["deny_tags: [eu]", "deny_tags: eu"],
        ["ca: system, min: \"1.2\"", "min: 1.2"], ["[ssn]", "ssn"], ["opaque: internal", "opaque: 'internal'"],
        ["  default: public\n", ""], ["kind: ollama", "kind: ollama, url: \"http://127.0.0.1:11434\", enabled: true"],
        ["set: {x-route: a}", "set: {X-Route: a}"], ["flags: i}", "flags: i, example: \"MRN1\"}"],
        [
            "    - {tag: eu, header: {x-residency: eu}}\n    - {tag: pii, class: confidential, "
                + "header: {x-pii: \"yes\", x-form: tax}}\n",
            "    - {tag: pii, header: {x-form: [tax], x-pii: \"yes\"}, class: confidential}\n"
                + "    - {tag: eu, header: {x-residency: eu}}\n",
        ],
    ])
    func `another spelling of the same is no change`(edit: [String]) throws {
        let new = DiffCase.base.replacingOccurrences(of: edit[0], with: edit[1])
        #expect(new != DiffCase.base)
        let result = try diff(DiffCase.base, new)
        #expect(result.code == 0, "\(result.output)\(result.complaint)")
        #expect(result.output.contains("unchanged in effect; the edits have no effect"))
        let json = try object(try diff(DiffCase.base, new, "--json").output)
        #expect(json["edits_have_no_effect"] as? Bool == true)
        #expect(json["differs"] as? Bool == false)
    }

    @Test(arguments: ["8k", "8000"]) func `counts are compared as numbers`(text: String) throws {
        func limits(_ count: String) -> String {
            DiffCase.base + "rate_limits: {all: {by: key, tokens: \(count)/min}}\n"
        }
        #expect(try diff(limits("8k"), limits(text)).code == 0)
        let other = try diff(limits(text), limits("9k"))
        #expect(other.output.contains("~ setting changed: rate_limits.all.tokens \(text)/min → 9k/min"))
    }

    @Test func `secrets are compared and not shown, wherever they stand`() throws {
        let secrets = ["f81d4fae7dec11d0a765", "00a0c91e6bf6f81d4fae"]
        func file(_ secret: String) -> String {
            DiffCase.base.replacingOccurrences(of: "x-team: blue", with: "x-team: \(secret)")
                .replacingOccurrences(of: "x-route: a", with: "x-route: \(secret)")
        }
        for form in ["--json", "--markdown", "--allow-privacy"] {
            let output = try diff(file(secrets[0]), file(secrets[1]), form).output
            for secret in secrets { #expect(!output.contains(secret), "\(output)") }
            #expect(output.contains("providers.far.headers.x-team"))
            #expect(output.contains("(not shown), another value"))
            #expect(output.contains("{set: {x-route: (not shown)}, remove: [x-old]}, another value"))
        }
        #expect(try diff(file(secrets[0]), file(secrets[0])).code == 0)
    }

    @Test func `a name like that of a secret hides nothing that is none`() throws {
        let old = DiffCase.base.replacingOccurrences(of: "x-route: a", with: "x-monkey: a")
        let new = DiffCase.base.replacingOccurrences(of: "x-route: a", with: "x-monkey: b")
        #expect(try diff(old, new).output.contains("{set: {x-monkey: a}, remove: [x-old]} → {set: {x-monkey: b}"))
    }

    @Test func `one change is told once, with how much it stands for`() throws {
        let rules = (0..<4).map { "    - {tag: t\($0), class: confidential, header: {x-t\($0): a}}\n" }.joined()
        let routes = (0..<8).map { "  - {name: r\($0), match: {model: \"m\($0)*\"}, to: [far, near]}\n" }.joined()
        let providers = (0..<6).map { "  p\($0): {kind: openai, key: env:KEY, tls: {ca: system}}\n" }.joined()
        let old = DiffCase.base.replacingOccurrences(of: "  rules:\n", with: "  rules:\n\(rules)")
            .replacingOccurrences(of: "routes:\n", with: "routes:\n\(routes)")
            .replacingOccurrences(of: "  near: {kind: ollama}\n", with: "  near: {kind: ollama}\n\(providers)")
            .replacingOccurrences(of: "- {name: rest, to: [near]}", with: "- {name: rest, to: [any]}")
        let lowered = try diff(old, old.replacingOccurrences(of: "{tag: pii, class: confidential", with: "{tag: pii"))
        let lines = lowered.output.split(separator: "\n").filter { $0.hasPrefix("! ") }
        #expect(lines.count == 1, "\(lowered.output)")
        #expect(lines.first?.contains("may now reach far, p0, p1, p2, p3, p4, p5") == true, "\(lowered.output)")
        let raised = old.replacingOccurrences(of: "tls: {ca: system}}", with: "attest: x, clearance: restricted}")
        let opened = try diff(old, raised)
        let openings = opened.output.split(separator: "\n").filter { $0.hasPrefix("! ") }
        #expect(openings.count == 1, "\(opened.output)")
        let expected =
            "! privacy: class confidential, class restricted may now reach p0, p1, p2, p3, p4, p5  (was: never)"
            + "     --allow-privacy to accept"
        #expect(openings.first.map(String.init) == expected)
        let json = try object(try diff(old, raised, "--json").output)
        let entry = try #require((json["privacy"] as? [Object])?.first)
        #expect(entry["count"] as? Int == 12)
        #expect((entry["witness"] as? String)?.isEmpty == false)
    }

    @Test func `a search that stops says so`() throws {
        let aliases = (0..<120).map { "a\($0): m\($0)" }.joined(separator: ", ")
        func file(_ rule: String) -> String {
            DiffCase.base.replacingOccurrences(of: "fast: gpt-4o-mini", with: aliases)
                .replacingOccurrences(of: "x-form: tax", with: rule)
        }
        let result = try diff(file("x-form: tax"), file("x-form: law"))
        #expect(result.code == 1)
        let sentence =
            "the labels differ, and only the first 20,000 requests made to show it were asked about"
        #expect(result.output.contains("! the answer is not complete: \(sentence)\n"), "\(result.output)")
        let json = try object(try diff(file("x-form: tax"), file("x-form: law"), "--json").output)
        #expect(json["complete"] as? Bool == false)
        #expect(json["incomplete_because"] as? [String] == [sentence])
        let markdown = try diff(file("x-form: tax"), file("x-form: law"), "--markdown").output
        #expect(markdown.contains("- ⚠ the answer is not complete: \(sentence)"))
        // Labels that are the same need no made-up requests.
        let other = try diff(
            file("x-form: tax"),
            file("x-form: tax").replacingOccurrences(of: "10m", with: "9m"),
            "--json"
        )
        #expect(try object(other.output)["complete"] as? Bool == true)
    }
}
