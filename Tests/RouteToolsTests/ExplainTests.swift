import Compiler
import Foundation
import RouteLanguage
import RouteModel
import Routing
import Testing

import RouteTools

@Suite struct ExplainTests {
    static let routes = """
        version: 1
        providers:
          near: {kind: ollama, models: ["llama*"]}
          far: {kind: openai, key: env:KEY, deny_tags: [eu], tls: {ca: system}}
          spare: {kind: openai, url: https://spare.example, key: env:KEY, clearance: public, tls: {ca: system}}
        models: {aliases: {fast: gpt-4o-mini}}
        pools:
          org: {usd: 5/day}
          daily: {tokens: 2k/day, per: key, parent: org}
        rate_limits:
          per-key: {by: key, requests: 60/min}
        privacy:
          rules:
            - {tag: pii, class: confidential, builtin: [ssn]}
            - {tag: eu, header: {x-residency: eu}}
            - {tag: legal, class: restricted, tenant: [legal]}
            - {tag: audit, class: internal, key: [auditor]}
        auth:
          keys:
            app: {token: env:APP, tenant: acme}
            auditor: {token: env:AUDITOR, tenant: acme}
        routes:
          - name: night
            match: {time: "Mon-Fri 20:00-06:00 Europe/Berlin", model: "gpt-*"}
            to: [far]
          - name: canary
            match: {model: "gpt-4o*", sample: 5%, sample_by: tenant}
            to: [far/gpt-5-mini]
          - name: gpt
            match: {model: "gpt-*", not: {tags: [legal]}}
            to: [[far, spare]]
            pool: daily
            limits: [per-key]
          - name: rest
            match: {any: [{model: "llama*"}, {api: embeddings}]}
            to: [near, far]
          - name: closed
            match: {headers: {x-team: [blue, "re:gr[ae]y"]}}
            deny: {status: 403, message: "not here"}
        """

    static let noon = "2026-11-20T12:00:00Z"

    @Test func `a model in a body is read with its escapes`() throws {
        let outcome = try explain("--body", #"{"model":"\u006clama3","messages":[{"role":"user","content":"x"}]}"#)
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("rest"))
        #expect(outcome.output.contains("near"))
    }

    @Test func `a path may come with its query`() throws {
        let outcome = try explain("--model", "llama3", "--path", "/v1/chat/completions?a=1")
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("near"))
    }

    @Test func `who would not answer anyway is not hidden by privacy`() throws {
        let text = """
            version: 1
            providers:
              near: {kind: ollama, models: ["llama*"], clearance: internal}
            routes:
              - {name: all, to: [near]}
            """
        let bench = try Workbench(["r.yaml": text])
        let other = bench.run { _, terminal in
            ExplainCommand.run(
                [bench.path("r.yaml"), "--at", Self.noon, "--model", "gpt-4o", "--class", "restricted"],
                terminal
            )
        }
        #expect(other.output.contains("404"))
        let hidden = bench.run { _, terminal in
            ExplainCommand.run(
                [bench.path("r.yaml"), "--at", Self.noon, "--model", "llama3", "--class", "restricted"],
                terminal
            )
        }
        #expect(hidden.output.contains("403"))
    }

    private func explain(_ arguments: String...) throws -> Workbench.Outcome {
        let bench = try Workbench(["r.yaml": Self.routes])
        let all = [bench.path("r.yaml"), "--at", Self.noon] + arguments
        return bench.run({ _, terminal in ExplainCommand.run(all, terminal) })
    }

    @Test func `an explanation says everything that routes md 3 10 names`() throws {
        let result = try explain("--model", "gpt-4o", "--key", "app", "--body", "hello")
        #expect(result.code == 0)
        #expect(
            result.output == """
                request  POST /v1/chat/completions   model gpt-4o   key app   tenant acme   stream no   tokens ~5   bucket of tenant 31.08%
                class    public = public default
                tags     none
                route    gpt   r.yaml:29:11
                path     \(row("path", of: result.output) ?? "")
                         \(result.output.split(separator: "\n").first { $0.hasSuffix("tested") }?.drop { $0 == " " } ?? "")
                passed   night    match.time needs Mon-Fri 20:00-06:00 Europe/Berlin, it is Fri 13:00 there   r.yaml:24:19
                         canary   match.sample takes buckets below 5%, tenant has bucket 31.08%               r.yaml:27:39
                plan     tier 0   priority   far/gpt-4o     ← would be chosen
                                             spare/gpt-4o
                         dropped: none.  Cleared for public: near far spare
                limits   per-key (60/min requests by key)
                         pool daily: reserves 1,005 of 2,000 tokens/day per key
                         parent org: reserves 0.0100125 of 5 USD/day
                window   ~9 of 128,000 tokens, the answer at most 16,384
                bounds   at most 4 upstream tries; connect 2s, total 10m
                copying  upstream is TLS: bytes are copied, not spliced

                """
        )
        #expect(row("path", of: result.output)?.contains("leaf {") == true)
    }

    @Test func `a class says which rule raised it, and where in the text`() throws {
        let result = try explain("--model", "llama3", "--body", "my ssn is 078-05-1120")
        let row = row("class", of: result.output)
        let rule = "confidential from privacy.rules[0] `pii`: ssn at messages[0].content[10..21]"
        #expect(row == "confidential = max(public default, \(rule))")
    }

    @Test func `a request without a key is foretold its 401, with all that would become of it`() throws {
        let result = try explain("--model", "gpt-4o")
        #expect(result.output.contains("none: refused with 401 invalid_api_key"), "\(result.output)")
        #expect(result.output.contains("← would be chosen"))
        let json = try explain("--model", "gpt-4o", "--json").output
        #expect(json.contains("\"status\": 401") || json.contains("\"status\":401"), "\(json)")
        #expect(try !explain("--model", "gpt-4o", "--key", "app").output.contains("401"))
    }

    @Test func `header, tenant and key rules and the client's own header are all sources`() throws {
        let all = try explain(
            "--model",
            "gpt-4o",
            "--tenant",
            "legal",
            "--key",
            "auditor",
            "--header",
            "X-Privacy: internal",
            "--header",
            "x-residency:eu"
        )
        let classRow = try #require(row("class", of: all.output))
        #expect(classRow.contains("internal from x-privacy: internal"))
        #expect(classRow.contains("restricted from privacy.rules[2] `legal`: tenant legal"))
        #expect(classRow.contains("internal from privacy.rules[3] `audit`: key auditor"))
        #expect(row("tags", of: all.output)?.hasPrefix("audit, eu, legal") == true)
    }

    @Test func `a dropped target says what keeps it out, and where that is written`() throws {
        let result = try explain("--model", "gpt-4o", "--header", "x-residency:eu", "--class", "internal")
        #expect(result.code == 0)
        #expect(row("dropped", of: result.output)?.contains("far is excluded by deny_tags [eu]") == true)
        #expect(result.output.contains("spare is cleared for public, the request is internal"))
        #expect(result.output.contains("no target is left: 403 privacy_no_target"))
    }

    @Test func `aliases are resolved once and shown`() throws {
        let result = try explain("--model", "fast")
        #expect(result.output.contains("model fast   alias of gpt-4o-mini"))
        #expect(row("route", of: result.output)?.hasPrefix("gpt ") == true)
    }

    @Test func `a bucket puts the request on the other side of a sample`() throws {
        let result = try explain("--model", "gpt-4o", "--key", "app", "--bucket", "4.99%")
        #expect(row("route", of: result.output)?.hasPrefix("canary ") == true)
    }

    @Test(arguments: [
        ("2026-07-01T18:30:00Z", "night"), ("2026-07-01T17:30:00Z", "gpt"), ("2026-12-01T18:30:00Z", "gpt"),
        ("2026-12-01T19:30:00Z", "night"),
    ])
    func `windows follow the clocks of their zone`(time: String, route: String) throws {
        let result = try explain("--model", "gpt-4", "--at", time)
        #expect(row("route", of: result.output)?.hasPrefix(route + " ") == true)
    }

    @Test func `a request that no route takes is a 404`() throws {
        let result = try explain("--model", "claude-3")
        #expect(row("route", of: result.output) == "no route takes the request: 404 model_not_found")
        #expect(result.output.contains("none of match.any holds; the first fails because match.model needs `llama*`"))
    }

    @Test func `a denied request says so`() throws {
        let result = try explain("--model", "x", "--header", "x-team:grey")
        #expect(result.output.contains("denied with 403: not here"))
    }

    @Test(arguments: [
        (
            "gpt", ["--model", "gpt-4o", "--key", "app", "--bucket", "1%"],
            "`canary` stands above it and wins   r.yaml:27"
        ),
        ("gpt", ["--model", "o1"], "match.model needs `gpt-*`, request has `o1`   r.yaml:30:20"),
        ("gpt", ["--model", "gpt-4", "--tenant", "legal"], "match.not holds: match.tags needs `legal`"),
        ("canary", ["--model", "gpt-4o"], "tenant has no bucket   r.yaml:27:39"),
        ("closed", ["--model", "x", "--header", "x-team:red"], "match.headers needs x-team: `blue` or `re:gr[ae]y`"),
        ("rest", ["--model", "llama3"], "takes this request"),
    ])
    func `why-not names the route that wins, or the first false predicate`(
        route: String,
        request: [String],
        sentence: String
    ) throws {
        let bench = try Workbench(["r.yaml": Self.routes])
        let all = [bench.path("r.yaml"), "--at", Self.noon, "--why-not", route] + request
        let result = bench.run({ _, terminal in ExplainCommand.run(all, terminal) })
        #expect(result.code == 0)
        #expect(result.output.contains(sentence), "\(result.output)")
    }

    @Test func `the JSON has the facts of the text`() throws {
        let result = try explain("--model", "gpt-4o", "--key", "app", "--body", "my ssn is 078-05-1120", "--json")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        )
        #expect(object["schema"] as? String == "explain-v1")
        #expect(object["tags"] as? [String] == ["pii"])
        #expect((object["class"] as? [String: Any])?["class"] as? String == "confidential")
        #expect((object["route"] as? [String: Any])?["name"] as? String == "gpt")
        #expect((object["passed"] as? [[String: Any]])?.count == 2)
        let outcome = object["outcome"] as? [String: Any]
        #expect(outcome?["status"] as? Int == 403)
        #expect(outcome?["error"] as? String == "privacy_no_target")
    }

    @Test(arguments: [
        (["--modle", "x"], "unknown option `--modle`, did you mean `--model`?"),
        (["--why-not", "gtp"], "no route is called `gtp`, did you mean `gpt`?"),
        (["--api", "chatt"], "`chatt` is no endpoint, did you mean `chat`?"),
        (
            ["--api", "chat", "--path", "/v1/embeddings"],
            "`/v1/embeddings` is no path of `chat`: leave one of them out"
        ),
        (["--path", "/other"], "`/other` comes to no route: the server answers it itself"),
        (["--path", "/v1/models"], "`/v1/models` comes to no route: the server answers it itself"),
        (["--method", "GET"], "GET /v1/chat/completions comes to no route: the server answers it itself"),
        (["--at", "noon"], "`noon` is no time"), (["--tokens", "-1"], "--tokens takes a count"),
        (["--header", "x"], "a header is NAME:VALUE"), (["--engine", "fast"], "`--engine` takes one of"),
        (["--live", "127.0.0.1:1"], "nothing answers at 127.0.0.1:1"),
        (["--body", "x", "--messages", "[]"], "give either --body or --messages"),
        (["--body", "@/nowhere"], "cannot read `/nowhere`"),
    ])
    func `a command line that makes no sense is told why`(arguments: [String], sentence: String) throws {
        let bench = try Workbench(["r.yaml": Self.routes])
        let all = [bench.path("r.yaml")] + arguments
        let result = bench.run({ _, terminal in ExplainCommand.run(all, terminal) })
        #expect(result.code == 2)
        #expect(result.complaint.contains(sentence), "\(result.complaint)")
    }

    @Test func `a route file with errors shows them and explains nothing`() throws {
        let bench = try Workbench(["r.yaml": "version: 1\nproviders: {a: {kind: olama}}\nroutes: [{to: [a]}]\n"])
        let result = bench.run(ExplainCommand.run, bench.path("r.yaml"))
        #expect(result.code == 1)
        #expect(result.output.isEmpty)
        #expect(result.complaint.contains("HP107"))
    }

    @Test(arguments: ["tree", "bits", "linear"])
    func `every engine gives the same answer`(engine: String) throws {
        let result = try explain("--model", "gpt-4o", "--key", "app", "--engine", engine)
        #expect(result.code == 0)
        #expect(row("route", of: result.output)?.hasPrefix("gpt ") == true)
    }

    @Test func `a program that contradicts the definition is called a fault`() throws {
        let loaded = RouteFile.read(Array(Self.routes.utf8), path: "r.yaml", purpose: .lint, environment: { _ in nil })
        let document = try #require(loaded.document)
        var other = document
        other.routes.swapAt(1, 2)
        let explainer = Explainer(document, compiled: RouteCompiler.compile(other))
        var draft = RequestDraft()
        draft.model = "gpt-4o"
        draft.bucket = 0
        draft.key = "app"
        draft.moment = 1_763_640_000
        let explanation = explainer.explain(draft, now: 0)
        #expect(explanation.differences.contains { $0.hasPrefix("route: ") || $0.hasPrefix("outcome: ") })
    }

    @Test func `the state of a running proxy is read with its speed for each model`() {
        let body = """
            {"config":"c0ffee","providers":[
            {"provider":"far","enabled":true,"up":false,"in_flight":3,"consecutive_failures":3,"latency":[]},
            {"provider":"spare","enabled":true,"up":true,"in_flight":1,"consecutive_failures":0,
             "latency":[{"cell":1,"microseconds":80000,"age_milliseconds":5,"models":["gpt-4o","gpt-5"]}]}]}
            """
        let state = LiveState.read(Array(body.utf8))
        #expect(state.down == ["far"])
        #expect(state.inFlight == ["far": 3, "spare": 1])
        #expect(state.latencies["spare/gpt-5"] == 80_000)
    }
}
