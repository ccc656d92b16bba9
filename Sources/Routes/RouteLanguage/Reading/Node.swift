import Report

/// How a scalar is written.
package enum ScalarStyle: Sendable {
    case plain, single, double
    /// `|` or `>`.
    case block
}

/// A value of a document with its place.
///
/// Aliases are references: two parents may hold the same node, whose place is where it is written out.
package final class Node: Sendable {
    /// What stands there.
    package enum Content: Sendable {
        case scalar(String, ScalarStyle)
        case sequence([Node], isFlow: Bool)
        case mapping([Entry], isFlow: Bool)
        /// Something that was already reported; nothing more is said about it.
        case broken
    }

    /// A key with its value.
    package struct Entry: Sendable {
        package let key: Node
        package let name: String
        package let value: Node
        /// Where `<<` brought it in, for entries that are not written in their mapping.
        package let mergedAt: Spot?
        /// Bytes from the key to the end of what is written as its value, which may be an alias.
        package let extent: Range<Int>
    }

    package let content: Content
    /// What to point at: the scalar, or where the structure begins.
    package let spot: Spot
    /// Bytes of the whole value in its file, quotes and brackets included; an anchor or a tag before it as well.
    ///
    /// A block collection reaches from its first key or `-` to the end of its last value.
    package let extent: Range<Int>
    /// Nodes when all aliases are written out.
    let expandedCount: Int
    /// Every line the node touches, for masking values that go over several.
    let lastLine: Int

    /// True for a mapping into which something could not be merged.
    let isPartial: Bool

    init(
        _ content: Content,
        at spot: Spot,
        extent: Range<Int>,
        expandedCount: Int = 1,
        lastLine: Int? = nil,
        isPartial: Bool = false
    ) {
        self.isPartial = isPartial
        self.content = content
        self.spot = spot
        self.extent = extent
        self.expandedCount = expandedCount
        self.lastLine = lastLine ?? spot.line
    }

    /// The text of a scalar.
    package var text: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    /// How a scalar is written; nil for anything else.
    package var style: ScalarStyle? {
        if case .scalar(_, let style) = content { style } else { nil }
    }

    /// True for a scalar without quotes.
    package var isPlain: Bool { style == .plain }

    /// True for `[…]` and `{…}`.
    package var isFlow: Bool {
        switch content {
        case .sequence(_, let isFlow), .mapping(_, let isFlow): isFlow
        case .scalar, .broken: false
        }
    }

    /// The entries of a mapping; empty for anything else.
    package var entries: [Entry] {
        if case .mapping(let entries, _) = content { entries } else { [] }
    }

    /// The items of a sequence; nil for anything else.
    package var items: [Node]? {
        if case .sequence(let items, _) = content { items } else { nil }
    }

    package var isMapping: Bool {
        if case .mapping = content { true } else { false }
    }

    package var isBroken: Bool {
        if case .broken = content { true } else { false }
    }

    /// True for an empty plain scalar or `null`, which YAML reads as nothing.
    package var isNothing: Bool {
        if case .scalar(let text, .plain) = content {
            text.isEmpty || text == "null" || text == "~"
        } else {
            false
        }
    }

    /// The entry of that name.
    package func entry(_ name: String) -> Entry? { entries.first { $0.name == name } }

    /// The value of that name; nil when there is none or it was already reported.
    package subscript(_ name: String) -> Node? {
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
