import Foundation
import TestKit
import Testing

/// What a person meets first: the examples, the quick start, the pages' links.
@Suite struct ShippingTests {
    private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
    }

    @Test func `the Kubernetes example carries the linted route file of the package, to the byte`() throws {
        let lines = try text("examples/kubernetes/sidecar.yaml")
            .split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.hasPrefix("  routes.yaml: |") })
        let inner = lines[(start + 1)...].prefix { $0 != "---" }.map { $0.dropFirst(4) }
        #expect(inner.joined(separator: "\n") + "\n" == (try text("routes/sidecar.yaml")))
        let result = try run("hoosh-proxy", ["lint", "\(root)/routes/sidecar.yaml"])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }

    @Test func `the drain of the Kubernetes example ends before the pod is killed`() throws {
        let manifest = try text("examples/kubernetes/sidecar.yaml")
        let grace = try #require(manifest.firstMatch(of: /terminationGracePeriodSeconds: (\d+)/)?.1)
        let drain = try #require(manifest.firstMatch(of: /drain: (\d+)s/)?.1)
        #expect(try #require(Int(grace)) > (try #require(Int(drain))))
    }

    @Test func `the quick start streams a chat from the mock and leaves nothing behind`() throws {
        let folder = try TemporaryFolder()
        let result = try run(
            "sh",
            ["\(root)/examples/quickstart.sh", "--mock", "a quick question"],
            environment: ["HOOSH_BIN": RunningProgram.folder, "TMPDIR": folder.path],
            tool: true,
            seconds: 60
        )
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains("*** UPSTREAM: hoosh-mock"))
        #expect(result.output.contains("a quick question"))
        #expect(result.output.contains("x-hoosh-provider: upstream"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        let port = try #require(result.output.firstMatch(of: /http:\/\/127\.0\.0\.1:(\d+)\/v1\/chat/)?.1)
        #expect(throws: (any Error).self) {
            try fetch(.tcp(host: "127.0.0.1", port: UInt16(port) ?? 0), "GET", "/v1/health")
        }
    }

    @Test func `the ten-line example of the README is the file in routes`() throws {
        #expect(try text("README.md").contains("```yaml\n\(text("routes/minimal.yaml"))```"))
    }

    @Test func `the linter says what the README shows`() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: "\(folder.path)/routes", withIntermediateDirectories: true)
        try folder.write(
            "routes/shadow.yaml",
            """
            version: 1
            providers:
              openai: {kind: openai, key: env:OPENAI_API_KEY}
              openai-eu: {kind: openai, url: https://eu.api.openai.com, key: env:OPENAI_API_KEY}

            routes:
              - name: gpt
                match: {model: "gpt-*"}
                to: [openai]
              - name: gpt-mini
                match: {model: "gpt-4o-mini*", api: chat}
                to: [openai-eu]

            """
        )
        let command = "cd '\(folder.path)' && exec '\(RunningProgram.folder)/hoosh-proxy' lint routes/shadow.yaml"
        let result = try run("sh", ["-c", command], tool: true)
        #expect(result.status == 1)
        let readme = try text("README.md")
        let start = try #require(readme.range(of: "```\nerror[HP401]"))
        let shown = try #require(readme[start.lowerBound...].dropFirst(4).components(separatedBy: "\n```").first)
        #expect(result.output.contains(shown), "\(result.output)")
    }

    @Test func `every file that a page links to is there`() throws {
        let docs = try FileManager.default.contentsOfDirectory(atPath: "\(root)/docs").filter { $0.hasSuffix(".md") }
        for page in ["README.md"] + docs.map({ "docs/\($0)" }) {
            let folder = (page as NSString).deletingLastPathComponent
            for match in try text(page).matches(of: /\]\(([^)#:]+)(?:#[^)]*)?\)/) {
                let target = folder.isEmpty ? String(match.1) : "\(folder)/\(match.1)"
                #expect(FileManager.default.fileExists(atPath: "\(root)/\(target)"), "\(page) links to \(match.1)")
            }
        }
    }
}
