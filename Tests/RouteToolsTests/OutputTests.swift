import RouteTools
import Testing

@Suite struct OutputTests {
    private static let routes = """
        version: 1
        providers:
          near: {kind: ollama}
          far: {kind: openai, key: env:KEY, deny_tags: [eu], tls: {ca: system}}
        privacy: {rules: [{tag: eu, header: {x-residency: eu}}]}
        routes:
          - {name: first, match: {model: "a\\e31m\\u202e*"}, to: [near]}
          - {name: shut, match: {model: "shut"}, deny: {status: 403, message: "no\\e[2J"}}
          - {name: rest, to: [near, far]}

        """

    private func isClean(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" || $0 == "\u{7}" }
    }

    @Test(arguments: ["dot", "mermaid", "svg"], ["tree", "tiers"])
    func `a picture shows control characters`(format: String, view: String) throws {
        let bench = try Workbench(["r.yaml": Self.routes])
        let result = bench.run(GraphCommand.run, "--format", format, "--view", view, bench.path("r.yaml"))
        #expect(result.code == 0 && isClean(result.output), "\(result.complaint)")
    }

    @Test func `texts for people show control characters`() throws {
        let tests = """
            version: 1
            tests:
              - name: "odd\\e[31m"
                request: {model: "a\\e31m\\u202ex"}
                expect: {route: rest}

            """
        let bench = try Workbench([
            "r.yaml": Self.routes, "r.test.yaml": tests,
            "new.yaml": Self.routes.replacing("to: [near]}", with: "to: [far]}"),
        ])
        let file = bench.path("r.yaml")
        let model = "a\u{1B}31m\u{202E}x"
        let outputs = [
            bench.run(ExplainCommand.run, file, "--model", model),
            bench.run(ExplainCommand.run, file, "--model", "y", "--why-not", "first"),
            bench.run(CompileCommand.run, "--print", file),
            bench.run(TestCommand.run, bench.path("r.test.yaml")),
            bench.run(DiffCommand.run, file, bench.path("new.yaml")),
        ]
        for result in outputs {
            #expect(!result.output.isEmpty, "\(result.complaint)")
            #expect(isClean(result.output), "\(result.output)")
        }
        #expect(outputs[3].output.contains("FAIL odd\\u{1b}[31m"))
        #expect(
            bench.run(TestCommand.run, "--color", "always", bench.path("r.test.yaml")).output.contains(
                "\u{1B}[1;31mFAIL"
            )
        )
    }

    @Test func `a file that is not there is a misuse`() throws {
        let bench = try Workbench([:])
        for result in [
            bench.run(ExplainCommand.run, bench.path("no.yaml")), bench.run(GraphCommand.run, bench.path("no.yaml")),
        ] {
            #expect(result.code == 2 && result.complaint.contains("cannot read `no.yaml`"), "\(result.complaint)")
        }
    }

    @Test func `why-not speaks JSON`() throws {
        let bench = try Workbench(["r.yaml": Self.routes])
        let result = bench.run(ExplainCommand.run, bench.path("r.yaml"), "--model", "y", "--why-not", "rest", "--json")
        #expect(result.output.hasPrefix("{") && result.output.contains("\"route\": \"rest\""))
        #expect(result.output.contains("\"matches\": true"))
    }

    @Test func `a proof about no request says so, and one about an unknown tag is an error`() throws {
        let claim = { (what: String) in
            "version: 1\ntests:\n  - {prove: p, for_all: \(what), never: {to: [far]}}\n"
        }
        let bench = try Workbench([
            "r.yaml": Self.routes, "a.test.yaml": "config: r.yaml\n" + claim("{model: \"x*\", not: {model: \"x*\"}}"),
            "b.test.yaml": "config: r.yaml\n" + claim("{tags: [nope]}"),
        ])
        let vacuous = bench.run(TestCommand.run, bench.path("a.test.yaml"))
        #expect(vacuous.code == 0, "\(vacuous.output)\(vacuous.complaint)")
        #expect(vacuous.output.contains("  warning: no request is meant: `for_all` takes none"))
        let unknown = bench.run(TestCommand.run, bench.path("b.test.yaml"))
        #expect(unknown.code == 2 && unknown.complaint.contains("HP211"), "\(unknown.output)\(unknown.complaint)")
    }
}
