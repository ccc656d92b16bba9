import Report
import RouteLanguage

/// What a file says outside of its routes, read by the types of the language.
indirect enum SettingTree {
    /// A value, or a list of values.
    case leaf(Leaf)
    case branch(Branch)

    /// A value as it is written, and what it means.
    struct Leaf {
        var meaning: String
        /// For people: without secrets.
        var shown: String
        /// What it means when nobody writes it; empty where the language does not say.
        var standard = ""
    }

    /// A part with its name.
    struct Part {
        var name: String
        var tree: SettingTree
    }

    /// Named parts.
    struct Branch {
        var parts: [Part]
        /// True when the names are the author's own: such a part comes and goes as one.
        var isOfAuthor = false
    }

    /// Routes and what they inherit are compared as routes; the others are not read by the server.
    private static let apart: Set<String> = ["version", "fragment", "include", "lint", "routes", "defaults"]
    /// For checks alone.
    private static let forChecks: Set<String> = [
        "models.known", "privacy.rules[].example", "privacy.rules[].counterexample",
    ]

    /// Everything that a file and those it includes say.
    static func of(_ roots: [Node]) -> SettingTree {
        var whole = SettingTree.branch(Branch(parts: []))
        for root in roots {
            let parts = root.entries.filter { !apart.contains($0.name) }.compactMap { entry -> Part? in
                guard let schema = Schema.root[entry.name], let tree = tree(entry.value, schema) else { return nil }
                return Part(name: entry.name, tree: tree)
            }
            whole = whole.joined(with: .branch(Branch(parts: parts)))
        }
        return whole
    }

    /// Both files' parts; they name different ones, or the language would have refused them.
    private func joined(with other: SettingTree) -> SettingTree {
        guard case .branch(var mine) = self, case .branch(let others) = other else { return self }
        for part in others.parts {
            if let index = mine.parts.firstIndex(where: { $0.name == part.name }) {
                mine.parts[index].tree = mine.parts[index].tree.joined(with: part.tree)
            } else {
                mine.parts.append(part)
            }
        }
        return .branch(mine)
    }

    // MARK: Reading

    /// What a node says; `field` is the header field that it is the value of.
    private static func tree(_ node: Node, _ schema: Schema, of field: String = "") -> SettingTree? {
        guard !node.isNothing, let key = schema.key, !forChecks.contains(key.path) else { return nil }
        if node.isMapping { return mapping(node, schema, key) }
        let type = single(key.type)
        if let text = node.text {
            let leaf = Leaf(
                meaning: Meaning.text(text, type),
                shown: shown(text, type, field),
                standard: standard(key, type)
            )
            return .leaf(leaf)
        }
        guard let items = node.items else { return nil }
        if items.allSatisfy({ $0.text != nil }) {
            let texts = items.compactMap(\.text)
            let meanings = texts.map { Meaning.text($0, type) }
            // A list of alternatives says the same in any order, and once or twice.
            let isOrdered = if case .list = key.type { true } else { false }
            let meaning = (isOrdered ? meanings : Set(meanings).sorted()).joined(separator: ", ")
            let words = texts.map { shown($0, type, field) }.joined(separator: ", ")
            return .leaf(Leaf(meaning: meaning, shown: texts.isEmpty ? "[]" : words, standard: standard(key, type)))
        }
        guard let item = schema.item else { return nil }
        return .branch(Branch(parts: named(items.compactMap { tree($0, item) }), isOfAuthor: true))
    }

    private static func mapping(_ node: Node, _ schema: Schema, _ key: Key) -> SettingTree {
        let isField = if case .map(.headerName) = key.type { true } else { false }
        let parts = node.entries.compactMap { entry -> Part? in
            guard let child = schema[entry.name] ?? schema.anyName,
                let tree = tree(entry.value, child, of: isField ? entry.name : "")
            else {
                return nil
            }
            // Names of header fields are alike in any case (RFC 9110 §5.1).
            return Part(name: isField ? entry.name.lowercased() : entry.name, tree: tree)
        }
        return .branch(Branch(parts: parts, isOfAuthor: schema.anyName != nil))
    }

    /// Items by what tells them apart, which is not their position: rules of `privacy` have their tag.
    private static func named(_ items: [SettingTree]) -> [Part] {
        var counts: [String: Int] = [:]
        return items.map { item in
            let tag = item["tag"]?.words ?? "?"
            counts[tag, default: 0] += 1
            let number = counts[tag] ?? 1
            return Part(name: number == 1 ? "[\(tag)]" : "[\(tag) #\(number)]", tree: item)
        }
    }

    private static func single(_ type: KeyType) -> KeyType {
        switch type {
        case .oneOrMore(let inner), .list(let inner), .orMapping(let inner), .orMap(let inner, _): single(inner)
        case .wordOr(_, let inner): single(inner)
        default: type
        }
    }

    /// What a key means by itself; of names and globs the reference has a description only.
    private static func standard(_ key: Key, _ type: KeyType) -> String {
        switch type {
        case .glob, .name, .model: key.standard == "[]" ? "[]" : ""
        default: Meaning.text(key.standard, type)
        }
    }

    private static func shown(_ text: String, _ type: KeyType, _ field: String) -> String {
        if Meaning.isSecret(text, type) { return SecretWords.hidden }
        if SecretField.shown(text, of: field) != text, Meaning.isSecret(text, .secret) { return SecretWords.hidden }
        return text.isEmpty ? "\"\"" : text
    }

    // MARK: Asking

    /// The part of that name.
    subscript(_ name: String) -> SettingTree? {
        guard case .branch(let branch) = self else { return nil }
        return branch.parts.first { $0.name == name }?.tree
    }

    /// As a route file would write it on one line, without secrets.
    var words: String {
        switch self {
        case .leaf(let leaf): leaf.shown
        case .branch(let branch): "{\(branch.parts.map { "\($0.name): \($0.tree.listed)" }.joined(separator: ", "))}"
        }
    }

    private var listed: String {
        if case .leaf(let leaf) = self, leaf.shown.contains(", ") { return "[\(leaf.shown)]" }
        return words
    }

    /// Equal for the same meaning, whatever the order of names.
    var meaning: String {
        switch self {
        case .leaf(let leaf): return leaf.meaning
        case .branch(let branch):
            let parts = branch.parts.map { "\($0.name): \($0.tree.meaning)" }.sorted()
            return "{\(parts.joined(separator: "\n"))}"
        }
    }
}

/// How secrets are told of: by their being there, and by their being another.
enum SecretWords {
    static let hidden = "(not shown)"

    /// What stands for the value after a change when both sides look the same to people.
    static func after(_ before: String, _ after: String) -> String {
        before == after && after.contains(hidden) ? "\(after), another value" : after
    }
}
