import Decision
import Providers
import Report
import Routing

/// Walks a document beside the schema: unknown keys, missing keys, wrong types, keys without an engine.
///
/// What it lets pass can be read without further questions; what it reports, later steps pass over in silence.
struct ShapeCheck {
    let findings: Findings
    let engines: EngineCheck

    /// Checks a root file, or one that others include.
    func check(_ root: Node, isFragment: Bool) {
        guard root.isMapping else {
            findings.error(
                "HP103",
                "a route file is a mapping, not \(root.noun)",
                at: root.spot,
                help: ["start with:  \(isFragment ? "fragment" : "version"): 1"]
            )
            return
        }
        version(root, isFragment: isFragment)
        mapping(root, isFragment ? Schema.fragment : Schema.root, named: nil, isLater: false)
    }

    private func version(_ root: Node, isFragment: Bool) {
        let (word, other) = isFragment ? ("fragment", "version") : ("version", "fragment")
        guard let entry = root.entry(word) else {
            let hasOther = root.entry(other) != nil
            let sentence = isFragment ? "an included file is a fragment" : "a fragment cannot be served by itself"
            findings.error(
                "HP102",
                hasOther ? sentence : "`\(word)` is missing",
                at: root.entry(other)?.key.spot ?? root.spot,
                help: ["the first line of \(isFragment ? "an included" : "a route") file is:  \(word): 1"]
            )
            return
        }
        guard let text = entry.value.text, !entry.value.isBroken, text != "1" else { return }
        findings.error("HP102", "this build reads version 1, not \(Values.shown(text))", at: entry.value.spot)
    }

    // MARK: Structures

    func mapping(_ node: Node, _ schema: Schema, named name: String?, isLater: Bool) {
        if node.isBroken { return }
        guard node.isMapping else {
            findings.error("HP103", "\(subject(name)) takes a mapping, not \(node.noun)", at: node.spot)
            return
        }
        for entry in node.entries {
            findings.reading(entry) { self.entry(entry, of: node, schema, isLater: isLater) }
        }
        if node.isPartial { return }
        // What is missing because of a slip has been spoken of.
        let meant = node.entries.filter { schema[$0.name] == nil }.prefix(8).compactMap { entry in
            Suggestion.nearest(to: entry.name, among: schema.children.map(\.name))
        }
        for child in schema.children where child.schema.key?.isRequired == true {
            guard child.name != "version", child.name != "fragment", node.entry(child.name) == nil,
                !meant.contains(child.name)
            else { continue }
            // What the root file lacks may stand in a file that it includes.
            if schema === Schema.root || schema === Schema.fragment, node.entry("include") != nil { continue }
            if schema === Schema.fragment { continue }
            findings.error("HP104", "\(name.map { "`\($0)`" } ?? "the file") needs `\(child.name)`", at: node.spot)
        }
    }

    private func subject(_ name: String?) -> String { name.map { "`\($0)`" } ?? "this" }

    private func entry(_ entry: Node.Entry, of node: Node, _ schema: Schema, isLater: Bool) {
        guard let child = schema[entry.name] ?? named(entry, schema), let key = child.key else {
            unknown(entry, of: node, schema)
            return
        }
        keyStyle(entry.key)
        let isWaiting = !isLater && engines.isMissing(key, entry)
        value(entry.value, child, named: entry.name, isLater: isLater || isWaiting)
    }

    /// What stands below a name of the author's in a mapping that has fixed keys as well: a glob with a price.
    private func named(_ entry: Node.Entry, _ schema: Schema) -> Schema? {
        guard let any = schema.anyName, entry.value.isMapping else { return nil }
        mapName(entry.key, .glob)
        return any
    }

    private func unknown(_ entry: Node.Entry, of node: Node, _ schema: Schema) {
        // `version` and `fragment` in one another's place have been spoken of.
        if schema === Schema.root && entry.name == "fragment" { return }
        if schema === Schema.fragment && entry.name == "version" { return }
        guard findings.wantsSuggestions("HP101") else {
            findings.error("HP101", "unknown key \(Values.shown(entry.name))", at: entry.key.spot)
            return
        }
        let here = schema.children.map(\.name)
        var help: [String] = []
        let near = Suggestion.nearest(to: entry.name, among: here)
        if let near {
            help = ["did you mean `\(near)`?"]
        } else if schema === Schema.fragment, Schema.root[entry.name] != nil {
            help = ["`\(entry.name)` belongs in the root file"]
        } else if let path = nearestPath(of: entry.name, to: schema) {
            help = ["`\(entry.name)` belongs \(place(path))"]
        } else if !here.isEmpty {
            let list = here.prefix(12).joined(separator: ", ")
            help = ["known here: \(list)\(here.count > 12 ? ", …" : "")"]
        }
        // Where the right key stands already, another of its name would be worse.
        let replacement = near.flatMap { node.entry($0) == nil ? $0 : nil }
        findings.add(
            Problem(
                .error,
                "HP101",
                "unknown key \(Values.shown(entry.name))",
                at: entry.key.spot,
                help: help,
                fix: replacement == nil ? nil : .unsafe,
                edits: findings.edits(entry.key, replacement)
            )
        )
    }

    /// Among the places where a key is valid, the one that shares most with here.
    private func nearestPath(of name: String, to schema: Schema) -> String? {
        let here = schema.key?.path ?? ""
        return Schema.paths(ofKey: name).max { left, right in
            left.commonPrefix(with: here) < right.commonPrefix(with: here)
        }
    }

    private func place(_ path: String) -> String {
        let parts = path.split(separator: ".").dropLast().filter { $0 != "*" }
        guard let parent = parts.last else { return "at the top level" }
        return parent == "routes[]" ? "in a route" : "under `\(parent.hasSuffix("[]") ? parent.dropLast(2) : parent)`"
    }

    private func value(_ node: Node, _ schema: Schema, named name: String, isLater: Bool) {
        guard !node.isBroken, let key = schema.key else { return }
        switch key.type {
        case .mapping: mapping(node, schema, named: name, isLater: isLater)
        case .map(let names): map(node, schema, names, named: name, isLater: isLater)
        case .orMapping where node.isMapping: mapping(node, schema, named: name, isLater: isLater)
        case .orMap(_, let names) where node.isMapping: map(node, schema, names, named: name, isLater: isLater)
        case .same(let path):
            mapping(node, path == "routes[].match" ? Schema.match : schema, named: name, isLater: isLater)
        case .items:
            if key.path == "routes[].to" {
                TierShape(check: self, schema: schema).check(node)
            } else if key.path != "routes[].to[].targets" {
                items(node, schema, named: name, isLater: isLater)
            }
        case .unread: break
        default:
            // A scalar without an engine is still read, so that its own faults are not found later one by one.
            ScalarCheck(findings: findings, key: key, name: name).check(node, key.type)
        }
    }

    private func map(_ node: Node, _ schema: Schema, _ names: KeyType, named name: String, isLater: Bool) {
        guard node.isMapping else {
            findings.error("HP103", "`\(name)` takes names with values, not \(node.noun)", at: node.spot)
            return
        }
        if node.entries.isEmpty, schema.key?.isRequired == true {
            findings.error("HP104", "`\(name)` needs at least one entry", at: node.spot)
        }
        for entry in node.entries {
            findings.reading(entry) {
                mapName(entry.key, names)
                if let any = schema.anyName { value(entry.value, any, named: entry.name, isLater: isLater) }
            }
        }
    }

    private func mapName(_ key: Node, _ type: KeyType) {
        guard let text = key.text else { return }
        keyStyle(key)
        do throws(ValueFault) {
            switch type {
            case .model: if text.isEmpty { throw ValueFault("HP108", "an alias needs a name") }
            case .headerName: _ = try Values.headerName(text)
            case .glob: _ = try Values.glob(text)
            case .code: try Values.code(text)
            case .text: try Values.variable(text)
            default: _ = try Values.name(text)
            }
        } catch {
            findings.error(error.code, error.sentence, at: key.spot, help: error.help)
        }
    }

    private func keyStyle(_ key: Node) {
        guard let text = key.text, key.isPlain, let type = OldYAML.type(of: text) else { return }
        ScalarCheck.warnOldYAML(text, type, key, findings)
    }

    private func items(_ node: Node, _ schema: Schema, named name: String, isLater: Bool) {
        guard let items = node.items else {
            findings.error("HP103", "`\(name)` takes a list, not \(node.noun)", at: node.spot)
            return
        }
        if items.isEmpty, schema.key?.isRequired == true {
            findings.error("HP104", "`\(name)` needs at least one item", at: node.spot)
        }
        guard let item = schema.item else { return }
        for node in items { value(node, item, named: name, isLater: isLater) }
    }

    /// Checks a mapping inside `to` against the keys that are allowed there.
    func tierMapping(_ node: Node, _ schema: Schema) { mapping(node, schema, named: "to", isLater: false) }
}

extension String {
    /// How many leading characters two texts share.
    fileprivate func commonPrefix(with other: String) -> Int { zip(self, other).prefix { $0 == $1 }.count }
}
