import Glibc
import Report
import RouteLanguage
import Testing

import Lint

/// `RuleCases/HPnnn-bad.yaml` must have the finding, `HPnnn-good.yaml` must not; `HPnnn-bad.problems` is what people
/// read about the bad one, written anew when `UPDATE_ROUTE_CASES` is set.
@Suite struct RuleCasesTests {
    private static let folder = Cases.tests + "/LintTests/RuleCases"

    static let codes: [String] = Cases.names(folder)
        .filter { $0.hasSuffix("-bad.yaml") }
        .map { String($0.dropLast("-bad.yaml".count)) }

    /// Codes that no file alone can bring about, each with the reason.
    static let without: [String: String] = [
        "HP016": "takes a folder; LintCommandTests has one",
        "HP110": "no key is deprecated yet",
        "HP890": "takes a file that is too much to prove about; AnalysisTests has one",
        "HP891": "a fault of the program, not of a file; CompilerTests make one",
        "HP901": "the formatter's, tested with it",
    ]

    /// Those that look behind references.
    private static let resolving: Set<String> = ["HP709", "HP711", "HP714"]

    private static let prepared: Bool = {
        setenv("HOOSH_TEST_TOKEN", "8f14e45fceea167a5a36dedd4bea2543c9f0f895fb98ab9159f51fd0297e236d", 1)
        setenv("HOOSH_TEST_WEAK", "letmein", 1)
        return true
    }()

    private static func checked(_ loaded: Loaded, _ resolves: Bool) -> Problems {
        CheckedFile(loaded, resolves: resolves).problems
    }

    private func problems(_ name: String, resolves: Bool) throws -> Problems {
        #expect(Self.prepared)
        let path = "\(Self.folder)/\(name).yaml"
        let text = Cases.text(path).split(separator: "CERTIFICATES", omittingEmptySubsequences: false)
            .joined(separator: "\(Self.folder)/certificates")
        let loaded = RouteFile.read(Array(text.utf8), path: path, purpose: .lint) { _ in nil }
        return Self.checked(loaded, resolves)
    }

    @Test(arguments: codes) func `a rule finds its bad case`(code: String) throws {
        let found = try problems("\(code)-bad", resolves: Self.resolving.contains(code)).all.map(\.code)
        #expect(found.contains(code), "found \(found)")
    }

    @Test(arguments: codes) func `a rule leaves its good case alone`(code: String) throws {
        let found = try problems("\(code)-good", resolves: Self.resolving.contains(code)).all
        #expect(!found.contains { $0.code == code }, "found \(found.map { "\($0.code) \($0.sentence)" })")
    }

    /// All but that whose lines are cut by how long this folder's path is.
    @Test(arguments: codes.filter { $0 != "HP714" }) func `what people read about a bad case is as written`(
        code: String
    ) throws {
        let found = try problems("\(code)-bad", resolves: Self.resolving.contains(code))
        // Notes about something else would change with every new one.
        var shown = Problems()
        for source in found.sources.values { shown.add(source: source) }
        for spot in found.secretSpots { shown.hide(at: spot) }
        for secret in found.secrets { shown.hide(secret) }
        for problem in found.all where problem.code == code || problem.severity != .note { shown.add(problem) }
        let text = Render(shown).text(.human).split(separator: "\(Self.folder)/", omittingEmptySubsequences: false)
            .joined()
        let golden = "\(Self.folder)/\(code)-bad.problems"
        if Cases.updates { Cases.write(text, to: golden) }
        #expect(text == Cases.text(golden))
    }

    @Test func `every code of the catalogue has a bad case and a good one`() {
        let names = Set(Cases.names(Self.folder))
        for rule in Catalogue.rules where Self.without[rule.code] == nil {
            #expect(names.contains("\(rule.code)-bad.yaml"), "\(rule.code)")
            #expect(names.contains("\(rule.code)-good.yaml"), "\(rule.code)")
        }
        for code in Self.without.keys { #expect(!names.contains("\(code)-bad.yaml")) }
    }

    @Test(arguments: codes) func `a fix takes its finding away, and a safe one brings no other`(code: String) throws {
        let path = "\(Self.folder)/\(code)-bad.yaml"
        let problems = try problems("\(code)-bad", resolves: false)
        guard let problem = problems.all.first(where: { $0.code == code && $0.fix != nil && !$0.edits.isEmpty })
        else { return }
        var bytes = Array(Cases.text(path).utf8)
        for edit in problem.edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
            bytes.replaceSubrange(edit.range, with: Array(edit.replacement.utf8))
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let loaded = RouteFile.read(bytes, path: path, purpose: .lint) { _ in nil }
        let after = Self.checked(loaded, false).all.filter { $0.severity != .note || $0.code == code }.map(\.code)
        let before = problems.all.map(\.code)
        #expect(after.filter { $0 == code }.count < before.filter { $0 == code }.count, "\(text)")
        // What could not be looked at before may have more to say; its errors were the reader's.
        if problem.fix == .safe, problem.code > "HP300" {
            #expect(Set(after).isSubset(of: Set(before)), "\(text)")
        }
    }
}
