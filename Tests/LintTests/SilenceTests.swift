import Lint
import Report
import Testing

@Suite struct SilenceTests {
    /// A file whose second target is there twice (HP407), with something at the end of that line.
    private func file(_ tail: String, above: String = "", below: String = "") -> Folder {
        Folder([
            "a.yaml": """
            version: 1
            providers:
              a: {kind: ollama}
              b: {kind: vllm}
            routes:
              - name: default
            \(above)
                to: [a, b, a]\(tail)
            \(below)
            """
        ])
    }

    private func lint(_ folder: Folder, _ arguments: String...) -> LintRun {
        LintRun(["--format=short", "--select=HP407,HP903,HP904"] + arguments + ["\(folder.path)/a.yaml"])
    }

    @Test func `a comment on the line silences, and needs a reason`() {
        #expect(lint(file("")).text.contains("8:16: warning[HP407]"))
        #expect(lint(file(" # hoosh: allow HP407 -- on purpose")).text == "")
        let bare = lint(file("   # hoosh: allow HP407")).text
        #expect(bare.contains("8:21: warning[HP904]: this comment gives no reason"))
        #expect(!bare.contains("HP407]"))
    }

    @Test func `a comment alone on a line silences the next, over empty lines and other comments`() {
        #expect(lint(file("", above: "    # hoosh: allow HP407 -- on purpose")).text == "")
        #expect(lint(file("", above: "    # hoosh: allow HP407 -- on purpose\n\n    # more\n")).text == "")
        #expect(lint(file("", above: "# hoosh: allow HP512, HP407 -- two")).text.contains("HP903"))
    }

    @Test func `a comment that silences nothing is told, and the fix removes it`() {
        let folder = file("", below: "    strategy: priority  # hoosh: allow HP407 -- wrong line")
        let text = lint(folder).text
        #expect(text.contains("9:40: warning[HP903]: HP407 is not found on line 9: this silences nothing"))
        let mended = lint(folder, "--fix")
        #expect(mended.code == 0)
        #expect(
            folder.text("a.yaml").hasSuffix("    strategy: priority")
        )
        #expect(!lint(folder).text.contains("HP903"))
    }

    @Test func `one of several codes goes alone`() {
        let folder = file(" # hoosh: allow HP407, HP512 -- both")
        #expect(lint(folder).text.contains("HP512 is not found on line 8"))
        _ = lint(folder, "--fix")
        #expect(folder.text("a.yaml").contains("# hoosh: allow HP407 -- both"))
    }

    @Test func `codes that do not exist and words that say nothing are told`() {
        #expect(lint(file(" # hoosh: allow HP4077 -- x")).text.contains("there is no rule `HP4077`"))
        #expect(lint(file(" # hoosh: ignore HP407")).text.contains("`hoosh: ignore` says nothing"))
        #expect(lint(file(" # hoosh: allow")).text.contains("this comment allows nothing"))
        // No comment of ours.
        #expect(!lint(file(" # hoosh allow HP407")).text.contains("HP903"))
    }

    @Test func `what looks like a comment inside a text is none`() {
        let folder = Folder([
            "a.yaml": """
            version: 1
            providers:
              a: {kind: ollama}
            routes:
              - name: default
                deny:
                  message: "one # hoosh: allow HP407 -- in quotes"
              - name: other
                deny:
                  message: |
                    # hoosh: allow HP407 -- in a block
                    and more
              - name: third
                deny: {message: 'it''s # hoosh: allow HP407 -- single'}
              - name: fourth
                deny: {message: a#hoosh:allow}  # hoosh: allow HP407 -- this one is
            """
        ])
        let text = lint(folder).text
        #expect(text.split(separator: "\n").filter { $0.contains("HP903") }.count == 1)
        #expect(text.contains("16:52: warning[HP903]"))
    }

    @Test func `errors of the file itself cannot be silenced`() {
        let folder = Folder([
            "a.yaml": """
            version: 1
            lint: {HP203: none}
            providers:
              a: {kind: ollama}
            routes:
              - name: a
                to: [a]
              - name: a  # hoosh: allow HP203 -- please
                to: [a]
            """
        ])
        let run = LintRun("--format=short", "--ignore=HP2", "\(folder.path)/a.yaml")
        #expect(run.code == 1)
        #expect(run.text.contains("error[HP203]"))
    }

    @Test func `severities of the file hold`() {
        func severity(_ word: String) -> LintRun {
            let folder = file("", below: "lint: {HP407: \(word)}")
            return lint(folder)
        }
        #expect(severity("none").text == "")
        #expect(severity("error").text.contains("error[HP407]"))
        #expect(severity("error").code == 1)
        #expect(severity("info").text.contains("note[HP407]"))
        let unknown = lint(file("", below: "lint: {HP477: none}")).text
        #expect(unknown.contains("warning[HP903]: there is no rule `HP477`"))
    }
}

@Suite struct SelectionTests {
    private let folder = Folder([
        "a.yaml": """
        version: 1
        providers:
          a: {kind: ollama}
          b: {kind: vllm}
        routes:
          - to: [a, b, a]
        """
    ])

    private func lint(_ arguments: String...) -> LintRun {
        LintRun(["--format=short"] + arguments + [folder.path])
    }

    @Test func `prefixes select and ignore`() {
        #expect(lint("--select=HP4").text.contains("HP407"))
        #expect(!lint("--select", "HP5").text.contains("HP407"))
        #expect(!lint("--ignore=HP40").text.contains("HP407"))
        #expect(!lint("--select=HP4", "--ignore", "hp407").text.contains("HP407"))
        #expect(lint("--select=HX").code == 2)
        #expect(lint("--select=HP408").complaints.contains("no code begins with `HP408`"))
    }

    @Test func `presets show more and more, and strict fails on warnings`() {
        let minimal = lint("--preset=minimal")
        let standard = lint("--preset=standard")
        let strict = lint("--preset=strict")
        #expect(minimal.text == "" && minimal.code == 0)
        #expect(standard.text.contains("HP407") && !standard.text.contains("HP902") && standard.code == 0)
        #expect(strict.text.contains("HP407") && strict.text.contains("HP902") && strict.code == 1)
    }

    @Test func `the exit code follows the severity asked for`() {
        #expect(lint("--fail-on=error").code == 0)
        #expect(lint("--fail-on=warning").code == 1)
        #expect(lint("--select=HP902", "--fail-on=warning").code == 0)
        #expect(lint("--select=HP902", "--fail-on=note").code == 1)
        #expect(lint("--fail-on=worse").code == 2)
    }

    @Test func `a baseline hides what was there, wherever its line went, and nothing else`() {
        let path = "\(folder.path)/known.txt"
        _ = lint("--write-baseline=\(path)")
        #expect(Cases.text(path).contains(" HP407 \(folder.path)/a.yaml\n"))
        #expect(lint("--baseline=\(path)", "--fail-on=warning").code == 0)
        folder.write("# a line\n\n" + folder.text("a.yaml"), to: "a.yaml")
        #expect(lint("--baseline=\(path)", "--fail-on=warning").code == 0)
        let summary = LintRun("--baseline=\(path)", folder.path).text
        #expect(summary.contains(" in the baseline"))
        folder.write(folder.text("a.yaml") + "\n  - to: [b, b]\n", to: "a.yaml")
        let run = lint("--baseline=\(path)", "--select=HP407", "--fail-on=warning")
        #expect(run.code == 1)
        #expect(run.text.split(separator: "\n").count == 1)
        #expect(lint("--baseline=/nonexistent").code == 2)
        #expect(lint("--baseline=\(folder.path)/a.yaml").code == 2)
    }

    @Test func `findings are counted by code`() {
        let text = lint("--stats", "--select=HP4").text
        #expect(text.contains("     1  HP407  warning  same target twice [safe fix]\n"))
    }

    @Test func `output goes to a file`() {
        let path = "\(folder.path)/out.txt"
        let run = lint("-o", path, "--select=HP407")
        #expect(run.text == "")
        #expect(Cases.text(path).contains("warning[HP407]"))
        #expect(lint("--output=/nonexistent/x").code == 2)
    }
}
