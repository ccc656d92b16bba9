import Report

/// The table of keys as JSON Schema 2020-12, for editors.
///
/// It says of shape, words and units what a schema can say; what hangs together across a file is for `lint`.
package enum JSONSchema {
    /// The whole schema as JSON text.
    package static func text() -> String { root.written() + "\n" }

    private static let root = JSONValue.object([
        ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
        ("title", .text("hoosh-proxy route file")),
        ("type", .text("object")),
        ("if", .object([("required", .texts(["fragment"]))])),
        ("then", reference("fragment")),
        ("else", reference("file")),
        (
            "$defs",
            .object([
                ("file", file),
                ("fragment", object(Schema.fragment, required: ["fragment"])),
                ("route", route),
                ("match", object(Schema.match)),
                ("tier", tier),
                ("target", target),
            ])
        ),
    ])

    private static func reference(_ name: String) -> JSONValue { .object([("$ref", .text("#/$defs/\(name)"))]) }

    private static func anyOf(_ values: [JSONValue]) -> JSONValue { .object([("anyOf", .list(values))]) }

    // MARK: Structures

    /// What a root file lacks may stand in a file that it includes.
    private static var file: JSONValue {
        let parts = anyOf([
            .object([("required", .texts(["include"]))]), .object([("required", .texts(["providers", "routes"]))]),
        ])
        return object(Schema.root, required: ["version"], with: [("allOf", .list([parts]))])
    }

    private static var route: JSONValue {
        guard let item = Schema.root["routes"]?.item else { return .empty }
        let alone: [(String, JSONValue)] = [("required", .texts(["include"])), ("maxProperties", .number(1))]
        let choice: [JSONValue] = [
            .object([("required", .texts(["to"]))]), .object([("required", .texts(["deny"]))]), .object(alone),
        ]
        return object(item, with: [("oneOf", .list(choice))])
    }

    private static var toItem: Schema? { Schema.root["routes"]?.item?["to"]?.item }
    private static let tierKeys = ["targets", "strategy"]

    private static var tier: JSONValue {
        guard let item = toItem else { return .empty }
        let targets = array(of: reference("target"), least: 1)
        let fields: [(String, JSONValue)] = item.children.filter { tierKeys.contains($0.name) }.map { child in
            (child.name, child.name == "targets" ? targets : value(child.schema))
        }
        let mapping = JSONValue.object([
            ("type", .text("object")), ("properties", .object(fields)), ("required", .texts(["targets"])),
            ("additionalProperties", .bool(false)),
        ])
        return anyOf([reference("target"), targets, mapping])
    }

    private static var target: JSONValue {
        guard let item = toItem else { return .empty }
        let fields = item.children.filter { !tierKeys.contains($0.name) }.map { ($0.name, value($0.schema)) }
        let mapping = JSONValue.object([
            ("type", .text("object")), ("properties", .object(fields)), ("required", .texts(["provider"])),
            ("additionalProperties", .bool(false)),
        ])
        let name: [(String, JSONValue)] = [
            ("description", .text("`provider`, `provider/model`, `local`, `remote` or `any`.")),
            ("type", .text("string")), ("pattern", .text("^[a-z][a-z0-9_-]{0,62}(/.+)?$")),
        ]
        return anyOf([.object(name), mapping])
    }

    private static func array(of item: JSONValue, least: Int = 0) -> JSONValue {
        var fields: [(String, JSONValue)] = [("type", .text("array")), ("items", item)]
        if least > 0 { fields.append(("minItems", .number(least))) }
        return .object(fields)
    }

    private static func object(
        _ schema: Schema,
        required: [String]? = nil,
        with extras: [(String, JSONValue)] = []
    ) -> JSONValue {
        let needed = required ?? schema.children.filter { $0.schema.key?.isRequired == true }.map(\.name)
        var fields: [(String, JSONValue)] = [("type", .text("object"))]
        fields.append(("properties", .object(schema.children.map { ($0.name, value($0.schema)) })))
        if !needed.isEmpty { fields.append(("required", .texts(needed))) }
        fields.append(("additionalProperties", schema.anyName.map { value($0) } ?? .bool(false)))
        return .object(fields + extras)
    }

    private static func map(_ schema: Schema, _ names: KeyType) -> JSONValue {
        var fields: [(String, JSONValue)] = [("type", .text("object"))]
        if let pattern = JSONScalars.namePattern(names) {
            fields.append(("propertyNames", .object([("pattern", .text(pattern))])))
        }
        fields.append(("additionalProperties", schema.anyName.map { value($0) } ?? .bool(true)))
        if schema.key?.isRequired == true { fields.append(("minProperties", .number(1))) }
        return .object(fields)
    }

    // MARK: Keys

    /// A key's value with what the reference says of it.
    private static func value(_ schema: Schema) -> JSONValue {
        guard let key = schema.key else { return .empty }
        var note = key.note
        if case .later = key.engine { note += " No engine in this build." }
        var fields: [(String, JSONValue)] = [("description", .text(note))]
        if let standard = JSONScalars.standard(key) { fields.append(("default", standard)) }
        if case .object(let shape) = shape(key.type, schema) { fields += shape.map { ($0.name, $0.value) } }
        return .object(fields)
    }

    private static func shape(_ type: KeyType, _ schema: Schema) -> JSONValue {
        switch type {
        case .mapping: return object(schema)
        case .map(let names): return map(schema, names)
        case .orMapping(let inner): return anyOf([shape(inner, schema), object(schema)])
        case .orMap(let inner, let names): return anyOf([shape(inner, schema), map(schema, names)])
        case .same: return reference("match")
        case .items:
            let path = schema.key?.path ?? ""
            if path == "routes" { return array(of: reference("route"), least: 1) }
            if path == "routes[].to" { return array(of: reference("tier"), least: 1) }
            return array(of: schema.item.map { value($0) } ?? .empty)
        case .oneOrMore(let inner):
            let single = shape(inner, schema)
            return anyOf([single, array(of: single, least: 1)])
        case .list(let inner): return array(of: shape(inner, schema))
        case .wordOr(let word, let inner): return anyOf([.object([("const", .text(word))]), shape(inner, schema)])
        case .unread: return .empty
        default: return .object(JSONScalars.shape(type))
        }
    }
}
