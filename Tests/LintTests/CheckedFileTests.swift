import Lint
import Report
import RouteLanguage
import Testing

@Suite struct CheckedFileTests {
    /// A file in which one request may be tried twenty times (HP501, an error above 16).
    private func file(_ tail: String = "", _ more: String = "") -> Folder {
        Folder([
            "a.yaml": """
            version: 1
            providers:
              a: {kind: ollama}
              b: {kind: vllm}
            routes:
              - name: default
                to: [a, b]
                retry: {attempts: 9}
                failover: {max_tries: 20}\(tail)
            \(more)
            """
        ])
    }

    private func load(_ folder: Folder) -> (problems: Problems, configuration: Bool) {
        let (problems, configuration) = CheckedFile.load("\(folder.path)/a.yaml", purpose: .serve) { _ in nil }
        return (problems, configuration != nil)
    }

    @Test func `an error of a rule refuses to serve, and silenced with a reason it does not`() throws {
        let plain = load(file())
        let error = try #require(plain.problems.all.first { $0.code == "HP501" })
        #expect(error.severity == .error)
        #expect(!plain.configuration)
        // The comment stands where the finding does.
        let line = error.spot.line
        let above = Folder(["a.yaml": commented(file().text("a.yaml"), line, "HP501")])
        #expect(load(above).configuration)
        #expect(load(file("", "lint: {HP501: none}")).configuration)
        #expect(load(file("", "lint: {HP501: warn}")).configuration)
    }

    private func commented(_ text: String, _ line: Int, _ code: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines.insert("# hoosh: allow \(code) -- measured", at: line - 1)
        return lines.joined(separator: "\n")
    }

    @Test func `a warning made an error refuses to serve`() {
        let folder = Folder([
            "a.yaml": """
            version: 1
            lint: {HP407: error}
            providers:
              a: {kind: ollama}
            routes:
              - name: default
                to: [a, a]
            """
        ])
        #expect(!load(folder).configuration)
    }

    @Test func `what reading refuses no comment allows`() {
        let folder = Folder([
            "a.yaml": """
            version: 1
            lint: {HP706: none}
            providers:
              a: {kind: openai-compatible, url: "https://a.example/v1", tls: {verify: false}}  # hoosh: allow HP706 -- test
            routes:
              - name: default
                to: [a]
            """
        ])
        let (problems, isServed) = load(folder)
        #expect(!isServed)
        #expect(problems.all.contains { $0.code == "HP706" && $0.severity == .error })
        let run = LintRun("--format=short", folder.path)
        #expect(run.code == 1)
        #expect(run.text.contains("error[HP706]"))
        #expect(run.text.contains("HP706 is an error of the file itself, which cannot be silenced"))
    }
}
