import Foundation
import Lint
import Report
import Testing

/// A file and findings with everything that formats must escape, measure or hide.
enum Sample {
    static let secret = "sk-proj-abcdefghijklmnop1234567890"

    static let file = """
        version: 1
        providers:
        \t日本: {kind: e\u{301}a, key: \(secret)}
          gr🙂q: {kind: "a<b>&c"}   # 50%
        routes:
          - to: [openai, ollama]

        """

    static var problems: Problems {
        var problems = Problems()
        problems.add(source: SourceText(path: "./routes/a b.yaml", bytes: Array(file.utf8)))
        func spot(_ line: Int, _ column: Int, _ length: Int) -> Spot {
            Spot(path: "./routes/a b.yaml", line: line, column: column, length: length)
        }
        func edit(_ old: String, _ new: String) -> Edit {
            let start = file.utf8.count - (file.range(of: old).map { file[$0.lowerBound...].utf8.count } ?? 0)
            return Edit(path: "./routes/a b.yaml", range: start..<start + old.utf8.count, replacement: new)
        }
        problems.hide(secret)
        problems.add(
            Problem(
                .error,
                "HP107",
                "`gr🙂q`: 100% of \"words\",\nlike <b> & `c`: none\r",
                at: spot(4, 10, 4),
                mark: "not a kind",
                labels: [Label(spot(3, 2, 2), "declared as 日本"), Label(spot(6, 9, 6), "")],
                notes: ["witness: POST /v1/chat/completions\nwith \(secret)", "a note"],
                help: ["did you mean `groq`?"],
                fix: .unsafe,
                edits: [edit("gr🙂q", "groq")]
            )
        )
        problems.add(
            Problem(.warning, "HP407", "same target", at: spot(6, 16, 6), fix: .safe, edits: [edit(", ollama", "")])
        )
        // What would put a secret back must not be shown as an edit.
        problems.add(
            Problem(
                .note,
                "HP905",
                "secret \(secret)",
                at: spot(3, 15, 8),
                fix: .safe,
                edits: [edit("e\u{301}a", secret)]
            )
        )
        return problems
    }

    static func text(_ format: Render.Format) -> String {
        let rules = ["HP107", "HP407"].compactMap { Catalogue.rule($0)?.info }
        return Render(problems, rules: rules, version: "1.2.3")
            .text(format, files: ["./routes/a b.yaml", "routes/clean.yaml"])
    }
}

@Suite struct FormatTests {
    @Test(arguments: Render.Format.allCases)
    func `a format writes what its golden file says`(format: Render.Format) {
        let path = "\(Cases.tests)/LintCases/formats/\(format.rawValue)"
        let text = Sample.text(format)
        if Cases.updates { Cases.write(text, to: path) }
        #expect(text == Cases.text(path))
    }

    @Test(arguments: Render.Format.allCases)
    func `no format shows a secret`(format: Render.Format) {
        #expect(!Sample.text(format).contains(Sample.secret))
        #expect(!Sample.text(format).contains("abcdefghijklmnop"))
    }

    @Test func `secrets of every golden case stay hidden in every format`() {
        let secrets = [
            "hunter2hunter2", "topsecretvalue", "first-secret-line", "anothersecretvalue", "listedlisted",
            "elsewhereelsewhere", "qwertyuiop", "plainsecretvalue", "passw0rd", Sample.secret,
        ]
        for format in Render.Format.allCases {
            let text = LintRun("--format", format.rawValue, "\(Cases.folder)/broken").text
            for secret in secrets { #expect(!text.contains(secret), "\(secret) as \(format)") }
        }
        let diff = LintRun("--diff", "--unsafe-fixes", "\(Cases.folder)/broken").text
        for secret in secrets { #expect(!diff.contains(secret), "\(secret) in a difference") }
    }

    @Test func `workflow commands escape what they must`() {
        let line = Sample.text(.github).split(separator: "\n").first { $0.contains("HP107") } ?? ""
        let head = "::error file=routes/a b.yaml,line=4,endLine=4,col=10,endColumn=14,title=HP107::"
        #expect(line.hasPrefix(head))
        #expect(line.contains("`gr🙂q`: 100%25 of \"words\",%0Alike <b> & `c`: none%0D"))
        var problems = Problems()
        let spot = Spot(path: "a,b:c%.yaml", line: 1, column: 1, length: 1)
        problems.add(Problem(.note, "HP001", "x", at: spot))
        #expect(Render(problems).text(.github).hasPrefix("::notice file=a%2Cb%3Ac%25.yaml,line=1"))
    }

    @Test func `documents are documents even when nothing was found`() throws {
        for format in [Render.Format.json, .sarif, .gitlab, .rdjson] {
            let text = Render(Problems(), rules: Catalogue.infos).text(format, files: ["a.yaml"])
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
        }
        for format in [Render.Format.jsonl, .github, .agent, .short, .human] {
            #expect(Render(Problems()).text(format).isEmpty)
        }
        #expect(Render(Problems()).text(.junit, files: ["a.yaml"]).contains("tests=\"1\" failures=\"0\""))
    }

    @Test func `every line of jsonl is an object`() throws {
        let lines = Sample.text(.jsonl).split(separator: "\n")
        #expect(lines.count == 3)
        for line in lines {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object?["code"] is String)
        }
    }

    @Test func `junit is XML`() {
        let parser = XMLCheck(Sample.text(.junit))
        #expect(parser.isWellFormed)
    }

    @Test func `reviewdog's columns count bytes`() throws {
        let text = Sample.text(.rdjson)
        let root = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let diagnostics = try #require(root?["diagnostics"] as? [[String: Any]])
        let unsafe = try #require(diagnostics.first { ($0["severity"] as? String) == "ERROR" })
        let location = try #require(unsafe["location"] as? [String: Any])
        let range = try #require(location["range"] as? [String: [String: Int]])
        // Line 4, column 10 in code points; the emoji before it has three more bytes.
        #expect(range["start"]?["column"] == 13)
    }

    @Test(arguments: [
        ("\ta: b", 2, 1, "    ^"), ("日本: x", 5, 1, "      ^"), ("e\u{301}e\u{301}: x", 5, 1, "  ^"),
        ("👩: \"é\" x", 8, 1, "        ^"), ("a\u{200D}b: c", 3, 1, " ^"),
    ])
    func `carets stand under what is meant`(line: String, column: Int, length: Int, wanted: String) {
        var problems = Problems()
        problems.add(source: SourceText(path: "a", bytes: Array(line.utf8)))
        let spot = Spot(path: "a", line: 1, column: column, length: length)
        problems.add(Problem(.error, "HP001", "x", at: spot))
        let drawn = Render(problems).text(.human).split(separator: "\n").last ?? ""
        #expect(drawn == "   | \(wanted)")
    }
}

/// Tells whether a text is well-formed XML as far as this program writes it: elements, attributes, five entities.
struct XMLCheck {
    let isWellFormed: Bool

    init(_ text: String) {
        var open: [Substring] = []
        var rest = text[...]
        var isFine = rest.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        rest = rest.drop { $0 != "\n" }.dropFirst()
        while isFine, let start = rest.firstIndex(of: "<") {
            isFine = Self.isText(rest[..<start])
            guard let end = rest[start...].firstIndex(of: ">") else {
                isFine = false
                break
            }
            let tag = rest[rest.index(after: start)..<end]
            let name = tag.drop { $0 == "/" }.prefix { $0.isLetter }
            if tag.hasPrefix("/") {
                isFine = isFine && open.popLast() == name
            } else {
                isFine = isFine && Self.isText(tag) && tag.filter { $0 == "\"" }.count % 2 == 0
                if !tag.hasSuffix("/") { open.append(name) }
            }
            rest = rest[rest.index(after: end)...]
        }
        isWellFormed = isFine && open.isEmpty
    }

    private static func isText(_ text: Substring) -> Bool {
        guard !text.contains("<") else { return false }
        return text.split(separator: "&", omittingEmptySubsequences: false).dropFirst().allSatisfy { part in
            ["amp;", "lt;", "gt;", "quot;", "#10;", "#13;", "#9;"].contains { part.hasPrefix($0) }
        }
    }
}
