/// A value as it is laid out in a file: aliases, merges and quotes as they are written, nothing resolved.
final class LayoutNode {
    enum Content {
        case scalar(String, ScalarStyle)
        case alias(String)
        case sequence([LayoutNode], isFlow: Bool)
        case mapping([Pair], isFlow: Bool)
    }
    struct Pair {
        let key: LayoutNode
        let value: LayoutNode
    }

    let content: Content
    let anchor: String?
    /// Bytes from an anchor before it to its last byte; a block collection has no end of its own.
    let extent: Range<Int>

    init(_ content: Content, anchor: String?, extent: Range<Int>) {
        self.content = content
        self.anchor = anchor
        self.extent = extent
    }

    /// A collection without brackets.
    var isBlock: Bool {
        switch content {
        case .sequence(_, let isFlow), .mapping(_, let isFlow): !isFlow
        case .scalar, .alias: false
        }
    }

    /// The text of a scalar.
    var text: String? { if case .scalar(let text, _) = content { text } else { nil } }

    /// Calls with this node and everything below it.
    func forEach(_ body: (LayoutNode) -> Void) {
        body(self)
        switch content {
        case .sequence(let items, _): for item in items { item.forEach(body) }
        case .mapping(let pairs, _):
            for pair in pairs {
                pair.key.forEach(body)
                pair.value.forEach(body)
            }
        case .scalar, .alias: break
        }
    }

    /// True when both say the same; the order of a mapping's keys and the spelling of a scalar do not count.
    ///
    /// - Parameters:
    ///   - other: the other one.
    ///   - inAnyOrder: whether lists of single values may be in another order.
    /// - Returns: whether they do.
    func means(_ other: LayoutNode, inAnyOrder: Bool = false) -> Bool {
        guard anchor == other.anchor else { return false }
        switch (content, other.content) {
        case (.scalar(let text, let style), .scalar(let otherText, let otherStyle)):
            // A word in quotes is text to every reader; without them some take it for a number or a boolean.
            return text == otherText && ((style == .plain) == (otherStyle == .plain) || Spelling.isPlainText(text))
        case (.alias(let name), .alias(let otherName)): return name == otherName
        case (.sequence(let items, _), .sequence(let others, _)):
            if inAnyOrder, !items.contains(where: { $0.text == nil }) {
                return items.map { $0.text ?? "" }.sorted() == others.map { $0.text ?? "" }.sorted()
            }
            return items.count == others.count
                && zip(items, others).allSatisfy { $0.means($1, inAnyOrder: inAnyOrder) }
        case (.mapping(let pairs, _), .mapping(let others, _)):
            guard pairs.count == others.count else { return false }
            let named = Dictionary(others.map { ($0.key.text ?? "", $0.value) }) { first, _ in first }
            return pairs.allSatisfy { pair in
                named[pair.key.text ?? ""].map { pair.value.means($0, inAnyOrder: inAnyOrder) } ?? false
            }
        default: return false
        }
    }
}

/// Builds the layout of a file from events; faults of YAML and what cannot be laid out anew answer nil.
struct LayoutReader {
    private struct Stop: Error {}

    private let events: YAMLEvents
    private let map: ByteMap

    /// The tree of a file with one document.
    static func read(_ bytes: [UInt8]) -> LayoutNode? {
        let reader = LayoutReader(events: YAMLEvents(bytes), map: ByteMap(bytes))
        do {
            _ = try reader.events.next()
            guard try reader.events.next().kind == .documentStart else { return nil }
            let root = try reader.node(try reader.events.next(), depth: 1)
            _ = try reader.events.next()
            return try reader.events.next().kind == .streamEnd ? root : nil
        } catch { return nil }
    }

    private func extent(_ event: YAMLEvent, _ end: Mark? = nil) -> Range<Int> {
        let start = map.offset(event.start.index)
        return start..<max(start, map.offset((end ?? event.end).index))
    }

    private func node(_ event: YAMLEvent, depth: Int) throws -> LayoutNode {
        // Tags have no meaning in the language, so there is no style for them.
        guard depth <= DocumentReader.depthLimit, event.tag == nil else { throw Stop() }
        switch event.kind {
        case .scalar(let text, let style):
            let whole = extent(event)
            let range = style == .block ? whole : map.trimmed(whole)
            return LayoutNode(.scalar(text, style), anchor: event.anchor, extent: range)
        case .alias(let name): return LayoutNode(.alias(name), anchor: nil, extent: map.trimmed(extent(event)))
        case .sequenceStart(let isFlow):
            var items: [LayoutNode] = []
            var next = try events.next()
            while next.kind != .sequenceEnd {
                items.append(try node(next, depth: depth + 1))
                next = try events.next()
            }
            return LayoutNode(.sequence(items, isFlow: isFlow), anchor: event.anchor, extent: extent(event, next.end))
        case .mappingStart(let isFlow):
            var pairs: [LayoutNode.Pair] = []
            var next = try events.next()
            while next.kind != .mappingEnd {
                let key = try node(next, depth: depth + 1)
                // Keys of several lines, lists as keys and anchors on keys have no place in a route file.
                guard case .scalar(let text, let style) = key.content, style != .block, !text.contains("\n"),
                    key.anchor == nil
                else { throw Stop() }
                pairs.append(LayoutNode.Pair(key: key, value: try node(try events.next(), depth: depth + 1)))
                next = try events.next()
            }
            return LayoutNode(.mapping(pairs, isFlow: isFlow), anchor: event.anchor, extent: extent(event, next.end))
        default: throw Stop()
        }
    }
}
