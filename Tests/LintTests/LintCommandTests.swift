import Lint
import Testing

@Suite struct LintCommandTests {
    private func lint(_ arguments: String...) -> (code: Int32, text: String) {
        let run = LintRun(arguments)
        return (run.code, run.text + run.complaints)
    }

    private var broken: String { "\(Cases.folder)/broken" }
    private var routes: String { "\(Cases.folder)/../../routes" }

    @Test func `clean files exit with 0 and a summary`() {
        let (code, text) = lint("--preset=minimal", "\(routes)/minimal.yaml", "\(routes)/dev.yaml")
        #expect(code == 0)
        #expect(text.hasPrefix("2 files checked, 0 errors, 0 warnings"))
        #expect(text.hasSuffix(" ms\n"))
    }

    @Test func `a folder is walked, sorted, and errors exit with 1`() {
        let (code, text) = lint("--format", "short", broken)
        #expect(code == 1)
        // The counts of what was left out stand at the end.
        let lines = text.split(separator: "\n").filter { $0.contains("[HP") && !$0.hasSuffix(" more") }
        let files = lines.compactMap { $0.split(separator: ":").first.map(String.init) }
        #expect(files == files.sorted())
        #expect(Set(files).count >= 40)
        #expect(text.contains("hp002-duplicate-key.yaml:5:3: error[HP002]: `openai` stands here twice\n"))
    }

    @Test func `json names every finding`() {
        let (code, text) = lint("--format=json", "\(broken)/hp203-duplicate-route.yaml")
        #expect(code == 1)
        #expect(text.hasPrefix("{\"schema\": \"lint-v1\", \"files\": 1, \"errors\": 1, \"warnings\": 0,"))
        #expect(text.contains("\"code\": \"HP203\", \"severity\": \"error\""))
        #expect(text.contains("\"line\": 7, \"column\": 11, \"length\": 3"))
    }

    @Test func `warnings alone exit with 0`() {
        let (code, text) = lint("--select=HP407", "\(broken)/hp407-twice.yaml")
        #expect(code == 0)
        #expect(text.contains("1 file checked, 0 errors, 2 warnings"))
    }

    @Test func `what cannot be read or understood exits with 2`() {
        #expect(lint("/nonexistent/file.yaml").code == 2)
        #expect(lint().code == 2)
        #expect(lint("--fromat", "json", "x").text.contains("did you mean `--format`?"))
        #expect(lint("--format", "xml", "x").code == 2)
        #expect(lint("--format").code == 2)
        #expect(lint("--help").code == 0)
    }

    @Test func `colours come when asked for`() {
        let path = "\(broken)/hp203-duplicate-route.yaml"
        #expect(lint("--color=always", path).text.contains("\u{1B}[1;31merror[HP203]\u{1B}[0m"))
        #expect(!lint("--color=never", path).text.contains("\u{1B}["))
        #expect(!lint("--color=auto", path).text.contains("\u{1B}["))
    }

    @Test func `a file that is too large is a finding, and is not written`() {
        let large = "version: 1\n" + String(repeating: "#  padding\n", count: 400_000)
        let folder = Folder(["a.yaml": large, "b.yaml": "fragment: 1\n" + large, "c.test.yaml": large])
        let run = LintRun("--fix", "--format=short", folder.path)
        #expect(run.code == 1)
        for name in ["a.yaml", "b.yaml", "c.test.yaml"] {
            #expect(run.text.contains("\(folder.path)/\(name):1:1: error[HP007]: a route file has at most 4 MiB\n"))
        }
        #expect(folder.text("a.yaml") == large)
    }

    @Test func `a range that holds nothing makes no other route dead`() {
        let folder = Folder([
            "a.yaml": """
            version: 1
            providers:
              p: {kind: ollama}
            routes:
              - {name: broken, match: {tokens: ..0}, to: [p]}
              - {name: next, match: {tokens: 8k..}, to: [p]}
              - {name: last, to: [p]}

            """
        ])
        let run = LintRun("--format=short", "\(folder.path)/a.yaml")
        #expect(run.code == 1 && run.text.contains("error[HP404]"))
        #expect(!run.text.contains("HP40") || run.text.split(separator: "HP40").count == 2)
    }
}
