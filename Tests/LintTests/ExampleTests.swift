import Report
import RouteLanguage
import Testing

import Lint

/// Whole files: those of the design, and those that are shipped.
@Suite struct ExampleTests {
    private static let folder = Cases.tests + "/LintTests/Examples"

    private func checked(_ path: String) -> Problems {
        let loaded = RouteFile.load(path, purpose: .lint) { _ in nil }
        #expect(loaded.document != nil, "\(path)")
        return CheckedFile(loaded, resolves: false).problems
    }

    private func complaints(_ problems: Problems) -> [String] {
        problems.all.filter { $0.severity != .note }.map { "\($0.code) \($0.spot.line)" }
    }

    @Test func `the ten lines have two warnings: no budget, and any authority`() {
        #expect(complaints(checked("\(Self.folder)/minimal.yaml")) == ["HP601 4", "HP703 4"])
    }

    @Test func `the full example is clean but for one fallback that holds less`() {
        let problems = checked("\(Self.folder)/prod.yaml")
        #expect(complaints(problems) == ["HP513 106"])
        #expect(problems.all.contains { $0.code == "HP303" && $0.severity == .note })
    }

    @Test(arguments: ["shadow", "team"]) func `the output is as written`(name: String) {
        let path = "\(Self.folder)/\(name).yaml"
        var problems = Problems()
        let found = checked(path)
        for source in found.sources.values { problems.add(source: source) }
        for problem in found.all where problem.severity != .note { problems.add(problem) }
        let text = Render(problems).text(.human).split(separator: "\(Self.folder)/", omittingEmptySubsequences: false)
            .joined()
        let golden = "\(Self.folder)/\(name).problems"
        if Cases.updates { Cases.write(text, to: golden) }
        #expect(text == Cases.text(golden))
    }

    @Test func `the route files that are shipped are clean`() {
        let folder = Cases.root + "/routes"
        for name in Cases.names(folder) where name.hasSuffix(".yaml") && !name.hasSuffix(".test.yaml") {
            #expect(complaints(checked("\(folder)/\(name)")).isEmpty, "\(name)")
        }
    }

    @Test func `no file with a line missing brings the rules down`() {
        let path = "\(Self.folder)/prod.yaml"
        let lines = Cases.text(path).split(separator: "\n", omittingEmptySubsequences: false)
        for missing in stride(from: 0, to: lines.count, by: 3) {
            let text = lines.enumerated().filter { $0.offset != missing }.map(\.element).joined(separator: "\n")
            let loaded = RouteFile.read(Array(text.utf8), path: path, purpose: .lint) { _ in nil }
            let problems = CheckedFile(loaded, resolves: false).problems
            for problem in problems.all { #expect(problem.spot.line <= lines.count) }
        }
    }
}
