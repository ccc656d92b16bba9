import Testing

import RouteTools

/// What refutes a claim, or shows a difference, is a request that can come.
@Suite struct WitnessTests {
    private static let head = "version: 1\nproviders:\n  p1: {kind: ollama, deny_tags: [t1]}\n"

    private func prove(_ routes: String, _ proof: String) throws -> (output: String, explained: String) {
        let bench = try Workbench(["r.yaml": Self.head + routes, "r.test.yaml": "version: 1\ntests:\n" + proof])
        let result = bench.run(TestCommand.run, bench.path("r.test.yaml"))
        guard let line = result.output.split(separator: "\n").first(where: { $0.contains("see it: ") }) else {
            return (result.output, "")
        }
        // As a shell reads it: what is quoted is one word.
        let words = line.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
            index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
        }.drop { $0 != "explain" }.dropFirst(2)
        let explained = bench.run({ _, terminal in
            ExplainCommand.run([bench.path("r.yaml")] + words, terminal)
        })
        return (result.output, explained.output)
    }

    @Test func `a counterexample outside of every window says when`() throws {
        let result = try prove(
            """
            routes:
              - {name: saturday, match: {time: "Sat 00:00-23:59"}, to: [p1]}
              - {name: closed, deny: {status: 403}}
            """,
            "  - {prove: nothing is denied, never: {route: closed}}\n"
        )
        #expect(result.output.contains(" --at 20"), "\(result.output)")
        #expect(result.output.contains("at a time outside Sat 00:00-23:59 UTC"), "\(result.output)")
        #expect(row("route", of: result.explained)?.hasPrefix("closed") == true, "\(result.explained)")
    }

    @Test func `a counterexample is within the window of for_all`() throws {
        let result = try prove(
            """
            routes:
              - {name: week, match: {time: "Mon-Fri 00:00-00:00"}, deny: {status: 451}}
              - {name: rest, to: [p1]}
            """,
            "  - {prove: no nights, for_all: {time: \"Mon-Sun 20:00-06:00 Europe/Berlin\"}, never: {route: rest}}\n"
        )
        #expect(result.output.contains(" --at 20"), "\(result.output)")
        #expect(row("route", of: result.explained)?.hasPrefix("rest") == true, "\(result.explained)")
    }

    @Test func `windows of two zones that are never open together refute nothing`() throws {
        let routes = """
            routes:
              - name: both
                match:
                  not: {any: [{not: {time: "Mon 00:00-01:00 UTC"}}, {not: {time: "Mon 12:00-13:00 Europe/Berlin"}}]}
                deny: {status: 451}
              - {name: rest, to: [p1]}
            """
        let result = try prove(routes, "  - {prove: never both, never: {route: both}}\n")
        #expect(result.output.contains("1 passed, 0 failed"), "\(result.output)")
        let other = try prove(
            routes.replacing("12:00-13:00", with: "01:30-02:00"),
            "  - {prove: never both, never: {route: both}}\n"
        )
        #expect(other.output.contains("0 passed, 1 failed"), "\(other.output)")
        #expect(row("route", of: other.explained)?.hasPrefix("both") == true, "\(other.explained)")
    }

    private static let most = """
        routes:
          - {name: most, match: {sample: 99.95%, sample_by: "header:x-b"}, to: [p1]}
          - {name: few, deny: {status: 451}}
        """

    @Test func `a header's value has one place in a sample`() throws {
        let fixed = try prove(
            Self.most,
            "  - {prove: a is served, for_all: {headers: {x-b: a}}, never: {status: 451}}\n"
        )
        #expect(fixed.output.contains("1 passed, 0 failed"), "\(fixed.output)")
        let free = try prove(
            Self.most,
            "  - {prove: all are served, for_all: {headers: {x-b: \"a*\"}}, never: {status: 451}}\n"
        )
        #expect(free.output.contains("0 passed, 1 failed"), "\(free.output)")
        #expect(!free.output.contains("--bucket"), "\(free.output)")
        #expect(row("route", of: free.explained)?.hasPrefix("few") == true, "\(free.explained)")
    }

    @Test func `a difference is shown by values with their own buckets and by times to be pasted`() throws {
        func file(_ value: String, _ window: String) -> String {
            Self.head + """
                privacy: {rules: [{tag: t1, header: {x-b: "\(value)"}}]}
                routes:
                  - {name: late, match: {time: "\(window)"}, deny: {status: 403}}
                  - {name: most, match: {sample: 99.99%, sample_by: "header:x-b"}, deny: {status: 451}}
                  - {name: few, to: [p1]}
                """
        }
        let bench = try Workbench([
            "a.yaml": file("a", "Mon 10:00-11:00"), "b.yaml": file("q", "Mon 10:00-11:00"),
            "c.yaml": file("a", "Mon 10:00-12:00"),
        ])
        let values = bench.run(DiffCommand.run, bench.path("a.yaml"), bench.path("b.yaml"))
        // Both values are among the 99.99 %: nothing is treated otherwise.
        #expect(!values.output.contains("header x-b: a     no target"), "\(values.output)")
        let times = bench.run(DiffCommand.run, bench.path("a.yaml"), bench.path("c.yaml"))
        #expect(times.output.contains("at 2026-01-05T11:00:00Z"), "\(times.output)")
    }
}
