import Compiler
import Report
import RouteLanguage
import Testing

@Suite struct ConfigurationTests {
    private func configuration(_ text: String) throws -> Configuration {
        let loaded = RouteFile.read(Array(text.utf8), path: "aliases.yaml", purpose: .serve) { _ in nil }
        var problems = loaded.problems
        return try #require(Configuration(loaded, patterns: patterns, problems: &problems))
    }

    @Test func `many aliases are told apart by their bytes`() throws {
        let lines = (0..<500).map { "    alias-\($0): model-\($0)\n" }.joined()
        let text = "version: 1\nproviders:\n  a: {kind: ollama}\nmodels:\n  aliases:\n\(lines)routes:\n  - to: [a]\n"
        let configuration = try configuration(text)
        for number in 0..<500 {
            let found = configuration.resolvedAlias(of: Array("alias-\(number)".utf8).span)
            #expect(found == Array("model-\(number)".utf8))
        }
        let nobody = configuration.resolvedAlias(of: Array("alias-500".utf8).span)
        #expect(nobody == nil)
    }

    @Test func `clients are told of aliases and exact names`() throws {
        let text = """
            version: 1
            providers:
              a: {kind: ollama, models: [qwen3, "llama*"]}
            models:
              aliases: {fast: qwen3-mini, smart: gpt-4o}
            routes:
              - to: [a]
            """
        #expect(try configuration(text).advertisedModels == ["fast", "qwen3", "smart"])
    }
}
