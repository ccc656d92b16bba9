import Glibc
import Report
import RouteLanguage
import RouteModel
import Testing

/// What must end, however a file is made.
@Suite struct LimitTests {
    private typealias Folder = IncludeTests.Folder

    private static let start = "version: 1\nproviders:\n  p: {kind: ollama}\n"

    private func short(_ folder: Folder) -> [String] { IncludeTests.short(folder.load(), folder) }

    private func text(_ loaded: Loaded) -> String { Render(loaded.problems).text(.short) }

    private func read(_ text: String) -> Loaded {
        RouteFile.read(Array(text.utf8), path: "t.yaml", purpose: .lint, environment: { _ in nil })
    }

    // MARK: Includes

    @Test func `fragments that include one another ten times end, and their routes stand once`() {
        let folder = Folder()
        let ten = { (name: String) in String(repeating: "  - include: \(name)\n", count: 10) }
        folder.write("main.yaml", Self.start + "routes:\n" + ten("e1.yaml"))
        for level in 1...5 { folder.write("e\(level).yaml", "fragment: 1\nroutes:\n" + ten("e\(level + 1).yaml")) }
        folder.write("e6.yaml", "fragment: 1\nroutes:\n  - {name: x, to: [p]}\n")
        let found = folder.load().problems.all
        #expect(found.count == 6 * 9)
        #expect(found.allSatisfy { $0.code == "HP013" && $0.sentence.contains("would stand here again") })
        #expect(short(folder).contains { $0.hasPrefix("main.yaml:6:14: ") })
    }

    @Test func `names may come twice, for they stand once`() {
        let folder = Folder()
        folder.write(
            "main.yaml",
            "version: 1\ninclude: [a.yaml, \"*a.yaml\"]\nroutes:\n  - include: a.yaml\n  - to: [p]\n"
        )
        folder.write(
            "a.yaml",
            "fragment: 1\nproviders:\n  p: {kind: ollama}\nroutes:\n  - {match: {model: x}, to: [p]}\n"
        )
        #expect(short(folder) == [])
        #expect(folder.load().document?.routes.count == 2)
    }

    @Test func `the uses of include are counted`() {
        let folder = Folder()
        let many = Array(repeating: "a.yaml", count: 1_025).joined(separator: ", ")
        folder.write("main.yaml", Self.start + "include: [\(many)]\nroutes:\n  - to: [p]\n")
        folder.write("a.yaml", "fragment: 1\n")
        let found = short(folder)
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("error[HP012]: more than 1024 uses of `include`") == true)
    }

    @Test func `the nodes of all files are counted together`() {
        let folder = Folder()
        folder.write("main.yaml", Self.start + "include: [a.yaml, b.yaml, c.yaml]\nroutes:\n  - to: [p]\n")
        let many = "fragment: 1\nx: [" + String(repeating: "1,", count: 400_000) + "]\n"
        for name in ["a", "b", "c"] { folder.write("\(name).yaml", many) }
        #expect(
            short(folder).contains { $0.contains("main.yaml:4:27: error[HP007]: the files have more than 1000000") }
        )
    }

    // MARK: What is no plain file

    @Test func `a pipe, a folder and a socket are no plain files`() {
        let folder = Folder()
        folder.write("main.yaml", Self.start + "include: [ff.yaml, d.yaml]\nroutes:\n  - to: [p]\n")
        mkfifo("\(folder.path)/ff.yaml", 0o600)
        mkdir("\(folder.path)/d.yaml", 0o700)
        let found = short(folder)
        #expect(found.count == 2 && found.allSatisfy { $0.contains("error[HP012]: cannot read `") })
        #expect(found.allSatisfy { $0.hasSuffix(".yaml`: it is no plain file") })
        rmdir("\(folder.path)/d.yaml")
        for root in ["\(folder.path)/ff.yaml", folder.path, "/dev/zero", "/dev/null"] {
            let loaded = RouteFile.load(root, purpose: .lint, environment: { _ in nil })
            #expect(text(loaded).contains("error[HP012]: cannot read `\(root)`: it is no plain file"))
        }
    }

    @Test func `what a shell hands over may be a pipe`() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let content = Array((Self.start + "routes:\n  - to: [p]\n").utf8)
        #expect(write(ends[1], content, content.count) == content.count)
        close(ends[1])
        defer { close(ends[0]) }
        let loaded = RouteFile.load("/dev/fd/\(ends[0])", purpose: .lint, environment: { _ in nil })
        #expect(loaded.document?.routes.count == 1)
    }

    // MARK: Sizes

    @Test(arguments: [
        "- {name: a, K: 1, to: [p]}", "- name: a\n    K: 1", "- {K: 1}", "- K: 1", "- name: a\n    \"K\": 1",
    ])
    func `a key that is too long is told about as that`(route: String) {
        let key = String(repeating: "k", count: 1_500)
        let route = route.split(separator: "K", omittingEmptySubsequences: false).joined(separator: key)
        let found = text(read(Self.start + "routes:\n  \(route)\n"))
        #expect(found.contains("error[HP007]: a key has at most 1024 bytes"))
        // In brackets libyaml stops behind the key as well.
        #expect(route.contains("{") || !found.contains("HP001"))
    }

    @Test func `a second colon on a long line is still that`() {
        let words = String(repeating: "word ", count: 500)
        let found = text(read(Self.start + "routes:\n  - name: \(words) x: 1\n    to: [p]\n"))
        #expect(found.contains("HP001") && !found.contains("HP007"))
    }

    @Test func `a file that is too large is told about, included or not`() {
        let folder = Folder()
        let large = "fragment: 1\n" + String(repeating: "# padding\n", count: 420_000)
        folder.write("main.yaml", Self.start + "include: [a.yaml]\nroutes:\n  - to: [p]\n")
        folder.write("a.yaml", large)
        #expect(short(folder).count == 1 && short(folder).first?.contains("main.yaml:4:11: error[HP007]") == true)
        #expect(text(read(large)) == "t.yaml:1:1: error[HP007]: a route file has at most 4 MiB\n")
    }

    // MARK: What no request can carry, and what is no match any more

    @Test(arguments: ["\"a\\nb\"", "\" a\"", "\"a \"", "\"\\ta\"", "\"a\\u007f\""])
    func `a header value that no request carries is an error`(value: String) {
        let loaded = read(Self.start + "routes:\n  - {match: {headers: {x-a: \(value)}}, to: [p]}\n  - to: [p]\n")
        #expect(text(loaded).contains("error[HP112]: ") && text(loaded).contains("fits nothing"))
        #expect(loaded.document == nil)
    }

    @Test func `a header value with blanks inside is fine`() {
        let loaded = read(Self.start + "routes:\n  - {match: {headers: {x-a: \"a b\"}}, to: [p]}\n  - to: [p]\n")
        #expect(text(loaded) == "" && loaded.document != nil)
    }

    @Test(arguments: ["tokens: ..0", "tokens: 8k..4k", "class: restricted..public"])
    func `a range that holds nothing leaves no document to judge others by`(match: String) {
        let loaded = read(Self.start + "routes:\n  - {match: {\(match)}, to: [p]}\n  - to: [p]\n")
        #expect(text(loaded).contains("error[HP404]") && loaded.document == nil)
    }

    @Test func `numbers of test files are no texts that other tools misread`() {
        let tests = """
            version: 1
            tests:
              - name: a
                request: {model: x}
                expect: {targets: 0}
              - prove: b
                never: {status: 404, targets: 2, tries: 3}

            """
        let (problems, file) = CaseReader.read(Array(tests.utf8), path: "t.test.yaml")
        #expect(Render(problems).text(.short) == "" && file != nil)
    }
}
