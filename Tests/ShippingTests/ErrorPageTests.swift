import Foundation
import Testing

/// `docs/errors.md` has every code that the proxy refuses with.
@Suite struct ErrorPageTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The words that stand where a refusal has its code.
    private func codes() throws -> Set<String> {
        var found: Set<String> = []
        for folder in ["Sources/Service", "Sources/Wire/HTTP", "Sources/Path", "Sources/Wire/Dialect"] {
            let files = FileManager.default.enumerator(
                at: Self.root.appendingPathComponent(folder),
                includingPropertiesForKeys: nil
            )
            while let file = files?.nextObject() as? URL {
                guard file.pathExtension == "swift", !file.path.contains("hoosh-mock") else { continue }
                let text = try String(contentsOf: file, encoding: .utf8)
                let pattern = #/(?:Refusal|HTTPFault|Fault|self\.init)\(\s*[0-9]{3},\s*"([a-z_]+)"/#
                found.formUnion(text.matches(of: pattern).map { String($0.output.1) })
            }
        }
        return found
    }

    @Test func `every code of a refusal is explained`() throws {
        let page = try String(contentsOf: Self.root.appendingPathComponent("docs/errors.md"), encoding: .utf8)
        let codes = try codes()
        #expect(codes.count > 30)
        let missing = codes.filter { !page.contains("`\($0)`") }.sorted()
        #expect(missing.isEmpty, "docs/errors.md says nothing of \(missing.joined(separator: ", "))")
    }
}
