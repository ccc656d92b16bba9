import Glibc
import Report
import RouteLanguage
import Testing

/// The folder of golden cases.
///
/// `broken/NAME.yaml` has what it must print in `broken/NAME.problems`; `good/NAME.yaml` must load without a finding.
/// Files whose name begins with `serve-` are read as the server reads them, the others as `lint` does.
enum Cases {
    static let folder = #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" } + "/RouteCases"

    static func names(_ kind: String) -> [String] {
        var names: [String] = []
        guard let handle = opendir("\(folder)/\(kind)") else { return [] }
        defer { closedir(handle) }
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".yaml") { names.append(String(name.dropLast(5))) }
        }
        return names.sorted()
    }

    static func bytes(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    static func write(_ text: String, to path: String) {
        guard let file = fopen(path, "w") else { return }
        fputs(text, file)
        fclose(file)
    }

    /// The only variables there are.
    static func environment(_ name: String) -> String? {
        ["OPENAI_API_KEY": "sk-test-0123456789abcdef", "TWO_LINES": "one\ntwo", "GATEWAY_URL": "http://10.0.0.1:9000"][
            name
        ]
    }

    static func load(_ bytes: [UInt8], _ name: String) -> Loaded {
        let purpose: RouteFile.Purpose = name.hasPrefix("serve-") ? .serve : .lint
        return RouteFile.read(bytes, path: "\(name).yaml", purpose: purpose, environment: environment)
    }
}

@Suite struct RouteCasesTests {
    @Test(arguments: Cases.names("broken"))
    func `a broken file is told about as its golden file says`(name: String) throws {
        let bytes = try #require(Cases.bytes("\(Cases.folder)/broken/\(name).yaml"))
        let loaded = Cases.load(bytes, name)
        let problems = loaded.problems
        let text = Render(problems).text(.human)
        let golden = "\(Cases.folder)/broken/\(name).problems"
        // UPDATE_ROUTE_CASES=1 writes the golden files anew; read the difference before keeping it.
        if getenv("UPDATE_ROUTE_CASES") != nil { Cases.write(text, to: golden) }
        let expected = String(decoding: Cases.bytes(golden) ?? [], as: UTF8.self)
        #expect(text == expected)
        #expect(!problems.isEmpty)
        // Errors of the text, the types and the names leave nothing to be proved about.
        let isUnsound = problems.all.contains { $0.severity == .error && $0.code < "HP300" }
        if isUnsound { #expect(loaded.document == nil) }
    }

    @Test(arguments: Cases.names("good"))
    func `a good file loads without a finding`(name: String) throws {
        let bytes = try #require(Cases.bytes("\(Cases.folder)/good/\(name).yaml"))
        let loaded = Cases.load(bytes, name)
        // The whole language is read; what this build would not serve is a note.
        #expect(Render(loaded.problems).text(.short).split(separator: "\n").allSatisfy { $0.contains("note[HP120]") })
        #expect(loaded.document != nil)
    }

    @Test func `there are golden cases to walk`() {
        #expect(Cases.names("broken").count >= 40)
        #expect(Cases.names("good").count >= 3)
    }
}
