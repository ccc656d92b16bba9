import Foundation
import TestKit
import Testing

/// The published JSON Schema, held to its word by a validator that is not ours.
struct SchemaTests {
    @Test(.enabled(if: RealParts.areAsked, "\(RealParts.absence)"))
    func `the schema takes every route file and rejects what a schema can reject`() throws {
        let root = URL(fileURLWithPath: RealParts.folder).deletingLastPathComponent().deletingLastPathComponent().path
        let result = try run(
            "\(RealParts.cache)/jsonschema/bin/python",
            ["\(RealParts.folder)/schema.py", root],
            seconds: 120
        )
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }
}
