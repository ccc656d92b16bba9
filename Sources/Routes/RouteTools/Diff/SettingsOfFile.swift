import RouteLanguage

/// What a file says outside of its routes, value by value: `providers.far.url` and the like.
enum FileSettingWords {
    /// Routes and what they inherit are compared as routes; the others are not read by the server.
    private static let apart: Set<String> = ["version", "fragment", "include", "lint", "routes", "defaults"]

    /// By path, as written.
    static func all(_ roots: [Node]) -> [String: String] {
        var words: [String: String] = [:]
        for entry in roots.flatMap(\.entries) where !apart.contains(entry.name) {
            collect(entry.value, entry.name, &words)
        }
        return words
    }

    /// Paths with another value on each side; secrets are named, not shown.
    static func changes(_ old: [Node], _ new: [Node]) -> [Comparison.Setting] {
        let (before, after) = (all(old), all(new))
        return Set(before.keys).union(after.keys).sorted().compactMap { path in
            let (left, right) = (before[path], after[path])
            if left == right { return nil }
            return Comparison.Setting(route: "", name: path, before: shown(left, path), after: shown(right, path))
        }
    }

    private static func shown(_ value: String?, _ path: String) -> String {
        guard let value else { return "unset" }
        let names = path.split(separator: ".").map(String.init)
        let isSecret =
            names.contains { ["key", "token", "headers", "admin_token"].contains($0) } || value.contains("@")
        let isReference = ["env:", "file:", "sha256:"].contains { value.hasPrefix($0) }
        return isSecret && !isReference ? "(not shown)" : value.isEmpty ? "\"\"" : value
    }

    private static func collect(_ node: Node, _ path: String, _ words: inout [String: String]) {
        if let text = node.text { return words[path] = text }
        if node.isMapping {
            if node.entries.isEmpty { words[path] = "{}" }
            for entry in node.entries { collect(entry.value, "\(path).\(entry.name)", &words) }
            return
        }
        guard let items = node.items else { return }
        // A list of plain values is one setting, and a single value is the same as a list of one.
        if items.allSatisfy({ $0.text != nil }) {
            words[path] = items.isEmpty ? "[]" : items.compactMap(\.text).joined(separator: ", ")
            return
        }
        for (number, item) in items.enumerated() { collect(item, "\(path)[\(number)]", &words) }
    }
}
