/// The table as a tree, so that a document can be walked beside it.
package final class Schema: Sendable {
    /// Nil for the file itself.
    package let key: Key?
    /// Keys that are valid here, in the table's order.
    package let children: [(name: String, schema: Schema)]
    /// What stands below each name of a map.
    package let anyName: Schema?
    /// What stands in each item of a list.
    package let item: Schema?

    private init(key: Key?, children: [(String, Schema)], anyName: Schema?, item: Schema?) {
        self.key = key
        self.children = children
        self.anyName = anyName
        self.item = item
    }

    /// The whole language.
    package static let root: Schema = make(path: "", rows: Schema.table)

    /// The key of that name.
    package subscript(_ name: String) -> Schema? { children.first { $0.name == name }?.schema }

    /// Every path at which a key of that name is valid, in the table's order.
    package static func paths(ofKey name: String) -> [String] { table.filter { $0.name == name }.map(\.path) }

    private static func make(path: String, rows: [Key]) -> Schema {
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
