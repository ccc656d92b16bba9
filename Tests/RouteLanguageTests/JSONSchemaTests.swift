import Foundation
import RouteLanguage
import Testing

@Suite struct JSONSchemaTests {
    private func schema() throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(JSONSchema.text().utf8))
        return try #require(object as? [String: Any])
    }

    @Test func `the schema is JSON with a place for every key`() throws {
        let schema = try schema()
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        let parts = try #require(schema["$defs"] as? [String: [String: Any]])
        let file = try #require(parts["file"]?["properties"] as? [String: [String: Any]])
        for child in Schema.root.children { #expect(file[child.name]?["description"] != nil, "\(child.name)") }
        #expect(Set(file.keys) == Set(Schema.root.children.map(\.name)))
        let match = try #require(parts["match"]?["properties"] as? [String: [String: Any]])
        #expect(Set(match.keys) == Set(Schema.root["routes"]?.item?["match"]?.children.map(\.name) ?? []))
        #expect(match["not"]?["$ref"] as? String == "#/$defs/match")
        #expect(parts["match"]?["additionalProperties"] as? Bool == false)
        #expect(parts["fragment"]?["required"] as? [String] == ["fragment"])
    }

    @Test func `words, units and defaults are in the schema`() throws {
        let text = JSONSchema.text()
        #expect(text.contains("\"enum\": [\"public\", \"internal\", \"confidential\", \"restricted\"]"))
        #expect(text.contains("\"default\": \"16MiB\""))
        #expect(text.contains("\"default\": 4096"))
        #expect(text.contains("/(sec|min|hour|day|week|month)"))
        #expect(!text.contains("\"default\": \"by kind\""))
    }

    @Test func `every reference leads somewhere`() throws {
        let schema = try schema()
        let names = Set((schema["$defs"] as? [String: Any] ?? [:]).keys)
        var seen: Set<String> = []
        func walk(_ value: Any) {
            if let object = value as? [String: Any] {
                if let reference = object["$ref"] as? String { seen.insert(String(reference.dropFirst(8))) }
                object.values.forEach(walk)
            } else if let items = value as? [Any] {
                items.forEach(walk)
            }
        }
        walk(schema)
        #expect(seen == names.subtracting([]) && seen.isSubset(of: names))
    }
}
