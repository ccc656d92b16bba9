import Analysis
import Lint
import RouteLanguage
import Testing

@Suite struct EffortLintTests {
    @Test func `what the proofs had no steps left for is said, and nothing is called dead`() throws {
        let text = """
            version: 1
            providers: {p: {kind: ollama}}
            routes:
              - {name: early, match: {model: "gpt*"}, to: [p]}
              - {name: late, match: {model: "gpt-4*"}, to: [p]}

            """
        let loaded = RouteFile.read(Array(text.utf8), path: "routes.yaml", purpose: .lint, environment: { _ in nil })
        let document = try #require(loaded.document)
        let unit = LintUnit(loaded: loaded, document: document, patterns: { $0 == $1 }, resolves: false)
        let proofs: Set = ["HP401", "HP402", "HP403", "HP404", "HP405", "HP890"]
        func codes(_ effort: Effort) -> Set<String> { Set(Rules.all(unit, effort: effort).map(\.code)) }
        #expect(codes(Effort(steps: 1)).intersection(proofs) == ["HP890"])
        #expect(codes(Effort()).intersection(["HP401", "HP890"]) == ["HP401"])
    }
}
