extension ProgramBuilder {
    /// What a literal in the trie says about an item once a text has got there.
    private struct Arrival {
        var item: Item
        /// The condition's bit.
        var bit: UInt32
        var reach: LiteralIndex.Reach
    }

    /// The text that is split on.
    private struct Subject {
        var number: Int32
        var isBackwards: Bool
        var way: Way
    }

    /// A switch over a text: a trie of every literal that some pattern is or starts with.
    ///
    /// Two cells belong to each place: texts that end there, and texts that go on along no edge. A pattern's boxes are in the
    /// cells at and below its literal, so a request meets only boxes that its text may fit. Nil when that would copy too much.
    func switchText(_ items: [Item], _ number: Int32, isBackwards: Bool, _ way: Way) -> UInt32? {
        var arrivals: [[UInt8]: [Arrival]] = [[]: []]
        var everywhere: [Item] = []
        for item in items {
            guard let (condition, bit) = indexed(item, number, isBackwards: isBackwards) else {
                everywhere.append(item)
                continue
            }
            for literal in index.literals(condition, isBackwards: isBackwards) {
                arrivals[literal.bytes, default: []].append(Arrival(item: item, bit: bit, reach: literal.reach))
            }
        }
        let keys = arrivals.keys.sorted { $0.lexicographicallyPrecedes($1) }
        guard copies(keys, everywhere.count, { arrivals[$0]?.count ?? 0 }) <= items.count * 6 + 64 else { return nil }
        var subject = Subject(number: number, isBackwards: isBackwards, way: way)
        subject.way.texts.insert(number * 2 + (isBackwards ? 1 : 0))
        let absent = grow(
            narrowed(items) { condition in
                guard isAbout(number, condition) else { return .unknown }
                return tables.conditions[condition].isNegated ? .yes : .no
            },
            subject.way
        )
        let root = place(keys[...], [], arrivals, everywhere, subject)
        let trie = code.tries[Int(root)]
        if trie.edgeCount == 0, trie.exact == trie.longer, trie.exact == absent { return absent }
        let kind: Node.Kind = isBackwards ? .switchTextBackwards : .switchText
        return add(Node(kind: kind, count: UInt32(number), first: root, second: absent))
    }

    private func isAbout(_ subject: Int32, _ condition: Int) -> Bool {
        tables.conditions[condition].kind == .text && tables.conditions[condition].subject == subject
    }

    /// The condition by which an item is put into a trie.
    private func indexed(_ item: Item, _ subject: Int32, isBackwards: Bool) -> (condition: Int, bit: UInt32)? {
        var found: (Int, UInt32)?
        forEachOpen(item) { condition, bit in
            if found == nil, isAbout(subject, condition), index.isIndexed(condition, isBackwards: isBackwards) {
                found = (condition, bit)
            }
        }
        return found
    }

    /// Entries that all places of a trie would hold together, before anything is trimmed; the keys are sorted.
    func copies(_ keys: [[UInt8]], _ everywhere: Int, _ arriving: ([UInt8]) -> Int) -> Int {
        var above: [(key: [UInt8], inside: Int)] = []
        var total = 0
        for key in keys {
            while let last = above.last, !key.starts(with: last.key) { above.removeLast() }
            let inside = (above.last?.inside ?? everywhere) + arriving(key)
            total += inside
            above.append((key, inside))
        }
        return total
    }

    /// Builds the place of a prefix that `keys` share, and all below it.
    private func place(
        _ keys: ArraySlice<[UInt8]>,
        _ prefix: [UInt8],
        _ arrivals: [[UInt8]: [Arrival]],
        _ inherited: [Item],
        _ subject: Subject
    ) -> UInt32 {
        var rest = keys
        var longer = inherited
        var ending: [Item] = []
        if let first = rest.first, first.count == prefix.count {
            for arrival in arrivals[first] ?? [] {
                if arrival.reach == .exact { ending.append(arrival.item) } else { adding(arrival, to: &longer) }
            }
            rest = rest.dropFirst()
        }
        longer = trimmed(longer)
        var trie = TrieNode()
        trie.longer = grow(longer, subject.way)
        trie.exact = grow(exact(longer, ending, prefix, subject), subject.way)
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
            let child = place(group, shared, arrivals, longer, subject)
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

    /// Puts a box in, ascending; one pattern that is certain here makes its condition certain.
    private func adding(_ arrival: Arrival, to items: inout [Item]) {
        var item = arrival.item
        if arrival.reach == .whole { item.open &= ~arrival.bit }
        var low = 0
        var high = items.count
        while low < high {
            let middle = (low + high) / 2
            if items[middle].box < item.box { low = middle + 1 } else { high = middle }
        }
        if low < items.count, items[low].box == item.box {
            if arrival.reach == .whole { items[low].open &= ~arrival.bit }
        } else {
            items.insert(item, at: low)
        }
    }

    /// The items for the one text that ends here: it is known, so every pattern is answered now.
    private func exact(_ longer: [Item], _ ending: [Item], _ text: [UInt8], _ subject: Subject) -> [Item] {
        let bytes = subject.isBackwards ? text.reversed() : text
        var found = longer
        for end in ending where !found.contains(where: { $0.box == end.box }) { found.append(end) }
        found.sort { $0.box < $1.box }
        return narrowed(found) { condition in
            guard isAbout(subject.number, condition) else { return .unknown }
            return tables.fits(condition, bytes.span) != tables.conditions[condition].isNegated ? .yes : .no
        }
    }
}
