import Routing

/// Reads a tree as if a stranger had written it: every number must lead somewhere, and every walk must end.
struct TreeBounds {
    let code: ProgramCode
    let tables: ConditionTables
    private(set) var faults: [String] = []

    init(_ code: ProgramCode, _ tables: ConditionTables) {
        self.code = code
        self.tables = tables
        let boxes = tables.boxConditions.count
        for (number, entry) in code.entries.enumerated() {
            let isKnown = Int(entry.box) < boxes && entry.open & ~tables.everythingOpen(Int(entry.box)) == 0
            if !isKnown { faults.append("entry \(number) names no box, or a condition that its box does not have") }
        }
        for number in code.bitLeaves.indices where !isSound(code.bitLeaves[number]) {
            faults.append("the bit vectors of leaf \(number) lie outside the array")
        }
        for (number, edge) in code.edges.enumerated() where !isSound(edge) {
            faults.append("trie edge \(number) has no label")
        }
        if code.treeOfBox.count != boxes || code.treeOfBox.contains(where: { Int($0) >= code.roots.count }) {
            faults.append("a box belongs to no tree")
        }
        for root in code.roots where Int(root.node) >= code.nodes.count { faults.append("a tree has no root") }
        for number in code.nodes.indices where !isSound(code.nodes[number], number) {
            faults.append("node \(number) leads nowhere, or back")
        }
    }

    private func isSound(_ leaf: BitLeaf) -> Bool {
        let words = Int(leaf.words)
        guard fits(leaf.entries.start, leaf.entries.count, code.entries.count),
            words == (Int(leaf.entries.count) + 63) / 64
        else {
            return false
        }
        func holds(_ row: UInt32, _ values: Int) -> Bool {
            row == BitLeaf.none || Int(row) + values * words <= code.words.count
        }
        guard holds(leaf.apis, API.allCases.count), holds(leaf.streams, 2), holds(leaf.levels, Level.allCases.count),
            fits(leaf.eliminations.start, leaf.eliminations.count, code.eliminations.count)
        else { return false }
        return code.eliminations[leaf.eliminations.range].allSatisfy {
            Int($0.condition) < tables.conditions.count && holds($0.row, 1) && $0.row != BitLeaf.none
        }
    }

    private func isSound(_ edge: TrieEdge) -> Bool {
        edge.labelCount > 0 && fits(edge.labelStart, edge.labelCount, code.labels.count)
            && code.labels[Int(edge.labelStart)] == edge.firstByte
    }

    private func fits(_ start: UInt32, _ count: UInt32, _ size: Int) -> Bool { Int(start) + Int(count) <= size }

    /// Children before parents, so that a walk goes down only.
    private func isSound(_ node: Node, _ number: Int) -> Bool {
        func leads(_ to: UInt32) -> Bool { Int(to) < number }
        func jumps(_ start: UInt32, _ count: Int) -> Bool {
            Int(start) + count <= code.jumps.count && code.jumps[Int(start)..<(Int(start) + count)].allSatisfy(leads)
        }
        switch node.kind {
        case .switchAPI: return jumps(node.first, API.allCases.count)
        case .switchLevel: return jumps(node.first, Level.allCases.count)
        case .switchStream: return leads(node.first) && leads(node.second)
        case .gate: return leads(node.first) && leads(node.second) && Facts.Stage(rawValue: Int(node.count)) != nil
        case .test: return leads(node.first) && leads(node.second) && Int(node.count) < tables.conditions.count
        case .range:
            guard fits(node.first, node.count, code.cuts.count), jumps(node.second, Int(node.count) + 1) else {
                return false
            }
            let cuts = code.cuts[Int(node.first)..<Int(node.first + node.count)]
            return zip(cuts, cuts.dropFirst()).allSatisfy { $0 < $1 }
        case .switchText, .switchTextBackwards:
            let subjects = Int(TextSubject.headers) + tables.headerNames.count
            return Int(node.count) < subjects && leads(node.second) && isTrie(Int(node.first), leads)
        case .leafList: return fits(node.first, node.count, code.entries.count)
        case .leafBits: return Int(node.first) < code.bitLeaves.count
        }
    }

    /// Places below have higher numbers than those above.
    private func isTrie(_ root: Int, _ leads: (UInt32) -> Bool) -> Bool {
        var open = [root]
        while let number = open.popLast() {
            guard number < code.tries.count else { return false }
            let place = code.tries[number]
            guard leads(place.exact), leads(place.longer), fits(place.edgeStart, place.edgeCount, code.edges.count)
            else {
                return false
            }
            let edges = code.edges[Int(place.edgeStart)..<Int(place.edgeStart + place.edgeCount)]
            guard zip(edges, edges.dropFirst()).allSatisfy({ $0.firstByte < $1.firstByte }) else { return false }
            for edge in edges {
                guard Int(edge.child) > number else { return false }
                open.append(Int(edge.child))
            }
        }
        return true
    }
}
