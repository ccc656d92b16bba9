import Testing

import RouteTools

@Suite struct FormatDiffTests {
    private func difference(_ text: String) throws -> String {
        let bench = try Workbench(["r.yaml": text])
        let result = bench.run(FormatCommand.run, "--diff", bench.path("r.yaml"))
        #expect(result.code == 1, "\(result.complaint)")
        return result.output
    }

    private func file(_ provider: String) -> String {
        "version: 1\nproviders:\n    far: \(provider)\nroutes:\n    - {name: rest, to: [far]}\n"
    }

    @Test(arguments: [
        "\"hunter2-hunter2\"", "'hunter2-hunter2'", "hunter2-hunter2", "\"hunter2\\\"-hunter2\"", "'hunter2''-hunter2'",
    ])
    func `a secret is masked, and nothing else on its line`(secret: String) throws {
        let output = try difference(file("{kind: openai, key: \(secret), url: \"https://far.example\", region: eu}"))
        #expect(!output.contains("hunter2"), "\(output)")
        let lines = output.split(separator: "\n").filter { $0.contains("kind: openai") }
        #expect(lines.count == 2, "\(output)")
        for line in lines {
            #expect(line.contains("key: ***"), "\(output)")
            #expect(line.contains("far.example") && line.contains("region: eu}"), "\(output)")
        }
    }

    @Test func `a secret over several lines ends where it ends`() throws {
        let output = try difference(
            file("{kind: openai, key: \"hunter2\n        secret2\", url: \"https://far.example\", region: eu}")
        )
        #expect(!output.contains("hunter2") && !output.contains("secret2"), "\(output)")
        let lines = output.split(separator: "\n").filter { $0.hasPrefix("-") || $0.hasPrefix("+") }
        #expect(lines.contains { $0.hasPrefix("-") && $0.contains("far.example") }, "\(output)")
        #expect(lines.contains { $0.hasPrefix("+") && $0.contains("region: eu}") }, "\(output)")
    }

    @Test func `references are shown`() throws {
        let output = try difference(file("{kind: openai, key: env:KEY, headers: {x-team: \"blue\", x-b: c}}"))
        #expect(output.contains("-    far: {kind: openai, key: env:KEY, headers: {x-team: \"blue\", x-b: c}}"))
    }
}
