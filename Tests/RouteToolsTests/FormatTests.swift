import Foundation
import RouteLanguage
import RouteTools
import Testing

/// `hoosh-proxy fmt`, file by file.
struct FormatTests {
    private func formatted(_ text: String, kind: Format.Kind = .root, sorts: Bool = false) -> String? {
        guard case .text(let bytes) = Format.format(Array(text.utf8), kind: kind, sortsGlobs: sorts) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `keys come in the language's order and take their comments along`() {
        let text = """
            # yaml-language-server: $schema=../docs/routes.schema.json
            version: 1
            # where requests go
            routes:
                - to: [ollama]   # on this machine
                  # what it is called
                  name: all   

            # what there is
            providers:
              ollama: {url: 'http://127.0.0.1:1', kind: "ollama"}
            """
        #expect(
            formatted(text) == """
                # yaml-language-server: $schema=../docs/routes.schema.json
                version: 1

                # what there is
                providers:
                  ollama: {kind: ollama, url: http://127.0.0.1:1}
                # where requests go
                routes:
                  # what it is called
                  - name: all
                    to: [ollama]     # on this machine

                """
        )
    }

    @Test func `long brackets become blocks, short ones one line`() {
        let pins = (0..<2).map { "\"sha256//\(String(repeating: "A", count: 42))\($0)=\"" }.joined(separator: ", ")
        let text =
            "version: 1\nproviders:\n  a: {kind: openai, tls: {pin: [\(pins)]}}  # two pins\n  b: {\n    kind: ollama\n  }\n"
        let lines = pins.split(separator: ", ").map { "        - \($0)" }.joined(separator: "\n")
        #expect(
            formatted(text)
                == "version: 1\nproviders:\n  a:\(String(repeating: " ", count: text.split(separator: "\n")[2].count - 14))# two pins\n    kind: openai\n    tls:\n      pin:\n\(lines)\n  b: {kind: ollama}\n"
        )
    }

    @Test func `quotes stay where other readers would take the word for something else`() {
        let text =
            "a: {b: 'no', c: \"12:30\", d: '0123', e: 'word', f: \"x*\", g: 'a\\d', h: '', i: \"1e3\", j: 'a b'}\n"
        #expect(
            formatted(text, kind: .other)
                == "a: {b: \"no\", c: \"12:30\", d: \"0123\", e: word, f: \"x*\", g: 'a\\d', h: \"\", i: \"1e3\", j: \"a b\"}\n"
        )
    }

    @Test func `an alias never moves before its anchor`() {
        let text =
            "routes:\n  - to: [a]\n    match: &m {model: x}\nproviders: &p\n  a: {kind: ollama}\nmodels: *p\nversion: 1\n"
        let result = formatted(text)
        #expect(result?.hasPrefix("version: 1\nproviders: &p\n") == true)
        #expect(formatted("models: &m {known: [a]}\nlisten: *m\n") == "models: &m {known: [a]}\nlisten: *m\n")
        #expect(formatted("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", kind: .other) == "a: &x 1\nb: *x\nc: &x 2\nd: *x\n")
    }

    @Test func `merges come first`() {
        #expect(
            formatted("providers:\n  a: &a\n    kind: ollama\n  b:\n    url: http://x\n    <<: *a\n")
                == "providers:\n  a: &a\n    kind: ollama\n  b:\n    <<: *a\n    url: http://x\n"
        )
    }

    @Test func `block scalars and comments below keep their depth`() {
        let text =
            "a:\n    b: |\n       one\n         two\n\n       three\n    # below b\n    c: 1\n    # below c\n\n\n# at the end\n"
        #expect(
            formatted(text, kind: .other)
                == "a:\n  b: |\n    one\n      two\n\n    three\n  # below b\n  c: 1\n  # below c\n\n# at the end\n"
        )
    }

    @Test func `a block scalar of blank lines does not grow`() {
        let once = formatted("d:\n  key: |\n\n\n  other: x\nf: 1\n", kind: .other)
        #expect(once == "d:\n  key: |\n\n  other: x\nf: 1\n")
        #expect(once.flatMap { formatted($0, kind: .other) } == once)
    }

    @Test func `brackets with comments inside keep their lines`() {
        #expect(
            formatted("a: [\n  x, # first\n      y\n]\n", kind: .other) == "a: [\n  x, # first\n  y\n]\n"
        )
    }

    @Test func `globs are sorted only when asked`() {
        let text = "providers:\n  a: {kind: ollama, models: [\"b*\", \"a*\"]}\n"
        #expect(formatted(text) == text)
        #expect(formatted(text, sorts: true) == "providers:\n  a: {kind: ollama, models: [\"a*\", \"b*\"]}\n")
    }

    @Test(arguments: [
        "a: [1, 2", "a: !tag x", "%YAML 1.1\n---\na: 1\n", "a: 1\n---\nb: 2\n", "? [a]\n: b\n", "", "word",
    ])
    func `what has no layout is left alone`(text: String) {
        #expect(formatted(text) == nil)
    }

    @Test func `line ends and spaces at the end are made plain`() {
        #expect(formatted("a: 1  \r\nb: 2\r\n\r\n\r\n", kind: .other) == "a: 1\nb: 2\n")
        #expect(formatted("\u{feff}a: 1", kind: .other) == "a: 1\n")
    }
}

/// What holds of every file.
struct FormatPropertyTests {
    private static let files: [(path: String, bytes: [UInt8])] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var found: [(String, [UInt8])] = []
        for folder in ["routes", "Tests", "examples"] {
            let walk = FileManager.default.enumerator(
                at: root.appendingPathComponent(folder),
                includingPropertiesForKeys: nil
            )
            while let file = walk?.nextObject() as? URL {
                guard file.pathExtension == "yaml", let data = try? Data(contentsOf: file), data.count < 20_000 else {
                    continue
                }
                found.append((file.path, Array(data)))
            }
        }
        return found.sorted { $0.0 < $1.0 }
    }()

    private func kinds(_ path: String) -> Format.Kind { path.hasSuffix(".test.yaml") ? .other : .root }

    private func shape(_ bytes: [UInt8]) -> String {
        let loaded = RouteFile.read(bytes, path: "routes.yaml", purpose: .lint, environment: { _ in nil })
        return loaded.root.map(Self.shape) ?? "none"
    }

    private static func shape(_ node: Node) -> String {
        switch node.content {
        case .scalar(let text, _): "'\(text)'"
        case .sequence(let items, _): "[" + items.map(shape).joined(separator: ",") + "]"
        case .mapping(let entries, _):
            "{" + entries.map { "\($0.name):\(shape($0.value))" }.sorted().joined(separator: ",") + "}"
        case .broken: "broken"
        }
    }

    @Test func `every file of the project means the same afterwards, and stays as it then is`() {
        var count = 0
        for (path, bytes) in Self.files {
            guard case .text(let once) = Format.format(bytes, kind: kinds(path)) else {
                #expect(
                    path.contains("/Tests/") && !path.contains("/RouteCases/good/") || path.contains("/examples/"),
                    "\(path) is left alone"
                )
                continue
            }
            count += 1
            #expect(shape(once) == shape(bytes), "\(path)")
            #expect(Format.format(once, kind: kinds(path)) == .text(once), "\(path)")
            #expect(
                !String(decoding: once, as: UTF8.self).split(separator: "\n").contains { $0.hasSuffix(" ") },
                "\(path)"
            )
        }
        #expect(count > 60)
    }

    @Test func `random changes of them too`() {
        var random = SystemRandomNumberGenerator()
        var count = 0
        for _ in 0..<1_500 {
            guard let file = Self.files.randomElement(using: &random) else { return }
            let bytes = mutated(file.bytes, &random)
            guard case .text(let once) = Format.format(bytes, kind: .root) else { continue }
            count += 1
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(shape(once) == shape(bytes), "\(text)")
            #expect(Format.format(once, kind: .root) == .text(once), "\(text)")
        }
        #expect(count > 200)
    }

    /// Changes of white space, comments, quotes, brackets and order: some leave no YAML.
    private func mutated(_ bytes: [UInt8], _ random: inout SystemRandomNumberGenerator) -> [UInt8] {
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init
        )
        for _ in 0..<Int.random(in: 1...4, using: &random) where !lines.isEmpty {
            let place = Int.random(in: 0..<lines.count, using: &random)
            switch Int.random(in: 0..<9, using: &random) {
            case 0: lines[place] += "   # comment"
            case 1:
                lines.insert(
                    String(repeating: " ", count: Int.random(in: 0...8, using: &random)) + "# alone",
                    at: place
                )
            case 2: lines.insert("", at: place)
            case 3: lines[place] += "  "
            case 4: lines[place] = lines[place].replacing(", ", with: ",\n      ")
            case 5: lines[place] = lines[place].replacing("\"", with: "'")
            case 6: lines[place] = lines[place].replacing(": ", with: ":   ")
            case 7: lines = lines.map { line in String(repeating: " ", count: line.prefix { $0 == " " }.count) + line }
            default: lines.remove(at: place)
            }
        }
        return Array(lines.joined(separator: "\n").utf8)
    }
}
