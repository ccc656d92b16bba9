import Report

/// A configuration out of its files: every named thing once, routes in their order.
///
/// The names of a file come before those of the files it includes.
struct Assembly {
    let root: Node
    private let units: [Includes.Unit]
    private(set) var routes: [Node] = []
    /// A fragment's routes stand once; HP013 has said so where they were asked for again.
    private var spliced: Set<ObjectIdentifier> = []

    init(_ includes: Includes, _ root: Node, _ findings: Findings) {
        self.root = root
        var units: [Includes.Unit] = []
        func visit(_ unit: Includes.Unit) {
            if units.contains(where: { $0 === unit }) { return }
            units.append(unit)
            for part in unit.parts { visit(part) }
        }
        visit(includes.root)
        self.units = units
        splice(includes.root, findings)
        for unit in units.dropFirst() { checkFragment(unit, findings) }
    }

    private mutating func splice(_ unit: Includes.Unit, _ findings: Findings) {
        guard spliced.insert(ObjectIdentifier(unit)).inserted else { return }
        for item in unit.file.root?["routes"]?.items ?? [] {
            guard let entry = item.entry("include") else {
                routes.append(item)
                continue
            }
            for other in item.entries where other.name != "include" {
                findings.error(
                    "HP109",
                    "`include` stands alone: the route's other keys would be lost",
                    at: other.key.spot,
                    labels: [Label(entry.key.spot, "the fragment's routes stand here")]
                )
            }
            if let text = entry.value.text, let part = unit.spliced[text] { splice(part, findings) }
        }
    }

    /// Of `models` and `auth` a fragment has only the names.
    private func checkFragment(_ unit: Includes.Unit, _ findings: Findings) {
        for entry in unit.file.root?["auth"]?.entries ?? []
        where entry.name != "keys" && Schema.root["auth"]?[entry.name] != nil {
            findings.error(
                "HP101",
                "`\(entry.name)` belongs in the root file",
                at: entry.key.spot,
                notes: ["of `auth` a fragment has only `keys`"]
            )
        }
    }

    /// The entries of a map of names at a path, out of all files; a name in two files is reported once.
    func entries(_ path: String..., checking findings: Findings? = nil) -> [Node.Entry] {
        if units.count == 1 { return entries(of: root, path) }
        var found: [Node.Entry] = []
        var places: [String: Spot] = [:]
        for unit in units {
            guard let root = unit.file.root else { continue }
            for entry in entries(of: root, path) {
                if let first = places[entry.name] {
                    findings?.error(
                        "HP013",
                        "`\(entry.name)` is defined in two files",
                        at: entry.key.spot,
                        mark: "again",
                        labels: [Label(first, "first here")]
                    )
                    continue
                }
                places[entry.name] = entry.key.spot
                found.append(entry)
            }
        }
        return found
    }

    private func entries(of root: Node, _ path: [String]) -> [Node.Entry] {
        path.reduce(Node?.some(root)) { node, name in node?[name] }?.entries ?? []
    }

    /// The nodes at a path, one of each file that has it.
    func nodes(_ path: String...) -> [Node] {
        units.compactMap { unit in path.reduce(unit.file.root) { node, name in node?[name] } }
    }

    /// True when some file has the top-level key.
    func has(_ name: String) -> Bool { units.contains { $0.file.root?.entry(name) != nil } }

    /// True when a file could not be read as YAML, so that what it defines is not known.
    var isPartial: Bool { units.contains { $0.file.root == nil || $0.file.root?.isMapping == false } }
}
