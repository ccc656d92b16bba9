import JSON

/// Writes JSON schemas as Anthropic takes them.
///
/// Where a schema is enforced, every object must forbid other members, and bounds of numbers, texts and lists have no
/// word (build-with-claude/structured-outputs). Anthropic's own libraries rewrite schemas the same way: what has no word
/// is told to the model in the description.
struct AnthropicSchema {
    private static let formats: Set = [
        "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid",
    ]

    /// Words that were left out.
    private(set) var left: [String] = []

    /// Writes a schema that is enforced.
    mutating func write(_ node: JSONNode, _ writer: inout JSONWriter) {
        guard node.isObject else { return writer.node(node) }
        let isObject = node["type"]?.string == "object" || node["properties"] != nil
        var told: [JSONNode.Member] = []
        writer.beginObject()
        for member in node.members {
            switch member.key {
            case "$schema", "$id", "description": continue
            case "additionalProperties" where isObject:
                if member.value.bool != false { leave(member.key) }
            case _ where isUnknown(member):
                leave(member.key)
                told.append(member)
            default: write(member, &writer)
            }
        }
        if isObject {
            writer.key("additionalProperties")
            writer.bool(false)
        }
        describe(node["description"]?.string, told, &writer)
        writer.endObject()
    }

    private mutating func write(_ member: JSONNode.Member, _ writer: inout JSONWriter) {
        // `oneOf` is taken in its weaker form.
        writer.key(member.key == "oneOf" ? "anyOf" : member.key)
        switch member.key {
        case "properties", "$defs", "definitions": all(member.value, &writer)
        case "items", "not": write(member.value, &writer)
        case "anyOf", "oneOf", "allOf":
            writer.beginArray()
            for element in member.value.elements ?? [] { write(element, &writer) }
            writer.endArray()
        default: writer.node(member.value)
        }
    }

    private func describe(_ own: JSONString?, _ told: [JSONNode.Member], _ writer: inout JSONWriter) {
        guard own != nil || !told.isEmpty else { return }
        writer.key("description")
        guard !told.isEmpty else { return writer.string(own ?? "") }
        let words = told.map { JSONString($0.key + ": ") + JSONString(plain: Array($0.value.source)) }
        var text = own.map { $0 + "\n\n{" } ?? "{"
        for (index, word) in words.enumerated() { text = (index == 0 ? text : text + ", ") + word }
        writer.string(text + "}")
    }

    private mutating func all(_ node: JSONNode, _ writer: inout JSONWriter) {
        writer.beginObject()
        for member in node.members {
            writer.key(member.key)
            write(member.value, &writer)
        }
        writer.endObject()
    }

    private mutating func leave(_ word: String) { if !left.contains(word) { left.append(word) } }

    private func isUnknown(_ member: JSONNode.Member) -> Bool {
        switch member.key {
        case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
            "maxItems", "uniqueItems", "minProperties", "maxProperties", "patternProperties", "propertyNames",
            "contains", "minContains", "maxContains":
            true
        case "format": !AnthropicSchema.formats.contains(member.value.string?.text ?? "")
        case "minItems": (member.value.integer ?? 2) > 1
        default: false
        }
    }

    /// Writes the schema of a tool's input, which must be that of an object.
    static func input(_ node: JSONNode?, _ writer: inout JSONWriter) {
        guard let node, node.isObject, !node.members.isEmpty else {
            return writer.raw("{\"type\":\"object\",\"properties\":{}}" as StaticString)
        }
        if node["type"] != nil { return writer.node(node) }
        AnthropicBlocks.begin("object", &writer)
        for member in node.members {
            writer.key(member.key)
            writer.node(member.value)
        }
        writer.endObject()
    }
}
