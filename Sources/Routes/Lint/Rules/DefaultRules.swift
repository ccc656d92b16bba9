import Report
import RouteLanguage

/// HP905: keys that say what holds anyway.
struct DefaultRules {
    private let root: Node
    private let path: String
    private let edits: SourceEdits
    private var findings: [Problem] = []

    static func check(_ files: [LoadedFile], _ survey: Survey, _ findings: inout [Problem]) {
        for file in files {
            guard let root = file.root else { continue }
            var rules = DefaultRules(root: root, path: file.path, edits: survey.edits)
            rules.walk(root, Schema.root)
            findings += rules.findings
        }
    }

    private init(root: Node, path: String, edits: SourceEdits) {
        self.root = root
        self.path = path
        self.edits = edits
    }

    /// Keys whose presence is a statement of its own, which other rules listen to.
    private static let statements: Set<String> = [
        "version", "fragment", "providers.*.tls.ca", "providers.*.tls.verify", "pools.*.on_exhausted",
        "privacy.scan.opaque", "privacy.scan.over", "privacy.scan.on_error", "privacy.default",
        "defaults.failover.max_tries", "listen.address", "listen.admin", "pools.*.per",
    ]

    /// Findings kept: a generated file may have one for every route.
    private static let most = 1_000

    private mutating func walk(_ node: Node, _ schema: Schema) {
        guard findings.count < Self.most else { return }
        for entry in node.entries where entry.mergedAt == nil {
            guard let below = schema[entry.name] ?? schema.anyName else { continue }
            if let key = below.key { look(entry, key, of: node) }
            walk(entry.value, below)
        }
        guard let item = schema.item else { return }
        for child in node.items ?? [] { walk(child, item) }
    }

    private mutating func look(_ entry: Node.Entry, _ key: Key, of node: Node) {
        guard let text = entry.value.text, !key.standard.isEmpty, !key.isRequired, text == key.standard,
            !Self.statements.contains(key.path), !isOverridden(key.path)
        else { return }
        let edits = node.entries.count > 1 ? self.edits.removingEntry(valueAt: entry.value.spot) : []
        findings.append(
            Problem(
                .note,
                "HP905",
                "`\(entry.name)` is \(text) anyway",
                at: entry.value.spot,
                help: ["remove it"],
                fix: edits.isEmpty ? nil : .safe,
                edits: edits
            )
        )
    }

    /// A route's setting is no repetition where `defaults`, in this file or in one that includes it, may say otherwise.
    private func isOverridden(_ path: String) -> Bool {
        guard path.hasPrefix("routes[].") else { return false }
        if root.entry("version") == nil { return true }
        let first = path.dropFirst(9).prefix { $0 != "." }
        return root["defaults"]?.entry(String(first)) != nil || root.entry("include") != nil
    }
}
