/// The table as a tree, so that a document can be walked beside it.
package final class Schema: Sendable {
    /// Nil for the file itself.
    package let key: Key?
    /// Keys that are valid here, in the table's order.
    package let children: [(name: String, schema: Schema)]
    private let byName: [String: Schema]
    /// What stands below each name of a map.
    package let anyName: Schema?
    /// What stands in each item of a list.
    package let item: Schema?

    private init(key: Key?, children: [(String, Schema)], anyName: Schema?, item: Schema?) {
        self.key = key
        self.children = children
        byName = Dictionary(children) { first, _ in first }
        self.anyName = anyName
        self.item = item
    }

    /// The whole language: a root file.
    package static let root: Schema = make(path: "", rows: Schema.table)

    /// A file that others include: what may stand in it besides `fragment`.
    package static let fragment = Schema(
        key: nil,
        children: [("fragment", Schema(key: fragmentKey, children: [], anyName: nil, item: nil))]
            + root.children.filter { fragmentParts.contains($0.name) },
        anyName: nil,
        item: nil
    )

    /// The top-level keys that a fragment may have: maps of names, and routes.
    static let fragmentParts = ["include", "providers", "models", "pools", "rate_limits", "auth", "routes"]

    /// `fragment: 1`, which stands in the place of `version`.
    static let fragmentKey = Key(
        "fragment",
        .version,
        "",
        "Says that the file is a part of others; in place of `version`.",
        isRequired: true
    )

    /// What a match may say, wherever it stands.
    static let match: Schema = root["routes"]?.item?["match"] ?? root

    /// The key of that name.
    package subscript(_ name: String) -> Schema? { byName[name] }

    /// Every path at which a key of that name is valid, in the table's order.
    package static func paths(ofKey name: String) -> [String] { table.filter { $0.name == name }.map(\.path) }

    static func make(path: String, rows: [Key]) -> Schema {
        let key = rows.first { $0.path == path }
        let below = rows.filter { $0.path != path && $0.path.hasPrefix(path) }
        var children: [(String, Schema)] = []
        var anyName: Schema?
        var item: Schema?
        for row in below {
            let rest = row.path.dropFirst(path.count)
            if rest == "[]" {
                item = make(path: row.path, rows: below)
            } else if path.isEmpty || rest.hasPrefix(".") {
                let tail = path.isEmpty ? rest : rest.dropFirst()
                guard !tail.contains("."), !tail.contains("[") else { continue }
                let schema = make(path: row.path, rows: below)
                if tail == "*" { anyName = schema } else { children.append((String(tail), schema)) }
            }
        }
        return Schema(key: key, children: children, anyName: anyName, item: item)
    }
}
