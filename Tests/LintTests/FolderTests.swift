import Glibc
import Lint
import Report
import Testing

@Suite struct FolderTests {
    private let root = """
        version: 1
        include: [parts/upstreams.yaml]
        routes:
          - name: default
            to: [a]

        """
    private let part = "fragment: 1\nproviders:\n  a: {kind: ollama}\n"

    @Test func `fragments are checked through their roots, orphans are told`() {
        let folder = Folder(["a.yaml": root, "b.yaml": root, "parts/upstreams.yaml": part])
        folder.write("fragment: 1\n", to: "parts/orphan.yaml")
        let run = LintRun("--format=short", "--select=HP0,HP1,HP2", folder.path)
        #expect(
            run.text
                == "\(folder.path)/parts/orphan.yaml:1:1: warning[HP016]: no route file that was checked includes this fragment\n"
        )
        #expect(LintRun("--select=HP0", folder.path).text.contains("4 files checked"))
    }

    @Test func `a finding in a fragment comes once, however many roots include it`() {
        let broken = part + "  openai: {kind: opnai}\n"
        let folder = Folder(["a.yaml": root, "b.yaml": root, "parts/upstreams.yaml": broken])
        let run = LintRun("--format=short", "--select=HP107", folder.path)
        #expect(run.text.split(separator: "\n").filter { $0.contains("HP107") }.count == 1)
        #expect(run.text.contains("parts/upstreams.yaml:4:18: error[HP107]"))
    }

    @Test func `tests of routes are checked as strictly as routes`() {
        let folder = Folder([
            "a.test.yaml": "version: 1\nconfig: x.yaml\ntets: []\n", "c.txt": "no route file", ".d.yaml": "x",
        ])
        let run = LintRun("--format=short", folder.path)
        #expect(run.text.contains("a.test.yaml:3:1: error[HP101]: unknown key `tets`"))
        #expect(run.code == 1)
        #expect(LintRun(folder.path).text.contains("1 file checked"))
    }

    @Test func `a layout of its own is a note with a fix`() {
        let file = "version: 1\nproviders:   {a:   {kind: ollama}}\nroutes:\n  - to: [a]\n"
        let folder = Folder(["a.yaml": file, "b.yaml": file + "lint: {HP901: none}\n"])
        let run = LintRun("--format=short", "--select=HP901", folder.path)
        #expect(run.text.hasPrefix("\(folder.path)/a.yaml:2:1: note[HP901]"))
        #expect(run.text.split(separator: "\n").count == 1)
        #expect(!LintRun(folder.path).text.contains("HP901"))
        _ = LintRun("--fix", "--select=HP901", folder.path)
        #expect(LintRun("--format=short", "--select=HP901", folder.path).text == "")
        #expect(folder.text("b.yaml").hasPrefix(file))
    }

    @Test func `a link that leads back is not walked again`() {
        let folder = Folder(["a.yaml": "x: 1\n", "sub/b.yaml": "x: 1\n"])
        symlink(".", "\(folder.path)/loop")
        symlink("..", "\(folder.path)/sub/up")
        #expect(LintRun("--format=json", folder.path).text.hasPrefix("{\"schema\": \"lint-v1\", \"files\": 2,"))
    }

    @Test func `a file named twice is checked once, and the order is that of the names`() {
        let folder = Folder(["b.yaml": "x: 1\n", "a.yaml": "x: 1\n"])
        let twice = LintRun("--format=short", "\(folder.path)/b.yaml", folder.path, "\(folder.path)/b.yaml").text
        let once = LintRun("--format=short", folder.path).text
        #expect(twice == once)
        let paths = once.split(separator: "\n").compactMap { $0.split(separator: ":").first }
        #expect(paths == paths.sorted())
    }

    @Test func `many files on two threads give what one gives`() {
        var files: [String: String] = [:]
        for number in 0..<60 {
            files["f\(number).yaml"] =
                "version: 1\nproviders:\n  a: {kind: ollama}\nroutes:\n  - to: [a\(number), a, a]\n"
        }
        let folder = Folder(files)
        let together = LintRun("--format=short", folder.path).text
        let alone = Cases.names(folder.path).map { LintRun("--format=short", "\(folder.path)/\($0)").text }.joined()
        #expect(together == alone)
        for _ in 0..<5 { #expect(LintRun("--format=short", folder.path).text == together) }
    }

    @Test func `what cannot be read exits with 2, and the rest is checked`() {
        let folder = Folder(["a.yaml": "x: 1\n"])
        let run = LintRun("--format=short", "/nonexistent.yaml", folder.path)
        #expect(run.code == 2)
        #expect(run.complaints.contains("cannot read `/nonexistent.yaml`: No such file or directory"))
        #expect(run.text.contains("HP101"))
    }
}
