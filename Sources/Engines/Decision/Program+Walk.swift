import Bytes
import Routing

extension Program {
    /// Follows one tree to its leaf, and takes the first box there that holds when it comes before what is found already.
    @inline(__always)
    func walk(
        from root: UInt32,
        _ facts: borrowing Facts,
        _ model: Span<UInt8>,
        _ head: Span<UInt8>,
        _ identity: Span<UInt8>,
        _ answers: inout Answers,
        _ found: inout Found
    ) {
        var node = code.nodes[Int(root)]
        while true {
            let next: UInt32
            switch node.kind {
            case .switchText where node.count == 0:
                next = model.isEmpty ? node.second : cell(node.first, model)
            case .switchText, .switchTextBackwards: next = text(node, facts, model, head, identity)
            case .switchAPI: next = code.jumps[Int(node.first) + Int(facts.api.rawValue)]
            case .switchStream: next = facts.stream ? node.second : node.first
            case .switchLevel: next = code.jumps[Int(node.first) + Int(facts.level.rawValue)]
            case .range: next = code.jumps[Int(node.second) + cut(node, facts.tokens)]
            case .test:
                let truth = tables.truth(Int(node.count), facts, model, head, identity, &answers)
                next = truth == .yes ? node.first : node.second
            case .gate: next = facts.stage.rawValue >= Int(node.count) ? node.first : node.second
            case .leafList:
                for index in Int(node.first)..<Int(node.first + node.count) {
                    let entry = code.entries[index]
                    if entry.box >= found.box { return }
                    if take(entry, facts, model, head, identity, &answers, &found) < 0 { return }
                }
                return
            case .leafBits: return leaf(Int(node.first), facts, model, head, identity, &answers, &found)
            }
            node = code.nodes[Int(next)]
        }
    }

    /// Takes an entry when it holds.
    ///
    /// - Returns: the condition that does not hold, or -1 when the box is taken.
    @inline(__always)
    private func take(
        _ entry: LeafEntry,
        _ facts: borrowing Facts,
        _ model: Span<UInt8>,
        _ head: Span<UInt8>,
        _ identity: Span<UInt8>,
        _ answers: inout Answers,
        _ found: inout Found
    ) -> Int {
        switch tables.verify(entry, facts, model, head, identity, &answers) {
        case .holds:
            found = Found(box: entry.box)
            return -1
        case .depends(let stage):
            found = Found(box: entry.box, missing: stage)
            return -1
        case .fails(let condition): return condition
        }
    }

    /// A leaf of many: rows first, then what survives them, in order; what fails takes its like along.
    private func leaf(
        _ number: Int,
        _ facts: borrowing Facts,
        _ model: Span<UInt8>,
        _ head: Span<UInt8>,
        _ identity: Span<UInt8>,
        _ answers: inout Answers,
        _ found: inout Found
    ) {
        let leaf = code.bitLeaves[number]
        let words = Int(leaf.words)
        let first = Int(leaf.entries.start)
        let count = Int(leaf.entries.count)
        for word in 0..<words {
            var live = UInt64.max
            if leaf.apis != BitLeaf.none { live &= row(leaf.apis, Int(facts.api.rawValue), words, word) }
            if leaf.streams != BitLeaf.none { live &= row(leaf.streams, facts.stream ? 1 : 0, words, word) }
            // Before the scan a class may still rise, so its rows say nothing.
            if leaf.levels != BitLeaf.none, facts.stage == .content {
                live &= row(leaf.levels, Int(facts.level.rawValue), words, word)
            }
            let rest = count - word * 64
            if rest < 64 { live &= (1 << UInt64(rest)) - 1 }
            while live != 0 {
                let bit = live.trailingZeroBitCount
                live &= live - 1
                let entry = code.entries[first + word * 64 + bit]
                if entry.box >= found.box { return }
                let failed = take(entry, facts, model, head, identity, &answers, &found)
                if failed < 0 { return }
                if let row = elimination(of: failed, leaf) { live &= ~code.words[row + word] }
            }
        }
    }

    @inline(__always)
    private func row(_ start: UInt32, _ value: Int, _ words: Int, _ word: Int) -> UInt64 {
        code.words[Int(start) + value * words + word]
    }

    private func elimination(of condition: Int, _ leaf: BitLeaf) -> Int? {
        var low = Int(leaf.eliminations.start)
        var high = low + Int(leaf.eliminations.count)
        while low < high {
            let middle = (low + high) / 2
            if Int(code.eliminations[middle].condition) < condition { low = middle + 1 } else { high = middle }
        }
        let end = Int(leaf.eliminations.start) + Int(leaf.eliminations.count)
        guard low < end, Int(code.eliminations[low].condition) == condition else { return nil }
        return Int(code.eliminations[low].row)
    }

    /// How many cut points are at or below a number: the number of its cell.
    func cut(_ node: Node, _ tokens: Int) -> Int {
        var low = Int(node.first)
        var high = low + Int(node.count)
        while low < high {
            let middle = (low + high) / 2
            if code.cuts[middle] <= tokens { low = middle + 1 } else { high = middle }
        }
        return low - Int(node.first)
    }

    // MARK: Texts

    func text(
        _ node: Node,
        _ facts: borrowing Facts,
        _ model: Span<UInt8>,
        _ head: Span<UInt8>,
        _ identity: Span<UInt8>
    ) -> UInt32 {
        switch Int32(node.count) {
        case TextSubject.model: return model.isEmpty ? node.second : cell(node, model)
        case TextSubject.path: return cell(node, facts.path, head)
        case TextSubject.method: return cell(node, facts.method, head)
        case TextSubject.key: return cell(node, facts.key, identity)
        case TextSubject.tenant: return cell(node, facts.tenant, identity)
        default:
            let header = Int(node.count) - Int(TextSubject.headers)
            return header < facts.headers.count ? cell(node, facts.headers[header], head) : node.second
        }
    }

    private func cell(_ node: Node, _ text: TextRange, _ bytes: Span<UInt8>) -> UInt32 {
        text.isAbsent ? node.second : cell(node, bytes.extracting(text.range))
    }

    private func cell(_ node: Node, _ text: Span<UInt8>) -> UInt32 {
        node.kind == .switchText ? cell(node.first, text) : cellBackwards(node.first, text)
    }

    /// Walks a trie as far as the text agrees with it.
    private func cell(_ root: UInt32, _ text: Span<UInt8>) -> UInt32 {
        var place = code.tries[Int(root)]
        var offset = 0
        while offset < text.count {
            guard let edge = edge(place, text[offset]) else { return place.longer }
            let end = offset + Int(edge.labelCount)
            if end > text.count { return place.longer }
            let label = Int(edge.labelStart) - offset
            for index in (offset + 1)..<max(end, offset + 1) where code.labels[label + index] != text[index] {
                return place.longer
            }
            place = code.tries[Int(edge.child)]
            offset = end
        }
        return place.exact
    }

    /// The same from the end; labels are stored in the order of the walk.
    private func cellBackwards(_ root: UInt32, _ text: Span<UInt8>) -> UInt32 {
        var place = code.tries[Int(root)]
        var offset = 0
        let last = text.count - 1
        while offset < text.count {
            guard let edge = edge(place, text[last - offset]) else { return place.longer }
            let end = offset + Int(edge.labelCount)
            if end > text.count { return place.longer }
            let label = Int(edge.labelStart) - offset
            for index in (offset + 1)..<max(end, offset + 1) where code.labels[label + index] != text[last - index] {
                return place.longer
            }
            place = code.tries[Int(edge.child)]
            offset = end
        }
        return place.exact
    }

    private func edge(_ place: TrieNode, _ byte: UInt8) -> TrieEdge? {
        var low = Int(place.edgeStart)
        var high = low + Int(place.edgeCount)
        while high - low > 8 {
            let middle = (low + high) / 2
            if code.edges[middle].firstByte <= byte { low = middle } else { high = middle }
        }
        while low < high {
            let edge = code.edges[low]
            if edge.firstByte >= byte { return edge.firstByte == byte ? edge : nil }
            low += 1
        }
        return nil
    }
}
