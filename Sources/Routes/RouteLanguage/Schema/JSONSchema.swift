/// The table of keys as JSON Schema 2020-12, for editors.
///
/// It says of shape, words and units what a schema can say; what hangs together across a file is for `lint`.
package enum JSONSchema {
    /// The whole schema as JSON text.
    package static func text() -> String { root.text() + "\n" }

    private static let root = JSONValue.object([
        ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
        ("title", .string("hoosh-proxy route file")),
        ("type", .string("object")),
        ("if", .object([("required", .words(["fragment"]))])),
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

    private static func reference(_ name: String) -> JSONValue { .object([("$ref", .string("#/$defs/\(name)"))]) }

    private static func anyOf(_ values: [JSONValue]) -> JSONValue { .object([("anyOf", .array(values))]) }

    // MARK: Structures

    /// What a root file lacks may stand in a file that it includes.
    private static var file: JSONValue {
        let parts = anyOf([
            .object([("required", .words(["include"]))]), .object([("required", .words(["providers", "routes"]))]),
        ])
        return object(Schema.root, required: ["version"], with: [("allOf", .array([parts]))])
    }

    private static var route: JSONValue {
        guard let item = Schema.root["routes"]?.item else { return .object([]) }
        let alone: [(String, JSONValue)] = [("required", .words(["include"])), ("maxProperties", .number(1))]
        let choice: [JSONValue] = [
            .object([("required", .words(["to"]))]), .object([("required", .words(["deny"]))]), .object(alone),
        ]
        return object(item, with: [("oneOf", .array(choice))])
    }

    private static var toItem: Schema? { Schema.root["routes"]?.item?["to"]?.item }
    private static let tierKeys = ["targets", "strategy"]

    private static var tier: JSONValue {
        guard let item = toItem else { return .object([]) }
        let targets = array(of: reference("target"), least: 1)
        let fields: [(String, JSONValue)] = item.children.filter { tierKeys.contains($0.name) }.map { child in
            (child.name, child.name == "targets" ? targets : value(child.schema))
        }
        let mapping = JSONValue.object([
            ("type", .string("object")), ("properties", .object(fields)), ("required", .words(["targets"])),
            ("additionalProperties", .boolean(false)),
        ])
        return anyOf([reference("target"), targets, mapping])
    }

    private static var target: JSONValue {
        guard let item = toItem else { return .object([]) }
        let fields = item.children.filter { !tierKeys.contains($0.name) }.map { ($0.name, value($0.schema)) }
        let mapping = JSONValue.object([
            ("type", .string("object")), ("properties", .object(fields)), ("required", .words(["provider"])),
            ("additionalProperties", .boolean(false)),
        ])
        let name: [(String, JSONValue)] = [
            ("description", .string("`provider`, `provider/model`, `local`, `remote` or `any`.")),
            ("type", .string("string")), ("pattern", .string("^[a-z][a-z0-9_-]{0,62}(/.+)?$")),
        ]
        return anyOf([.object(name), mapping])
    }

    private static func array(of item: JSONValue, least: Int = 0) -> JSONValue {
        var fields: [(String, JSONValue)] = [("type", .string("array")), ("items", item)]
        if least > 0 { fields.append(("minItems", .number(least))) }
        return .object(fields)
    }

    private static func object(
        _ schema: Schema,
        required: [String]? = nil,
        with extras: [(String, JSONValue)] = []
    ) -> JSONValue {
        let needed = required ?? schema.children.filter { $0.schema.key?.isRequired == true }.map(\.name)
        var fields: [(String, JSONValue)] = [("type", .string("object"))]
        fields.append(("properties", .object(schema.children.map { ($0.name, value($0.schema)) })))
        if !needed.isEmpty { fields.append(("required", .words(needed))) }
        fields.append(("additionalProperties", schema.anyName.map { value($0) } ?? .boolean(false)))
        return .object(fields + extras)
    }

    private static func map(_ schema: Schema, _ names: KeyType) -> JSONValue {
        var fields: [(String, JSONValue)] = [("type", .string("object"))]
        if let pattern = JSONScalars.namePattern(names) {
            fields.append(("propertyNames", .object([("pattern", .string(pattern))])))
        }
        fields.append(("additionalProperties", schema.anyName.map { value($0) } ?? .boolean(true)))
        if schema.key?.isRequired == true { fields.append(("minProperties", .number(1))) }
        return .object(fields)
    }

    // MARK: Keys

    /// A key's value with what the reference says of it.
    private static func value(_ schema: Schema) -> JSONValue {
        guard let key = schema.key else { return .object([]) }
        var note = key.note
        if case .later = key.engine { note += " No engine in this build." }
        var fields: [(String, JSONValue)] = [("description", .string(note))]
        if let standard = JSONScalars.standard(key) { fields.append(("default", standard)) }
        if case .object(let shape) = shape(key.type, schema) { fields += shape }
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
            return array(of: schema.item.map { value($0) } ?? .object([]))
        case .oneOrMore(let inner):
            let single = shape(inner, schema)
            return anyOf([single, array(of: single, least: 1)])
        case .list(let inner): return array(of: shape(inner, schema))
        case .wordOr(let word, let inner): return anyOf([.object([("const", .string(word))]), shape(inner, schema)])
        case .unread: return .object([])
        default: return .object(JSONScalars.shape(type))
        }
    }
}
