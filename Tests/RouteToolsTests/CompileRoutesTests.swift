import Compiler
import Foundation
import Lint
import Report
import RouteLanguage
import RouteTools
import Testing

/// The route files that are handed out: clean, laid out, and served where their engines exist.
struct CompileRoutesTests {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    static let files =
        (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/routes"))?
        .filter { $0.hasSuffix(".yaml") && !$0.hasSuffix(".test.yaml") }.sorted() ?? []

    @Test func `there is one for every common case`() {
        #expect(
            Set(Self.files).isSuperset(of: [
                "canary.yaml", "dev.yaml", "embeddings-speech.yaml", "local-first.yaml", "long-context.yaml",
                "minimal.yaml",
                "night-batch.yaml", "privacy-tiers.yaml", "prod.yaml", "semantic-cache.yaml", "sidecar.yaml",
                "teams.yaml", "two-regions.yaml",
            ])
        )
    }

    @Test(arguments: files) func `they are clean (A11)`(file: String) {
        let loaded = RouteFile.load("\(Self.root)/routes/\(file)", purpose: .lint, environment: { _ in nil })
        let checked = CheckedFile(loaded, resolves: false)
        #expect(
            checked.problems.count(.error) == 0 && checked.problems.count(.warning) == 0,
            "\(Render(checked.problems).text(.human))"
        )
    }

    @Test(arguments: files) func `they are laid out as fmt does it`(file: String) throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(Self.root)/routes/\(file)")))
        #expect(Format.isFormatted(bytes, kind: .root))
    }

    /// These wait for engines; the server refuses them and names the keys.
    private static let waiting = ["prod.yaml"]

    @Test(arguments: files) func `they are served, or refused for an engine alone`(file: String) {
        let folder = Self.root + "/routes/"
        let (problems, configuration) = CheckedFile.load(folder + file, purpose: .serve) { "test-value-of-\($0)" }
        if configuration != nil {
            #expect(!Self.waiting.contains(file))
            return
        }
        // A secret that is mounted in a pod is not on this machine either.
        #expect(Self.waiting.contains(file) || file == "sidecar.yaml", "\(Render(problems).text(.human))")
        #expect(
            Set(problems.errors.all.map(\.code)).isSubset(of: ["HP120", "HP717", "HP701", "HP709", "HP012", "HP705"]),
            "\(Render(problems).text(.human))"
        )
    }
}
