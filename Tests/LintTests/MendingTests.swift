import Foundation
import Lint
import Report
import Testing

@Suite struct MendingTests {
    private static let twice = """
        version: 1
        providers:
          a: {kind: ollama}
          b: {kind: vllm}
        routes:
          - name: default
            to: [a, b, a]   # a comment
        """

    private func lint(_ folder: Folder, _ arguments: String...) -> LintRun {
        LintRun(["--select=HP407,HP201"] + arguments + [folder.path])
    }

    @Test func `a safe fix is written, counted, and does not come back`() {
        let folder = Folder(["a.yaml": Self.twice])
        let run = lint(folder, "--fix")
        #expect(run.code == 0)
        #expect(run.text.contains(", 1 fixed"))
        #expect(folder.text("a.yaml").contains("    to: [a, b]   # a comment"))
        let again = lint(folder, "--fix")
        #expect(!again.text.contains("fixed"))
    }

    @Test func `an unsafe fix waits to be asked for`() {
        let folder = Folder(["a.yaml": Self.twice.replacingOccurrences(of: "b, a]", with: "bb, a]")])
        let before = folder.text("a.yaml")
        let safe = lint(folder, "--fix", "--select=HP201")
        #expect(safe.code == 1 && safe.text.contains("(1 fix available with --fix --unsafe-fixes)"))
        let run = lint(folder, "--fix", "--unsafe-fixes")
        #expect(run.code == 0, "\(run.text)")
        #expect(folder.text("a.yaml") != before)
        #expect(lint(folder, "--unsafe-fixes").code == 2)
    }

    @Test func `a difference is printed and nothing is written`() {
        let folder = Folder(["a.yaml": Self.twice])
        let run = lint(folder, "--diff")
        #expect(run.code == 1)
        #expect(folder.text("a.yaml") == Self.twice)
        let path = "\(folder.path)/a.yaml"
        #expect(
            run.text == """
                --- \(path)
                +++ \(path)
                @@ -4,4 +4,4 @@
                   b: {kind: vllm}
                 routes:
                   - name: default
                -    to: [a, b, a]   # a comment
                \\ No newline at end of file
                +    to: [a, b]   # a comment
                \\ No newline at end of file

                """
        )
        #expect(run.complaints == "would fix 1 finding in 1 file\n")
        _ = lint(folder, "--fix")
        #expect(lint(folder, "--diff").text == "")
        #expect(lint(folder, "--diff").code == 0)
    }

    @Test func `the mode of a file and its byte order mark stay`() {
        let folder = Folder(["a.yaml": "\u{FEFF}" + Self.twice])
        let path = "\(folder.path)/a.yaml"
        chmod(path, 0o640)
        _ = lint(folder, "--fix")
        var status = stat()
        stat(path, &status)
        #expect(status.st_mode & 0o7777 == 0o640)
        #expect(folder.text("a.yaml").unicodeScalars.first == "\u{FEFF}")
        #expect(folder.text("a.yaml").contains("to: [a, b]   #"))
        #expect(Cases.names(folder.path) == ["a.yaml"])
    }

    @Test func `a link that leads out of the folder is not followed`() {
        let outside = Folder(["target.yaml": Self.twice])
        let folder = Folder()
        symlink("\(outside.path)/target.yaml", "\(folder.path)/a.yaml")
        let run = lint(folder, "--fix")
        #expect(run.code == 2)
        #expect(run.complaints.contains("a link leads out of"))
        #expect(outside.text("target.yaml") == Self.twice)
        // Inside it is.
        let inner = Folder(["sub/real.yaml": Self.twice])
        symlink("sub/real.yaml", "\(inner.path)/b.yaml")
        #expect(LintRun("--select=HP407", "--fix", inner.path).code == 0)
        #expect(inner.text("sub/real.yaml").contains("to: [a, b]   #"))
    }

    @Test func `edits of several files are made together, fragments included`() {
        let folder = Folder([
            "root.yaml": "version: 1\ninclude: [part.yaml]\nroutes:\n  - name: default\n    to: [a, b, a]\n",
            "part.yaml": "fragment: 1\nproviders:\n  a: {kind: ollama}\n  b: {kind: vllm, models: [x, \"*\", y]}\n",
        ])
        let run = LintRun("--fix", "--select=HP407,HP907,HP403", folder.path)
        #expect(run.text.contains("fixed"), "\(run.text)")
        #expect(folder.text("root.yaml").contains("to: [a, b]"))
    }
}

@Suite struct UnifiedDiffTests {
    /// What `patch` makes of the old text must be the new one.
    private func patched(_ old: String, _ new: String) throws -> String {
        let folder = Folder(["f": old])
        let text = UnifiedDiff.text(
            path: "f",
            old: Array(old.utf8),
            new: Array(new.utf8),
            hiding: Problems()
        )
        folder.write(text, to: "d")
        let patch = Process()
        patch.executableURL = URL(fileURLWithPath: "/usr/bin/patch")
        patch.arguments = ["-s", "-p0", "-d", folder.path, "-i", "d"]
        try patch.run()
        patch.waitUntilExit()
        #expect(patch.terminationStatus == 0, "\(text)")
        return folder.text("f")
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/patch")))
    func `patch makes the new text of the old`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<40 {
            let old = (0..<Int.random(in: 1...30, using: &random)).map { _ in "\(Int.random(in: 0...4, using: &random))"
            }
            var new = old
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let at = Int.random(in: 0...new.count, using: &random)
                if Bool.random(using: &random), at < new.count { new.remove(at: at) } else { new.insert("new", at: at) }
            }
            let (left, right) = (old.joined(separator: "\n") + "\n", new.map { $0 + "\n" }.joined())
            if left == right || right.isEmpty { continue }
            #expect(try patched(left, right) == right)
        }
    }

    @Test func `equal texts have no difference, and secrets are masked`() {
        #expect(UnifiedDiff.text(path: "a", old: [1], new: [1], hiding: Problems()) == "")
        var problems = Problems()
        problems.hide("hunter2hunter2")
        let text = UnifiedDiff.text(
            path: "a",
            old: Array("x: hunter2hunter2\nkey: abc\n".utf8),
            new: Array("x: hunter2hunter2 # y\nkey: env:A\n".utf8),
            hiding: problems
        )
        #expect(!text.contains("hunter2") && !text.contains("abc"))
        #expect(text.contains("+key: env:A\n"))
    }
}

@Suite struct SafeFixTests {
    private static let folder = Cases.tests + "/LintTests/RuleCases"

    /// Codes whose fix the catalogue calls safe, with a bad case.
    static let codes = Catalogue.rules.filter { $0.fix == .safe }.map(\.code)
        .filter { !Cases.text("\(folder)/\($0)-bad.yaml").isEmpty }

    private func count(_ folder: Folder, _ code: String) -> Int {
        LintRun("--format=short", "--select=\(code)", folder.path).text.split(separator: "\n")
            .filter { $0.contains("[\(code)]") }.count
    }

    @Test(arguments: codes)
    func `a safe fix ends its finding, brings no new error, and does nothing the second time`(code: String) throws {
        let folder = Folder(["a.yaml": Cases.text("\(Self.folder)/\(code)-bad.yaml")])
        let before = count(folder, code)
        try #require(before > 0)
        func errors() -> Set<Substring> {
            Set(
                LintRun("--format=short", "--preset=minimal", folder.path).text.split(separator: "\n")
                    .compactMap { $0.split(separator: "[").dropFirst().first?.prefix(5) }
            )
        }
        let old = errors()
        let run = LintRun("--fix", "--select=\(code)", folder.path)
        let mended = folder.text("a.yaml")
        #expect(count(folder, code) == 0, "\(run.text)\n\(mended)")
        #expect(errors().subtracting(old) == [], "\(mended)")
        _ = LintRun("--fix", "--select=\(code)", folder.path)
        #expect(folder.text("a.yaml") == mended)
    }

    @Test func `every safe fix has a case`() {
        let missing = Catalogue.rules.filter { $0.fix == .safe }.map(\.code).filter { !Self.codes.contains($0) }
        // No key is deprecated yet, and formatting is the formatter's.
        #expect(missing == ["HP110", "HP901"])
    }
}
