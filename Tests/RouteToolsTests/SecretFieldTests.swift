import Testing

import Report
import RouteTools

@Suite struct SecretFieldTests {
    private static let secret = "SeCrEtSeCrEt9"
    private static let match =
        "{headers: {authorization: \"Bearer \(secret)\", x-api-key: \"\(secret)\", cookie: \"\(secret)\", "
        + "x-secret: [\"\(secret)\", \"re:\(secret)|other\"]}}"

    private static func file(_ action: String) -> String {
        """
        version: 1
        providers:
          a: {kind: ollama, deny_tags: [t]}
        privacy: {rules: [{tag: t, header: {x-api-key: "\(secret)-\(action.count)"}}]}
        routes:
          - {name: r, \(action), match: \(match)}
          - {name: r2, to: [a]}
        """
    }

    @Test(arguments: [
        "authorization", "Proxy-Authorization", "cookie", "set-cookie", "x-api-key", "x_api_key", "x-goog-api-key",
        "ocp-apim-subscription-key", "x-csrf-token", "x-secret", "x-password", "x-auth",
    ]) func `a field that opens something is known by its name`(name: String) {
        #expect(SecretField.shown("abc", of: name) == "***")
        #expect(SecretField.shown("Bearer abc*", of: name) == "Bearer ***")
        #expect(SecretField.shown("*", of: name) == "*")
        #expect(SecretField.shown("Bearer *", of: name) == "Bearer *")
    }

    @Test(arguments: ["x-team", "content-type", "x-residency"])
    func `other fields are shown`(name: String) { #expect(SecretField.shown("abc", of: name) == "abc") }

    @Test func `no tool prints what a match asks of such a field`() throws {
        let bench = try Workbench([
            "old.yaml": Self.file("to: [a]"), "new.yaml": Self.file("deny: {status: 403}"),
            "old.test.yaml": """
            version: 1
            tests:
              - prove: nothing comes to r
                never: {route: r}
            """,
        ])
        let (old, new) = (bench.path("old.yaml"), bench.path("new.yaml"))
        var outcomes = [
            bench.run(DiffCommand.run, old, new), bench.run(DiffCommand.run, "--json", old, new),
            bench.run(DiffCommand.run, "--markdown", old, new),
            bench.run(ExplainCommand.run, old, "--model", "m"),
            bench.run(ExplainCommand.run, old, "--model", "m", "--json"),
            bench.run(ExplainCommand.run, old, "--model", "m", "--header", "x-api-key: \(Self.secret)-7"),
            bench.run(ExplainCommand.run, old, "--model", "m", "--why-not", "r"),
            bench.run(CompileCommand.run, "--print", old),
            bench.run(CompileCommand.run, "--print", "--format", "json", old),
            bench.run(TestCommand.run, bench.path("old.test.yaml"), "--coverage", "--save-counterexamples"),
        ]
        for view in ["tree", "tiers", "zones"] {
            for format in ["dot", "mermaid", "svg", "json"] {
                outcomes.append(bench.run(GraphCommand.run, "--view", view, "--format", format, old))
            }
        }
        for outcome in outcomes {
            #expect(!outcome.output.isEmpty, "\(outcome.complaint)")
            #expect(!(outcome.output + outcome.complaint).contains("SeCrEt"), "\(outcome.output)")
        }
        #expect(outcomes[3].output.contains("needs authorization: `Bearer ***`"), "\(outcomes[3].output)")
        #expect(outcomes[0].output.contains("header x-secret: ***"), "\(outcomes[0].output)")
        #expect(try !bench.text("old.test.yaml").contains("SeCrEt"))
    }
}
