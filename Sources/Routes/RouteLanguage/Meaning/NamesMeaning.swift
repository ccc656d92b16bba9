import Report
import RouteModel

/// The names that others refer to: pools, limits, keys (HP202).
struct NamesMeaning {
    /// What a name is of.
    enum Kind: String { case pool, limit, key }

    private let known: [Kind: [String]]
    private let findings: Findings
    private let isPartial: Bool

    init(_ assembly: Assembly, _ findings: Findings) {
        self.findings = findings
        isPartial = assembly.isPartial
        known = [
            .pool: assembly.entries("pools").map(\.name),
            .limit: assembly.entries("rate_limits").map(\.name),
            .key: assembly.entries("auth", "keys").map(\.name),
        ]
    }

    /// True when any name of the kind is defined.
    func hasAny(_ kind: Kind) -> Bool { !(known[kind] ?? []).isEmpty }

    /// A reference with its place; nil when it leads nowhere, which is reported.
    func located(_ kind: Kind, _ node: Node) -> Located<String>? {
        guard let text = node.text, !node.isNothing, (try? Values.name(text)) != nil else { return nil }
        let names = known[kind] ?? []
        if names.contains(text) { return Located(text, at: node.spot) }
        if isPartial { return nil }
        let near = findings.wantsSuggestions("HP202") ? Suggestion.nearest(to: text, among: names) : nil
        let part = kind == .pool ? "pools" : kind == .limit ? "rate_limits" : "auth.keys"
        let list = names.prefix(12).joined(separator: ", ")
        let help =
            near.map { "did you mean `\($0)`?" } ?? (names.isEmpty ? "define it under `\(part)`" : "\(part): \(list)")
        findings.add(
            Problem(
                .error,
                "HP202",
                "no \(kind.rawValue) is called \(Values.shown(text))",
                at: node.spot,
                help: [help],
                fix: near == nil ? nil : .unsafe,
                edits: findings.edits(node, near)
            )
        )
        return nil
    }
}
