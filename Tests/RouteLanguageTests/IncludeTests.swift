import Glibc
import Report
import RouteLanguage
import Testing

@Suite struct IncludeTests {
    /// A folder of files that goes away with the test.
    final class Folder {
        let path: String
        init() {
            var template = Array("/tmp/hoosh-include-XXXXXX".utf8CString)
            path =
                mkdtemp(&template) == nil
                ? "" : String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        func write(_ name: String, _ text: String) {
            if let slash = name.lastIndex(of: "/") { mkdir("\(path)/\(name[..<slash])", 0o755) }
            Cases.write(text, to: "\(path)/\(name)")
        }
        func load(_ name: String = "main.yaml") -> Loaded {
            RouteFile.load("\(path)/\(name)", purpose: .lint, environment: { _ in nil })
        }
        deinit { remove(path) }
        private func remove(_ path: String) {
            guard let handle = opendir(path) else {
                unlink(path)
                return
            }
            while let entry = readdir(handle) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." {
                    if entry.pointee.d_type == UInt8(DT_DIR) {
                        remove("\(path)/\(name)")
                    } else {
                        unlink("\(path)/\(name)")
                    }
                }
            }
            closedir(handle)
            rmdir(path)
        }
    }

    static func short(_ loaded: Loaded, _ folder: Folder) -> [String] {
        Render(loaded.problems).text(.short).split(separator: "\n").map {
            $0.hasPrefix(folder.path) ? String($0.dropFirst(folder.path.utf8.count + 1)) : String($0)
        }
    }

    @Test func `files give their names, and their routes where the list says so`() throws {
        let folder = Folder()
        folder.write(
            "main.yaml",
            """
            version: 1
            include: ["conf.d/*.yaml"]
            providers:
              c: {kind: ollama}
            routes:
              - {name: first, match: {model: x}, to: [c]}
              - include: team.yaml
              - {name: last, to: [a, b, c]}
            """
        )
        folder.write("conf.d/b.yaml", "fragment: 1\nproviders:\n  b: {kind: vllm}\nmodels:\n  aliases: {fast: y}\n")
        folder.write("conf.d/a.yaml", "fragment: 1\nproviders:\n  a: {kind: llamacpp}\n")
        folder.write("team.yaml", "fragment: 1\nroutes:\n  - {name: team, match: {model: z}, to: [a]}\n")
        let loaded = folder.load()
        #expect(Self.short(loaded, folder) == [])
        let document = try #require(loaded.document)
        #expect(document.providers.map(\.name.value) == ["c", "a", "b"])
        #expect(loaded.providers.map(\.index) == [0, 1, 2])
        #expect(document.routes.map(\.name.value) == ["first", "team", "last"])
        #expect(document.routes[1].spot.path == "\(folder.path)/team.yaml")
        #expect(document.aliases.map(\.name.value) == ["fast"])
        #expect(document.files.count == 4 && document.files.first == "\(folder.path)/main.yaml")
    }

    @Test func `a name in two files, a route in two files, a file without its word`() {
        let folder = Folder()
        folder.write(
            "main.yaml",
            "version: 1\ninclude: [one.yaml, two.yaml]\nproviders:\n  a: {kind: ollama}\nroutes:\n  - {name: x, to: [a]}\n  - include: three.yaml\n"
        )
        folder.write("one.yaml", "fragment: 1\nproviders:\n  a: {kind: vllm}\n")
        folder.write("two.yaml", "version: 1\nproviders:\n  b: {kind: vllm}\nlisten: {}\n")
        folder.write("three.yaml", "fragment: 1\nroutes:\n  - {name: x, to: [a]}\n")
        let loaded = folder.load()
        #expect(loaded.document == nil)
        #expect(
            Self.short(loaded, folder) == [
                "one.yaml:3:3: error[HP013]: `a` is defined in two files",
                "three.yaml:3:12: error[HP203]: two routes are called `x`",
                "two.yaml:1:1: error[HP102]: an included file is a fragment",
                "two.yaml:4:1: error[HP101]: unknown key `listen`",
            ]
        )
    }

    @Test func `a cycle, a way out of the folder, a file that is not there`() {
        let folder = Folder()
        folder.write(
            "in/main.yaml",
            "version: 1\ninclude: [a.yaml, ../out.yaml, link.yaml, none.yaml]\nproviders:\n  p: {kind: ollama}\nroutes:\n  - to: [p]\n"
        )
        folder.write("in/a.yaml", "fragment: 1\ninclude: [b.yaml]\n")
        folder.write("in/b.yaml", "fragment: 1\ninclude: [a.yaml]\n")
        folder.write("out.yaml", "fragment: 1\n")
        symlink("\(folder.path)/out.yaml", "\(folder.path)/in/link.yaml")
        let found = Self.short(folder.load("in/main.yaml"), folder)
        #expect(found.count == 4 && found.allSatisfy { $0.contains("error[HP012]") })
        #expect(found[0].contains("in/b.yaml:2:11") && found[0].hasSuffix("a.yaml` includes itself"))
        #expect(found[1].hasSuffix("out.yaml` is outside the root file's folder"))
        #expect(found[2].hasSuffix("link.yaml` is outside the root file's folder"))
        #expect(found[3].contains("none.yaml`: No such file"))
    }

    @Test func `a config map's links are followed, for they stay inside`() {
        let folder = Folder()
        folder.write("..2026/main.yaml", "version: 1\ninclude: [part.yaml]\nroutes:\n  - to: [p]\n")
        folder.write("..2026/part.yaml", "fragment: 1\nproviders:\n  p: {kind: ollama}\n")
        symlink("..2026", "\(folder.path)/..data")
        for name in ["main.yaml", "part.yaml"] { symlink("..data/\(name)", "\(folder.path)/\(name)") }
        let loaded = folder.load()
        #expect(Self.short(loaded, folder) == [])
        #expect(loaded.document?.providers.count == 1)
    }

    @Test func `routes that stand nowhere are an error, and so are files without end`() {
        let folder = Folder()
        folder.write(
            "main.yaml",
            "version: 1\ninclude: [f0.yaml, lost.yaml]\nproviders:\n  p: {kind: ollama}\nroutes:\n  - to: [p]\n"
        )
        folder.write("lost.yaml", "fragment: 1\nroutes:\n  - {name: lost, to: [p]}\n")
        for number in 0..<12 { folder.write("f\(number).yaml", "fragment: 1\ninclude: [f\(number + 1).yaml]\n") }
        let found = Self.short(folder.load(), folder)
        #expect(found.contains("lost.yaml:2:1: error[HP012]: these routes stand in no list of routes"))
        #expect(found.contains { $0.contains("deeper than 8 levels") })
        #expect(found.count == 2)
    }
}
