import Report

/// A value of a document with its place.
///
/// Aliases are references: two parents may hold the same node.
final class Node {
    enum Content {
        case scalar(String, isPlain: Bool)
        case sequence([Node])
        case mapping([Entry])
        /// Something that was already reported; nothing more is said about it.
        case broken
    }

    /// A key with its value.
    struct Entry {
        let key: Node
        let name: String
        let value: Node
        /// Where `<<` brought it in, for entries that are not written in their mapping.
        let mergedAt: Spot?
    }

    let content: Content
    /// What to point at: the scalar, or where the structure begins.
    let spot: Spot
    /// Nodes when all aliases are written out.
    let expandedCount: Int
    /// Every line the node touches, for masking values that go over several.
    let lastLine: Int

    /// True for a mapping into which something could not be merged.
    let isPartial: Bool

    init(
        _ content: Content,
        at spot: Spot,
        expandedCount: Int = 1,
        lastLine: Int? = nil,
        isPartial: Bool = false
    ) {
        self.isPartial = isPartial
        self.content = content
        self.spot = spot
        self.expandedCount = expandedCount
        self.lastLine = lastLine ?? spot.line
    }

    /// The text of a scalar.
    var text: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    /// True for a scalar without quotes.
    var isPlain: Bool {
        if case .scalar(_, let isPlain) = content { isPlain } else { false }
    }

    /// The entries of a mapping; empty for anything else.
    var entries: [Entry] {
        if case .mapping(let entries) = content { entries } else { [] }
    }

    /// The items of a sequence; nil for anything else.
    var items: [Node]? {
        if case .sequence(let items) = content { items } else { nil }
    }

    var isMapping: Bool {
        if case .mapping = content { true } else { false }
    }

    var isBroken: Bool {
        if case .broken = content { true } else { false }
    }

    /// True for an empty plain scalar or `null`, which YAML reads as nothing.
    var isNothing: Bool {
        if case .scalar(let text, isPlain: true) = content {
            text.isEmpty || text == "null" || text == "~"
        } else {
            false
        }
    }

    /// The entry of that name.
    func entry(_ name: String) -> Entry? { entries.first { $0.name == name } }

    /// The value of that name; nil when there is none or it was already reported.
    subscript(_ name: String) -> Node? {
        guard let value = entry(name)?.value, !value.isBroken else { return nil }
        return value
    }

    /// What it is, for messages.
    var noun: String {
        switch content {
        case .scalar: isNothing ? "nothing" : "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .broken: "something else"
        }
    }
}
