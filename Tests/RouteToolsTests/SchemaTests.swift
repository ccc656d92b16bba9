import Foundation
import RouteLanguage
import RouteTools
import Testing

/// `hoosh-proxy schema` and the file that is handed out.
struct SchemaTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let file = "\(root)/docs/routes.schema.json"

    private func command(_ arguments: [String]) -> (code: Int32, output: String, errors: String) {
        var output = "", errors = ""
        let code = SchemaCommand.run(
            arguments,
            Terminal(isTerminal: false, print: { output += $0 }, complain: { errors += $0 })
        )
        return (code, output, errors)
    }

    @Test func `the published schema is this build's`() {
        let result = command(["--check", "--output", Self.file])
        #expect(result.code == 0, "\(result.errors)")
    }

    @Test func `another file is told from it`() throws {
        let other = FileManager.default.temporaryDirectory.appendingPathComponent("schema-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: other) }
        try Data("{}".utf8).write(to: other)
        #expect(command(["--check", "--output", other.path]).code == 1)
        #expect(command(["--output", other.path]).code == 0)
        #expect(command(["--check", "--output", other.path]).code == 0)
    }

    @Test func `it is JSON of the dialect it names, and closes every mapping`() throws {
        let value = try JSONSerialization.jsonObject(with: Data(command([]).output.utf8))
        let schema = try #require(value as? [String: Any])
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        let definitions = try #require(schema["$defs"] as? [String: [String: Any]])
        for name in ["file", "route", "match"] {
            #expect(definitions[name]?["additionalProperties"] as? Bool == false, "\(name)")
        }
    }

    @Test func `a wrong command line is told`() {
        #expect(command(["--check"]).code == 2)
        #expect(command(["routes.yaml"]).code == 2)
    }
}
