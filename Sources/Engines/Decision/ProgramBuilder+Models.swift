extension ProgramBuilder {
    /// What a literal in the trie says about an item once a model has got there.
    private struct Arrival {
        var item: Item
        var form: GlobPool.Form
    }

    /// A switch over models: a trie of every literal that some pattern is or starts with.
    ///
    /// Two cells belong to each place: models that end there, and models that go on along no edge. A pattern's boxes
    /// are in the cells at and below its literal, so a request meets only boxes that its model may fit.
    mutating func switchModel(_ items: [Item], _ free: Dimensions) -> UInt32 {
        var arrivals: [[UInt8]: [Arrival]] = [:]
        var everywhere: [Item] = []
        for item in items {
            guard item.open.contains(.model) else {
                everywhere.append(item)
                continue
            }
            for glob in boxes[item.box].models.first ?? [] {
                for alternative in glob.pool.alternatives {
                    let isAnchored = alternative.form != .suffix && alternative.form != .contains
                    let literal = isAnchored ? glob.pool.literal(of: alternative) : []
                    arrivals[literal, default: []].append(Arrival(item: item, form: alternative.form))
                }
            }
        }
        if arrivals[[]] == nil { arrivals[[]] = [] }
        let keys = arrivals.keys.sorted { $0.lexicographicallyPrecedes($1) }
        let root = place(keys[...], [], arrivals, everywhere, free)
        let trie = code.tries[Int(root)]
        if trie.edgeCount == 0, trie.exact == trie.longer { return trie.exact }
        return add(Node(kind: .switchModel, first: root))
    }

    /// Builds the place of a prefix that `keys` share, and all below it.
    private mutating func place(
        _ keys: ArraySlice<[UInt8]>,
        _ prefix: [UInt8],
        _ arrivals: [[UInt8]: [Arrival]],
        _ inherited: [Item],
        _ free: Dimensions
    ) -> UInt32 {
        var rest = keys
        var longer = inherited
        var ending: [Item] = []
        if let first = rest.first, first.count == prefix.count {
            for arrival in arrivals[first] ?? [] {
                if arrival.form == .exact { ending.append(arrival.item) } else { longer = adding(arrival, to: longer) }
            }
            rest = rest.dropFirst()
        }
        longer = trimmedToFirstCertain(longer)
        var trie = TrieNode()
        trie.longer = grow(longer, free)
        // No model fits no pattern, so nothing is cut off there behind a `*`.
        trie.exact = grow(prefix.isEmpty ? inherited : exact(longer, ending, prefix), free)
        let number = code.tries.count
        code.tries.append(trie)
        var edges: [TrieEdge] = []
        while let first = rest.first {
            let byte = first[prefix.count]
            let group = rest.prefix { $0[prefix.count] == byte }
            rest = rest.dropFirst(group.count)
            let shared = sharedPrefix(group, from: prefix.count)
            let labelStart = UInt32(code.labels.count)
            code.labels += shared[prefix.count...]
            let child = place(group, shared, arrivals, longer, free)
            let count = UInt32(shared.count - prefix.count)
            edges.append(TrieEdge(firstByte: byte, labelStart: labelStart, labelCount: count, child: child))
        }
        code.tries[number].edgeStart = UInt32(code.edges.count)
        code.tries[number].edgeCount = UInt32(edges.count)
        code.edges += edges
        return UInt32(number)
    }

    /// The keys are sorted, so what the first and the last share, all share.
    private func sharedPrefix(_ keys: ArraySlice<[UInt8]>, from start: Int) -> [UInt8] {
        guard let first = keys.first, let last = keys.last else { return [] }
        var count = start
        while count < first.count, count < last.count, first[count] == last[count] { count += 1 }
        return Array(first[..<count])
    }

    /// Puts a box in, ascending; one pattern that is certain here makes the box's model certain.
    private func adding(_ arrival: Arrival, to items: [Item]) -> [Item] {
        var items = items
        var item = arrival.item
        if arrival.form == .prefix { item.open.remove(.model) }
        var low = 0
        var high = items.count
        while low < high {
            let middle = (low + high) / 2
            if items[middle].box < item.box { low = middle + 1 } else { high = middle }
        }
        if low < items.count, items[low].box == item.box {
            if arrival.form == .prefix { items[low].open.remove(.model) }
        } else {
            items.insert(item, at: low)
        }
        return items
    }

    private func trimmedToFirstCertain(_ items: [Item]) -> [Item] {
        guard let last = items.firstIndex(where: { $0.open.isEmpty }) else { return items }
        return Array(items[...last])
    }

    /// The items for the one model that ends here: its text is known, so every pattern is answered now.
    private func exact(_ longer: [Item], _ ending: [Item], _ model: [UInt8]) -> [Item] {
        var found = longer.filter { item in
            guard boxes[item.box].models.first != nil else { return true }
            guard item.open.contains(.model) else { return true }
            return boxes[item.box].models.first?.contains { $0.matches(model.span) } ?? false
        }
        for end in ending where !found.contains(where: { $0.box == end.box }) { found.append(end) }
        for index in found.indices { found[index].open.remove(.model) }
        return found.sorted { $0.box < $1.box }
    }
}
