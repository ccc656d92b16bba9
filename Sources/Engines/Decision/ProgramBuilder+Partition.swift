extension ProgramBuilder {
    /// A text to split on, for all boxes of a tree.
    private struct Dominant: Hashable {
        var subject: Int32
        var isBackwards: Bool
    }

    /// Boxes from which a tree of their own is not worth a walk.
    private static let smallest = 8
    /// Places of a trie to which a box may be copied before it goes to another tree.
    private static let widest = 16

    /// Splits boxes by what they mostly ask (`routes.md` 3.2): who calls, then the model, then other texts, then the rest.
    ///
    /// Boxes with a short literal, which would be copied to many places, get a trie of their own.
    func partitioned(_ items: [Item]) -> [[Item]] {
        var groups: [Dominant: [Item]] = [:]
        var rest: [Item] = []
        let order = subjects(items)
        for item in items {
            if let dominant = dominant(item, order) {
                groups[dominant, default: []].append(item)
            } else {
                rest.append(item)
            }
        }
        var result: [[Item]] = []
        for dominant in order {
            guard var group = groups[dominant] else { continue }
            for _ in 0..<2 where group.count >= Self.smallest {
                let (narrow, wide) = split(group, dominant)
                result.append(narrow)
                group = wide
            }
            rest += group
        }
        result.append(rest.sorted { $0.box < $1.box })
        return result.filter { !$0.isEmpty }
    }

    /// Texts in the order of their claim on a box.
    private func subjects(_ items: [Item]) -> [Dominant] {
        var headers: [Int32: Int] = [:]
        for item in items {
            forEachOpen(item) { condition, _ in
                let subject = tables.conditions[condition].subject
                if tables.conditions[condition].kind == .text, subject >= TextSubject.headers,
                    index.isIndexed(condition, isBackwards: false)
                {
                    headers[subject, default: 0] += 1
                }
            }
        }
        let common = headers.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key
        var order = [TextSubject.tenant, TextSubject.key, TextSubject.model].map {
            Dominant(subject: $0, isBackwards: false)
        }
        if let common { order.append(Dominant(subject: common, isBackwards: false)) }
        order.append(Dominant(subject: TextSubject.model, isBackwards: true))
        order.append(Dominant(subject: TextSubject.path, isBackwards: false))
        return order
    }

    private func dominant(_ item: Item, _ order: [Dominant]) -> Dominant? {
        order.first { dominant in
            var isFound = false
            forEachOpen(item) { condition, _ in
                let asked = tables.conditions[condition]
                if asked.kind == .text, asked.subject == dominant.subject,
                    index.isIndexed(condition, isBackwards: dominant.isBackwards)
                {
                    isFound = true
                }
            }
            return isFound
        }
    }

    /// Takes out the boxes whose literals have many places of others below them.
    private func split(_ items: [Item], _ dominant: Dominant) -> (narrow: [Item], wide: [Item]) {
        var literals: [[[UInt8]]] = []
        for item in items {
            var own: [[UInt8]] = []
            forEachOpen(item) { condition, _ in
                let asked = tables.conditions[condition]
                guard own.isEmpty, asked.kind == .text, asked.subject == dominant.subject,
                    index.isIndexed(condition, isBackwards: dominant.isBackwards)
                else { return }
                own = index.literals(condition, isBackwards: dominant.isBackwards).filter { $0.reach != .exact }.map(
                    \.bytes
                )
            }
            literals.append(own)
        }
        let keys = keys(items, dominant)
        let places = literals.map { own in own.reduce(0) { $0 + below($1, keys) } }
        guard places.reduce(0, +) > items.count * 3 else { return (items, []) }
        var narrow: [Item] = []
        var wide: [Item] = []
        for (item, count) in zip(items, places) {
            if count > Self.widest { wide.append(item) } else { narrow.append(item) }
        }
        return (narrow, wide)
    }

    private func keys(_ items: [Item], _ dominant: Dominant) -> [[UInt8]] {
        var keys: Set<[UInt8]> = []
        for item in items {
            forEachOpen(item) { condition, _ in
                let asked = tables.conditions[condition]
                guard asked.kind == .text, asked.subject == dominant.subject,
                    index.isIndexed(condition, isBackwards: dominant.isBackwards)
                else { return }
                for literal in index.literals(condition, isBackwards: dominant.isBackwards) {
                    keys.insert(literal.bytes)
                }
            }
        }
        return keys.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// How many of the sorted keys begin with a literal, itself not counted.
    private func below(_ literal: [UInt8], _ keys: [[UInt8]]) -> Int {
        func first(_ isAtOrBehind: ([UInt8]) -> Bool) -> Int {
            var low = 0
            var high = keys.count
            while low < high {
                let middle = (low + high) / 2
                if isAtOrBehind(keys[middle]) { high = middle } else { low = middle + 1 }
            }
            return low
        }
        let start = first { !$0.lexicographicallyPrecedes(literal) }
        let end = first { !$0.lexicographicallyPrecedes(literal) && !$0.starts(with: literal) }
        return max(0, end - start - 1)
    }
}
