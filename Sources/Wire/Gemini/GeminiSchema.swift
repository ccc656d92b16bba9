import Conversation
import JSON

/// Makes JSON Schema of Gemini's own `Schema` (https://ai.google.dev/api/caching#Schema): a part of OpenAPI 3.0, with
/// its types in capitals, `nullable`, counts that may stand in quotes, and an order of properties.
enum GeminiSchema {
    /// The same as JSON Schema; as it stands when it is no object.
    static func standard(_ schema: JSONNode) -> JSONNode {
        JSONNode.written { write(schema, to: &$0) } ?? schema
    }

    private static func write(_ schema: JSONNode, to writer: inout JSONWriter) {
        guard schema.isObject else { return writer.node(schema) }
        let isNullable = schema.field("nullable")?.bool == true
        writer.beginObject()
        for member in schema.members where !member.value.isNull {
            let name = GeminiName.camel(member.key)
            switch name {
            case "type": type(member.value, isNullable, &writer)
            case "nullable", "propertyOrdering": break
            case "properties", "defs", "$defs":
                writer.key(member.key)
                properties(member.value, &writer)
            case "items", "additionalProperties", "not":
                writer.key(name)
                write(member.value, to: &writer)
            case "anyOf", "oneOf", "allOf", "prefixItems":
                writer.key(name)
                writer.beginArray()
                for element in member.value.elements ?? [] { write(element, to: &writer) }
                writer.endArray()
            case "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties":
                writer.key(name)
                if let whole = member.value.whole { writer.number(whole) } else { writer.node(member.value) }
            case "example":
                writer.key("examples")
                writer.beginArray()
                writer.node(member.value)
                writer.endArray()
            case "enum": values(member.value, isNullable, &writer)
            default:
                writer.key(member.key)
                writer.node(member.value)
            }
        }
        writer.endObject()
    }

    private static func type(_ node: JSONNode, _ isNullable: Bool, _ writer: inout JSONWriter) {
        guard let text = node.string else {
            writer.key("type")
            return writer.node(node)
        }
        let name = text.text.lowercased()
        guard name != "type_unspecified" else { return }
        writer.key("type")
        guard isNullable, name != "null" else { return writer.string(name) }
        writer.beginArray()
        writer.string(name)
        writer.string("null" as StaticString)
        writer.endArray()
    }

    /// What may be null must have null among its values.
    private static func values(_ node: JSONNode, _ isNullable: Bool, _ writer: inout JSONWriter) {
        writer.key("enum")
        guard let elements = node.elements else { return writer.node(node) }
        writer.beginArray()
        for element in elements { writer.node(element) }
        if isNullable, !elements.contains(where: \.isNull) { writer.null() }
        writer.endArray()
    }

    private static func properties(_ node: JSONNode, _ writer: inout JSONWriter) {
        writer.beginObject()
        for member in node.members {
            writer.key(member.key)
            write(member.value, to: &writer)
        }
        writer.endObject()
    }
}
