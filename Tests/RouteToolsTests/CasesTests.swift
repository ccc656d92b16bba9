import Foundation
import RouteLanguage
import RouteModel
import Routing
import Testing

import RouteTools

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct CasesTests {
    private static let routes = """
        version: 1
        providers:
          near: {kind: ollama, limits: {concurrent: 2}}
          far: {kind: openai, key: env:KEY, tls: {ca: system}, price: {input: 1, output: 2}}
          cheap: {kind: openai, url: https://cheap.example, key: env:KEY, tls: {ca: system}, price: {input: 0.1, output: 0.2}}
        pools:
          daily: {tokens: 10k/day, per: key, on_exhausted: local}
          calls: {requests: 3/day}
        rate_limits:
          busy: {by: key, requests: 60/min}
        routes:
          - {name: fast, match: {model: "fast*"}, to: [[far, cheap]], strategy: least-latency, failover: {panic: fail}}
          - {name: idle, match: {model: "idle*"}, to: [[far, near]], strategy: least-busy}
          - {name: cheap, match: {model: "cheap*"}, to: [[far, cheap]], strategy: cost}
          - {name: pooled, match: {model: "pool*"}, to: [far, near], pool: daily, limits: [busy]}
          - {name: counted, match: {model: "count*", tokens: 1k..2k}, to: [far], pool: calls}
          - {name: rest, match: {class: ..internal}, to: [[near, far]]}
        """

    private func run(_ tests: String, _ arguments: String...) throws -> Workbench.Outcome {
        let bench = try Workbench(["r.yaml": Self.routes, "r.test.yaml": "version: 1\ntests:\n" + tests])
        let all = [bench.path("r.test.yaml")] + arguments
        return bench.run({ _, terminal in TestCommand.run(all, terminal) })
    }

    @Test(arguments: [
        ("{model: fast1}", "{latency: {far: 80ms, cheap: 200ms}}", "{first: far, tiers: [[far, cheap]]}"),
        ("{model: fast1}", "{latency: {far: 300ms, cheap: 200ms}}", "{first: cheap, route: fast, status: 200}"),
        ("{model: fast1}", "{health: {far: down}}", "{first: cheap/fast1, model: fast1}"),
        ("{model: fast1}", "{health: {far: down, cheap: down}}", "{status: 503, error: no_healthy_upstream}"),
        ("{model: idle1}", "{in_flight: {far: 3, near: 1}}", "{first: near}"),
        ("{model: idle1}", "{in_flight: {far: 3, near: 2}}", "{first: far}"),
        ("{model: cheap1, tokens: 100}", "{}", "{first: cheap}"),
        ("{model: pool1, tokens: 8k}", "{}", "{first: far, pool: daily}"),
        ("{model: pool1, tokens: 8k}", "{pools: {daily: {used: 1.5k}}}", "{first: near}"),
        ("{model: pool1, tokens: 8k}", "{pools: {daily: {tokens: 10k}}, health: {near: down}}", "{first: near}"),
        ("{model: pool1}", "{limits: {busy: spent}}", "{status: 429, error: rate_limit_exceeded}"),
        ("{model: count1, tokens: 1k}", "{pools: {calls: {used: 2}}}", "{status: 200}"),
        ("{model: count1, tokens: 1999}", "{pools: {calls: {used: 3}}}", "{status: 429, error: budget_exceeded}"),
        ("{model: x}", "{health: {near: down, far: down}}", "{first: near}"),
        ("{model: x, class: confidential}", "{}", "{route: none, status: 404, error: model_not_found}"),
        ("{model: x, class: internal, tags: [a]}", "{}", "{class: internal, tags: [a], targets: 2}"),
        ("{model: x}", "{}", "{targets: 1.., not_to: [cheap], only_to: [local, remote]}"),
        ("{body: '{\"model\": \"fast9\", \"stream\": true}'}", "{}", "{route: fast}"),
        ("{model: x, messages: [{role: user, content: hi}]}", "{}", "{route: rest}"),
    ])
    func `a case sees what the proxy's own engines would choose`(
        request: String,
        given: String,
        expect: String
    ) throws {
        let result = try run("  - {name: it, request: \(request), given: \(given), expect: \(expect)}\n")
        #expect(result.code == 0, "\(result.output)\(result.complaint)")
        #expect(result.output == "ok   it\n1 file, 1 case, 0 proofs: 1 passed, 0 failed\n")
    }

    @Test func `a failed case says what was expected, what came, where that stands, and the way`() throws {
        let result = try run(
            """
              - name: all wrong
                request: {model: fast1}
                expect:
                  route: rest
                  class: internal
                  tags: [pii]
                  tiers: [[far], cheap]
                  first: near
                  targets: 3..
                  status: 403
                  error: nothing
                  model: other
                  pool: daily
                  not_to: [far]
                  only_to: [local]

            """
        )
        #expect(result.code == 1)
        #expect(
            result.output == """
                FAIL all wrong      r.test.yaml:3
                  route: expected rest, got fast   r.test.yaml:6:14
                  class: expected internal, got public   r.test.yaml:7:14
                  tags: expected {pii}, got {}   r.test.yaml:8:13
                  tiers: expected [[far], [cheap]], got [[far/fast1, cheap/fast1]]   r.test.yaml:9:14
                  targets: expected 3.., got 2   r.test.yaml:11:16
                  not_to: expected [far], got far/fast1   r.test.yaml:16:15
                  only_to: expected [local], got far/fast1, cheap/fast1   r.test.yaml:17:16
                  first: expected near, got far/fast1   r.test.yaml:10:14
                  status: expected 403, got 200   r.test.yaml:12:15
                  error: expected nothing, got none   r.test.yaml:13:14
                  model: expected other, got fast1   r.test.yaml:14:14
                  pool: expected daily, got none   r.test.yaml:15:13
                  route fast (r.yaml:12): left: far/fast1, cheap/fast1 → far/fast1
                1 file, 1 case, 0 proofs: 0 passed, 1 failed

                """
        )
    }

    @Test(arguments: [
        ("- {name: a, reqest: {}, expect: {}}", "HP101", "did you mean `request`?"),
        ("- {name: a, request: {modle: x}, expect: {}}", "HP101", "did you mean `model`?"),
        ("- {name: a, request: {}}", "HP104", "this test needs `expect`"),
        ("- {request: {}, expect: {}}", "HP104", "a test needs a `name`"),
        ("- {prove: a, for_all: {class: secret}, never: {to: [far]}}", "HP1", "secret"),
        ("- {prove: a}", "HP109", "a proof needs `never` or `always`"),
        ("- {prove: a, never: {to: [far]}, always: {targets: 1..}}", "HP109", "`never` or `always`"),
        ("- {prove: a, request: {}, never: {to: [far]}}", "HP109", "a proof has no `request`"),
        ("- {name: a, request: {at: noon}, expect: {}}", "HP114", "is no time"),
        ("- {name: a, request: {tokens: lots}, expect: {}}", "HP10", "lots"),
        ("- {name: a, request: {}, expect: {route: fsat}}", "HP202", "did you mean `fast`?"),
        ("- {name: a, request: {}, given: {health: {naer: down}}, expect: {}}", "HP201", "did you mean `near`?"),
        ("- {name: a, request: {}, given: {health: {near: dwon}}, expect: {}}", "HP107", "did you mean `down`?"),
        ("- {name: a, request: {}, given: {pools: {daly: {used: 1}}}, expect: {}}", "HP202", "did you mean `daily`?"),
        ("- {name: a, request: {}, given: {pools: {daily: {used: all}}}, expect: {}}", "HP103", "such as `2M`"),
        ("- {prove: a, never: {to: [remot]}}", "HP201", "did you mean `remote`?"),
        ("- {name: a, request: {api: chat, path: /v1/embeddings}, expect: {}}", "HP109", "is no path of `chat`"),
        ("- {name: a, request: {path: /metrics}, expect: {}}", "HP109", "the server answers it itself"),
        ("- {name: a, request: {method: GET}, expect: {}}", "HP109", "GET /v1/chat/completions comes to no route"),
        ("- {name: a, request: {body: a, messages: []}, expect: {}}", "HP109", "either `body` or `messages`"),
    ])
    func `a test file is read as strictly as a route file`(test: String, code: String, sentence: String) throws {
        let result = try run("  \(test)\n")
        #expect(result.code == 2)
        #expect(result.complaint.contains(code), "\(result.complaint)")
        #expect(result.complaint.contains(sentence), "\(result.complaint)")
        #expect(result.complaint.contains("r.test.yaml:3:"))
    }

    @Test func `coverage counts routes, values, edges and tiers, and fails when there is too little`() throws {
        let tests = """
              - {name: a, request: {model: count1, tokens: 1k}, expect: {route: counted}}
              - {name: b, request: {model: count1, tokens: 1999}, expect: {route: counted}}
              - {name: c, request: {model: pool1}, given: {health: {far: down}}, expect: {first: near}}

            """
        let result = try run(tests, "--coverage", "--fail-under", "90%")
        #expect(result.code == 1)
        #expect(result.output.contains("coverage r.test.yaml   routes 2/6   values 2/5   edges 2/4   tiers 2/7"))
        #expect(result.output.contains("  not shown: route fast   r.yaml:12:12\n"))
        #expect(result.output.contains("  not shown: class internal of rest   r.yaml:17:33\n"))
        #expect(!result.output.contains("tokens of counted"))
        #expect(result.output.contains("FAIL coverage of r.test.yaml is 36.36%, below 90%"))
        #expect(try run(tests, "--fail-under", "36%").code == 0)
    }

    @Test func `JUnit is XML with a failure for each failed test`() throws {
        let result = try run(
            "  - {name: \"a < b & \\\"c\\\"\", request: {model: fast1}, expect: {route: rest}}\n"
                + "  - {name: good, request: {model: fast1}, expect: {route: fast}}\n",
            "--format",
            "junit"
        )
        final class Reader: NSObject, XMLParserDelegate {
            var cases: [String] = []
            var failures = 0
            func parser(
                _ parser: XMLParser,
                didStartElement name: String,
                namespaceURI: String?,
                qualifiedName: String?,
                attributes: [String: String]
            ) {
                if name == "testcase" { cases.append(attributes["name"] ?? "") }
                if name == "failure" { failures += 1 }
            }
        }
        let parser = XMLParser(data: Data(result.output.utf8))
        let reader = Reader()
        parser.delegate = reader
        #expect(parser.parse())
        #expect(reader.cases == ["a < b & \"c\"", "good"])
        #expect(reader.failures == 1)
    }

    @Test func `JSON has every test with its state and what no case shows`() throws {
        let result = try run("  - {name: a, request: {model: fast1}, expect: {route: rest}}\n", "--format=json")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        )
        #expect(object["failed"] as? Int == 1)
        let file = (object["files"] as? [[String: Any]])?.first
        let test = (file?["tests"] as? [[String: Any]])?.first
        #expect(test?["state"] as? String == "failed")
        #expect((file?["not_shown"] as? [Any])?.isEmpty == false)
    }

    // MARK: Proofs

    private static let leaky = """
        version: 1
        providers:
          near: {kind: ollama}
          far: {kind: openai, key: env:KEY, deny_tags: [eu], tls: {ca: system}}
        privacy: {rules: [{tag: eu, header: {x-residency: eu}}]}
        routes:
          - {name: canary, match: {model: "gpt-4o*", sample: 5%, sample_by: tenant}, to: [far]}
          - {name: rest, to: [near, far]}
        """

    private static let proofs = """
        version: 1
        tests:
          - name: first
            request: {model: x}
            expect: {route: rest}
          - prove: every public request has a target
            for_all: {api: chat, class: public}
            always: {targets: 1..}
          - prove: confidential stays here
            for_all: {class: confidential..}
            never: {to: [remote]}   # for good

        """

    @Test func `a refuted proof shows a request, and a saved case fails until the file is mended`() throws {
        let bench = try Workbench(["r.yaml": Self.leaky, "r.test.yaml": Self.proofs])
        let first = bench.run(TestCommand.run, bench.path("r.test.yaml"), "--save-counterexamples")
        #expect(first.code == 1)
        #expect(first.output.contains("FAIL prove \"every public request has a target\"      r.test.yaml:6"))
        #expect(first.output.contains("  counterexample   model \"gpt-4o"))
        #expect(first.output.contains("header x-residency: eu"))
        #expect(first.output.contains("sample bucket 0%..5%"))
        #expect(
            first.output.contains("→ route canary (r.yaml:7): far is excluded by deny_tags [eu]; no target left → 403")
        )
        #expect(first.output.contains("ok   prove \"confidential stays here\""))
        #expect(first.complaint == "hoosh-proxy test: 1 case appended to r.test.yaml\n")
        let saved = try bench.text("r.test.yaml")
        #expect(saved.contains("  - name: \"counterexample: every public request has a target\"\n    request: {"))
        #expect(saved.hasPrefix(Self.proofs))

        let second = bench.run(TestCommand.run, bench.path("r.test.yaml"), "--save-counterexamples")
        #expect(second.output.contains("2 cases, 2 proofs: 2 passed, 2 failed"), "\(second.output)\(second.complaint)")
        #expect(try bench.text("r.test.yaml") == saved)

        try bench.write(Self.leaky.replacingOccurrences(of: "to: [far]}", with: "to: [far, near]}"), to: "r.yaml")
        let third = bench.run(TestCommand.run, bench.path("r.test.yaml"))
        #expect(third.code == 0, "\(third.output)")
    }

    @Test func `a counter-example says path and method, so that it can be repeated`() throws {
        let routes = """
            version: 1
            providers:
              near: {kind: ollama}
            routes:
              - {name: fetched, match: {api: responses, method: [GET, DELETE], path: "/v1/responses/*"}, to: [near]}
              - {name: seen, match: {api: embeddings}, to: [near]}
              - {name: rest, match: {path: "/v1/own/*"}, deny: {status: 403}}
            """
        let proofs = """
            version: 1
            tests:
              - {prove: nothing is fetched, always: {status: 400..}, for_all: {api: responses, method: DELETE}}
              - {prove: no vectors, never: {to: [near]}, for_all: {path: /v1/embeddings}}
              - {prove: nothing of our own, always: {to: [near]}, for_all: {path: "/v1/own/*"}}
              - {prove: no fetched chats, never: {to: [near]}, for_all: {api: chat, method: GET}}

            """
        let bench = try Workbench(["r.yaml": routes, "r.test.yaml": proofs])
        let result = bench.run(TestCommand.run, bench.path("r.test.yaml"), "--save-counterexamples")
        #expect(result.output.contains("counterexample   path /v1/responses/x   method DELETE"), "\(result.output)")
        #expect(result.output.contains("see it: hoosh-proxy explain r.yaml --path /v1/responses/x --method DELETE"))
        #expect(result.output.contains("counterexample   api embeddings"))
        #expect(result.output.contains("counterexample   path /v1/own/x"))
        #expect(result.output.contains("ok   prove \"no fetched chats\""))
        let saved = try bench.text("r.test.yaml")
        #expect(saved.contains("request: {path: \"/v1/own/x\""), "\(saved)")
        let explained = bench.run(
            ExplainCommand.run,
            bench.path("r.yaml"),
            "--path",
            "/v1/responses/x",
            "--method",
            "DELETE"
        )
        #expect(explained.output.contains("DELETE /v1/responses/x"), "\(explained.output)")
        #expect(explained.output.contains("route    fetched"), "\(explained.output)")
    }

    @Test func `a folder is searched for test files, and one without any is a misuse`() throws {
        let bench = try Workbench(["r.yaml": Self.leaky, "r.test.yaml": Self.proofs])
        #expect(bench.run(TestCommand.run, bench.folder).output.contains("r.test.yaml:6"))
        let empty = try Workbench(["r.yaml": Self.leaky])
        let result = empty.run(TestCommand.run, empty.folder)
        #expect(result.code == 2)
        #expect(result.complaint.contains("no *.test.yaml there"))
    }
}
