import Report
import Testing

@Suite struct RenderTests {
    private func problems(_ text: String, _ found: Problem...) -> Problems {
        var problems = Problems()
        problems.add(source: SourceText(path: "a.yaml", bytes: Array(text.utf8)))
        for problem in found { problems.add(problem) }
        return problems
    }

    private func spot(_ line: Int, _ column: Int, _ length: Int) -> Spot {
        Spot(path: "a.yaml", line: line, column: column, length: length)
    }

    @Test func `a workflow command shows control characters instead of passing them on`() {
        let found = Problem(
            .error,
            "HP103",
            "no kind `\u{1B}[31m\u{7}\0\n::error::x\u{7F}\u{9B}\u{202E}`",
            at: spot(1, 1, 1)
        )
        let text = Render(problems("x", found)).text(.github)
        let raw: Set<Unicode.Scalar> = ["\u{1B}", "\u{7}", "\0", "\u{7F}", "\u{9B}", "\u{202E}"]
        #expect(!text.unicodeScalars.contains { raw.contains($0) })
        #expect(text.contains("\\u{1b}[31m\\u{7}\\u{0}%0A::error::x"))
        #expect(text.split(separator: "\n").allSatisfy { $0.hasPrefix("::error file=") })
    }

    @Test func `the frame has the form of the design, to the character`() {
        let lines = (1...11).map { number in
            switch number {
            case 8: "    match: {model: \"gpt-*\"}"
            case 10: "  - name: gpt-mini"
            case 11: "    match: {model: \"gpt-4o-mini*\", api: chat}"
            default: "line \(number)"
            }
        }
        let problem = Problem(
            .error,
            "HP401",
            "route `gpt-mini` can never match",
            at: spot(10, 11, 8),
            mark: "unreachable",
            labels: [
                Label(spot(8, 20, 7), "takes every request that `gpt-mini` would take"),
                Label(spot(11, 20, 14), "lies inside `gpt-*`"),
            ],
            notes: ["routes are tried top to bottom; proved for all requests"],
            help: ["move `gpt-mini` above `gpt`\nhoosh-proxy lint --fix"]
        )
        let text = Render(problems(lines.joined(separator: "\n"), problem)).text(.human)
        #expect(
            text == """
                error[HP401]: route `gpt-mini` can never match
                  --> a.yaml:10:11
                   |
                 8 |     match: {model: "gpt-*"}
                   |                    ------- takes every request that `gpt-mini` would take
                   :
                10 |   - name: gpt-mini
                   |           ^^^^^^^^ unreachable
                11 |     match: {model: "gpt-4o-mini*", api: chat}
                   |                    -------------- lies inside `gpt-*`
                   |
                   = note: routes are tried top to bottom; proved for all requests
                   = help: move `gpt-mini` above `gpt`
                           hoosh-proxy lint --fix

                """
        )
    }

    @Test(arguments: [
        ("\tkey: x", 2, 3, "    ^^^"), ("a\tb", 3, 1, "    ^"), ("日本: x", 5, 1, "      ^"), ("e\u{301}x", 3, 1, " ^"),
        ("🙂🙂z", 3, 1, "    ^"), ("abc", 4, 1, "   ^"), ("", 1, 1, "^"), ("abc", 1, 0, "^"), ("日", 1, 1, "^^"),
    ])
    func `carets stand under the right columns`(line: String, column: Int, length: Int, wanted: String) {
        let text = Render(problems(line, Problem(.error, "HP999", "x", at: spot(1, column, length)))).text(.human)
        #expect(text.split(separator: "\n").last == "   | \(wanted)")
    }

    @Test func `a long line is cut to a window around the place`() {
        let line = String(repeating: "x", count: 300) + "HERE" + String(repeating: "y", count: 300)
        let text = Render(problems(line, Problem(.error, "HP999", "x", at: spot(1, 301, 4)))).text(.human)
        let drawn = text.split(separator: "\n").suffix(2).map { String($0.dropFirst(5)) }
        #expect(drawn[0].count == 102 && drawn[0].hasPrefix("…x") && drawn[0].hasSuffix("y…"))
        let caret = drawn[1].prefix { $0 == " " }.count
        #expect(drawn[0].dropFirst(caret).hasPrefix("HERE") && drawn[1].hasSuffix(" ^^^^"))
    }

    @Test func `problems come by place, and three of a code are enough`() {
        var problems = Problems()
        for line in [5, 3, 9, 1, 7] { problems.add(Problem(.warning, "HP002", "again", at: spot(line, 1, 1))) }
        problems.add(Problem(.error, "HP001", "other", at: spot(5, 1, 1)))
        let text = Render(problems).text(.short)
        #expect(
            text == """
                a.yaml:1:1: warning[HP002]: again
                a.yaml:3:1: warning[HP002]: again
                a.yaml:5:1: error[HP001]: other
                a.yaml:5:1: warning[HP002]: again
                a.yaml:7:1: warning[HP002]: 2 more

                """
        )
        #expect(problems.hasErrors && problems.count(.warning) == 5)
    }

    @Test func `json escapes what JSON must`() {
        let text = Render(problems("x", Problem(.note, "HP001", "a \"b\" \\ \n \u{1}", at: spot(1, 1, 1)))).text(.json)
        #expect(text.contains(#""message": "a \"b\" \\ \n \u0001""#))
        #expect(text.contains(#""severity": "note""#) && text.contains(#""fix": null"#))
        #expect(Render(Problems()).text(.json).hasSuffix("\"problems\": []}\n"))
    }

    @Test func `control characters cannot reach the terminal`() {
        let text = Render(
            problems("a\u{1B}[31m\u{202E}b", Problem(.error, "HP001", "\u{1B}]0;x\u{7}", at: spot(1, 1, 1)))
        ).text(.human)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E })
    }

    @Test(arguments: [
        "key: hunter2", "  openai: {kind: openai, key: abc, url: x}", "url: https://me:abcdefg@host/",
        "x: sk-abcdefghijkl",
        "token: 'a b c'", "Authorization: Bearer abcdefghijk",
    ])
    func `secrets in a line are masked without moving anything`(line: String) {
        let text = Render(problems(line, Problem(.error, "HP001", "x", at: spot(1, 1, 1)))).text(.human)
        let drawn = text.split(separator: "\n").first { $0.hasPrefix(" 1 | ") }.map { String($0.dropFirst(5)) } ?? ""
        #expect(drawn.count == line.count && drawn != line)
        for secret in ["hunter2", "abc", "abcdefg", "a b c"] { #expect(!drawn.contains(secret)) }
    }

    @Test(arguments: [
        "key: env:OPENAI_API_KEY", "  key: file:/run/secrets/x", "name: sk-learn", "url: https://host/a@b",
    ])
    func `what is no secret stays readable`(line: String) {
        let text = Render(problems(line, Problem(.error, "HP001", "x", at: spot(1, 1, 1)))).text(.human)
        #expect(text.contains(" 1 | \(line)\n"))
    }

    @Test func `colours follow the choice, the terminal and NO_COLOR`() {
        #expect(Render.Color.always.isOn(isTerminal: false, noColor: "1"))
        #expect(!Render.Color.never.isOn(isTerminal: true, noColor: nil))
        #expect(Render.Color.auto.isOn(isTerminal: true, noColor: ""))
        #expect(!Render.Color.auto.isOn(isTerminal: true, noColor: "1"))
        #expect(!Render.Color.auto.isOn(isTerminal: false, noColor: nil))
    }
}

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("provdiers", "providers"), ("modles", "models"), ("olama", "ollama"), ("least-latancy", "least-latency"),
        ("kye", "key"),
    ])
    func `the nearest word is found`(word: String, wanted: String) {
        let words = ["providers", "models", "ollama", "least-latency", "key", "kind", "url"]
        #expect(Suggestion.nearest(to: word, among: words) == wanted)
    }

    @Test func `what is too far is not suggested`() {
        #expect(Suggestion.nearest(to: "pin", among: ["kind", "url", "key"]) == nil)
        #expect(Suggestion.nearest(to: "", among: ["abc"]) == nil)
        #expect(Suggestion.nearest(to: String(repeating: "a", count: 1_000), among: ["a"]) == nil)
    }
}

@Suite struct SourceTextTests {
    @Test func `lines end at LF, CRLF and CR`() {
        let source = SourceText(path: "x", bytes: Array("a\nb\r\nc\rd".utf8))
        #expect((1...4).map { source.line($0) } == ["a", "b", "c", "d"])
        #expect(source.line(0) == "" && source.line(9) == "")
    }

    @Test func `columns are code points`() {
        let source = SourceText(path: "x", bytes: Array("naïve 🙂x\nend".utf8))
        #expect(source.offset(line: 1, column: 4) == 4)
        #expect(source.offset(line: 1, column: 8) == 11)
        #expect(source.place(ofOffset: 11) == (1, 8))
        #expect(source.place(ofOffset: 13) == (2, 1))
        #expect(source.offset(line: 1, column: 99) == 13)
    }
}
