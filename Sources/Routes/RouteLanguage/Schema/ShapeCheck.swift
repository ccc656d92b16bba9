import Decision
import Routing
import Providers
import Report

/// Walks a document beside the schema: unknown keys, missing keys, wrong types, keys without an engine.
///
/// What it lets pass can be read without further questions; what it reports, later steps pass over in silence.
struct ShapeCheck {
    let findings: Findings
    let purpose: RouteFile.Purpose

    /// Checks the whole file.
    func check(_ root: Node) {
        guard root.isMapping else {
            findings.error(
                "HP103",
                "a route file is a mapping, not \(root.noun)",
                at: root.spot,
                help: ["start with:  version: 1"]
            )
            return
        }
        version(root)
        mapping(root, Schema.root, named: nil, isLater: false)
    }

    private func version(_ root: Node) {
        guard let entry = root.entry("version") else {
            let isFragment = root.entry("fragment") != nil
            findings.error(
                "HP102",
                isFragment ? "a fragment cannot be served by itself" : "`version` is missing",
                at: root.spot,
                help: ["the first line of a route file is:  version: 1"]
            )
            return
        }
        guard let text = entry.value.text, !entry.value.isBroken, text != "1" else { return }
        findings.error("HP102", "this build reads version 1, not \(Values.shown(text))", at: entry.value.spot)
    }

    // MARK: Structures

    private func mapping(_ node: Node, _ schema: Schema, named name: String?, isLater: Bool) {
        if node.isBroken { return }
        guard node.isMapping else {
            findings.error("HP103", "\(subject(name)) takes a mapping, not \(node.noun)", at: node.spot)
            return
        }
        for entry in node.entries {
            findings.reading(entry) { self.entry(entry, schema, isLater: isLater) }
        }
        // What an engine-less part lacks will be asked for by its engine.
        if isLater || node.isPartial { return }
        for child in schema.children where child.schema.key?.isRequired == true && child.name != "version" {
            guard node.entry(child.name) == nil else { continue }
            findings.error("HP104", "\(name.map { "`\($0)`" } ?? "the file") needs `\(child.name)`", at: node.spot)
        }
    }

    private func subject(_ name: String?) -> String { name.map { "`\($0)`" } ?? "this" }

    private func entry(_ entry: Node.Entry, _ schema: Schema, isLater: Bool) {
        guard let child = schema[entry.name], let key = child.key else {
            unknown(entry, schema)
            return
        }
        keyStyle(entry.key)
        let isWaiting = !isLater && !hasEngine(key, entry.value)
        if isWaiting { engineless("`\(entry.name)`", at: entry.key.spot) }
        value(entry.value, child, named: entry.name, isLater: isLater || isWaiting)
    }

    private func hasEngine(_ key: Key, _ value: Node) -> Bool {
        switch key.engine {
        case .yes: true
        case .later: false
        case .laterUnless(let word): value.text == word
        }
    }

    /// HP120: the language has it, this build has not (`routes.md` A10).
    func engineless(_ what: String, at spot: Spot) {
        findings.add(
            Problem(
                purpose == .serve ? .error : .note,
                "HP120",
                "\(what) has no engine in this build",
                at: spot,
                notes: ["the server refuses the file rather than serve it as if this were not there"]
            )
        )
    }

    private func unknown(_ entry: Node.Entry, _ schema: Schema) {
        if schema === Schema.root, entry.name == "fragment" { return }
        guard findings.wantsSuggestions("HP101") else {
            findings.error("HP101", "unknown key \(Values.shown(entry.name))", at: entry.key.spot)
            return
        }
        let here = schema.children.map(\.name)
        var help: [String] = []
        var isFixable = false
        if let near = Suggestion.nearest(to: entry.name, among: here) {
            help = ["did you mean `\(near)`?"]
            isFixable = true
        } else if let path = nearestPath(of: entry.name, to: schema) {
            help = ["`\(entry.name)` belongs \(place(path))"]
        } else if !here.isEmpty {
            let list = here.prefix(12).joined(separator: ", ")
            help = ["known here: \(list)\(here.count > 12 ? ", …" : "")"]
        }
        let problem = Problem(
            .error,
            "HP101",
            "unknown key \(Values.shown(entry.name))",
            at: entry.key.spot,
            help: help,
            fix: isFixable ? .unsafe : nil
        )
        findings.add(problem)
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
        case .map: map(node, schema, named: name, isLater: isLater)
        case .items:
            if key.path == "routes[].to" {
                TierShape(check: self, schema: schema).check(node)
            } else {
                items(node, schema, named: name, isLater: isLater)
            }
        case .unread: break
        default:
            // A scalar without an engine is still read, so that its own faults are not found later one by one.
            ScalarCheck(findings: findings, key: key, name: name).check(node, key.type)
            if !isLater, let text = node.text { engineOfWord(text, key, node) }
        }
    }

    private func engineOfWord(_ text: String, _ key: Key, _ node: Node) {
        if key.path == "providers.*.kind", ProviderKind.named(text)?.hasEngine == false {
            engineless("kind `\(text)`", at: node.spot)
        }
        if key.name == "strategy", text == Strategy.cost.rawValue { engineless("strategy `cost`", at: node.spot) }
    }

    private func map(_ node: Node, _ schema: Schema, named name: String, isLater: Bool) {
        guard node.isMapping else {
            findings.error("HP103", "`\(name)` takes names with values, not \(node.noun)", at: node.spot)
            return
        }
        if node.entries.isEmpty, schema.key?.isRequired == true {
            findings.error("HP104", "`\(name)` needs at least one entry", at: node.spot)
        }
        for entry in node.entries {
            findings.reading(entry) {
                mapName(entry.key, schema.key?.path ?? "")
                if let any = schema.anyName { value(entry.value, any, named: entry.name, isLater: isLater) }
            }
        }
    }

    private func mapName(_ key: Node, _ path: String) {
        guard let text = key.text else { return }
        keyStyle(key)
        do throws(ValueFault) {
            if path == "models.aliases" {
                if text.isEmpty { throw ValueFault("HP108", "an alias needs a name") }
            } else if path.hasSuffix(".headers") || path.hasSuffix(".set") {
                _ = try Values.headerName(text)
            } else {
                _ = try Values.name(text)
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
